from dataclasses import replace
from functools import partial

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from core import cli
from core.card import make_params
from core.checkpoints.store import SHIPPED, Store
from core.contract import RunContext, Style
from core.errors import Cancelled, ParamsError, PictureError, StylizeError
from core.methods.johnson import CARD
from core.methods.johnson.stylize import prepare
from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, Encoder
from core.nn.initial import he_
from core.train import msgnet, one_style, recipes, sources
from core.train.johnson import OneStyle
from core.train.msgnet import ManyStyles
from core.train.one_style import Lesson, target_of, train_style
from core.train.recipes import RECIPES
from core.train.sources import any_contents
from core.train.style_swap import Swapped
from core.train.teacher import OwnJudge


@pytest.fixture
def lesson(tmp_path, photo, monkeypatch):
    """Two small steps on two contents, with a style of its own."""
    monkeypatch.setattr(recipes, "OneStyle", partial(OneStyle, batch=1, size=64))
    if not Store((SHIPPED,)).has("compact.encoder"):
        pytest.skip("no weights are shipped in this checkout")
    data = tmp_path / "data"
    data.mkdir()
    for number in (1, 2):
        Image.fromarray(photo(72, 96, number)).save(data / f"{number}.png")
    for name, seed in (("mine", 3), ("other", 4)):
        Image.fromarray(photo(80, 64, seed)[..., ::-1]).save(tmp_path / f"{name}.png")

    def make(name="mine", steps=2):
        return Lesson(style=str(tmp_path / f"{name}.png"), scale=0.2, data=data, steps=steps)

    return make


def test_a_network_a_preview_and_a_checkpoint_are_written(lesson, tmp_path, photo):
    written = train_style("johnson", lesson(), tmp_path / "net")
    assert written == [tmp_path / "net.safetensors", tmp_path / "net.png"]
    with Image.open(written[1]) as preview:
        assert preview.size == (2 * 384, 288)
    with safe_open(written[0], "pt") as file:
        assert file.metadata()["steps"] == "2"
        assert "--style mine.png --style-scale 0.2 --steps 2" in file.metadata()["recipe"]
    content = torch.from_numpy(photo()).permute(2, 0, 1)[None].float() / 255
    style = [Style(str(written[0]))]
    prepared = prepare(content, style, make_params(CARD, {}), RunContext(Store((tmp_path,))))
    assert bool(torch.isfinite(prepared.apply(content)).all())


def test_a_run_goes_on_from_its_checkpoint(lesson, tmp_path):
    path, _ = train_style("johnson", lesson(), tmp_path / "net")
    before = load_file(path)
    path.unlink()
    seen = []
    train_style("johnson", lesson(), tmp_path / "net", seen.append)
    assert seen == []
    after = load_file(path)
    assert all(torch.equal(before[name], after[name]) for name in before)
    train_style("johnson", lesson(steps=3), tmp_path / "net", seen.append)
    assert [step.done for step in seen] == [3]
    assert not torch.equal(load_file(path)["up.conv3.weight"], before["up.conv3.weight"])


def test_what_is_cancelled_keeps_the_network_so_far(lesson, tmp_path, monkeypatch):
    def stop(progress):
        if progress.done == 2:
            raise Cancelled

    recipe = next(recipe for recipe in RECIPES if recipe.id == "johnson")
    often = replace(recipe, schedule=replace(recipe.schedule, save_after=0))
    monkeypatch.setattr(one_style, "find_recipe", lambda _: often)
    with pytest.raises(Cancelled):
        train_style("johnson", lesson(steps=9), tmp_path / "net", stop)
    assert sorted(path.name for path in tmp_path.glob("net*")) == [
        "net.checkpoint",
        "net.png",
        "net.safetensors",
    ]


def test_another_style_does_not_go_on_with_a_checkpoint(lesson, tmp_path):
    train_style("johnson", lesson(), tmp_path / "net")
    before = (tmp_path / "net.safetensors").read_bytes()
    with pytest.raises(StylizeError, match="belongs to another run"):
        train_style("johnson", lesson("other"), tmp_path / "net")
    assert (tmp_path / "net.safetensors").read_bytes() == before


