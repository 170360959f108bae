"""Files to pictures in work, and these to files.

A loaded picture is display-referred sRGB in [0, 1]. Scene-linear pictures are brought there by
dividing each pixel by its highlight gain, max(1, r, g, b), and by the sRGB curve, or by another view
transform with the light that it shows as white in place of 1; on saving both are undone, so
highlights come back. Where a picture was not changed the original's own bits are
written, so that values above 1, below 0, or under full transparency are kept by a job that does not
change them. Integers with an ICC profile are brought to sRGB by it and back, so the file keeps its profile.
"""

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL.Image import Resampling

from ..color import SRGB, Floats, View, luma
from ..errors import ParamsError, PictureError, readable
from ..formats.kinds import KINDS, Facts, Kind, output_kind
from ..formats.profile import ProfileError, profile_view
from ..formats.read import read
from ..formats.write import Sealed, write
from .display import FAINT, display, divisor, floats, opacity_of, stripes
from .lazy import Pixels

SPACES = ("auto", "srgb", "linear")
MAX_PIXELS = 512_000_000
LARGE = 24_000_000
"""Pixels from which on a picture may be read window by window instead of as floats at once."""
COLORLESS = 0.5 / 65535
"""Half a step of 16 bits: channels that differ by no more are the same grey, rounded differently."""


@dataclass(frozen=True, slots=True)
class Origin:
    """All that is needed to write a picture in its original's format."""

    pixels: NDArray[Any]
    """(H, W, C) as in the file: grey, grey and alpha, RGB, RGBA; may be mapped to a file."""
    facts: Facts
    """Whether colour is premultiplied; ICC profile; EXIF and the like."""
    space: str
    """srgb or linear: how the numbers are meant."""
    gain: Pixels | None = None
    """(1, 1, H, W): what colours were divided by to fit into [0, 1]; None if all fitted."""
    view: View = SRGB
    """How linear numbers became ``Image.rgb``."""
    profile: View | None = None
    """The view of an ICC profile by which other numbers became ``Image.rgb``; None if there is none."""

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
    """A loaded picture, and what is needed to write it back."""

    rgb: Floats
    """(1, 3, H, W) float32, display-referred sRGB, [0, 1]; a ``Lazy`` if large, where that was allowed."""
    alpha: Floats | None
    """(1, 1, H, W) float32, straight, [0, 1]; None if the file has none."""
    origin: Origin
    notes: tuple[str, ...] = ()
    """Notes about the file for the user."""


def load_image(
    path: str | PathLike[str],
    *,
    space: str = "auto",
    view: View = SRGB,
    max_pixels: int = MAX_PIXELS,
    lazy: bool = False,
) -> Image:
    """Return the picture in a file: PNG, JPEG, TIFF, WebP, BMP, TGA, EXR, HDR or ``.npy``.

    Args:
        path: The file; its kind is told by its content. A ``.npy`` is (H, W) or (H, W, 1 to 4), top
            row first, uint8, uint16, float16 or float32; integers with alpha are straight, floats
            premultiplied.
        space: How the file's numbers are meant: srgb, linear, or auto, where floats are linear and
            integers what their ICC profile says, or sRGB.
        view: How linear numbers are shown.
        max_pixels: Larger pictures are refused before they are decoded.
        lazy: Whether ``rgb`` of a picture of more than ``LARGE`` pixels may be made window by window.

    Raises:
        PictureError: if it cannot be read.
        ParamsError: if the space is not known.
    """
    if space not in SPACES:
        raise ParamsError(
            f"colour space {space!r} is not known; choose one of: {', '.join(SPACES)}"
        )
    pixels, facts = read(Path(path), max_pixels)
    facts, profile, notes = _examine(Path(path), facts)
    if space != "auto" or pixels.dtype.kind == "f":
        profile = None
    if space == "auto":
        space = "linear" if pixels.dtype.kind == "f" else "srgb"
    image = make_image(pixels, facts, space=space, view=view, profile=profile, lazy=lazy)
    return replace(image, notes=notes)


