"""Every method keeps the contract: one test over all cards, with small networks of random weights."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import avg_pool2d

from core.card import make_params
from core.catalog import CARDS, find_card
from core.checkpoints.store import SHIPPED, Store
from core.contract import RunContext, Style, lay_in
from core.errors import Cancelled, ParamsError, WeightsError
from core.evaluation.untrained import NAMED, write_untrained
from core.imaging.lazy import Lazy
from core.nn.tiles import map_tiles
from core.progress import Progress
from core.styles.states import STATES
from core.tiling import Grid, read

SIZES = [(64, 80), (37, 50), (1, 1), (3, 3), (8, 300)]
QUICK = {"iterations": 4}
"""Settings that every method gets that has them: how a descent ends matters to its own tests alone."""
TILED = 1e-4
HALF = 2 / 255
AS_FAR = 1.05

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
each_local = pytest.mark.parametrize(
    "card", [card for card in CARDS if card.call == "local"], ids=lambda card: card.id
)

each_recurrent = pytest.mark.parametrize(
    "card", [card for card in CARDS if card.call == "recurrent"], ids=lambda card: card.id
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_untrained(folder, "compact")
    return Store((Path(folder),))


@pytest.fixture
def picture(photo):
    def make(height=64, width=80, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


def apply(card, content, styles, run, **params):
    """Run a method as the engine does."""
    known = {declared.name for declared in fields(card.params)}
    quick = {name: value for name, value in QUICK.items() if name in known}
    method, chosen = card.load(), make_params(card, quick | params)
    if card.call == "whole":
        if getattr(chosen, "start", "") in card.begins:
            run = replace(run, start=1 - content)  # in place of the other method's result
        return method.stylize(content, styles, chosen, run)
    if card.call == "recurrent":
        _, picture = method.step(method.start(styles, chosen, run), content)
        run.report(Progress("stylize", 1, 1))
        return picture
    prepared = method.prepare(content, styles, chosen, run)
    assert prepared.halo <= card.halo
    seen = lay_in(prepared, content)
    return map_tiles(
        prepared.apply, seen, run.tiles, halo=prepared.halo, multiple=prepared.multiple
    )  # fmt: skip  # one call


def told(card, content, styles, run):
    """Return what a method makes, and the losses that it tells of, if it is a descent."""
    seen = []
    out = apply(card, content, styles, replace(run, report=seen.append))
    return out, [step.loss for step in seen if step.loss is not None]


def style(card, shown, name=NAMED[0]):
    """Return a style as the method takes it: a picture, or the name of one it was trained on."""
    return Style(name if card.styles == "names" else shown)


def _shipped_name(card):
    """Return a name that a method's shipped networks know."""
    known = (state.name for state in STATES if state.method == card.id)
    return next(known, NAMED[0])


def settings(card):
    """Yield each setting alone at each end of its range."""
    yield {}
    for declared in fields(card.params):
        low, high, choices = (declared.metadata[k] for k in ("min", "max", "choices"))
        values = choices or ((True, False) if isinstance(declared.default, bool) else (low, high))
        yield from ({declared.name: value} for value in values if value is not None)


@each_card
@pytest.mark.parametrize("size", SIZES)
def test_shape_and_range(card, store, picture, size):
    out = apply(card, picture(*size), [style(card, picture(72, 64, 2))], RunContext(store))
    assert out.shape == (1, 3, *size)
    assert out.dtype == torch.float32
    assert bool(torch.isfinite(out).all())
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1


@each_card
def test_every_setting_at_the_ends_of_its_range(card, store, picture):
    for params in settings(card):
        out = apply(card, picture(), [style(card, picture(72, 64, 2))], RunContext(store), **params)
        assert bool(torch.isfinite(out).all()), params


@each_card
def test_the_same_seed_gives_the_same_picture(card, store, picture):
    one, two = (
        apply(card, picture(), [style(card, picture(72, 64, 2))], RunContext(store, seed=5))
        for _ in range(2)
    )
    assert torch.equal(one, two)


@each_card
def test_the_style_decides(card, store, picture):
    one, two = (
        apply(card, picture(), [style(card, shown, name)], RunContext(store))
        for name, shown in zip(
            NAMED, (picture(72, 64, 2), 1 - picture(72, 64, 2) ** 2), strict=True
        )
    )
    assert (one - two).abs().max() > 0.001


@each_card
def test_inputs_are_left_as_they_are(card, store, picture):
    content, shown = picture(), picture(72, 64, 2)
    before = content.clone(), shown.clone()
    apply(card, content, [style(card, shown)], RunContext(store))
    assert torch.equal(content, before[0])
    assert torch.equal(shown, before[1])


@each_local
@pytest.mark.parametrize("size", [(64, 128), (101, 187)])
def test_tiled_equals_whole(card, store, picture, size):
    whole, tiled = (
        apply(
            card,
            picture(*size),
            [style(card, picture(72, 64, 2))],
            RunContext(store, grid=Grid(tile)),
        )
        for tile in (0, 96)
    )
    assert (whole - tiled).abs().max() < TILED


