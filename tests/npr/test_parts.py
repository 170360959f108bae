import numpy as np
import pytest

from core.npr import flow, noise, painters, palette, relief
from core.npr.canvas import raised
from core.npr.composition import disk, frame, polygon
from core.npr.contour import plan_contour
from core.npr.flats import Flats, Outlines
from core.npr.glass import panes
from core.npr.halftone import separate
from core.npr.hatch import space
from core.npr.layers import Hand
from core.npr.oil import OILS, Oils
from core.npr.picture import as_picture, places
from core.npr.stones import stones
from core.npr.strokes import Brush, size_brushes
from core.tiling import Box


def test_noise_has_mean_0_and_deviation_1_and_no_lattice():
    field = noise.fractal((96, 128), 20, np.random.default_rng(0))
    assert abs(float(field.mean())) < 1e-4
    assert abs(float(field.std()) - 1) < 1e-4
    spectrum = np.abs(np.fft.rfft2(field))
    assert spectrum.max() < 40 * np.median(spectrum[:8, 1:8])


def test_noise_of_one_pixel_is_0():
    assert noise.fractal((1, 1), 5, np.random.default_rng(0)).item() == 0


def test_ramp_known_values():
    assert noise.ramp(np.array([0.0, 0.5, 1.0]), 0, 1).tolist() == [0, 0.5, 1]
    assert noise.ramp(np.array([0.0, 1.0]), 1, 0).tolist() == [1, 0]


def test_a_warp_by_nothing_changes_nothing():
    picture = np.random.default_rng(1).random((9, 11, 3)).astype(np.float32)
    still = np.zeros((9, 11), np.float32)
    assert np.allclose(noise.warp(picture, still, still), picture, atol=1e-6)


def test_lab_there_and_back():
    colors = np.random.default_rng(2).random((50, 3)).astype(np.float32)
    assert np.allclose(palette.from_lab(palette.to_lab(colors)), colors, atol=4e-3)


def test_hex_and_gradient_meet_at_the_stops():
    assert np.allclose(palette.rgb("#ff8000"), (1, 128 / 255, 0))
    ends = palette.gradient(("#204060", "#ffffff"), np.array([0.0, 1.0]))
    assert np.allclose(ends, [palette.rgb("#204060"), (1, 1, 1)], atol=3e-3)


def test_over_is_a_mix_and_leaves_what_lies_below():
    below = np.full((4, 5, 3), 0.2, np.float32)
    mask = np.zeros((4, 5))
    mask[1, 2], mask[2, 3] = 1, 0.5
    laid = palette.over(below, (1.0, 0.6, 0.2), mask)
    assert np.allclose(laid[1, 2], (1.0, 0.6, 0.2))
    assert np.allclose(laid[2, 3], (0.6, 0.4, 0.2))
    assert np.allclose(laid[0], 0.2)
    assert np.allclose(below, 0.2)


def test_forms_of_stripes_run_along_the_stripes():
    y, x = np.mgrid[:64, :64]
    wave = (0.5 + 0.4 * np.sin((x * 3 + y * 4) / 5 * 0.6)).astype(np.float32)
    way = flow.along_forms(np.repeat(wave[..., None], 3, 2), 6)[16:48, 16:48]
    across = np.abs(way @ np.array([3, 4], np.float32) / 5)
    assert across.max() < 0.05


def test_traced_lines_go_with_the_flow():
    right = np.zeros((20, 30, 2), np.float32)
    right[..., 0] = 1
    lines = flow.trace(right, np.array([[2, 5], [4, 9]]), 2.0, 6)
    assert np.allclose(lines[:, -1], [[14, 5], [16, 9]])
    assert np.allclose(flow.trace(right, np.array([[20, 5]]), -2.0, 6)[:, -1], [[8, 5]])


def test_a_flat_relief_leaves_the_picture_alone():
    picture = np.random.default_rng(3).random((8, 8, 3)).astype(np.float32)
    lit = relief.light(picture, np.full((8, 8), 0.4, np.float32), depth=9, gloss=1)
    assert np.allclose(lit, picture, atol=1e-5)


def test_a_slope_toward_the_light_is_brighter():
    y, x = np.mgrid[:16, :16].astype(np.float32)
    grey = np.full((16, 16, 3), 0.5, np.float32)
    toward, away = (relief.light(grey, s * (x + y), depth=0.2) for s in (1, -1))
    assert toward[8, 8, 0] > 0.5 > away[8, 8, 0]


def test_shapes_have_their_area():
    """OpenCV draws a polygon's outline as well: up to a pixel more all round."""
    f = frame(200, 300)
    assert abs(float(disk(f, (0.7, 0.5), 0.3).sum()) / 200**2 - np.pi * 0.09) < 1e-3
    assert (
        abs(float(polygon(f, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.7)]).sum()) / 200**2 - 0.15)
        < 1.9 / 200
    )


def test_flats_of_two_colours_are_those_two():
    picture = np.zeros((30, 40, 3), np.float32)
    picture[:, :20], picture[:, 20:] = (0.8, 0.2, 0.1), (0.1, 0.3, 0.9)
    shown, box = as_picture(picture), Box(0, 0, 30, 40)
    flats = Flats.spread(shown, 2, 0.5, 0)
    assert np.allclose(flats.tints[flats.at(*places(box))], picture, atol=0.01)
    lines = Outlines.cut(flats, shown, 2.0, np.random.default_rng(0))
    reach = lines.reach
    wide = Box(-reach, -reach, 30 + reach, 40 + reach)
    drawn = lines.draw(flats.at(*places(wide)), box)
    assert drawn[:, 19:21].mean() > 0.5
    assert drawn[:, :14].max() == 0


