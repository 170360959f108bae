"""A brush of another size: strokes grow with it, tiles and large pictures see no difference."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.catalog import CARDS, find_card
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.evaluation.strokes import strokes
from core.imaging.image import load_image
from core.imaging.lazy import Lazy, materialize
from core.picture.brush_size import choose_brush, count_canvas_bytes, has_canvas
from core.picture.canvas import Sized
from core.picture.compose import StyleSpec, stylize
from core.picture.run import run
from core.picture.scene import Sheet
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile
from core.request.where import lays_paint
from core.styles.states import STATES
from core.tiling import Grid

CANVAS = [card for card in CARDS if card.brush == "canvas"]
ANY_STYLE = ("transport", "adain", "wct", "microast", "ccpl", "linear", "metanet")


def _name(named):
    """Return a style that a method of names ships."""
    return named[0].name if named else "oil"


def noise(side, seed=0):
    """Structure of all sizes alike, as in stone or bark: (1, 3, side, side)."""
    rng = np.random.default_rng(seed)
    far = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    far[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(3, side, side))) / far
    grey = np.fft.ifft2(spectrum).real
    return torch.from_numpy((0.5 + 0.15 * grey / grey.std()).clip(0, 1)).float()[None]


def spec(method, brush, **more):
    card = find_card(method)
    return StyleSpec(card, card.params(), (Style(noise(128, 5)),), brush=brush, **more)


def ask(method="transport", **more):
    return Job(content="a.png", output="b.png", styles=(StyleFile("s.png"),), method=method, **more)


def widen(brush):
    """Return the width of strokes, in pixels, each seen as a brush of 1 is: a brush's size times smaller."""
    content = noise(512)
    painted = materialize(stylize(content, spec("transport", brush), RunContext()))
    small = [Sized(brush).lay(x) if brush > 1 else x for x in (painted, content)]
    found = strokes(*(materialize(x)[0].numpy() for x in small))
    assert found is not None
    return brush * found.width if brush > 1 else found.width


def test_strokes_grow_with_the_brush():
    widths = [widen(brush) for brush in (1.0, 2.0, 4.0)]
    assert widths[1] > 1.7 * widths[0]
    assert widths[2] > 1.7 * widths[1]


@pytest.mark.parametrize("brush", [0.5, 0.7, 1.5, 3.0])
def test_tiles_and_pictures_read_by_windows_are_painted_as_the_whole(brush):
    x = noise(150)[..., :131, :]
    whole, tiled = (
        materialize(stylize(x, spec("transport", brush), RunContext(grid=Grid(tile))))
        for tile in (0, 64)
    )
    lazy = Lazy(x.shape, lambda b: x[..., b.top : b.bottom, b.left : b.right])
    read = stylize(lazy, spec("transport", brush), RunContext(grid=Grid(64)))
    assert isinstance(read, Lazy)
    assert whole.shape == x.shape
    for other in (
        tiled,
        materialize(read),
    ):  # of two neighbours as light, rounding may choose either
        far = (other - whole).abs()
        assert float(far.mean()) < 2e-4
        assert float((far > 2e-3).float().mean()) < 2e-3


def test_weights_of_pixels_go_with_the_picture():
    """Half a picture that does not count has no influence on the other half, whatever the brush."""
    run_, other = RunContext(), noise(512)[..., :96, :]
    here = other.clone()
    other[..., 300:] = 0.9
    weight = torch.zeros(1, 1, *here.shape[-2:])
    weight[..., :100] = 1
    found = [stylize(x, spec("adain", 2.0), replace(run_, coverage=weight)) for x in (here, other)]
    first, second = (materialize(one)[..., :100] for one in found)
    plain = materialize(stylize(other, spec("adain", 2.0), run_))[..., :100]
    assert float((first - second).abs().mean()) < 0.1 * float((first - plain).abs().mean())


@pytest.mark.parametrize(("brush", "side"), [(0.5, 256), (2.0, 64), (8.0, 32)])
def test_samples_of_a_scene_are_measured_as_large_as_they_are_painted(brush, side):
    """Of the largest brush they would be nothing but border."""
    sheet = Sheet(noise(128), torch.ones(1, 1, 128, 128))
    picture, weight = Sized(brush).lay_sheet(sheet)
    assert picture.shape == (1, 3, side, side)
    assert torch.allclose(weight, torch.ones(1, 1, side, side), atol=1e-5)
    assert Sized(1.0).lay_sheet(sheet) == (sheet.picture, sheet.weight)


