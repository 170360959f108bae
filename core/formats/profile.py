"""ICC profiles of pictures: converting their numbers to sRGB, and back.

ICC.1:2022, sections 8.3.3 and F.3: a curve a channel leads to linear light, a matrix to the connection
space; a grey profile is a curve alone. Working spaces, screens and cameras are described so. Profiles that
have tables and no matrix, mostly of printers, are not read. What lies beyond sRGB is clipped, as by the
relative colorimetric intent. Ours, because the littlecms that comes with Pillow is handed eight bits a
channel; it agrees.
"""

import struct
from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..color import Floats, View, linear_to_srgb, srgb_to_linear

Curves = NDArray[np.float64]
NODES = np.linspace(0, 1, 4097)
"""Where curves are sampled."""
SRGB = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
"""sRGB's red, green and blue as columns, in the connection space (XYZ under D50)."""
ALIKE = 1.5 / 255
"""A profile that changes no colour by more is sRGB: programs round its numbers differently."""
COLORANTS, RISES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers each form of a parametric curve has."""


class ProfileError(Exception):
    """A profile cannot be used, and why; ``damaged``: it should not be written into any file."""

    def __init__(self, why: str, *, damaged: bool) -> None:
        super().__init__(f"its colour profile {why}; its colours are taken as sRGB")
        self.damaged = damaged


def profile_view(icc: bytes) -> View | None:
    """Return how numbers in [0, 1] with this profile are shown in sRGB; None if that is what they are.

    ``show`` takes (1, 3, H, W) of the profile's numbers to sRGB and ``light`` back, both clipped to [0, 1].

    Raises:
        ProfileError: if it is damaged, or made of tables.
    """
    tags = _tags(icc)
    grey = icc[16:20] == b"GRAY"
    if not grey and COLORANTS[0] not in tags and any(name[:3] == b"A2B" for name in tags):
        raise ProfileError("is made of tables, which are not read", damaged=False)
    try:
        curves = np.stack([_curve(tags[name]) for name in (RISES if not grey else (b"kTRC",) * 3)])
        view = _view(curves, np.eye(3) if grey else np.linalg.inv(SRGB) @ _colorants(tags))
    except (KeyError, ValueError, IndexError, ArithmeticError, struct.error) as error:
        raise _broken() from error
    return None if _changes_nothing(view) else view


def _broken() -> ProfileError:
    return ProfileError("is damaged and was left away", damaged=True)


def _tags(icc: bytes) -> Mapping[bytes, bytes]:
    """Return the tags by name, if libpng would accept the profile too."""
    if len(icc) < 132 or icc[36:40] != b"acsp" or int.from_bytes(icc[:4], "big") != len(icc):
        raise _broken()
    count = int.from_bytes(icc[128:132], "big")
    if len(icc) < 132 + 12 * count or (icc[8] > 3 and len(icc) % 4):
        raise _broken()
    tags: dict[bytes, bytes] = {}
    for place in range(132, 132 + 12 * count, 12):
        name, start, size = struct.unpack_from(">4sII", icc, place)
        if start + size > len(icc):
            raise _broken()
        tags[name] = icc[start : start + size]
    return tags


def _colorants(tags: Mapping[bytes, bytes]) -> NDArray[np.float64]:
    columns = [struct.unpack_from(">3i", tags[name], 8) for name in COLORANTS]
    return np.array(columns).T / 65536


def _curve(tag: bytes) -> Curves:
    """Return the linear light at ``NODES``, rising from about 0 to about 1."""
    if tag[:4] == b"curv":
        curve = _sample_curve(np.frombuffer(tag, ">u2", int.from_bytes(tag[8:12], "big"), 12))
    elif tag[:4] == b"para":
        form = int.from_bytes(tag[8:10], "big")
        numbers = np.frombuffer(tag, ">i4", PARAMETERS[form], 12) / 65536
        curve = _parse_parametric(form, *numbers.tolist())
    else:
        raise ValueError(tag[:4])
    if not np.isfinite(curve).all() or not curve[-1] > curve[0]:
        raise ValueError("it does not rise")
    # where it is flat, its inverse would be anything
    return np.maximum.accumulate(curve.clip(0, 1)) + 1e-9 * NODES


def _sample_curve(values: NDArray[np.uint16]) -> Curves:
    if len(values) < 2:
        return NODES ** (float(values[0]) / 256 if len(values) else 1.0)
    return np.interp(NODES, np.linspace(0, 1, len(values)), values / 65535)


def _parse_parametric(form: int, g: float, *rest: float) -> Curves:
    """Return (a x + b)^g + e from d on, and c x + f below; each form leaves some of them out."""
    a, b, *more = rest or (1.0, 0.0)
    c = d = e = f = 0.0
    if form in (1, 2):
        d, e = -b / a, more[0] if more else 0.0
        f = e
    else:
        c, d, e, f = (*more, 0.0, 0.0, 0.0, 0.0)[:4]
    with np.errstate(all="ignore"):
        return np.where(d > NODES, c * NODES + f, np.maximum(a * NODES + b, 0) ** g + e)


def _view(curves: Curves, matrix: NDArray[np.float64]) -> View:
    back = np.asarray(np.linalg.inv(matrix), np.float64)

    def show(x: Floats) -> Floats:
        light = _each(x, lambda values, curve: np.interp(values, NODES, curve), curves)
        return linear_to_srgb(_mix(light, matrix)).clip(0, 1)

    def light(x: Floats) -> Floats:
        mixed = _mix(srgb_to_linear(x), back)
        return _each(mixed, lambda values, curve: np.interp(values, curve, NODES), curves)

    return View(show, light)


def _each(x: Floats, rule: Callable[[Floats, Curves], Curves], curves: Curves) -> Floats:
    """Return the picture with ``rule`` applied to each channel and its curve."""
    channels = [rule(channel, curve) for channel, curve in zip(x[0], curves, strict=True)]
    return np.stack(channels)[None].astype(np.float32)


def _mix(x: Floats, matrix: NDArray[np.float64]) -> Floats:
    return np.tensordot(matrix.astype(np.float32), x[0], 1)[None]


def _changes_nothing(view: View) -> bool:
    colors = list(product(np.linspace(0, 1, 6), repeat=3))
    probes = np.array(colors, np.float32).T[None, :, None]
    return bool(np.abs(view.show(probes) - probes).max() < ALIKE)
