"""Figures of pictures whose answer is known: lattices, halos, strokes, values and separation."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.errors import PictureError
from core.evaluation.halo import halo
from core.evaluation.lattice import lattice
from core.evaluation.scene import compare, mean_color, values
from core.evaluation.strokes import strokes


def noise(size=256, deviation=0.02, seed=3):
    plane = np.random.default_rng(seed).normal(0, deviation, (size, size))
    return np.broadcast_to(plane, (3, size, size))


def sky(size=256):
    """A clear sky: lighter toward the horizon, with a little grain."""
    return 0.5 + 0.3 * np.linspace(0, 1, size)[:, None] + noise(size)


def wave(period, angle=0.3, size=256):
    rows, columns = np.mgrid[:size, :size]
    return np.sin(2 * np.pi * (np.cos(angle) * columns + np.sin(angle) * rows) / period)


@pytest.mark.parametrize("period", [2.5, 4, 9, 16, 36])
def test_a_lattice_is_found_with_its_period(period):
    own = lattice(sky(), sky())
    found = lattice(sky() + 0.02 * wave(period), sky())
    assert own.energy < 15
    assert found.energy > 10 * own.energy
    assert found.period == pytest.approx(period, rel=0.08)


def test_a_checkerboard_is_a_lattice():
    board = np.indices((256, 256)).sum(0) % 2 - 0.5
    assert lattice(sky() + 0.03 * board, sky()).energy > 100


def test_a_lattice_counts_where_the_content_is_flat():
    half, ripples = np.arange(512)[None] < 256, wave(9, size=512)
    busy = sky(512) + 0.3 * ripples * half
    assert lattice(busy, busy).energy < 15
    assert lattice(busy + 0.02 * ripples * ~half, busy).energy > 100


def test_what_nobody_sees_is_no_lattice():
    flat = np.full((3, 128, 128), 0.5)
    assert lattice(flat, flat).energy == pytest.approx(0, abs=1e-9)
    assert lattice(flat + 0.1 / 255 * wave(9, size=128), flat).energy == pytest.approx(1, rel=0.1)
    assert lattice(flat + 2 / 255 * wave(9, size=128), flat).energy > 100


def edges(blur=2.0, size=160):
    """Three bright squares on a dark ground, softened."""
    plane = np.full((size, size), 0.2)
    for at in (30, 90):
        plane[at : at + 40, 30:70] = plane[at : at + 40, 90:130] = 0.7
    return np.broadcast_to(gaussian_filter(plane, blur), (3, size, size))


def sharpened(x, amount=1.0, radius=3.0):
    return np.clip(x + amount * (x - gaussian_filter(x, (0, radius, radius))), 0, 1)


def test_blurred_edges_have_no_halo_and_sharpened_ones_have():
    content = edges()
    assert halo(content, content).light < 0.5
    assert halo(gaussian_filter(content, (0, 1.5, 1.5)), content).light < 0.5
    assert halo(1 - content, content).light < 0.5  # inverted, and no halo for that
    little, much = (halo(sharpened(content, k), content).light for k in (0.5, 1.5))
    assert 3 < little < much
    assert halo(sharpened(content, radius=8.0), content).light > 5


def test_a_halo_is_no_contrast():
    content = edges()
    faint = 0.4 + 0.3 * (sharpened(content) - 0.4)
    assert halo(faint, content).light == pytest.approx(
        halo(sharpened(content), content).light, rel=0.2
    )


def test_a_colored_fringe_is_no_halo_of_lightness():
    content = edges()
    rim = np.abs(content[0] - 0.45) < 0.12
    fringed = content + 0.15 * rim * np.array([1.0, -0.42, 0.6])[:, None, None]
    found = halo(fringed, content)
    assert found.color > 5
    assert halo(content, content).color < 0.5
    assert found.light < found.color


def test_strokes_that_lie_across_are_no_halo():
    content = edges(size=256)
    rough = [content + 0.3 * (painted(5, size=256, seed=seed) - 0.5) for seed in range(6)]
    chance = np.mean([halo(one, content).light for one in rough])
    assert chance < 3.5
    assert halo(sharpened(rough[0]), content).light > 4 * chance


def test_a_plain_picture_has_no_edges_and_no_strokes():
    flat = np.full((3, 128, 128), 0.4)
    assert halo(flat, flat) is None
    assert strokes(flat, flat) is None
    assert strokes(flat + noise(128), flat) is None, "noise is no strokes"


def painted(width, length=4, size=512, seed=1):
    """Strokes of one width, ``length`` times as long, row by row, each of its own grey."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((size, size))
    for row in range(0, size, width):
        for column in range(-int(rng.integers(length * width)), size, length * width):
            start = max(column, 0)
            plane[row : row + width, start : column + length * width] = rng.uniform(0.3, 0.7)
    return np.broadcast_to(plane, (3, size, size))


