"""Masks of objects, materials and depths, from a render's passes.

Cryptomatte (Friedman & Jones, SIGGRAPH 2015 talk; specification 1.2.0): a pixel holds, for the objects that
cover most of it, an id and the covered share, so masks are antialiased. The id is MurmurHash3 (x86, 32 bit,
seed 0) of the name, read as a float with an exponent that is neither 0 nor 255.
"""

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..errors import ParamsError
from .names import pass_name
from .read import Passes, find_pass, has_pass, read_pass

KIND = Literal["object", "material", "asset"]
ENTRY = re.compile(r'"(.*?)":"([0-9a-fA-F]{8})"(?=[,}])', re.DOTALL)
"""One name of a list that is no sound JSON: Cycles does not escape quotes in names."""
NOBODY = 0
"""The id of no object."""
NAMED = 12
"""How many names an error lists."""
MASK32 = 0xFFFFFFFF


def murmur3(data: bytes) -> int:
    """Return MurmurHash3_x86_32 of bytes with seed 0 (Appleby): 32 bits, unsigned."""
    h = 0
    for at in range(0, len(data) & ~3, 4):
        h = _rotate(h ^ _scramble(int.from_bytes(data[at : at + 4], "little")), 13)
        h = (h * 5 + 0xE6546B64) & MASK32
    tail = data[len(data) & ~3 :]
    if tail:
        h ^= _scramble(int.from_bytes(tail, "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK32
    h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK32
    return h ^ h >> 16


def _scramble(k: int) -> int:
    return (_rotate((k * 0xCC9E2D51) & MASK32, 15) * 0x1B873593) & MASK32


def _rotate(x: int, bits: int) -> int:
    return (x << bits | x >> (32 - bits)) & MASK32


def matte_id(name: str) -> int:
    """Return the bits of the float that stands for a name."""
    return _as_float(murmur3(name.encode()))


def _as_float(bits: int) -> int:
    """Change bits with exponent 0 or 255, which are not an ordinary float, into one."""
    return bits ^ 1 << 23 if bits >> 23 & 0xFF in (0, 0xFF) else bits


def matte_names(
    passes: Passes, kind: KIND = "object", layer: str | None = None
) -> tuple[str, ...] | None:
    """Return the names in a Cryptomatte's list, in the file's order; None if the file has no list.

    Everything that is rendered is listed, also outside the picture, but nothing that is hidden from
    rendering in this frame; Cycles also lists ``default_surface`` and similar names.

    Raises:
        PictureError: if there is no such layer, or no Cryptomatte of this kind.
    """
    listed = _manifest(passes, kind, layer)
    return None if listed is None else tuple(listed)


def read_matte(
    passes: Passes,
    names: Sequence[str],
    kind: KIND = "object",
    layer: str | None = None,
    *,
    absent: bool = False,
) -> Floats:
    """Return the share of each pixel that some objects, materials or assets cover: (1, 1, H, W), [0, 1].

    Args:
        passes: The opened file.
        names: One or more, as Blender shows them; an asset is the topmost parent of an object. A name
            outside the picture covers nothing.
        kind: The kind of the names.
        layer: The view layer; without it the first.
        absent: Whether names that are not in the file cover nothing, too, because an object is hidden in
            some frames of a sequence; else they are an error.

    Raises:
        ParamsError: for an unknown name; similar names are listed.
        PictureError: if there is no such layer, no Cryptomatte of this kind, or its pixels are damaged.
    """
    ids, covers = read_ranks(passes, kind, layer)
    listed = _manifest(passes, kind, layer)
    if listed is None:
        listed = {name: matte_id(name) for name in names}
        listed = {name: bits for name, bits in listed.items() if absent or _shows(ids, bits)}
    unknown = [name for name in names if name not in listed]
    if unknown and not absent:
        raise ParamsError(_unknown(passes, unknown[0], kind, tuple(listed)))
    mask = np.zeros_like(covers[:, :1])
    for bits in {listed[name] for name in names if name in listed}:
        mask += (covers * (ids == _to_signed(bits))).sum(1, keepdims=True)
    return mask.clip(0, 1)


def read_ranks(
    passes: Passes, kind: KIND = "object", layer: str | None = None
) -> tuple[NDArray[np.int32], Floats]:
    """Return a Cryptomatte's ids and the share of the pixel that each covers, both (1, ranks, H, W).

    Shares add up to at most 1. In EEVEE they add up to 1 everywhere: what shows nothing is covered by
    ``NOBODY``, which covers nothing in Cycles.

    Raises:
        PictureError: if there is no such layer, no Cryptomatte of this kind, or its pixels are damaged.
    """
    x = read_pass(passes, f"cryptomatte_{kind}", layer)
    covers = x[:, 1::2]  # in EEVEE of Blender 4.5 and later they add up to more than 1 along edges
    ids = np.ascontiguousarray(x[:, 0::2]).view(np.int32)
    return ids, covers / covers.sum(1, keepdims=True).clip(1)


def index_mask(
    passes: Passes,
    numbers: Sequence[int],
    kind: Literal["object", "material"] = "object",
    layer: str | None = None,
) -> Floats:
    """Return 1 where a pixel's object or material has one of the pass indices, else 0: (1, 1, H, W).

    The pass holds the index at the pixel's centre, so the mask's edges are hard; Cryptomatte's are soft.

    Raises:
        PictureError: if there is no such layer or pass, or its pixels are damaged.
    """
    index = read_pass(passes, f"{kind}_index", layer)
    return np.isin(index.round(), list(numbers)).astype(np.float32)


def depth_mask(depth: Floats, near: float, far: float, softness: float = 0.0) -> Floats:
    """Return 1 between two depths, 0 outside, of any shape.

    Args:
        depth: The pass, in scene units; the empty background is 1e10, so only ``far=math.inf`` includes it.
        near: Start of the mask, scene units.
        far: End of the mask, scene units.
        softness: Width of the transitions at both ends, scene units, half on each side.
    """
    if not near < far or softness < 0:
        raise ParamsError(
            f"depths from {near} to {far} hold nothing; the first must be the smaller"
        )
    width = max(softness, 1e-6)
    rise = ((depth - near) / width + 0.5).clip(0, 1)
    fall = ((far - depth) / width + 0.5).clip(0, 1)
    return (rise * rise * (3 - 2 * rise)) * (fall * fall * (3 - 2 * fall))


def object_map(passes: Passes, layer: str | None = None) -> Floats:
    """Return a number that is the same for all pixels of an object, in every frame: (1, 1, H, W).

    It is the Cryptomatte id of the object that covers most of a pixel, else the object index. Numbers can
    only be compared for equality.

    Raises:
        PictureError: if the layer has neither of these passes.
    """
    if not has_pass(passes, "cryptomatte_object", layer) and has_pass(
        passes, "object_index", layer
    ):
        return read_pass(passes, "object_index", layer)
    return read_pass(passes, "cryptomatte_object", layer)[:, :1]


def _to_signed(bits: int) -> int:
    return bits - (1 << 32) if bits >> 31 else bits


def _shows(ids: NDArray[np.int32], bits: int) -> bool:
    return bool((ids == _to_signed(bits)).any())


def _manifest(passes: Passes, kind: str, layer: str | None) -> dict[str, int] | None:
    """Return name → bits of its float, from the metadata."""
    wanted = f"cryptomatte_{kind}"
    find_pass(passes, wanted, layer)
    layer = next(iter(passes.layers)) if layer is None else layer
    for part in passes.parts:
        for key, value in part.texts.items():
            if re.fullmatch(r"cryptomatte/\w+/name", key) and _is_of(value, wanted, layer):
                listed = part.texts.get(key.removesuffix("name") + "manifest")
                return None if listed is None else _list_names(listed)
    return None


def _is_of(title: str, wanted: str, layer: str) -> bool:
    """Tell whether ``ViewLayer.CryptoObject`` names this Cryptomatte of a layer or of one of its views."""
    *stem, last = title.split(".")
    return pass_name(last)[0] == wanted and f"{layer}.".startswith(".".join([*stem, ""]))


def _list_names(text: str) -> dict[str, int]:
    try:
        pairs = json.loads(text)
        return {str(name): _as_float(int(bits, 16)) for name, bits in pairs.items()}
    except (ValueError, TypeError, AttributeError):
        return {name: _as_float(int(bits, 16)) for name, bits in ENTRY.findall(text)}


def _unknown(passes: Passes, name: str, kind: str, known: tuple[str, ...]) -> str:
    if not known:
        return f"{passes.path} lists no names, and no pixel shows {kind} {name}; check how it is spelled"
    lower = {other.lower(): other for other in known}
    near = [lower[other] for other in get_close_matches(name.lower(), lower, 3, 0.5)]
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    asked = f"did you mean {' or '.join(near)}?" if near else "it has none of a similar name."
    return (
        f"{passes.path} has no {kind} {name}; {asked} It knows {', '.join(known[:NAMED])}{more}; "
        "what is hidden from rendering is not among them"
    )
