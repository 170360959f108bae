"""A ball and a box before nothing, as a renderer would see them: passes whose every edge is known."""

from dataclasses import dataclass

import numpy as np
import OpenImageIO as oiio
import pytest

from core.npr.shading import Scene
from core.passes.matte import matte_id

SIZE = (120, 160)
FINE = 8
"""Samples of a pixel, across and down."""
FAR = 1e10
SUN = np.array([0.48, -0.64, 0.6])
"""Toward the light; the camera looks along +y, z is up."""
NAMES = ("Ball", "Box")


@dataclass
class Render:
    """What was sampled: (H, W) or (H, W, C) of pixel's middles, and means over pixels."""

    depth: np.ndarray
    position: np.ndarray
    normal: np.ndarray
    light: np.ndarray
    color: np.ndarray
    shares: np.ndarray
    """(H, W, 2), how much of a pixel ball and box cover."""

    @property
    def scene(self):
        own = self.shares.argmax(-1)
        free = 1 - self.shares.sum(-1)
        best = self.shares.max(-1)
        objects = np.where(free > best, 0, own + 1)
        footprint = np.full(self.depth.shape, 1.0, np.float32)
        cover = np.maximum(free, best).astype(np.float32)
        return Scene(self.depth, self.normal, objects, objects, footprint, cover, straight=True)


BALL = (55.3, 60.7, 40.0)
"""Middle, x and y, and radius, in pixels; one pixel is one unit, seen from far."""
BOX = (104.4, 80.6, 22.0)
"""Corner that stands toward the camera, x; middle, y; and half height. Its faces go back at 45 degrees."""
WIDE = 30.0
"""How far each face goes to its side."""


def look(x, y):
    """Return what rays at places x, y meet: depth, normal, thing (-1 for none), at any shape."""
    bx, by, r = BALL
    inside = (x - bx) ** 2 + (y - by) ** 2 < r * r
    rise = np.sqrt(np.maximum(r * r - (x - bx) ** 2 - (y - by) ** 2, 0))
    ball = np.where(inside, 500 - rise, FAR)
    cx, cy, half = BOX
    on = (np.abs(y - cy) < half) & (np.abs(x - cx) < WIDE)
    box = np.where(on, 400 + np.abs(x - cx), FAR)
    thing = np.where(np.minimum(ball, box) >= FAR, -1, np.where(ball < box, 0, 1))
    side = np.where(x < cx, -1, 1) * np.sqrt(0.5)
    of_ball = np.stack([(x - bx) / r, -rise / r, -(y - by) / r], -1)
    of_box = np.stack([side, np.full_like(x, -np.sqrt(0.5)), np.zeros_like(x)], -1)
    normal = np.where((thing == 0)[..., None], of_ball, of_box) * (thing >= 0)[..., None]
    return np.minimum(ball, box), normal, thing


def render(size=SIZE):
    """Return the passes of ball and box."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(float)
    depth, _, _ = look(x, y)
    offsets = (np.arange(FINE) + 0.5) / FINE - 0.5
    normals, shares = np.zeros((height, width, 3)), np.zeros((height, width, 2))
    light, color = np.zeros((height, width)), np.zeros((height, width, 3))
    for dy in offsets:
        for dx in offsets:
            _, normal, thing = look(x + dx, y + dy)
            normals += normal / FINE**2
            light += np.maximum(normal @ SUN, 0) / FINE**2
            for k, tint in enumerate(((0.6, 0.1, 0.1), (0.1, 0.2, 0.6))):
                shares[..., k] += (thing == k) / FINE**2
                color += (thing == k)[..., None] * np.array(tint) / FINE**2
    light = light / np.maximum(shares.sum(-1), 1e-9) * (shares.sum(-1) > 0)
    position = np.stack([x, np.where(depth < FAR, depth, 0), -y], -1)
    parts = (depth, position, normals, light, color, shares)
    return Render(*(part.astype(np.float32) for part in parts))


@pytest.fixture(scope="session")
def rendered():
    return render()


def passes_of(r, flow=None):
    """Return passes as a multilayer EXR of Blender has them: name with channels → (H, W, C)."""
    cover = r.shares.sum(-1, keepdims=True)
    lit = r.color * r.light[..., None]
    sky = np.array([0.2, 0.3, 0.9], np.float32) * (1 - cover)
    ids = np.array([matte_id(name) for name in NAMES], np.uint32).view(np.float32)
    order = np.argsort(-r.shares, -1)
    ranks = np.take_along_axis(r.shares, order, -1)
    matte = np.stack([np.where(ranks > 0, ids[order], 0), ranks], -1).reshape(*SIZE, 4)
    return {
        "Combined.RGBA": np.concatenate([lit + sky, np.ones_like(cover)], -1),
        "Depth.Z": r.depth[..., None],
        "Position.XYZ": r.position,
        "Normal.XYZ": r.normal,
        "DiffCol.RGB": r.color,
        "DiffDir.RGB": np.repeat(r.light[..., None], 3, -1),
        "Env.RGB": sky,
        "CryptoObject00.rgba": matte,
        "CryptoMaterial00.rgba": matte,
        "Vector.XYZW": np.zeros((*SIZE, 4), np.float32) if flow is None else flow,
    }


def write_exr(path, passes):
    """Write passes in one part, as Blender up to 4.5 does; all in floats."""
    named = [
        (f"ViewLayer.{name}.{channel}", x[..., k])
        for key, x in passes.items()
        for name, channels in [key.split(".")]
        for k, channel in enumerate(channels)
    ]
    pixels = np.ascontiguousarray(np.stack([x for _, x in named], -1), np.float32)
    made = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "float")
    made.channelnames = tuple(name for name, _ in named)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), made), out.geterror()
    assert out.write_image(pixels)
    assert out.close()
    return path


@pytest.fixture(scope="session")
def exr(rendered, tmp_path_factory):
    return write_exr(tmp_path_factory.mktemp("toon") / "render.exr", passes_of(rendered))
