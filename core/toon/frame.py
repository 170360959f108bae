"""A rendered frame's passes as pictures, each checked: what the shades and lines are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import BLUE, RED, Floats
from ..errors import PictureError
from ..imaging.depth import FARTHEST
from ..npr.shading import Eye, Scene, find_eye
from ..npr.shading.highlight import dot
from ..npr.shading.sheets import fill_nearest
from ..passes import (
    NOBODY,
    Passes,
    decode_passes,
    has_pass,
    how_to_get,
    open_passes,
    pass_names,
    read_depth,
    read_matte,
    read_pass,
    read_ranks,
    read_vectors,
)
from ..request.toon_job import ToonJob
from ..request.toon_look import ToonLook

LUMA = np.array([RED, 1 - RED - BLUE, BLUE], np.float32)
DARK = 0.04
"""Diffuse colour below which a surface counts as metal: its colour is that of its reflections."""
OPTIONAL = (
    "emission", "environment", "glossy_color", "vector", "cryptomatte_material", "material_index",
)  # fmt: skip  # a row
WHY = {
    "depth": "by which lines and surfaces are found",
    "normal": "by which creases, highlights and rims are found",
    "position": "from which the camera is found, and on which strokes lie",
    "cryptomatte_object": "by which things are told apart",
    "diffuse_color": "the colour that is shaded",
    "diffuse_direct": "the light that becomes tones",
    "uv": "which the strokes are to follow",
}
"""What each necessary pass is for."""
FLAT = "shows one plane or none, so highlights and rims are as if seen from the front"
Array = Floats


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's passes show; pictures are (H, W) or (H, W, 3), light is scene-linear."""

    path: Path
    combined: Array
    """(H, W, 4), colour multiplied by alpha."""
    cover: Array
    """(H, W), how much of a pixel surfaces cover."""
    scene: Scene
    normal: Array
    """Unit vectors; 0 where there is no surface."""
    position: Array
    eye: Eye
    base: Array
    """Colour of the surfaces; empty where a picture takes the shades' place."""
    light: Array
    """Light that falls on them directly; likewise."""
    metal: Array | None
    """How much a surface is metal, of which Blender does not know the light; None: there is none."""
    extra: Array | None
    """Light that they give themselves, multiplied by cover."""
    behind: Array
    """(H, W, 3), what was rendered behind the surfaces, as it shows: multiplied by what they leave free."""
    backward: Array | None = None
    """(H, W, 2), the way back to the frame before, pixels."""
    forward: Array | None = None
    """(H, W, 2), the way to the frame after, likewise."""
    inks: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """Object → how much of each pixel it covers, of those whose lines have a colour of their own."""
    notes: tuple[str, ...] = ()
    uv: Array | None = None
    """(H, W, 2), the surfaces' own coordinates, where strokes follow them."""
    pad: int = 0
    """Columns of the other side that a panorama has at either border (``around``)."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.cover.shape  # pyright: ignore[reportReturnType]  # of two axes


def read_frame(path: Path, job: ToonJob, look: ToonLook) -> Frame:
    """Return a frame's passes.

    Raises:
        PictureError: if the file is damaged, or lacks a pass; it says which, and how to get it.
    """
    passes, notes = _open(path, job, look)
    layer = job.layer
    depth, normal, position = _geometry(passes, layer)
    here = depth < FARTHEST
    eye = find_eye(position, depth, _unit(normal))
    if not eye.sure and here.any():
        notes += (f"{path.name} {FLAT}",)
    objects, shares, total = _objects(passes, layer, here)
    combined = _clean(_picture(passes, "combined", layer))
    cover, behind = _behind(passes, layer, combined, total)
    materials, straight = _materials(passes, layer, objects), eye.kind == "orthographic"
    scene = Scene(depth, normal, objects, materials, eye.footprint(depth), shares, straight)
    base, light, metal = _surfaces(passes, layer, total, shaded=job.fill is None)
    backward, forward = _motion(passes, layer, wrap=eye.kind == "panorama")
    return Frame(
        path=path,
        combined=combined,
        cover=cover,
        scene=scene,
        normal=_unit(normal) * here[..., None],
        position=position,
        eye=eye,
        base=base,
        light=light,
        metal=metal,
        extra=_emission(passes, layer),
        behind=behind,
        backward=backward,
        forward=forward,
        inks=_inks(passes, job),
        uv=_clean(_picture(passes, "uv", layer)[..., :2]) if _follows_uvs(job, look) else None,
        notes=notes,
    )


def _geometry(passes: Passes, layer: str | None) -> tuple[Array, Array, Array]:
    """Return depth, normal and position; what is no number in these two is 0."""
    normal, position = (_clean(_picture(passes, name, layer)) for name in ("normal", "position"))
    return read_depth(passes, layer)[0, 0], normal, position


def _inks(passes: Passes, job: ToonJob) -> dict[str, Array]:
    """Return how much of each pixel the objects cover whose lines have a colour of their own."""
    names = [one.object for one in job.line_colors]
    return {
        name: read_matte(passes, [name], "object", job.layer, absent=True)[0, 0] for name in names
    }


def _open(path: Path, job: ToonJob, look: ToonLook) -> tuple[Passes, tuple[str, ...]]:
    """Open a file and decode what is needed of it."""
    passes = open_passes(path)
    needed = ["combined", "depth", "normal", "position"]
    things = "object_index" if has_pass(passes, "object_index", job.layer) else "cryptomatte_object"
    if has_pass(passes, "cryptomatte_object", job.layer):
        things = "cryptomatte_object"
    needed += [things] + (["diffuse_color", "diffuse_direct"] if job.fill is None else [])
    needed += ["uv"] if _follows_uvs(job, look) else []
    for name in needed:
        if not has_pass(passes, name, job.layer):
            there = ", ".join(pass_names(passes, job.layer))
            why = WHY.get(name, "the render itself")
            raise PictureError(
                f"{path} has no pass {name}, {why}; it has {there}: {how_to_get(name)}"
            )
    more = [name for name in OPTIONAL if has_pass(passes, name, job.layer)]
    notes: tuple[str, ...] = ()
    if look.borders and not {"cryptomatte_material", "material_index"} & set(more):
        notes = (
            f"{path.name} has no pass of materials, so there are no lines between them; to have them, "
            + how_to_get("cryptomatte_material"),
        )
    return decode_passes(passes, [*needed, *more], job.layer), notes


def _follows_uvs(job: ToonJob, look: ToonLook) -> bool:
    return bool(look.hatching) and look.hatch_along == "uv" and job.fill is None


def _picture(passes: Passes, name: str, layer: str | None) -> Array:
    return np.ascontiguousarray(read_pass(passes, name, layer)[0].transpose(1, 2, 0), np.float32)


def _clean(x: Array) -> Array:
    """Return what is no number as 0."""
    return x if np.isfinite(x).all() else np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)


def _unit(vectors: Array) -> Array:
    length = np.sqrt(dot(vectors, vectors))
    return vectors * ((length > 1e-3) / np.maximum(length, 1e-9))[..., None].astype(np.float32)


def _objects(
    passes: Passes, layer: str | None, here: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], Array | None, Array]:
    """Return each pixel's object, 0 for none, the share that it covers, and what all of them cover."""
    if not has_pass(passes, "cryptomatte_object", layer):
        index = read_pass(passes, "object_index", layer)[0, 0].round().astype(np.int32)
        return np.where(here, index + 1, NOBODY), None, here.astype(np.float32)
    (ids,), (shares,) = read_ranks(passes, "object", layer)
    shares = np.where(ids == NOBODY, 0, shares)
    total, largest = shares.sum(0).clip(0, 1), shares[0]
    free = 1 - total
    none = free > largest
    return np.where(none, NOBODY, ids[0]), np.where(none, free, largest), total


