"""The edge where files become tensors, and tensors files.

A picture in work is display-referred sRGB in [0, 1]. Scene-linear pictures are brought there by
dividing each pixel by its highlight gain, max(1, r, g, b), and by the sRGB curve; on saving both
are undone, so highlights come back. Where a picture was not changed the original's own bits are
written, so that what lies above 1, below 0, or under full transparency outlives a job that leaves
it alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .color import linear_to_srgb, luma, srgb_to_linear
from .errors import ParamsError, PictureError
from .formats.kinds import Facts, Kind, output_kind
from .formats.read import read
from .formats.write import write

SPACES = ("auto", "srgb", "linear")
MAX_PIXELS = 512_000_000
STRIPE = 1 << 20
"""Pixels that are converted at once."""
FAINT = 2.0**-24
"""Smallest alpha that colour is divided by: the smallest that half floats know."""


@dataclass(frozen=True, slots=True)
class Origin:
    """All that is needed to write a picture back as it was."""

    pixels: NDArray[Any]
    """(H, W, C) as in the file: grey, grey and alpha, RGB, RGBA; may be mapped to a file."""
    facts: Facts
    """Whether colour is premultiplied; ICC profile; EXIF and the like."""
    space: str
    """srgb or linear: how the numbers are meant."""
    gain: Tensor | None = None
    """(1, 1, H, W): what colours were divided by to fit into [0, 1]; None if all fitted."""

    @property
    def grey(self) -> bool:
        """Whether the file has one channel of colour."""
        return self.pixels.shape[2] < 3

    @property
    def has_alpha(self) -> bool:
        """Whether the file's last channel is alpha."""
        return self.pixels.shape[2] in (2, 4)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, ready for work, and where it came from."""

    rgb: Tensor
    """(1, 3, H, W) float32, display-referred sRGB, [0, 1]."""
    alpha: Tensor | None
    """(1, 1, H, W) float32, straight, [0, 1]; None if the file has none."""
    origin: Origin


def load_image(
    path: str | PathLike[str], *, space: str = "auto", max_pixels: int = MAX_PIXELS
) -> Image:
    """Return the picture in a file: PNG, JPEG, TIFF, WebP, BMP, TGA, EXR, HDR or ``.npy``.

    Args:
        path: The file; its kind is told by its content. A ``.npy`` is (H, W) or (H, W, 1 to 4), top
            row first, uint8, uint16, float16 or float32; integers with alpha are straight, floats
            premultiplied.
        space: How the file's numbers are meant: srgb, linear, or auto, where floats are linear and
            integers sRGB.
        max_pixels: Larger pictures are refused before they are decoded.

    Raises:
        PictureError: if it cannot be read.
        ParamsError: if the space is not known.
    """
    if space not in SPACES:
        raise ParamsError(
            f"colour space {space!r} is not known; choose one of: {', '.join(SPACES)}"
        )
    pixels, facts = read(Path(path), max_pixels)
    if space == "auto":
        space = "linear" if pixels.dtype.kind == "f" else "srgb"
    rgb, alpha, gain = _display(pixels, facts.premultiplied, space)
    return Image(rgb, alpha, Origin(pixels, facts, space, gain))


def load_mask(
    path: str | PathLike[str], size: tuple[int, int], *, max_pixels: int = MAX_PIXELS
) -> Tensor:
    """Return a picture's luma times its alpha, resized to (height, width): (1, 1, H, W), [0, 1].

    The file's numbers are taken as they are, whatever its colour space: 0.5 in an EXR is one half.

    Raises:
        PictureError: if it cannot be read.
    """
    image = load_image(path, space="srgb", max_pixels=max_pixels)
    mask = luma(image.rgb)
    if image.alpha is not None:
        mask *= image.alpha
    if mask.shape[-2:] != size:
        mask = F.interpolate(mask, size, mode="bilinear", antialias=True, align_corners=False)
    return mask.clamp(0, 1)


def save_image(path: str | PathLike[str], rgb: Tensor, like: Image) -> None:
    """Write a picture made from ``like`` with its alpha, depth, range, profile and metadata.

    The suffix names the kind, which may hold less. Pixels whose three values equal those of
    ``like.rgb`` are written with the original's bits where the kind can hold them, and so is all
    alpha. In premultiplied pictures the colour of fully transparent pixels is light without a
    surface, and always stays. A grey picture stays grey if the result has no colour.

    Args:
        path: Where to; replaced at the end, and untouched if anything goes wrong.
        rgb: (1, 3, H, W), display-referred sRGB, [0, 1]; what is not a number becomes black.
        like: The content as it was loaded.

    Raises:
        PictureError: if the kind is not known, cannot hold the picture, or cannot be written there.
    """
    path, origin = Path(path), like.origin
    kind = output_kind(path)
    if rgb.shape != like.rgb.shape:
        raise PictureError(
            f"cannot write {path}: the picture has the shape {tuple(rgb.shape)}"
            f" and its original {tuple(like.rgb.shape)}; they must be equal"
        )
    count = kind.layout(not (origin.grey and _is_grey(rgb)), origin.has_alpha)
    if count is None and _opaque(origin.pixels):
        count = kind.layout(color=True, alpha=False)
    if count is None:
        raise PictureError(
            f"cannot write {path}: {kind.name} cannot hold transparency; save it as PNG"
        )
    target = _target(kind, origin, count)
    height, width = rgb.shape[-2:]
    stripes = (_native(rgb, like, target, rows) for rows in _stripes(height, width))
    write(path, (height, width, count), target.facts, stripes)


@dataclass(frozen=True, slots=True)
class _Target:
    """How a picture is to be written."""

    depth: np.dtype[Any]
    channels: int
    space: str
    facts: Facts
    same: bool
    """Whether the original's numbers mean the same in it, and fit without loss."""

    @property
    def colors(self) -> int:
        return 1 if self.channels < 3 else 3

    @property
    def bounded(self) -> bool:
        """Whether it has no room above 1."""
        return self.depth.kind == "u" and not self.facts.premultiplied