def test_lines_that_crowd_are_thinner_and_lone_ones_are_not():
    picture = np.full((96, 160, 3), 0.9, np.float32)
    picture[:, 30:] = 0.5
    picture[:, 80:] = np.where(np.arange(80) // 4 % 2, 0.9, 0.2)[None, :, None]
    shown, box = as_picture(picture), Box(0, 0, 96, 160)
    flats = Flats.spread(shown, 4, 1.0, 0)
    lines = Outlines.cut(flats, shown, 4.0, np.random.default_rng(0))
    reach = lines.reach
    drawn = lines.draw(flats.at(*places(Box(-reach, -reach, 96 + reach, 160 + reach))), box)
    lone, crowd = drawn[20:76, 20:40].sum(1).mean(), drawn[20:76, 100:140].mean()
    assert lone > 3
    assert crowd < 0.6


def test_ink_lightens_nothing():
    ink, below = "#26266a", np.array([[[0, 0, 0], [0.05, 0.02, 0], [0.9, 0.8, 0.7]]], np.float32)
    seen = palette.ink_on(ink, below)
    assert np.array_equal(seen[0, :2], below[0, :2])
    assert np.allclose(seen[0, 2], palette.rgb(ink))


def test_contours_of_black_things_are_black():
    picture = np.zeros((200, 200, 3), np.float32)
    picture[:, 100:] = 0.8
    lines = plan_contour(as_picture(picture), 4.0, palette.rgb("#26266a"), 0)
    assert len(lines.colors) > 2
    assert lines.colors.mean() < 0.06


def test_panes_are_connected_and_counted_from_0():
    picture = np.random.default_rng(4).random((60, 70, 3)).astype(np.float32)
    labels = panes(picture, 12, 0.5, 0)
    assert sorted(np.unique(labels)) == list(range(labels.max() + 1))
    assert 10 < labels.max() < 60


def test_ink_of_plain_colours():
    inks = separate(np.array([[[1, 1, 1], [0, 0, 0], [0, 1, 1], [1, 1, 0]]], np.float32))[0]
    assert np.allclose(inks, [(0, 0, 0, 0), (0, 0, 0, 1), (1, 0, 0, 0), (0, 0, 1, 0)], atol=1e-6)


def test_grey_is_printed_in_black():
    grey = separate(np.full((1, 1, 3), 0.4, np.float32))[0, 0]
    assert grey[3] > 0.45
    assert grey[:3].max() < 0.25


def test_hatching_keeps_its_distance():
    right = np.zeros((60, 80, 2), np.float32)
    right[..., 0] = 1
    where = np.ones((60, 80), bool)
    rows = sorted(
        {round(float(line[0, 1]), 3) for line in space(right, 6.0, where, np.random.default_rng(0))}
    )
    assert len(rows) > 5
    assert min(np.diff(rows)) > 3


def test_stones_spread_evenly():
    picture = np.full((48, 48, 3), 0.5, np.float32)
    right = np.zeros((48, 48, 2), np.float32)
    right[..., 0] = 1
    seeds, owner = stones(picture, right, 8, np.random.default_rng(0))
    area = np.bincount(owner.ravel(), minlength=len(seeds))
    assert area[area > 0].std() / area[area > 0].mean() < 0.35


@pytest.mark.parametrize(("radius", "count"), [(10, 2), (0.1, 1)])
def test_brushes_too_fine_to_draw_are_left_out(radius, count):
    brushes = size_brushes((Brush(radius=1), Brush(radius=0.2), Brush(radius=0.01)), radius)
    assert len(brushes) == count
    assert all(brush.radius >= 0.6 for brush in brushes)


@pytest.mark.parametrize("broad", [True, False])
def test_bare_canvas_shows_between_broad_strokes_of_oil_and_is_no_specks_between_fine_ones(broad):
    dark = as_picture(np.full((96, 96, 3), 0.15, np.float32))
    brush = Oils(size=12.0 if broad else 3.0, brushes=OILS[:1], ground="#ffffff")
    painted = brush.paint(dark, Hand(0)).color.max(-1) / 255
    assert (painted > 0.7).any() == broad


def test_a_relief_is_as_steep_on_any_picture_and_by_any_brush():
    assert raised(3.2, 1024, 1) == 3.2
    assert raised(3.2, 4096, 0.5) == raised(3.2, 2048, 1) == 6.4
    assert raised(3.2, 64, 1) == raised(3.2, 64, 0.25) > 0, "strokes are not made finer without end"


@pytest.mark.parametrize(
    "painter",
    [
        painters.Oils(),
        painters.Gouaches(),
        painters.Pastels(),
        painters.Dots(),
        painters.Watercolors(),
        painters.Woodblocks(),
        painters.Engravings(),
        painters.Halftones(),
        painters.Glasses(),
        painters.Mosaics(),
    ],
    ids=lambda painter: type(painter).__name__,
)
def test_twice_the_brush_lays_paint_twice_as_thick(painter):
    """So finer strokes are not steeper, and those of a large texture are not flat."""
    grey = 0.5 + 0.1 * noise.fractal((96, 96), 30, np.random.default_rng(3))
    picture = as_picture(np.repeat(grey[..., None], 3, 2))
    lamps = [painter.paint(picture, Hand(0, brush=brush)).light for brush in (12, 24)]
    depths = [lamp.lift or lamp.depth for lamp in lamps]
    assert depths[1] / depths[0] == pytest.approx(2, rel=0.25)
