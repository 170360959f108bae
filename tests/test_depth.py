import json

import numpy as np
import OpenImageIO as oiio
import pytest

from core.errors import PictureError
from core.imaging.depth import layer_weights, load_depth
from core.imaging.image import load_image
from core.picture.run import run
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile


def write_exr(path, channels):
    """Write (H, W) arrays as channels of those names."""
    pixels = np.stack(list(channels.values()), -1).astype(np.float32)
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "float")
    spec.channelnames = tuple(channels)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(pixels)
    out.close()


def write_png(path, pixels):
    buffer = oiio.ImageBuf(np.ascontiguousarray(pixels))
    assert buffer.write(str(path))


RAMP = np.tile(np.linspace(2, 20, 40, dtype=np.float32), (30, 1))


@pytest.mark.parametrize("name", ["Z", "Depth.Z", "ViewLayer.Depth.Z", "Depth.V"])
def test_depth_channels_of_renders_are_found(tmp_path, name):
    black = np.zeros((30, 40))
    write_exr(tmp_path / "z.exr", {"R": black, "G": black, "B": black, name: RAMP})
    depth = load_depth(tmp_path / "z.exr", (30, 40))[0, 0]
    assert (np.diff(depth, axis=1) >= 0).all()
    assert (float(depth.min()), float(depth.max())) == (0, 1)


def test_infinity_is_farthest(tmp_path):
    far = RAMP.copy()
    far[:, -3:] = (np.inf, 1e10, np.nan)
    write_exr(tmp_path / "z.exr", {"Z": far})
    depth = load_depth(tmp_path / "z.exr", (30, 40))[0, 0]
    assert np.isfinite(depth).all()
    assert (depth[:, -3:] == 1).all()
    assert depth[0, 20] < 1


def test_pictures_of_depth_run_from_black_to_white(tmp_path):
    grey = np.tile(np.arange(40, dtype=np.uint8) * 6, (30, 1))[..., None]
    write_png(tmp_path / "mist.png", grey)
    far = load_depth(tmp_path / "mist.png", (30, 40))
    near = load_depth(tmp_path / "mist.png", (30, 40), near_is_white=True)
    assert np.allclose(far, 1 - near)
    assert load_depth(tmp_path / "mist.png", (15, 20)).shape == (1, 1, 15, 20)


def test_what_is_no_depth_is_said(tmp_path):
    write_png(tmp_path / "even.png", np.full((30, 40, 1), 90, np.uint8))
    with pytest.raises(PictureError, match="same depth everywhere"):
        load_depth(tmp_path / "even.png", (30, 40))
    with pytest.raises(PictureError, match="in the same shape"):
        load_depth(tmp_path / "even.png", (30, 90))
    with pytest.raises(PictureError, match=r"gone\.exr"):
        load_depth(tmp_path / "gone.exr", (30, 40))


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("softness", [0, 0.5, 1])
@pytest.mark.parametrize("focus", [0, 0.4, 1])
def test_weights_add_up_and_the_first_is_in_focus(count, softness, focus):
    depth = np.linspace(0, 1, 101, dtype=np.float32)[None, None, None].repeat(8, 2)
    weights = layer_weights(depth, count, focus, softness)
    assert weights.shape == (count, 1, 8, 101)
    assert np.allclose(weights.sum(0), np.ones((1, 8, 101), np.float32), atol=1e-5)
    assert weights[0, 0, 4, round(100 * focus)] > 0.95
    assert weights[-1, 0, 4, 0 if focus > 0.5 else 100] > 0.95


@pytest.fixture
def job(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("content", "style"):
        picture = rng.random((30, 40, 3))
        write_png(tmp_path / f"{name}.png", (picture * 255).astype(np.uint8))
    write_exr(tmp_path / "z.exr", {"Z": RAMP})
    return lambda **more: Job(
        **{
            "content": str(tmp_path / "content.png"),
            "output": str(tmp_path / "out.png"),
            "styles": (StyleFile(str(tmp_path / "style.png")),),
            "depth": str(tmp_path / "z.exr"),
            **more,
        }
    )


def test_layers_are_blended_by_depth(job, tmp_path):
    layers = (Layer(strength=0), Layer("adain"))
    result = run(job(layers=layers, softness=0.2))
    assert result.method == "brushwork, adain"
    out, content = (load_image(tmp_path / f"{name}.png").rgb for name in ("out", "content"))
    assert np.array_equal(out[..., :1], content[..., :1]), "in focus nothing changes"
    plain = run(job(method="adain", depth=None, output=str(tmp_path / "plain.png")))
    assert plain.method == "adain"
    assert np.array_equal(out[..., -4:], load_image(tmp_path / "plain.png").rgb[..., -4:])


def test_strength_zero_is_the_content(job, tmp_path):
    run(job(strength=0.0))
    out, content = (load_image(tmp_path / f"{name}.png").rgb for name in ("out", "content"))
    assert np.array_equal(out, content)


def test_a_job_with_layers_is_json(job):
    asked = job(layers=(Layer(), Layer("adain", 0.5, 2.0, {"alpha": 1})))
    assert Job.from_json(asked.to_json()) == asked
    assert json.loads(asked.to_json())["layers"][1]["method"] == "adain"