FLAT = np.full((3, 512, 512), 0.5)


def test_stroke_width_doubles_with_the_brush():
    widths = [strokes(painted(w), FLAT).width for w in (4, 8, 16)]
    assert widths == pytest.approx([4, 8, 16], rel=0.2)
    assert all(1.7 < b / a < 2.3 for a, b in pairwise(widths))
    grainy = strokes(painted(8) + noise(512), FLAT)
    assert grainy.width == pytest.approx(widths[1], rel=0.1), "grain is no stroke"


def test_strokes_are_longer_than_wide_in_any_direction():
    found = strokes(painted(6), FLAT)
    assert found.length > 2 * found.width
    turned = strokes(painted(6).transpose(0, 2, 1), FLAT)
    assert turned.width == pytest.approx(found.width, rel=0.1)
    assert turned.length == pytest.approx(found.length, rel=0.2)
    dots = strokes(painted(6, length=1), FLAT)
    assert dots.length < 2 * dots.width


def test_strokes_are_looked_for_where_the_content_is_flat():
    half = np.arange(512)[None] < 256
    content = 0.5 + half * (painted(32)[0] - 0.5)
    content = np.broadcast_to(content, (3, 512, 512))
    result = content + ~half * 0.3 * (painted(5) - 0.5)
    assert strokes(result, content).width == pytest.approx(5, rel=0.2)


@pytest.mark.parametrize(
    ("figure", "least"), [(lattice, "64 x 64"), (halo, "64 x 64"), (strokes, "128 x 128")]
)
def test_figures_say_what_they_need(figure, least):
    with pytest.raises(PictureError, match=least):
        figure(np.zeros((3, 63, 200)), np.zeros((3, 63, 200)))
    with pytest.raises(PictureError, match="of the same size"):
        figure(np.zeros((3, 200, 200)), np.zeros((3, 200, 201)))


def test_values_forget_colors_and_contrast_but_not_order(photo):
    content = photo(96, 128).transpose(2, 0, 1) / 255
    assert values(content, content) == pytest.approx(1)
    assert values(0.3 + 0.3 * content, content) == pytest.approx(1, abs=0.01)
    assert values(1 - content, content) < -0.9
    fine = content + 0.1 * wave(3, 0.8, 128)[:96]
    assert values(fine.clip(0, 1), content) > 0.95
    assert values(np.full((3, 96, 128), 0.5), content) is None


def color(*rgb):
    return mean_color(np.broadcast_to(np.reshape(rgb, (3, 1, 1)), (3, 4, 4)))


GREEN, GREY, RED = color(0.1, 0.3, 0.1), color(0.5, 0.5, 0.5), color(0.7, 0.1, 0.1)


def test_a_scene_that_is_left_alone_keeps_everything():
    kept = compare([GREEN, GREY, RED], [GREEN, GREY, RED])
    assert (kept.values, kept.order_kept) == (pytest.approx(1), 1)
    assert (kept.separation, kept.least_separation) == (pytest.approx(1), pytest.approx(1))


def test_colors_that_become_one_are_not_separate():
    one = compare([GREEN, GREY, RED], [GREY, GREY, RED])
    assert one.least_separation == 0
    assert 0 < one.separation < 1
    half = [(c + GREY) / 2 for c in (GREEN, GREY, RED)]
    assert compare([GREEN, GREY, RED], half).separation == pytest.approx(0.5)


def test_values_of_a_scene_are_those_of_its_materials():
    dark, middle, light = color(0.1, 0.1, 0.1), color(0.4, 0.4, 0.4), color(0.8, 0.8, 0.8)
    turned = compare([dark, middle, light], [light, middle, dark])
    assert (turned.values, turned.order_kept) == (pytest.approx(-1), 0)
    swapped = compare([dark, middle, light], [middle, dark, light])
    assert swapped.order_kept == pytest.approx(2 / 3)


def test_of_materials_that_look_alike_nothing_is_asked():
    alone = compare([GREY], [RED])
    assert (alone.values, alone.order_kept, alone.separation) == (None, None, None)
    same = compare([GREY, GREY], [GREY, RED])
    assert (same.order_kept, same.separation, same.least_separation) == (None, None, None)


def test_a_mean_color_is_one_of_light_and_of_what_shows():
    half = np.zeros((3, 2, 2))
    half[:, 0] = 1
    assert mean_color(half)[0] == pytest.approx(100 * 0.5 ** (1 / 3), rel=1e-3)
    shown = np.array([[1.0, 1.0], [0.0, 0.0]])
    assert mean_color(half, shown) == pytest.approx([100, 0, 0], abs=0.01)
    assert mean_color(half, 0 * shown)[0] == pytest.approx(mean_color(half)[0])
