"""The light of stylized panoramas: its mean, its colour and its sun."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from core.errors import ParamsError
from core.formats.kinds import Facts
from core.imaging.image import load_image, make_image, save_image
from core.picture.light import keep_light
from core.picture.run import run
from core.request.check import check_job
from core.request.picture_job import Job, StyleFile
from core.surface.cube import cube
from core.surface.sphere import sphere
from core.tiling import Box

SUN = (20, 40)
WARM = np.array([1.2, 1.0, 0.7], np.float32)


def sky(height=64):
    """Scene-linear light with a sun of 5000 whites."""
    rng = np.random.default_rng(0)
    light = rng.uniform(0.05, 1.8, (height // 8, height // 4, 1)).repeat(8, 0).repeat(8, 1)
    pixels = (light * WARM).astype(np.float32)
    pixels[SUN] = 5000
    return pixels


def ask(**changes):
    made = {"content": "a.exr", "output": "b.exr", "styles": (), "surface": "equirect"}
    return Job(**made | changes)


def mean(pixels):
    latitude = (np.arange(len(pixels)) + 0.5) / len(pixels) * np.pi
    weight = np.sin(latitude)[:, None, None]
    return (pixels * weight).sum((0, 1)) / weight.sum() / pixels.shape[1]


def written(tmp_path, image, picture):
    save_image(tmp_path / "out.exr", picture, image)
    return load_image(tmp_path / "out.exr").origin.pixels


def paint(image, color):
    """Return a picture of strokes of one color."""
    rng = np.random.default_rng(1)
    strokes = rng.uniform(0.5, 1, image.rgb.shape) * np.array(color)[:, None, None]
    return strokes.astype(np.float32)


@pytest.mark.parametrize(
    "color", [(0.2, 0.3, 0.6), (1, 1, 1), (0, 0, 0.3), (0, 0, 0), (0.9, 0.2, 0)]
)
def test_mean_light_and_its_color_are_kept_and_so_is_the_sun(tmp_path, color):
    image = make_image(sky(), Facts())
    picture, like = keep_light(ask(), image, paint(image, color))
    out = written(tmp_path, like, picture)
    assert mean(out) == pytest.approx(mean(sky()), rel=0.01)
    assert out[SUN] == pytest.approx(5000)
    assert np.unravel_index(out.sum(2).argmax(), out.shape[:2]) == SUN
    changed = abs(out - sky()).max(2) > 1e-3
    assert changed.mean() > 0.9 or color == (0, 0, 0)


def test_light_may_be_free(tmp_path):
    image = make_image(sky(), Facts())
    painted = paint(image, (0.2, 0.3, 0.6))
    for job in (ask(light="free"), ask(surface="flat"), ask(strength=0.0)):
        picture, like = keep_light(job, image, painted)
        assert picture is painted
        assert like is image
    assert (mean(written(tmp_path, image, painted)) < 0.9 * mean(sky())).all()


def test_light_is_kept_of_surroundings_alone():
    check_job(ask(light="keep", surface="cube", styles=(StyleFile("builtin:oil"),)))
    for surface in ("auto", "flat"):
        with pytest.raises(ParamsError, match="equirect or cube"):
            check_job(ask(light="keep", surface=surface, styles=(StyleFile("builtin:oil"),)))


def test_outside_a_mask_light_has_its_bits(tmp_path):
    mask = np.zeros((64, 128), np.uint8)
    mask[:, 60:100] = 255
    Pillow.fromarray(mask).save(tmp_path / "mask.png")
    image = make_image(sky(), Facts())
    painted = np.where(mask > 0, paint(image, (0.1, 0.1, 0.5)), image.rgb)
    picture, like = keep_light(ask(mask=str(tmp_path / "mask.png")), image, painted)
    out = written(tmp_path, like, picture)
    assert np.array_equal(out[mask == 0], sky()[mask == 0])
    assert mean(out) == pytest.approx(mean(sky()), rel=0.01)


def test_a_large_panorama_is_kept_alike(monkeypatch, tmp_path):
    results = []
    for limit in (10**9, 1000):
        monkeypatch.setattr("core.imaging.image.LARGE", limit)
        image = make_image(sky(), Facts(), lazy=True)
        painted = paint(image, (0.2, 0.3, 0.6))
        results.append(written(tmp_path, *reversed(keep_light(ask(), image, painted))))
    assert results[0] == pytest.approx(results[1], rel=1e-5)


def test_a_panorama_of_eight_bits_is_kept_where_that_is_asked(tmp_path):
    pixels = np.random.default_rng(3).integers(40, 200, (64, 128, 3), dtype=np.uint8)
    image = make_image(pixels, Facts(), space="srgb")
    dark = paint(image, (0.3, 0.2, 0.25))
    assert keep_light(ask(), image, dark)[0] is dark
    picture, like = keep_light(ask(light="keep"), image, dark)
    lights = [mean(image.origin.view.light(x)[0].transpose(1, 2, 0)) for x in (image.rgb, picture)]
    assert lights[1] == pytest.approx(lights[0], rel=0.1)
    assert like is image


def test_solid_angles_cover_the_sphere_once():
    for surface, middle in ((sphere((90, 180)), np.pi / 90), (cube((60, 360)), 2 / 60)):
        box = Box(0, 0, *surface.picture.size)
        total = float(surface.picture.solid_angles(box).sum(dtype=torch.float64)) * middle**2
        assert total == pytest.approx(4 * np.pi, rel=2e-3)
    cross = cube((90, 120))
    assert bool((cross.picture.solid_angles(Box(0, 0, 30, 30)) == 0).all())


def test_a_cube_map_is_kept_too(tmp_path):
    pixels = np.random.default_rng(0).uniform(0.1, 3, (32, 192, 3)).astype(np.float32)
    image = make_image(pixels, Facts())
    picture, like = keep_light(ask(surface="cube"), image, paint(image, (0.1, 0.2, 0.5)))
    out = written(tmp_path, like, picture)
    weight = cube((32, 192)).picture.solid_angles(Box(0, 0, 32, 192)).numpy()[..., None]
    assert (out * weight).sum((0, 1)) == pytest.approx((pixels * weight).sum((0, 1)), rel=0.01)


def test_a_world_is_painted_with_its_light(tmp_path):
    save_image(tmp_path / "sky.exr", make_image(sky(), Facts()).rgb, make_image(sky(), Facts()))
    job = ask(
        content=str(tmp_path / "sky.exr"), output=str(tmp_path / "out.exr"), palette="picture",
        styles=(StyleFile("builtin:woodblock"),), method="transport", precision="float32",
    )  # fmt: skip
    run(job)
    out = load_image(job.output).origin.pixels
    assert mean(out) == pytest.approx(mean(sky()), rel=0.02)
    assert out[SUN] == pytest.approx(5000)
    assert (abs(out - sky()).max(2) > 0.01).mean() > 0.9