def _target(kind: Kind, origin: Origin, count: int) -> _Target:
    depth = kind.depth(origin.pixels.dtype)
    family = depth.kind == origin.pixels.dtype.kind
    space = origin.space if family else ("linear" if depth.kind == "f" else "srgb")
    facts = origin.facts
    premultiplied = facts.premultiplied if kind.premultiplied is None else kind.premultiplied
    same = (
        space == origin.space
        and (premultiplied == facts.premultiplied or not origin.has_alpha)
        and np.can_cast(origin.pixels.dtype, depth, "safe")
        and family
    )
    metadata = {k: v for k, v in facts.metadata.items() if family or k != "oiio:ColorSpace"}
    icc = facts.icc if family and (count < 3) == origin.grey else None
    facts = replace(facts, premultiplied=premultiplied, metadata=metadata, icc=icc)
    return _Target(depth, count, space, facts, same)


def _native(rgb: Tensor, like: Image, target: _Target, rows: slice) -> NDArray[Any]:
    """Return a stripe as it is written: (h, W, C), C-contiguous."""
    origin = like.origin
    native = origin.pixels[rows]
    given = rgb[:, :, rows].cpu()
    kept = (given == like.rgb[:, :, rows]).all(1)[0].numpy()
    x = torch.nan_to_num(given.float(), nan=0.0).clamp(0, 1)
    x = srgb_to_linear(x) if target.space == "linear" else x
    if origin.gain is not None and target.space == origin.space and not target.bounded:
        x = x * origin.gain[:, :, rows]
    if origin.has_alpha and target.facts.premultiplied:
        opacity = _opacity(native)
        x = x * (_divisor(opacity) if origin.facts.premultiplied else opacity.clamp(0, 1))
        if origin.facts.premultiplied:
            kept |= (opacity < FAINT)[0, 0].numpy()
    out = np.empty((*native.shape[:2], target.channels), target.depth)
    out[..., : target.colors] = _quantise(x[0, : target.colors].permute(1, 2, 0), target.depth)
    if target.same:
        source = native[..., :1] if origin.grey else native[..., :3]
        np.copyto(out[..., : target.colors], source, where=kept[..., None])
    if target.channels in (2, 4):
        out[..., -1] = _alpha(native[..., -1], target.depth)
    return out