def _materials(passes: Passes, layer: str | None, objects: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return each pixel's material, 0 where there is no object; all the same where no pass tells."""
    if has_pass(passes, "cryptomatte_material", layer):
        matte = _picture(passes, "cryptomatte_material", layer)[..., 0]
        return np.where(objects == NOBODY, NOBODY, np.ascontiguousarray(matte).view(np.int32))
    if has_pass(passes, "material_index", layer):
        return read_pass(passes, "material_index", layer)[0, 0].round().astype(np.int32)
    return np.zeros(passes.size, np.int32)


def _behind(
    passes: Passes, layer: str | None, combined: Array, total: Array
) -> tuple[Array, Array]:
    """Return how much surfaces cover, and what shows behind them, multiplied by what they leave free."""
    alpha = combined[..., 3] if combined.shape[-1] == 4 else np.ones_like(total)
    if bool((alpha < 0.999).any()):
        return alpha, np.where(alpha[..., None] <= 0, combined[..., :3], 0)
    free = (1 - total)[..., None]
    if has_pass(passes, "environment", layer):
        sky = _clean(_picture(passes, "environment", layer))
        if sky.any():
            return total, np.where(free >= 1, combined[..., :3], sky)
    return total, fill_nearest(combined[..., :3], total <= 0) * free


def _surfaces(
    passes: Passes, layer: str | None, total: Array, *, shaded: bool
) -> tuple[Array, Array, Array | None]:
    """Return the surfaces' colour, the light on them, and how much they are metal."""
    if not shaded:
        none = np.zeros((0, 0, 3), np.float32)
        return none, none[..., 0], None
    whole = 1 / np.maximum(total, 1e-3)[..., None]
    base = (_clean(_picture(passes, "diffuse_color", layer)) * whole).astype(np.float32)
    light = luma_of(_clean(_picture(passes, "diffuse_direct", layer)))
    if not has_pass(passes, "glossy_color", layer):
        return base, light, None
    metal = (np.clip(1 - luma_of(base) / DARK, 0, 1) * (total > 0)).astype(np.float32)
    if not metal.any():
        return base, light, None
    glossy = _clean(_picture(passes, "glossy_color", layer))
    return (base + (metal[..., None] * whole) * glossy).astype(np.float32), light, metal


def luma_of(picture: Array) -> Array:
    """Return the luma (H, W) of linear light (H, W, 3)."""
    return np.asarray(cv2.transform(picture, LUMA[None]), np.float32)


def _emission(passes: Passes, layer: str | None) -> Array | None:
    if not has_pass(passes, "emission", layer):
        return None
    given = _clean(_picture(passes, "emission", layer))
    return given if given.any() else None


def _motion(
    passes: Passes, layer: str | None, *, wrap: bool
) -> tuple[Array, Array] | tuple[None, None]:
    """Return the ways to the frames before and after; none where no pass tells both."""
    if not has_pass(passes, "vector", layer) or read_pass(passes, "vector", layer).shape[1] != 4:
        return None, None
    flows = read_vectors(passes, layer, panorama=wrap)
    backward, forward = (np.ascontiguousarray(f[0].transpose(1, 2, 0), np.float32) for f in flows)
    return backward, forward
