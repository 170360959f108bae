"""Replacing the color pictures of a .glb; everything else in the model stays the same, bit for bit.

Blender's importer and exporter would resample its animations, and lose everything that Blender does not
know.
"""

import json
import struct
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<4sII")
CHUNK = struct.Struct("<I4s")
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
"""Kinds of pictures that may lie in a .glb, by suffix."""
WEBP = "EXT_texture_webp"
UNLIKE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Exceptions that reading a malformed model's description may raise."""
Described = dict[str, Any]
Pictures = Mapping[bytes, tuple[bytes, str]]
"""New pictures and their suffixes by the files that they take the place of."""


@dataclass(frozen=True, slots=True)
class Model:
    """A .glb's two parts."""

    described: Described
    binary: bytes

    def packed(self) -> bytes:
        """Return the bytes of its file."""
        text = json.dumps(self.described, separators=(",", ":"), ensure_ascii=False).encode()
        chunks = ((b"JSON", text + b" " * (-len(text) % 4)), (b"BIN\0", _pad(self.binary)))
        body = b"".join(CHUNK.pack(len(data), kind) + data for kind, data in chunks)
        return HEADER.pack(b"glTF", 2, HEADER.size + len(body)) + body


def read_model(path: Path) -> Model | None:
    """Return the model in a .glb; None if it is damaged, or has other parts than one JSON and one binary."""
    data = path.read_bytes()
    if len(data) < HEADER.size or HEADER.unpack_from(data) != (b"glTF", 2, len(data)):
        return None
    parts: dict[bytes, bytes] = {}
    place = HEADER.size
    while place + CHUNK.size <= len(data):
        size, kind = CHUNK.unpack_from(data, place)
        place += CHUNK.size
        parts[kind] = data[place : place + size]
        place += size
    if set(parts) != {b"JSON", b"BIN\0"}:
        return None
    with suppress(*UNLIKE):
        model = Model(json.loads(parts[b"JSON"]), parts[b"BIN\0"])
        if _is_plain(model.described):
            return model
    return None


def _is_plain(described: Described) -> bool:
    """Return whether all data is in the file itself, in views that do not overlap."""
    buffers = described.get("buffers", [])
    return len(buffers) == 1 and "uri" not in buffers[0] and not any(
        view["buffer"] or "extensions" in view for view in described.get("bufferViews", ())
    )  # fmt: skip  # one condition


def exchange_pictures(
    model: Model, pictures: Pictures, *, materials: Collection[str] | None, emission: bool
) -> Model | None:
    """Return a model with new pictures in its colors.

    Args:
        model: The model.
        pictures: The new pictures.
        materials: Names of those to change; None for all.
        emission: Whether the colors that materials give off are changed too.

    Returns:
        The new model; None if a picture has no place in it, materials cannot be told apart by name, or it is
        not built as a model should be.
    """
    with suppress(*UNLIKE):
        return _exchange_pictures(model, pictures, materials, emission)
    return None


def _exchange_pictures(
    model: Model, pictures: Pictures, materials: Collection[str] | None, emission: bool
) -> Model | None:
    described = deepcopy(model.described)
    names = [material.get("name") for material in described.get("materials", ())]
    if materials is not None and not (
        set(materials) <= set(names) and len(set(names)) == len(names)
    ):
        return None
    chosen = [
        m for m in described.get("materials", ()) if materials is None or m["name"] in materials
    ]
    textures: dict[int, list[Described]] = {}
    for use in (use for material in chosen for use in _find_colors(material, emission=emission)):
        textures.setdefault(_find_view(described, use), []).append(use)
    data = [_slice_data(model, view) for view in described.get("bufferViews", ())]
    textures = {
        view: uses for view, uses in textures.items() if view >= 0 and data[view] in pictures
    }
    if {data[view] for view in textures} != set(pictures):
        return None
    counts = Counter(
        _find_view(described, use) for use in _find_textures(described.get("materials", ()))
    )
    for view, uses in textures.items():
        new, suffix = pictures[data[view]]
        at = view if counts[view] == len(uses) else _add_view(described, data, uses)
        if not _set_picture(described, at, KINDS.get(suffix, "")):
            return None
        data[at] = new
    return Model(described, _join(described, data))


def _find_colors(material: Described, *, emission: bool) -> Iterator[Described]:
    """Yield the objects of a material's JSON that reference a color texture."""
    glossy = material.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness", {})
    places = (
        material.get("pbrMetallicRoughness", {}).get("baseColorTexture"),
        glossy.get("diffuseTexture"),
        material.get("emissiveTexture") if emission else None,
    )
    yield from (place for place in places if place)


def _find_textures(part: Any) -> Iterator[Described]:
    """Yield all objects in a part of a model's JSON that reference a texture."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name.endswith("Texture") and "index" in inner:
                yield inner
            yield from _find_textures(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _find_textures(inner)


def _find_view(described: Described, use: Described) -> int:
    """Return the number of the view with a texture's picture; -1 if there is none."""
    texture = described["textures"][use["index"]]
    source = texture.get("extensions", {}).get(WEBP, texture).get("source")
    return -1 if source is None else described["images"][source].get("bufferView", -1)


def _slice_data(model: Model, view: Described) -> bytes:
    start = view.get("byteOffset", 0)
    return model.binary[start : start + view["byteLength"]]


def _add_view(described: Described, data: list[bytes], uses: list[Described]) -> int:
    """Add a picture only for these textures; return its view."""
    view = len(data)
    data.append(b"")
    described["bufferViews"].append({"buffer": 0})
    for use in uses:
        texture = deepcopy(described["textures"][use["index"]])
        holder = texture.get("extensions", {}).get(WEBP, texture)
        image = described["images"][holder["source"]]
        holder["source"] = len(described["images"])
        described["images"].append(image | {"bufferView": view})
        use["index"] = len(described["textures"])
        described["textures"].append(texture)
    return view


def _set_picture(described: Described, view: int, kind: str) -> bool:
    """Set the kind of the picture in a view; False if a texture cannot have that kind."""
    images = [image for image in described["images"] if image.get("bufferView") == view]
    if not kind or any(
        (kind == KINDS[".webp"]) != (i["mimeType"] == KINDS[".webp"]) for i in images
    ):
        return False
    for image in images:
        image["mimeType"] = kind
    return True


def _join(described: Described, data: list[bytes]) -> bytes:
    """Return all views' data joined; the views' offsets are updated."""
    whole = bytearray()
    for view, part in zip(described["bufferViews"], data, strict=True):
        view["byteOffset"], view["byteLength"] = len(whole), len(part)
        whole += _pad(part)
    described["buffers"][0]["byteLength"] = len(whole)
    return bytes(whole)


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
