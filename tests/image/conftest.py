"""Pictures with awkward values, written and read by Pillow, OpenImageIO and numpy alone."""

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow


@pytest.fixture
def noise():
    """Draw all that is awkward at a depth: (channels, depth, height, width, seed) -> (H, W, C)."""
    return _noise


def _noise(channels, depth="uint8", height=9, width=7, seed=0):
    """Alpha has 0 and full; floats go below zero and far above one."""
    rng = np.random.default_rng(seed)
    if depth.startswith("u"):
        top = np.iinfo(depth).max
        x = rng.integers(0, top, (height, width, channels), endpoint=True).astype(depth)
    else:
        top = 1.0
        x = (rng.normal(0.5, 1, (height, width, channels)) ** 3).astype(depth)
    if channels in (2, 4):
        x[..., -1] = (rng.random((height, width)) * top).astype(depth)
        x[0, :, -1], x[1, :, -1] = 0, top
    return x


@pytest.fixture
def put():
    """Write without passing through the code under test: (path, pixels, **attributes) -> path."""
    return _put


def _put(path, x, *, premultiplied=False, **attributes):
    if path.suffix == ".npy":
        np.save(path, x)
        return path
    if path.suffix == ".webp":
        Pillow.fromarray(x).save(path, lossless=True, exact=True)
        return path
    form = {"float16": "half", "float32": "float"}.get(x.dtype.name, x.dtype.name)
    spec = oiio.ImageSpec(x.shape[1], x.shape[0], x.shape[2], form)
    if x.shape[2] < 3:
        spec.channelnames = ("Y", "A")[: x.shape[2]]
        spec.alpha_channel = x.shape[2] - 2 if x.shape[2] == 1 else 1
    if not premultiplied:
        spec["oiio:UnassociatedAlpha"] = 1
    for name, value in attributes.items():
        spec[name] = value
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(x), target.geterror()
    assert target.close()
    return path


@pytest.fixture
def get():
    """Read the bare numbers of a file: (path) -> (H, W, C)."""
    return _get


def _get(path):
    if path.suffix == ".npy":
        return np.load(path)
    config = oiio.ImageSpec()
    config["oiio:UnassociatedAlpha"] = 1
    source = oiio.ImageInput.open(str(path), config)
    assert source, oiio.geterror()
    x = source.read_image(source.spec().format)
    source.close()
    return x


@pytest.fixture
def bits():
    """Return an array's bytes, which tell -0 from 0: (array) -> uint8."""
    return lambda x: np.ascontiguousarray(x).view(np.uint8)


@pytest.fixture
def changed():
    """Return an image's picture with its lower half made anew: (image) -> (1, 3, H, W)."""

    def change(image, value=0.25):
        rgb = image.rgb.copy()
        rgb[..., rgb.shape[-2] // 2 :, :] = value
        return rgb

    return change