@pytest.mark.parametrize("method", ["transport", "adain", "wct"])
@pytest.mark.parametrize("size", [(131, 143), (145, 189)])
def test_three_by_three_tiles_share_one_transform(store, picture, method, size):
    card, seen = find_card(method), []
    content, styles = picture(*size), [style(card, picture(72, 64, 2))]
    whole = apply(card, content, styles, RunContext(store, grid=Grid(0)))
    tiled = apply(card, content, styles, RunContext(store, grid=Grid(64), report=seen.append))
    assert {step.total for step in seen if step.stage == "stylize"} == {9}
    assert (whole - tiled).abs().max() < TILED


@each_local
def test_a_content_that_is_read_by_windows_gives_the_same(card, store, picture):
    content = picture(70, 90)
    lazy = Lazy(content.shape, lambda box: read(content, box))
    run = RunContext(store, grid=Grid(48))
    held, made = (apply(card, x, [style(card, picture(seed=5))], run) for x in (content, lazy))
    assert (held - made).abs().max() < 1e-6


@each_card
def test_it_works_with_the_networks_on_its_card_and_not_without(card, store, picture, tmp_path):
    def here():
        return Store((tmp_path,)).list()

    def attempt():
        return apply(
            card, picture(), [style(card, picture(72, 64, 2))], RunContext(Store((tmp_path,)))
        )

    for name, path in store.list().items():
        if any(name.startswith(f"compact.{part}") for part in ("encoder", *card.networks)):
            shutil.copy(path, tmp_path)
    assert card.works_with(here())
    assert bool(torch.isfinite(attempt()).all())
    for part in card.networks:
        gone = list(tmp_path.glob(f"compact.{part}*"))
        for path in gone:
            path.rename(path.with_suffix(".away"))
        assert not card.works_with(here())
        with pytest.raises((WeightsError, ParamsError), match=r"is not |none yet"):
            attempt()
        for path in gone:
            path.with_suffix(".away").rename(path)


@each_card
def test_a_report_may_cancel(card, store, picture):
    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        apply(card, picture(), [style(card, picture(72, 64, 2))], RunContext(store, report=stop))


@each_card
def test_progress_is_told_and_comes_to_its_end(card, store, picture):
    seen = []
    apply(card, picture(), [style(card, picture(72, 64, 2))], RunContext(store, report=seen.append))
    assert seen
    assert all(1 <= step.done <= step.total for step in seen)
    assert seen[-1].done == seen[-1].total


@each_card
def test_several_styles_are_mixed_by_weight(card, store, picture):
    if card.max_styles < 2:
        pytest.skip(f"{card.id} takes one style")
    one, other = style(card, picture(72, 64, 2)), style(card, 1 - picture(64, 64, 3), NAMED[1])
    alone, mostly, both = (
        apply(card, picture(), styles, RunContext(store))
        for styles in (
            [one],
            [one, replace(other, weight=1e-9)],
            [one, other],
        )
    )
    assert (alone - mostly).abs().max() < 1e-3
    assert (alone - both).abs().max() > 1e-3


@each_card
@pytest.mark.parametrize("flat", [0.0, 0.5, 1.0])
def test_flat_pictures_stay_finite(card, store, picture, flat):
    level = torch.full((1, 3, 40, 40), flat)
    for content, shown in ((level, picture()), (picture(), level), (level, level)):
        out = apply(card, content, [style(card, shown)], RunContext(store))
        assert bool(torch.isfinite(out).all())


@each_local
def test_what_nothing_covers_does_not_count(card, store, picture):
    content, coverage = picture(32, 768), torch.zeros(1, 1, 32, 768)
    coverage[..., :128] = 1
    changed = content.clone()
    changed[..., 512:] = 0.9
    one, two = (
        apply(card, x, [style(card, picture(72, 64, 2))], RunContext(store, coverage=coverage))
        for x in (content, changed)
    )
    assert (one - two)[..., :128].abs().max() < TILED


@each_card
def test_half_precision_is_stated_truly(card, picture):
    shipped = Store((SHIPPED,))
    if not card.works_with(shipped.list()):
        pytest.skip(f"{card.id}'s networks are not shipped in this checkout")
    (full, losses), (half, likewise) = (
        told(
            card,
            picture(96, 96),
            [style(card, picture(72, 64, 2), _shipped_name(card))],
            RunContext(shipped, dtype=dtype),
        )
        for dtype in (torch.float32, torch.bfloat16)
    )
    if losses:  # two descents never end alike
        within = likewise[-1] <= AS_FAR * losses[-1] < losses[0]
    else:
        below = 16 if card.chooses else 1
        within = float(avg_pool2d(full - half, below).abs().mean()) <= HALF
    assert within or not card.half


@each_recurrent
@pytest.mark.parametrize("size", SIZES)
def test_a_sequence_goes_on_from_what_was_kept(card, store, picture, size):
    method, chosen, run = card.load(), make_params(card, {}), RunContext(store)
    fresh = method.start([style(card, picture())], chosen, run)
    assert fresh.memory == {}
    state, _ = method.step(fresh, picture(*size))
    kept = {name: value.clone() for name, value in state.memory.items()}
    after, out = method.step(state, picture(*size, 2))
    assert out.shape == (1, 3, *size)
    assert 0 <= float(out.min()) <= float(out.max()) <= 1
    assert all(torch.equal(state.memory[name], value) for name, value in kept.items())
    again, same = method.step(replace(fresh, memory=kept), picture(*size, 2))
    assert torch.equal(out, same)
    assert again.memory.keys() == after.memory.keys()
