"""Discriminators beside pairs, precision that follows the device, and where a training runs."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from core.checkpoints.store import Store
from core.cli import main
from core.errors import ParamsError, StylizeError
from core.methods.munit.network import COMPACT, Generator
from core.train import translating
from core.train.critics import Sight
from core.train.judged_pairs import JudgedPairs
from core.train.mixed import exact, mixed
from core.train.one_style import own_judge
from core.train.tolerant import load_tolerant
from core.train.two_domains import Lesson, train_domains

CPU = torch.device("cpu")
BATCH = 2


def seeded(number=0):
    return torch.Generator().manual_seed(number)


@pytest.fixture
def pools(photo):
    """Two small domains: photographs, and the same darker."""
    a = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(3)]
    return a, [(x.float() * 0.6).byte() for x in a]


@pytest.fixture
def trainee(pools):
    judge, teacher = own_judge(Store().load), load_tolerant("vgg16")
    return JudgedPairs(pools, judge, teacher, batch=BATCH, size=64)


@pytest.fixture
def lesson(tmp_path, photo):
    """Two folders of eight pairs."""
    for side, factor in (("a", 1.0), ("b", 0.6)):
        folder = tmp_path / "dusk" / side
        folder.mkdir(parents=True)
        for number in range(8):
            dimmed = (photo(80, 96, number) * factor).astype("uint8")
            Image.fromarray(dimmed).save(folder / f"{number}.png")
    return Lesson(tmp_path / "dusk" / "a", tmp_path / "dusk" / "b", steps=1, pairs=True)


def test_critics_look_at_pairs_and_at_what_is_made_in_others_codes(trainee):
    shown = {}
    for number in range(8):
        terms = trainee.losses(seeded(number))
        assert {"adv", "seen", "gram"} <= set(terms)
        shown[trainee.target] = len(trainee.shown[0])
    assert shown == {"b": 2 * BATCH, "a": BATCH}


def test_what_critics_say_reaches_generators_and_the_teacher_stays(trainee):
    before = [w.clone() for _, w, _ in trainee.sight.teacher.layers]
    terms = trainee.losses(seeded(1))
    (terms["adv"] + terms["seen"]).backward()
    there = trainee.networks.side(trainee.target)
    assert float(there.retouch.fine.weight.grad.abs().sum()) > 0
    assert all(
        torch.equal(w, x) for w, (_, x, _) in zip(before, trainee.sight.teacher.layers, strict=True)
    )


def test_critics_learn_to_tell_made_pictures_from_real_ones(trainee):
    optimiser = torch.optim.Adam(trainee.rival.parameters(), 2e-3)
    trainee.losses(seeded(1))
    told = []
    for _ in range(12):
        terms = trainee.rival_losses(seeded(1))
        optimiser.zero_grad()
        terms["tell"].backward()
        optimiser.step()
        told.append(float(terms["tell"].detach()))
    assert told[-1] < 0.7 * told[0]


def test_a_run_with_critics_is_another_run(lesson, tmp_path, monkeypatch):
    small = {"batch": BATCH, "size": 64}
    original = translating.JudgedPairs
    monkeypatch.setattr(
        translating, "JudgedPairs", lambda *args, **options: original(*args, **(options | small))
    )
    judged = replace(lesson, critics=True)
    assert train_domains("munit", judged, tmp_path / "x")[0].exists()
    with pytest.raises(StylizeError, match="belongs to another run"):
        train_domains("munit", lesson, tmp_path / "x")


@pytest.mark.parametrize("option", ["--critics", "--aligned"])
def test_what_is_for_pairs_is_refused_without_them(option, lesson, tmp_path, capsys):
    command = ["train", "munit", "--a", str(lesson.a), "--b", str(lesson.b), option]
    assert main([*command, "-o", str(tmp_path / "z")]) == 1
    assert f"{option} is for pairs; give --pairs too" in capsys.readouterr().err
    assert not list(tmp_path.glob("z*"))


def test_a_device_that_is_not_there_is_named(lesson, tmp_path):
    with pytest.raises(ParamsError, match="device 'abacus' cannot be used here"):
        train_domains("munit", replace(lesson, device="abacus"), tmp_path / "x")


def test_a_recipe_that_knows_no_device_says_so(tmp_path, capsys):
    assert main(["train", "microast", "--device", "cuda", "--out", str(tmp_path)]) == 1
    assert "microast learns on the processor alone" in capsys.readouterr().err


def test_exact_functions_are_exact_in_a_mixed_context():
    def product(x, y):
        return x @ y

    x = torch.randn(8, 8, generator=seeded())
    with torch.autocast("cpu", torch.bfloat16):
        assert product(x, x).dtype == torch.bfloat16
        assert exact(product)(x, x).dtype == torch.float32


@pytest.mark.parametrize("has", [False, True])
def test_a_processor_computes_in_bfloat16_only_if_it_multiplies_it(monkeypatch, has):
    monkeypatch.setattr("core.device.has_bf16", lambda: has)
    x = torch.ones(2, 2)
    with mixed(CPU):
        assert (x @ x).dtype == (torch.bfloat16 if has else torch.float32)


def test_levels_have_a_unit_of_their_own(pools):
    some = torch.stack([x[:, :64, :64].float() / 127.5 - 1 for x in pools[0]])
    seen = Sight(load_tolerant("vgg16"), some).see(some)
    for level in seen.values():
        assert float(level.float().square().mean()) == pytest.approx(1, rel=0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_makes_what_a_processor_makes():
    torch.manual_seed(0)
    network = Generator(COMPACT)
    x, code = torch.rand(2, 3, 64, 64) * 2 - 1, torch.randn(2, 8)
    with torch.no_grad():
        here = network.decode(network.content(x), code, x)
        there = network.cuda()
        x, code = x.cuda(), code.cuda()
        assert torch.allclose(there.decode(there.content(x), code, x).cpu(), here, atol=2e-3)
