"""The exact motion of a render: each pixel's position in the previous frame and in the next.

Flows are those of ``core.nn.warp``: (1, 2, H, W), pixels to the right, pixels downward, and whole numbers
are the centres of pixels. Blender's Vector pass holds, in pixels of the render and with y upward, X and Y =
previous - current place, Z and W = current - next place; so backward = (X, -Y) and forward = (-Z, W),
both on the frame that holds the pass. Blender's faults: with motion blur on, Cycles writes zeros; on
the background Cycles writes zeros up to 5.1 and wrong vectors in 5.2, except in panoramas; in
panoramas vectors run through the picture where they should cross its seam.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..errors import ParamsError, PictureError
from ..imaging.depth import FARTHEST
from .names import how_to_get
from .read import Passes, read_pass

Doubles, Where = NDArray[np.float64], NDArray[np.bool_]
BEHIND = 2.0
"""Where a point behind the other camera is placed: far outside, in widths of the picture."""


class Vectors(NamedTuple):
    """Both flows of one frame, on this frame, each (1, 2, H, W): pixels rightward, pixels downward."""

    backward: Floats
    """Position in the previous frame minus position in this frame."""
    forward: Floats
    """Position in the next frame minus position in this frame."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera at one frame, given by Blender's matrices."""

    world: Doubles
    """(4, 4), camera to world: ``camera.matrix_world.normalized()``. It looks along -z, and y is up."""
    projection: Doubles | None
    """(4, 4): ``camera.calc_matrix_camera(depsgraph, x=W, y=H)``, with ``scale_x`` and ``scale_y`` of
    pixels that are not square; None for an equirectangular panorama."""


def read_vectors(passes: Passes, layer: str | None = None, *, panorama: bool = False) -> Vectors:
    """Return both flows of a frame's Vector pass.

    The pass is averaged over samples, so in a pixel with an edge values are a mix of both surfaces; depth,
    position and indices are those of the pixel's centre.

    Args:
        passes: The opened file.
        layer: The view layer; without it the first.
        panorama: Whether the left and the right border meet; if so, the shorter way around is taken.

    Raises:
        PictureError: if there is no such layer, no Vector pass, only half of one, or it is damaged.
    """
    x = read_pass(passes, "vector", layer)
    if x.shape[1] != 4:
        raise PictureError(
            f"the Vector pass of {passes.path} has {x.shape[1]} of its 4 channels, as File Output nodes "
            "write it; render to OpenEXR MultiLayer in Output Properties, where it is whole"
        )
    x = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
    flows = Vectors(x[:, 0:2] * _sign(1, -1), x[:, 2:4] * _sign(-1, 1))
    return Vectors(*map(wrap_flow, flows)) if panorama else flows


def wrap_flow(flow: Floats) -> Floats:
    """Return a panorama's flow (1, 2, H, W) with the shorter way around: |x| at most half the width."""
    width = flow.shape[-1]
    across = np.remainder(flow[:, :1] + width / 2, width) - width / 2
    return np.concatenate([across, flow[:, 1:]], 1)


def find_still_frame(frames: Iterable[Passes], layer: str | None = None) -> str | None:
    """Return a notice if the Vector pass is zero in every pixel of every frame, else None.

    One frame of zeros can be a pause; a whole sequence of zeros is mostly due to motion blur. Frames are read
    until one has motion.

    Raises:
        PictureError: if one has no Vector pass.
    """
    first, last = None, None
    for last in frames:
        first = first or last
        if bool(read_pass(last, "vector", layer).any()):
            return None
    if first is None or last is None:
        return None
    return (
        f"the Vector pass is zero everywhere from {first.path.name} to {last.path.name}: nothing moves, or "
        f"Motion Blur is on, with which Cycles writes no vectors; to have them, {how_to_get('vector')} "
        "(one sample will do)"
    )