def test_where_it_is_written(tmp_path):
    named = tmp_path / "compact.johnson_mine.safetensors"
    assert target_of(tmp_path, "mine", "johnson") == named
    for name in ("net", "net.safetensors"):
        assert target_of(tmp_path / name, "mine", "johnson") == tmp_path / "net.safetensors"
    assert target_of(tmp_path / "v1.2", "mine", "johnson") == tmp_path / "v1.2.safetensors"


def test_what_is_missing_or_wrong_is_said(lesson, tmp_path, capsys):
    with pytest.raises(ParamsError, match="not trained for one style"):
        train_style("transport", lesson(), tmp_path / "net")
    with pytest.raises(PictureError):
        train_style("johnson", Lesson(style=str(tmp_path / "none.png")), tmp_path / "net")
    assert not (tmp_path / "net.safetensors").exists()
    teacher = tmp_path / "teacher.pth"
    teacher.write_bytes(b"")
    for line, words in (
        (["johnson", "--teacher", str(teacher)], "give its picture (--style)"),
        (["johnson", "--style", "x.png", "--style-scale", "0"], "between 0.25 and 8"),
        (["johnson", "--style", "builtin:no", "-o", "x"], "choose one of"),
        (["transport", "-o", "x"], "-o is for the network of one style"),
    ):
        assert cli.main(["train", *line]) == 1
        assert words in capsys.readouterr().err


@pytest.fixture
def small_styles(monkeypatch):
    monkeypatch.setattr(msgnet, "SIDES", (48, 64))
    monkeypatch.setattr(msgnet, "NORMAL", 64)


def judge():
    torch.manual_seed(0)
    encoder = Encoder(COMPACT)
    he_(encoder)
    return OwnJudge(encoder)


def fell(trainee, steps=6):
    """Return the first and the last loss of a few steps on one batch."""
    optimiser = torch.optim.Adam(trainee.module.parameters(), 3e-4)
    seen = []
    for _ in range(steps):
        loss = torch.stack(list(trainee.losses(torch.Generator().manual_seed(1)).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(float(loss.detach()))
    return seen[0], seen[-1]


def test_losses_fall(photo, small_styles):
    pool = [torch.from_numpy(photo(72, 96, seed)).permute(2, 0, 1) for seed in (1, 2)]
    style = pool[0][None].float().flip(1) / 255
    encoder = judge().encoder
    decoder = Decoder(COMPACT, "relu3_1")
    he_(decoder)
    for trainee in (
        OneStyle(judge(), style, pool, batch=1, size=64),
        ManyStyles(judge(), {"one": style, "two": 1 - style}, pool, batch=1, size=64),
        Swapped(encoder, decoder, judge(), (pool, pool), batch=1, size=64),
    ):
        first, last = fell(trainee)
        assert last < first, type(trainee).__name__


def test_msgnet_stores_its_styles(photo, small_styles):
    style = torch.from_numpy(photo(72, 96, 1)).permute(2, 0, 1)[None].float() / 255
    trainee = ManyStyles(judge(), {"one": style, "two": 1 - style}, [], batch=1, size=64)
    named = trainee.named(trainee.module.state_dict())
    assert {k: v.shape for k, v in named.items()} == {
        "style.one": (128, 128),
        "style.two": (128, 128),
    }


def test_contents_are_found_or_composed(tmp_path, photo, monkeypatch):
    (tmp_path / "deep").mkdir()
    Image.fromarray(photo(40, 60)).save(tmp_path / "deep" / "a.png")
    (found,) = any_contents(tmp_path, 32)
    assert found.shape == (3, 32, 48)
    with pytest.raises(StylizeError, match="no training pictures"):
        any_contents(tmp_path / "empty", 32)
    monkeypatch.setattr(sources, "RECIPES", {"mosaic": None, "engraving": None})
    seen = []
    composed = any_contents(None, 48, seen.append)
    assert [tuple(picture.shape) for picture in composed] == [(3, 48, 64)] * 2
    assert [(step.done, step.total) for step in seen] == [(1, 2), (2, 2)]


def test_every_recipe_has_a_name_of_its_own():
    ids = [recipe.id for recipe in RECIPES]
    assert len(set(ids)) == len(ids)
    assert {"johnson", "msgnet", "style_swap"} <= set(ids)
