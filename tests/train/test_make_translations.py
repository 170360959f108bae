"""The command that trains the shipped translations anew."""

import sys
from itertools import accumulate
from pathlib import Path

from safetensors.torch import load_file

from core.checkpoints.shipped import read_catalog
from core.methods.munit.weights import pair_of
from core.train.domains import DOMAINS

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import make_translations
from make_translations import STAGES, Stage, make

ROOT = Path(__file__).resolve().parents[2]


def test_each_shipped_translation_has_its_stages_and_each_stage_its_domain():
    catalog = read_catalog(ROOT / "weights") or {}
    steps = {
        name.split("_")[-1]: facts["steps"]
        for name, facts in catalog.items()
        if name.startswith(("compact.munit_", "compact.cyclegan_"))
    }
    backs = {back: steps.pop(back) for back in make_translations.BACK.values()}
    assert backs == {back: steps[name] for name, back in make_translations.BACK.items()}
    assert set(steps) == set(STAGES)
    assert {stage.domain for stages in STAGES.values() for stage in stages} <= set(DOMAINS)
    for name, said in steps.items():
        own = list(accumulate(stage.steps for stage in reversed(STAGES[name])))
        assert said in own, f"{name}: the catalogue counts other stages than are listed"


def test_stages_are_trained_one_after_the_other_and_found_again(tmp_path, monkeypatch):
    stages = (Stage("rust_all", 9, 20), Stage("wet_all", 9, 20, aligned=True))
    monkeypatch.setattr(make_translations, "STAGES", {"wet": stages})
    (made,) = make("wet", tmp_path, None, share=0.05)
    assert made == tmp_path / "compact.munit_wet.safetensors"
    assert pair_of(load_file(made), "wet").there.sizes.keeps
    first = tmp_path / "rust_all.safetensors"
    before = first.stat().st_mtime_ns, made.read_bytes()
    make("wet", tmp_path, None, share=0.05)
    assert (first.stat().st_mtime_ns, made.read_bytes()) == before
    assert len(list((tmp_path / "wet_all_9" / "pair_b").iterdir())) == 9


def test_a_network_for_each_way_is_written_with_its_way_back(tmp_path, monkeypatch):
    stages = (Stage("autumn", 9, 1, method="cyclegan"),)
    monkeypatch.setattr(make_translations, "STAGES", {"autumn": stages})
    there, back = make("autumn", tmp_path, None)
    assert there == tmp_path / "compact.cyclegan_autumn.safetensors"
    assert back == tmp_path / "compact.cyclegan_summer.safetensors"
    assert there.read_bytes() != back.read_bytes()