def camera_flow(
    here: Camera, there: Camera, size: tuple[int, int], depth: Floats | None = None
) -> Floats:
    """Return the flow of a still world from one camera to another, (1, 2, H, W), float32.

    With the previous frame's camera as ``there`` it is the backward flow, with the next one's the forward.

    Args:
        here: The camera of the frame whose pixels the flow is for.
        there: The camera of the other frame.
        size: Height and width, pixels.
        depth: (1, 1, H, W), the Depth pass: along the camera's axis, in a panorama the distance. Depths of
            1e9 or more are infinitely far and move by the camera's rotation alone; so is everything if
            None.

    Raises:
        ParamsError: if the depth has another size, or one camera is a panorama and the other is not.
    """
    if (here.projection is None) != (there.projection is None):
        raise ParamsError("one camera is a panorama and the other is not; give two of one kind")
    if depth is not None and tuple(depth.shape[-2:]) != size:
        raise ParamsError(
            f"the depth is {tuple(depth.shape[-2:])} and the frame {size}; give one of its size"
        )
    centres = _centres(size)
    rays, origins = _rays(here, centres, size)
    far = np.ones(size, bool) if depth is None else ~(depth[0, 0] < FARTHEST)
    near = np.ones(size) if depth is None else np.where(far, 1, depth[0, 0])
    points = origins * ~far[..., None] + rays * near[..., None]
    places = _seen(there, _moved(here, there, points, far), far, size)
    flow = (places - centres).transpose(2, 0, 1)[None]
    return (wrap_flow(flow) if here.projection is None else flow).astype(np.float32)


def fill_background(flow: Floats, depth: Floats, by_camera: Floats) -> Floats:
    """Return a flow (1, 2, H, W) with the camera's flow where there is no surface.

    Cycles' own vectors there are useless (see above); EEVEE's are right and nearly the same.

    Args:
        flow: From ``read_vectors``.
        depth: (1, 1, H, W), the Depth pass; 1e9 or beyond is background.
        by_camera: From ``camera_flow``.
    """
    return np.where(depth < FARTHEST, flow, by_camera)


def _sign(x: int, y: int) -> Floats:
    return np.array([x, y], np.float32).reshape(1, 2, 1, 1)


def _centres(size: tuple[int, int]) -> Doubles:
    """Return the positions of all pixels, (H, W, 2), float64; the first is at 0, 0."""
    rows, columns = (np.arange(n, dtype=np.float64) for n in size)
    return np.stack(np.meshgrid(columns, rows), -1)


def _rays(camera: Camera, centres: Doubles, size: tuple[int, int]) -> tuple[Doubles, Doubles]:
    """Return rays in the camera's space: direction per unit of depth, and origins, (H, W, 3) each."""
    x, y = np.moveaxis((centres + 0.5) / size[::-1], -1, 0)
    if camera.projection is None:
        turn, lift = (x - 0.5) * 2 * pi, (0.5 - y) * pi
        rays = [np.sin(turn) * np.cos(lift), np.sin(lift), -np.cos(turn) * np.cos(lift)]
        return np.stack(rays, -1), np.zeros((*size, 3))
    p = camera.projection
    across, up = 2 * x - 1, 1 - 2 * y
    ahead, zero = np.full_like(x, -1), np.zeros_like(x)
    if _orthographic(camera):
        begin = np.stack([(across - p[0, 3]) / p[0, 0], (up - p[1, 3]) / p[1, 1], zero], -1)
        return np.stack([zero, zero, ahead], -1), begin
    slopes = [(across + p[0, 2]) / p[0, 0], (up + p[1, 2]) / p[1, 1], ahead]
    return np.stack(slopes, -1), np.zeros((*size, 3))


def _orthographic(camera: Camera) -> bool:
    return camera.projection is not None and float(camera.projection[3, 3]) == 1


def _moved(here: Camera, there: Camera, points: Doubles, far: Where) -> Doubles:
    """Return points of one camera's space in another's; far points are directions, which are only rotated."""
    change = np.linalg.inv(there.world) @ here.world
    return points @ change[:3, :3].T + change[:3, 3] * ~far[..., None]


def _seen(camera: Camera, points: Doubles, far: Where, size: tuple[int, int]) -> Doubles:
    """Project points (H, W, 3) of a camera's space to pixels, (H, W, 2)."""
    x, y, z = np.moveaxis(points, -1, 0)
    if camera.projection is None:
        turn, lift = np.arctan2(x, -z), np.arctan2(y, np.hypot(x, z))
        return np.stack([turn / (2 * pi) + 0.5, 0.5 - lift / pi], -1) * size[::-1] - 0.5
    p = camera.projection
    clip = np.stack([x, y, z, np.ones_like(z)], -1) @ p.T
    depths = clip[..., 3:]
    places = (clip[..., :2] / depths.clip(1e-9) * (0.5, -0.5) + 0.5) * size[::-1] - 0.5
    if _orthographic(camera):  # a direction has no position in its picture, and is taken to stay
        return np.where(far[..., None], _centres(size), places)
    return np.where(depths > 0, places, BEHIND * size[1])
