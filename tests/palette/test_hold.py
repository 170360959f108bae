import numpy as np
import pytest

from core.imaging.lazy import Lazy
from core.palette.hold import hold
from core.palette.oklab import to_oklab
from core.tiling import Box

WHITE, BLACK, RED = (0.9, 0.9, 0.9), (0.1, 0.1, 0.1), (0.7, 0.2, 0.15)


def plain(color, size=(128, 160)):
    return np.ones((1, 3, *size), np.float32) * np.array(color, np.float32)[:, None, None]


def halves(one, other, size=(128, 160)):
    picture = plain(one, size)
    picture[..., size[1] // 2 :] = np.array(other, np.float32)[:, None, None]
    return picture


def strokes(picture, seed=0, contrast=0.15):
    rng = np.random.default_rng(seed)
    marks = rng.normal(0, contrast, (1, 3, picture.shape[-2] // 4, picture.shape[-1] // 4))
    return (picture + marks.repeat(4, 2).repeat(4, 3)).clip(0, 1).astype(np.float32)


def mean_lab(picture):
    return to_oklab(picture[0].astype(float)).reshape(3, -1).mean(1)


def test_means_become_those_of_the_target_and_strokes_stay():
    content, painted = plain(RED), strokes(plain((0.6, 0.55, 0.4)))
    before = to_oklab(painted[0])[0].std()
    out = hold(content, content, painted.copy())
    assert mean_lab(out) == pytest.approx(mean_lab(content), abs=0.012)
    assert to_oklab(out[0])[0].std() > 0.6 * before


def test_black_stays_black_and_nothing_glows_beside_it():
    content = halves(BLACK, WHITE)
    painted = strokes(plain((0.5, 0.7, 0.65)), contrast=0.05)
    lab = to_oklab(hold(content, content, painted)[0])[0].mean(0)
    dark, light = to_oklab(content[0])[0, 0, [0, -1]]
    assert lab[:74] == pytest.approx(dark, abs=0.06)
    assert lab[86:] == pytest.approx(light, abs=0.06)


def test_lightness_alone_may_be_held():
    content, painted = plain(BLACK), strokes(plain((0.6, 0.5, 0.3)), contrast=0.02)
    out = mean_lab(hold(content, content, painted.copy(), chroma=False))
    assert out[0] == pytest.approx(mean_lab(content)[0], abs=0.03)
    assert out[2] > 0.03


def test_a_target_of_other_colors_is_reached_where_the_content_has_edges():
    content, target = halves(BLACK, WHITE), halves((0.1, 0.2, 0.5), (0.9, 0.8, 0.4))
    out = hold(content, target, strokes(plain((0.5, 0.5, 0.5)), contrast=0.05))
    for part in (slice(0, 70), slice(90, 160)):
        assert mean_lab(out[..., part]) == pytest.approx(mean_lab(target[..., part]), abs=0.03)


def test_what_is_held_already_stays():
    content = halves(RED, WHITE)
    assert hold(content, content, content.copy()) == pytest.approx(content, abs=0.01)


def test_grain_of_the_content_is_not_printed_onto_the_paint():
    """Of two greys that it brings near each other, in each of which it must leave no trace."""
    grain = 0.07 * np.sign(np.arange(160) % 4 - 1.5)
    content = (halves((0.35, 0.35, 0.35), (0.6, 0.6, 0.6)) + grain).astype(np.float32)
    out = hold(content, content, plain((0.5, 0.5, 0.5)))
    for part in (slice(8, 60), slice(100, 150)):
        assert out[..., part].std() < 0.02 * grain.std()


def test_strokes_of_what_becomes_dark_are_fainter_and_not_cut_off():
    content, painted = plain(BLACK), strokes(plain((0.6, 0.55, 0.5)))
    out = hold(content, content, painted)
    assert (out == 0).any(1).mean() < 0.05
    assert mean_lab(out) == pytest.approx(mean_lab(content), abs=0.004)
    assert to_oklab(out[0])[0].std() > 0.02


def test_only_what_counts_is_measured():
    content, painted = plain(RED), plain((0.5, 0.5, 0.5))
    coverage = np.ones((1, 1, 128, 160), np.float32)
    coverage[..., 80:] = 0
    painted[..., 80:] = 0
    out = hold(content, content, painted, coverage)
    assert mean_lab(out[..., :60]) == pytest.approx(mean_lab(content), abs=0.02)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64), (130, 70)])
def test_windows_give_the_whole_and_any_size_will_do(size):
    rng = np.random.default_rng(1)
    content, target, painted = (rng.random((1, 3, *size), np.float32) for _ in range(3))

    def lazy(x):
        return Lazy(x.shape, lambda b: x[..., b.top : b.bottom, b.left : b.right])

    held = hold(lazy(content), lazy(target), lazy(painted))
    whole = hold(content, target, painted.copy())
    assert isinstance(held, Lazy)
    assert held.whole() == pytest.approx(whole, abs=2e-5)
    part = Box(size[0] // 3, size[1] // 3, size[0], size[1] // 3 + size[1] // 2 + 1)
    part = Box(part.top, part.left, part.bottom, min(part.right, size[1]))
    cut = (..., slice(part.top, part.bottom), slice(part.left, part.right))
    assert held.make(part) == pytest.approx(whole[cut], abs=2e-5)


def test_a_panorama_is_held_alike_on_both_sides_of_its_back():
    rng = np.random.default_rng(2)
    content = plain((0.5, 0.5, 0.5), (64, 256))
    wave = 0.2 * np.sin(np.arange(256) / 256 * 2 * np.pi)
    painted = (content + wave + 0.02 * rng.random((64, 256))).astype(np.float32)
    turned = np.roll(hold(content, content, np.roll(painted, 64, -1), wrap=True), -64, -1)
    assert hold(content, content, painted, wrap=True) == pytest.approx(turned, abs=0.01)