def _examine(path: Path, facts: Facts) -> tuple[Facts, View | None, tuple[str, ...]]:
    """Return the facts without a damaged ICC profile, what a sound one means, and notes."""
    notes = ()
    if facts.lost:
        names = readable(", ".join(facts.lost))
        notes = (f"{path.name}: {names} cannot be kept, being no text in UTF-8 or of a wrong type",)
    if facts.icc is None:
        return facts, None, notes
    try:
        return facts, profile_view(facts.icc), notes
    except ProfileError as fault:
        kept = replace(facts, icc=None) if fault.damaged else facts
        return kept, None, (*notes, f"{path.name}: {fault}")


def make_image(
    pixels: NDArray[Any],
    facts: Facts,
    *,
    space: str = "linear",
    view: View = SRGB,
    profile: View | None = None,
    lazy: bool = False,
) -> Image:
    """Return the picture that an array shows, as if it came from a file.

    Args:
        pixels: (H, W, 1 to 4), top row first: grey, grey and alpha, RGB, RGBA; uint8, uint16, float16 or
            float32. What lies above 1 is kept as gain, what is not finite counts as 0 or the brightest.
        facts: Whether colour is premultiplied, and what else a file would say.
        space: How the numbers are meant: srgb or linear.
        view: How linear numbers are shown.
        profile: How others are, if not as they are.
        lazy: Whether a large picture's ``rgb`` may be made window by window.
    """
    shown = view if space == "linear" else profile
    lazy = lazy and pixels.shape[0] * pixels.shape[1] > LARGE
    rgb, alpha, gain = display(pixels, facts.premultiplied, shown, lazy)
    return Image(cast("Floats", rgb), alpha, Origin(pixels, facts, space, gain, view, profile))


def native_pixels(rgb: Floats, like: Image) -> NDArray[Any]:
    """Return what ``save_image`` would write into a file that holds what the original held.

    Pixels whose three values equal those of ``like.rgb``, and all alpha, have the original's bits.

    Args:
        rgb: (1, 3, H, W), display-referred sRGB, [0, 1].
        like: The original, of floats; where it is grey, so is the result.

    Returns:
        (H, W, C) of the original's number type.
    """
    origin = like.origin
    if origin.grey:
        rgb = luma(rgb).repeat(3, 1)
    target = _target(KINDS[".exr"], origin, origin.pixels.shape[2])
    height, width = origin.pixels.shape[:2]
    return np.concatenate([_native(rgb, like, target, rows) for rows in stripes(height, width)])


def load_mask(
    path: str | PathLike[str], size: tuple[int, int], *, max_pixels: int = MAX_PIXELS
) -> Floats:
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
        plane = Picture.fromarray(mask[0, 0]).resize((size[1], size[0]), Resampling.BILINEAR)
        mask = np.asarray(plane)[None, None]
    return mask.clip(0, 1)


def save_image(
    path: str | PathLike[str], rgb: Pixels, like: Image, sealed: Sealed | None = None
) -> None:
    """Write a picture made from ``like`` with its alpha, depth, range, profile and metadata.

    The suffix names the kind, which may hold less. Pixels whose three values equal those of
    ``like.rgb`` are written with the original's bits where the kind can hold them, and so is all
    alpha. In premultiplied pictures the colour of fully transparent pixels is light without a
    surface, and always stays. A grey picture stays grey if the result has no colour that 16 bits could
    tell from grey.

    Args:
        path: Where to; replaced at the end, and untouched if anything goes wrong.
        rgb: (1, 3, H, W), display-referred sRGB, [0, 1]; what is not a number becomes black.
        like: The content as it was loaded.
        sealed: Is told of the whole file under its temporary name, just before it is renamed.

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
    parts = (_native(rgb, like, target, rows) for rows in stripes(height, width))
    write(path, (height, width, count), target.facts, parts, sealed)


@dataclass(frozen=True, slots=True)
class _Target:
    """How a picture is to be written."""

    depth: np.dtype[Any]
    channels: int
    space: str
    facts: Facts
    profile: View | None
    """How its numbers are shown, if by the original's ICC profile."""
    same: bool
    """Whether the original's numbers have the same meaning in it, and fit without loss."""

    @property
    def colors(self) -> int:
        return 1 if self.channels < 3 else 3

    @property
    def bounded(self) -> bool:
        """Whether it cannot hold values above 1."""
        return self.depth.kind == "u" and not self.facts.premultiplied


