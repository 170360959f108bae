"""Figures of translations: each has a known value where nothing changes, and where all is as wanted."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from core.errors import PictureError
from core.evaluation import translation
from core.evaluation.asked import read_asked
from core.evaluation.judges import load_judge
from core.evaluation.pictures import save

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import measure_translation

BLUE, RED = (0.25, 0.35, 0.75), (0.75, 0.3, 0.2)


@pytest.fixture(scope="module")
def judge():
    return load_judge("alexnet")


def pictures(color, count, first=0, side=128):
    """Cloudy pictures of a colour, (1, 3, H, W)."""
    made = []
    for number in range(first, first + count):
        rng = torch.Generator().manual_seed(number)
        cloud = torch.rand(1, 1, side // 4, side // 4, generator=rng)
        soft = torch.nn.functional.interpolate(cloud, (side, side), mode="bilinear")
        made.append((torch.tensor(color)[None, :, None, None] + 0.3 * (soft - 0.5)).clamp(0, 1))
    return made


def repaint(picture, number):
    """A perfect translation from blue to red."""
    shift = torch.tensor(RED) - torch.tensor(BLUE)
    return (picture + shift[None, :, None, None]).clamp(0, 1)


def repaint_back(picture, number):
    shift = torch.tensor(RED) - torch.tensor(BLUE)
    return (picture - shift[None, :, None, None]).clamp(0, 1)


@pytest.fixture(scope="module")
def domains():
    return pictures(BLUE, 32), pictures(RED, 32, 100)


@pytest.fixture(scope="module")
def others():
    return pictures(BLUE, 8, 500)


def test_a_perfect_translation_is_called_b_and_lies_near_it(domains, others, judge):
    found = translation.measure(domains, others, repaint, judge, back=repaint_back, variants=3)
    assert found.accuracy == 1
    assert found.as_b == 1
    assert found.untranslated_as_b == 0
    assert found.nearer > 0.8
    assert found.diversity == pytest.approx(0, abs=1e-6)
    assert found.cycle == pytest.approx(0, abs=1e-6)


def test_no_translation_is_no_b_and_no_nearer(domains, others, judge):
    found = translation.measure(domains, others, lambda x, number: x, judge)
    assert found.as_b == 0
    assert found.nearer == 0
    assert found.content == 0
    assert found.cycle is found.diversity is None
    assert found.facts()["nearer"] == 0


def test_variants_that_differ_are_diverse(judge):
    plain = pictures(BLUE, 1)[0]
    near = [plain, (plain + 0.05).clamp(0, 1), (plain - 0.05).clamp(0, 1)]
    far = [plain, *pictures(RED, 2, 9)]
    assert 0 < translation.diversity(near, judge) < translation.diversity(far, judge)
    with pytest.raises(PictureError, match="two variants"):
        translation.diversity([plain], judge)


def test_frechet_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    first = rng.normal(0, 1, (300, 6)) @ rng.normal(0, 1, (6, 6))
    second = rng.normal(0.5, 1, (200, 6)) @ rng.normal(0, 1, (6, 6))
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    means = first.mean(0) - second.mean(0)
    wanted = means @ means + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert translation.frechet(first, second) == pytest.approx(wanted, rel=1e-6)
    assert translation.frechet(first, first) == pytest.approx(0, abs=1e-6)
    assert translation.frechet(first, first + 2) == pytest.approx(24, rel=1e-6)


def test_a_classifier_learns_a_side_and_not_how_many_there_were():
    rng = np.random.default_rng(1)
    away = np.array([3, 0, 0, 0, 0])
    a, b = rng.normal(0, 1, (400, 5)), rng.normal(0, 1, (40, 5)) + away
    told = translation.fit_classifier(a, b)
    assert told.share(rng.normal(0, 1, (500, 5))) < 0.15
    assert told.share(rng.normal(0, 1, (500, 5)) + away) > 0.85


def test_crops_lie_side_by_side_and_small_pictures_are_enlarged():
    picture = torch.rand(1, 3, 300, 140)
    first, second = translation.crops(picture)
    assert torch.equal(first, picture[..., :128, :128])
    assert torch.equal(second, picture[..., 128:256, :128])
    assert translation.crops(torch.rand(1, 3, 60, 50))[0].shape == (1, 3, 128, 128)


def test_too_few_pictures_are_an_error_that_says_so(judge):
    with pytest.raises(PictureError, match=r"8 crops .* there are 3"):
        translation.embed(pictures(BLUE, 3), judge)


def test_the_tool_measures_a_method_as_an_artist_runs_it(tmp_path, monkeypatch, capsys):
    for side, color in (("a", BLUE), ("b", RED)):
        (tmp_path / side).mkdir()
        for number, picture in enumerate(pictures(color, 32, 50 * (side == "b"))):
            save(picture, tmp_path / side / f"{number:02}.png")
    a, b = f"{tmp_path}/a/*.png", f"{tmp_path}/b/*.png"
    seeds = []
    real = measure_translation.run
    monkeypatch.setattr(measure_translation, "run", lambda job: seeds.append(job.seed) or real(job))
    asked = ["wct:strength=0", "--style", f"{tmp_path}/b/00.png", "--a", a, "--b", b, "--json"]
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "measure_translation",
            *asked,
            "--pictures",
            f"{tmp_path}/a/0[0-7].png",
            "--variants",
            "2",
        ],
    )
    measure_translation.main()
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] == 1
    assert found["as_b"] == 0
    assert found["diversity"] == found["content"] == 0
    assert seeds == [*range(8), 0, 1]


@pytest.mark.parametrize(("method", "settings"), [("munit", (0, 3.0)), ("cyclegan", (3, None))])
def test_variants_are_the_methods_own_or_else_seeds(method, settings):
    job = measure_translation.asked_job(read_asked(method), 3)
    assert (job.options.get("seed", 0), job.params.get("variant")) == settings


def test_the_tool_says_what_is_wrong_in_a_sentence(tmp_path, monkeypatch):
    nothing = str(tmp_path / "nothing*.png")
    argv = ["measure_translation", "wct", "--style", "x.png", "--a", nothing, "--b", nothing]
    monkeypatch.setattr(sys, "argv", [*argv, "--pictures", nothing])
    with pytest.raises(SystemExit, match="no pictures to measure"):
        measure_translation.main()