@pytest.mark.parametrize("brush", [0.5, 2.0])
@pytest.mark.parametrize("card", CANVAS, ids=lambda card: card.id)
def test_every_method_with_a_canvas_paints_at_another_size(card, brush):
    if not card.works_with(Store().list()):
        pytest.skip(f"{card.id}'s networks are not shipped in this checkout")
    named = [state for state in STATES if state.method == card.id]
    if named and not named[0].paints:
        pytest.skip(f"{card.id}'s shipped networks bring states about, which have no strokes")
    x, known = noise(96), Style(_name(named) if card.styles == "names" else noise(128, 5))
    usual, painted = (
        materialize(stylize(x, replace(spec(card.id, size), styles=(known,)), RunContext()))
        for size in (1.0, brush)
    )
    assert painted.shape == x.shape
    assert bool(painted.isfinite().all())
    assert not torch.allclose(painted, usual, atol=0.02)


def test_all_methods_that_know_one_stroke_size_have_a_canvas():
    assert {*ANY_STYLE} <= {card.id for card in CANVAS}
    assert all(card.makes == "painting" for card in CANVAS)


def test_of_a_photograph_the_brush_has_no_size():
    card = find_card("ccpl")
    assert has_canvas(ask("ccpl"), card)
    assert not has_canvas(ask("ccpl", params={"mode": "photo"}), card)
    assert not has_canvas(ask("photowct"), find_card("photowct"))


def test_of_a_state_the_brush_has_no_size():
    card = find_card("cyclegan")
    autumn, own = (replace(ask("cyclegan"), styles=(StyleFile(n),)) for n in ("autumn", "mine"))
    assert not has_canvas(autumn, card)
    assert has_canvas(own, card)


def test_of_a_painter_it_has_one():
    painter = replace(ask("adaptive_style"), styles=(StyleFile("monet"),))
    assert has_canvas(painter, find_card("adaptive_style"))
    assert lays_paint(painter)
    assert not lays_paint(replace(ask("cyclegan"), styles=(StyleFile("autumn"),)))


@pytest.mark.parametrize(
    ("asked", "size", "brush", "words"),
    [
        (1.0, (512, 512), 1.0, ""),
        (1.1, (512, 512), 1.0, ""),
        (0.25, (512, 512), 0.25, ""),
        (8.0, (512, 512), 8.0, ""),
        (8.0, (64, 64), 2.0, "brush size 8 was taken as 2, the largest for 64 x 64 pixels"),
        (8.0, (20, 900), 1.0, "brush size 8 was taken as 1, the largest for 900 x 20 pixels"),
        (0.25, (16384,) * 2, 1.0, "brush size 0.25 was taken as 1, the smallest for 16384 x 16384"),
        (0.25, (8192, 8192), 0.5, "brush size 0.25 was taken as 0.5, the smallest for 8192 x"),
    ],
)
def test_how_far_it_goes_is_said(asked, size, brush, words):
    found, notes = choose_brush(ask(style_scale=asked), find_card("transport"), size)
    assert found == brush
    assert " ".join(notes).startswith(words)
    assert bool(notes) == bool(words)


def test_canvas_and_painting_count_as_memory():
    card = find_card("transport")
    assert count_canvas_bytes(1.0, card) == 0
    assert count_canvas_bytes(2.0, card) == 6
    assert count_canvas_bytes(0.25, replace(card, kept_bytes_per_pixel=4)) == 60


def test_a_layer_multiplies_the_brush_within_its_range():
    parts = ask(
        style_scale=8.0, depth="d.png", layers=(Layer(style_scale=2.0), Layer(style_scale=0.25))
    ).by_layer()
    assert [part.style_scale for part in parts] == [8.0, 2.0]


def test_a_job_says_what_brush_it_took(tmp_path, content, style):
    job = Job(
        content=str(content),
        output=str(tmp_path / "out.png"),
        styles=(StyleFile(str(style)),),
        method="transport",
        style_scale=8.0,
    )
    assert any("brush size 8 was taken as 2" in note for note in run(job).notes)
    assert load_image(job.output).rgb.shape == load_image(content).rgb.shape
