"""Scene-linear light to display and back: what a style leaves alone keeps its bits."""

import sys

import numpy as np
import pytest
import torch

from core.color import SRGB, View, linear_to_srgb
from core.errors import ParamsError
from core.imaging.image import load_image, save_image
from core.passes import from_display, open_passes, open_view, read_pass, to_display, write_passes

HALF = View(lambda light: (light / 16).clip(0) ** 0.25, lambda shown: shown**4 * 16, white=16.0)
"""A view that shows sixteen times the light of the plain one."""

CONFIG = """ocio_profile_version: 2
roles: {default: raw, scene_linear: lin}
file_rules: [!<Rule> {name: Default, colorspace: default}]
displays:
  sRGB:
    - !<View> {name: Gamma, colorspace: gamma}
    - !<View> {name: Log, colorspace: log}
    - !<View> {name: Dull, colorspace: dull}
colorspaces:
  - !<ColorSpace> {name: raw, isdata: true}
  - !<ColorSpace> {name: lin}
  - !<ColorSpace>
    name: gamma
    from_scene_reference: !<ExponentTransform> {value: [0.5, 0.5, 0.5, 1]}
  - !<ColorSpace>
    name: log
    from_scene_reference: !<GroupTransform>
      children:
        - !<LogAffineTransform> {base: 2, log_side_slope: 0.1, log_side_offset: 0.5}
  - !<ColorSpace>
    name: dull
    from_scene_reference: !<MatrixTransform> {matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]}
"""


def light(channels=3, seed=0):
    """Awkward light: below zero, far above one, black, not a number; with alpha premultiplied."""
    x = np.random.default_rng(seed).standard_normal((1, channels, 8, 9), np.float32) * 4
    x[0, :, 0, 0], x[0, :3, 0, 1] = 0, 300
    if channels == 4:
        x[0, 3] = np.linspace(0, 1, 72).reshape(8, 9)
    return x


@pytest.mark.parametrize("view", [SRGB, HALF])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_left_alone_keeps_its_bits(view, channels):
    x = light(channels)
    shown = to_display(x, view)
    assert shown.rgb.shape == (1, 3, 8, 9)
    assert shown.rgb.min() >= 0
    assert shown.rgb.max() <= 1
    assert np.array_equal(from_display(shown.rgb, shown), x)
    painted = shown.rgb.copy()
    painted[..., :4] = 0.5
    back = from_display(painted, shown)
    assert np.array_equal(back[..., 4:], x[..., 4:])
    assert not np.array_equal(back[..., :4], x[..., :4])
    assert np.array_equal(back[:, 3:], x[:, 3:])


def test_the_plain_view_is_the_srgb_curve_with_gain():
    x = np.array([[0.2, 0.5, 1.0], [2.0, 8.0, 0.5]], np.float32).T.reshape(1, 3, 1, 2)
    shown = to_display(x)
    torch.testing.assert_close(shown.rgb[..., 0], linear_to_srgb(x[..., 0]))
    torch.testing.assert_close(shown.rgb[..., 1], linear_to_srgb(x[..., 1] / 8))
    assert shown.origin.gain.flatten().tolist() == [1, 8]
    back = from_display(shown.rgb[:, ::-1], shown)
    np.testing.assert_allclose(back, x[:, ::-1], rtol=1e-5, atol=1e-6)


def test_a_view_is_undone_with_its_gain():
    x = np.array([[1.0, 4.0, 16.0], [8.0, 32.0, 64.0]], np.float32).T.reshape(1, 3, 1, 2)
    shown = to_display(x, HALF)
    torch.testing.assert_close(shown.rgb[0, :, 0, 0], (x[0, :, 0, 0] / 16) ** 0.25)
    assert shown.origin.gain.flatten().tolist() == [1, 4]
    np.testing.assert_allclose(
        from_display(shown.rgb[:, ::-1], shown), x[:, ::-1], rtol=1e-5, atol=0
    )


def test_premultiplied_colour_is_shown_straight():
    x = np.array([0.1, 0.2, 0.25, 0.5], np.float32).reshape(1, 4, 1, 1)
    shown = to_display(x)
    torch.testing.assert_close(
        shown.rgb.flatten(), linear_to_srgb(np.array([0.2, 0.4, 0.5], np.float32))
    )
    assert shown.alpha.item() == 0.5
    back = from_display(np.ones((1, 3, 1, 1), np.float32), shown)
    torch.testing.assert_close(back.flatten(), np.array([0.5, 0.5, 0.5, 0.5], np.float32))


def test_a_style_of_strength_zero_returns_the_real_frame(real, tmp_path):
    for name in ("combined", "diffuse_color", "emission"):
        shown = to_display(read_pass(real, name), HALF)
        write_passes(tmp_path / "out.exr", real, {name: from_display(shown.rgb, shown)})
        again = open_passes(tmp_path / "out.exr")
        assert np.array_equal(read_pass(again, name), read_pass(real, name))


def test_pictures_are_loaded_and_saved_through_a_view(tmp_path, real):
    image = load_image(real.path, view=HALF)
    plain = load_image(real.path)
    assert not np.array_equal(image.rgb, plain.rgb)
    save_image(tmp_path / "same.exr", image.rgb, image)
    assert (load_image(tmp_path / "same.exr").origin.pixels == plain.origin.pixels).all()
    save_image(tmp_path / "shown.png", image.rgb, image)
    shown = load_image(tmp_path / "shown.png").rgb
    torch.testing.assert_close(shown, image.rgb, atol=0.501 / 255, rtol=0)


def test_without_opencolorio_the_way_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "PyOpenColorIO", None)
    with pytest.raises(ParamsError, match="install the package opencolorio"):
        open_view(tmp_path / "config.ocio")


@pytest.fixture
def config(tmp_path):
    pytest.importorskip("PyOpenColorIO")
    path = tmp_path / "config.ocio"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_a_view_of_opencolorio(config):
    view = open_view(config, "Gamma", exposure=1.0, gamma=2.0)
    assert view.white == pytest.approx(0.5, rel=1e-4)
    x = np.array([0.02, 0.125, 0.5], np.float32).reshape(1, 3, 1, 1)
    torch.testing.assert_close(view.show(x), (2 * x) ** 0.25, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(view.light(view.show(x)), x, rtol=1e-3, atol=1e-5)
    shown = to_display(light(4), view)
    assert np.array_equal(from_display(shown.rgb, shown), light(4))


def test_views_that_never_end_are_cut(config):
    view = open_view(config, "Log", exposure=-1.0)
    assert view.white == pytest.approx(32, rel=1e-3)
    assert view.light(np.ones((1, 3, 1, 1), np.float32)).max().item() == pytest.approx(32, rel=1e-3)


def test_bad_views_are_told(config, tmp_path):
    for given, words in (
        ({"name": "AgX"}, "no view transform AgX; it has Gamma, Log, Dull"),
        ({"name": "Gamma", "look": "Punchy"}, "no look Punchy"),
        ({"name": "Gamma", "display": "P3"}, "no display P3; it has sRGB"),
        ({"name": "Dull"}, "Dull cannot be undone"),
    ):
        with pytest.raises(ParamsError, match=words):
            open_view(config, **given)
    with pytest.raises(ParamsError, match="no OpenColorIO configuration"):
        open_view(tmp_path / "none.ocio")