def _target(kind: Kind, origin: Origin, count: int) -> _Target:
    depth = kind.depth(origin.pixels.dtype)
    family = depth.kind == origin.pixels.dtype.kind
    space = origin.space if family else ("linear" if depth.kind == "f" else "srgb")
    facts = origin.facts
    premultiplied = facts.premultiplied if kind.premultiplied is None else kind.premultiplied
    icc = facts.icc if kind.profile and family and (count < 3) == origin.grey else None
    profile = None if icc is None else origin.profile
    same = (
        space == origin.space
        and profile is origin.profile
        and (premultiplied == facts.premultiplied or not origin.has_alpha)
        and np.can_cast(origin.pixels.dtype, depth, "safe")
        and family
    )
    metadata = {k: v for k, v in facts.metadata.items() if family or k != "oiio:ColorSpace"}
    facts = replace(facts, premultiplied=premultiplied, metadata=metadata, icc=icc)
    return _Target(depth, count, space, facts, profile, same)


def _native(rgb: Pixels, like: Image, target: _Target, rows: slice) -> NDArray[Any]:
    """Return a stripe as it is written: (h, W, C), C-contiguous."""
    origin = like.origin
    native = origin.pixels[rows]
    given = rgb[:, :, rows]
    kept = (given == like.rgb[:, :, rows]).all(1)[0]
    x = np.nan_to_num(given, nan=0.0).clip(0, 1)
    view = origin.view if target.space == "linear" else target.profile
    x = view.light(x) if view else x
    if origin.gain is not None and target.space == origin.space and not target.bounded:
        x = x * origin.gain[:, :, rows]
    if origin.has_alpha and target.facts.premultiplied:
        opacity = opacity_of(native)
        x = x * (divisor(opacity) if origin.facts.premultiplied else opacity.clip(0, 1))
        if origin.facts.premultiplied:
            kept |= (opacity < FAINT)[0, 0]
    out = np.empty((*native.shape[:2], target.channels), target.depth)
    out[..., : target.colors] = _quantise(x[0, : target.colors].transpose(1, 2, 0), target.depth)
    if target.same:
        source = native[..., :1] if origin.grey else native[..., :3]
        np.copyto(out[..., : target.colors], source, where=kept[..., None])
    if target.channels in (2, 4):
        out[..., -1] = _alpha(native[..., -1], target.depth)
    return out


def _quantise(values: Floats, depth: np.dtype[Any]) -> NDArray[Any]:
    if depth.kind == "u":
        top = np.iinfo(depth).max
        return np.rint(values * np.float32(top)).clip(0, top).astype(depth)
    return values.clip(None, np.finfo(depth).max).astype(depth)


def _alpha(native: NDArray[Any], depth: np.dtype[Any]) -> NDArray[Any]:
    if native.dtype == depth or (native.dtype.kind == depth.kind == "f"):
        return native.astype(depth)
    return _quantise(floats(native[..., None], 1.0)[0, 0].clip(0, 1), depth)


def _opaque(pixels: NDArray[Any]) -> bool:
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    return all((pixels[rows][..., -1] >= full).all() for rows in stripes(*pixels.shape[:2]))


def _is_grey(rgb: Pixels) -> bool:
    parts = (rgb[:, :, rows][0] for rows in stripes(*rgb.shape[-2:]))
    return all(bool((part.max(0) - part.min(0) <= COLORLESS).all()) for part in parts)
