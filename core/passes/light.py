"""Separating light and colour: splitting a render by its passes, and combining it with another colour.

Blender's manual gives the formula: Combined = Diffuse Color × (Diffuse Direct + Diffuse Indirect), the same
of Glossy and Transmission, + Volume + Emission + Environment. Subsurface light is in Diffuse.
"""

import numpy as np

from ..color import Floats
from ..errors import PictureError
from .names import how_to_get
from .read import Passes, decode_passes, has_pass, read_pass

LOBES = ("diffuse", "glossy", "transmission")
PARTS = tuple(f"{lobe}_{part}" for lobe in LOBES for part in ("color", "direct", "indirect"))
ADDED = ("volume_direct", "volume_indirect", "emission", "environment")
OPAQUE = 0.999


def recombine(passes: Passes, layer: str | None = None) -> Floats:
    """Return the sum of a layer's light passes by the formula, scene-linear (1, 3, H, W).

    In Cycles it equals Combined within half-float rounding, unless Combined was denoised. EEVEE has no
    transmission passes, and before 5.0 too much reflection in some pixels. With a transparent film (render
    setting) the environment is not in Combined, and is left out.

    Raises:
        PictureError: if there is no such layer, nothing to add up, or a pass is damaged.
    """
    present = [name for name in ("combined", *PARTS, *ADDED) if has_pass(passes, name, layer)]
    passes = decode_passes(passes, present, layer)
    lobes = [lobe for lobe in LOBES if f"{lobe}_color" in present]
    terms = [_rgb(passes, f"{lobe}_color", layer) * light(passes, lobe, layer) for lobe in lobes]
    transparent = bool((read_pass(passes, "combined", layer)[:, 3:] < OPAQUE).any())
    added = [name for name in ADDED if not (transparent and name == "environment")]
    terms += [_rgb(passes, name, layer) for name in added if name in present]
    if not terms:
        raise PictureError(f"{passes.path} has no passes of light; {how_to_get('diffuse_color')}")
    return np.sum(terms, 0)


def light(passes: Passes, lobe: str = "diffuse", layer: str | None = None) -> Floats:
    """Return the light, direct plus indirect, on surfaces as if they were white: (1, 3, H, W).

    Where a surface's colour is black, Blender cannot know the light and writes 0.

    Args:
        passes: The opened file.
        lobe: diffuse, glossy or transmission.
        layer: The view layer; without it the first.

    Raises:
        PictureError: if a pass is missing: direct, or indirect in a file of Cycles (EEVEE has none).
    """
    direct = _rgb(passes, f"{lobe}_direct", layer)
    if not has_pass(passes, f"{lobe}_indirect", layer) and not _by_cycles(passes):
        return direct
    return direct + _rgb(passes, f"{lobe}_indirect", layer)


def relight(passes: Passes, albedo: Floats, layer: str | None = None) -> Floats:
    """Return Combined as if the surfaces had another diffuse colour, in the same light.

    This is Combined + (albedo - Diffuse Color) × light, at least 0. It is the formula above, and keeps what
    Combined has beyond it (denoising, half floats, light without a pass). Highlights, reflections, glass,
    emission and alpha stay; where the colour is the same, all bits stay.

    Args:
        passes: The opened file.
        albedo: (1, 3, H, W), scene-linear; from ``diffuse_color``.
        layer: The view layer; without it the first.

    Returns:
        (1, C, H, W), scene-linear, with the channels of Combined.

    Raises:
        PictureError: if there is no such layer, a pass is missing, or the albedo has another size.
    """
    wanted = [name for name in ("combined", *PARTS[:3]) if has_pass(passes, name, layer)]
    passes = decode_passes(passes, wanted, layer)
    combined, was = read_pass(passes, "combined", layer), _rgb(passes, "diffuse_color", layer)
    if albedo.shape != was.shape:
        raise PictureError(
            f"the new diffuse colour has the shape {tuple(albedo.shape)} and {passes.path} "
            f"{tuple(was.shape)}; they must be equal"
        )
    change = np.nan_to_num((albedo - was) * light(passes, "diffuse", layer))
    lit = combined.copy()
    lit[:, :3] = np.where(change == 0, combined[:, :3], (combined[:, :3] + change).clip(0))
    return lit


def _rgb(passes: Passes, name: str, layer: str | None) -> Floats:
    return read_pass(passes, name, layer)[:, :3]


def _by_cycles(passes: Passes) -> bool:
    return any(key.startswith("cycles.") for key in passes.texts)