def _display(
    pixels: NDArray[Any], premultiplied: bool, space: str
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Return rgb (1, 3, H, W), alpha and gain (1, 1, H, W) of a whole picture."""
    height, width, channels = pixels.shape
    rgb = torch.empty(1, 3, height, width)
    alpha = torch.empty(1, 1, height, width) if channels in (2, 4) else None
    gain: Tensor | None = None
    highest = _highest(pixels)
    for rows in _stripes(height, width):
        color, opacity = _straight(pixels[rows], highest, premultiplied)
        peak = color.amax(1, keepdim=True).clamp_min(1)
        if gain is None and bool((peak > 1).any()):
            gain = torch.ones(1, 1, height, width)
        if gain is not None:
            gain[:, :, rows] = peak
        base = (color / peak).clamp_min(0)
        rgb[:, :, rows] = linear_to_srgb(base).clamp_max(1) if space == "linear" else base
        if alpha is not None and opacity is not None:
            alpha[:, :, rows] = opacity.clamp(0, 1)
    return rgb, alpha, gain


def _straight(
    native: NDArray[Any], highest: float, premultiplied: bool
) -> tuple[Tensor, Tensor | None]:
    """Return straight colour (1, 3, h, W), not clamped, and alpha (1, 1, h, W) as it came."""
    grey, alpha = native.shape[2] < 3, native.shape[2] in (2, 4)
    color = _floats(native[..., : 1 if grey else 3], highest).expand(-1, 3, -1, -1)
    if not alpha:
        return color, None
    opacity = _opacity(native)
    if premultiplied:
        color = (color / _divisor(opacity)).clamp_max(torch.finfo(color.dtype).max)
    return color, opacity


def _floats(native: NDArray[Any], highest: float) -> Tensor:
    """Return (h, W, C) as (1, C, h, W): integers over their largest, floats all finite."""
    x = torch.as_tensor(native.astype(np.float32)).permute(2, 0, 1)[None]
    if native.dtype.kind == "u":
        return x / np.iinfo(native.dtype).max
    return torch.nan_to_num(x, nan=0.0, posinf=highest, neginf=0.0)


def _opacity(native: NDArray[Any]) -> Tensor:
    return _floats(native[..., -1:], 1.0)


def _divisor(opacity: Tensor) -> Tensor:
    return torch.where(opacity < FAINT, 1.0, opacity)


def _highest(pixels: NDArray[Any]) -> float:
    """Return the largest finite colour of a float picture: what infinity counts as; at least 1."""
    highest = 1.0
    if pixels.dtype.kind == "f":
        colors = pixels[..., : 1 if pixels.shape[2] < 3 else 3]
        for rows in _stripes(*pixels.shape[:2]):
            stripe = colors[rows]
            highest = max(highest, float(np.max(stripe, where=np.isfinite(stripe), initial=1)))
    return highest


def _quantise(x: Tensor, depth: np.dtype[Any]) -> NDArray[Any]:
    values = x.numpy()
    if depth.kind == "u":
        top = np.iinfo(depth).max
        return np.rint(values * np.float32(top)).clip(0, top).astype(depth)
    return values.clip(None, np.finfo(depth).max).astype(depth)


def _alpha(native: NDArray[Any], depth: np.dtype[Any]) -> NDArray[Any]:
    if native.dtype == depth or (native.dtype.kind == depth.kind == "f"):
        return native.astype(depth)
    return _quantise(_floats(native[..., None], 1.0)[0, 0].clamp(0, 1), depth)


def _opaque(pixels: NDArray[Any]) -> bool:
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    return all((pixels[rows][..., -1] >= full).all() for rows in _stripes(*pixels.shape[:2]))


def _is_grey(rgb: Tensor) -> bool:
    r, g, b = rgb[0]
    return torch.equal(r, g) and torch.equal(g, b)


def _stripes(height: int, width: int) -> Iterator[slice]:
    rows = max(16, STRIPE // width // 16 * 16)  # EXR packs 16 rows at a time
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
