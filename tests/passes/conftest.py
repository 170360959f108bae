"""Multilayer EXRs as Blender's versions write them, made here, and real ones of tools/render_passes.py."""

import json
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from core.passes import open_passes
from core.passes.matte import matte_id, murmur3

FILES = Path(__file__).parent / "files"
REAL = ("cycles_4.2", "eevee_4.5", "cycles_5.2")
SPELLED = {
    "combined": ("Combined", "Combined"),
    "depth": ("Depth", "Depth"),
    "normal": ("Normal", "Normal"),
    "vector": ("Vector", "Vector"),
    "uv": ("UV", "UV"),
    "object_index": ("IndexOB", "Object Index"),
    "material_index": ("IndexMA", "Material Index"),
    "diffuse_direct": ("DiffDir", "Diffuse Direct"),
    "diffuse_indirect": ("DiffInd", "Diffuse Indirect"),
    "diffuse_color": ("DiffCol", "Diffuse Color"),
    "glossy_direct": ("GlossDir", "Glossy Direct"),
    "glossy_color": ("GlossCol", "Glossy Color"),
    "volume_direct": ("VolumeDir", "Volume Direct"),
    "emission": ("Emit", "Emission"),
    "environment": ("Env", "Environment"),
    "ambient_occlusion": ("AO", "Ambient Occlusion"),
    "Paint": ("Paint", "Paint"),
    "cryptomatte_object": ("CryptoObject", "CryptoObject"),
}
"""Our name → Blender 4.2's, 5.2's."""
SUFFIXES = {
    "depth": "Z", "normal": "XYZ", "vector": "XYZW", "uv": "UVA", "object_index": "X", "material_index": "X",
}  # fmt: skip  # one look
FLOATS = ("depth", "normal", "vector", "uv", "object_index", "material_index", "cryptomatte_object")
OBJECTS = ("Floor", "Box", "Füchslein", 'a "quoted" one')


def frame(height=12, width=20, seed=0):
    """What a frame might hold: pass → (H, W, C) float32, colours exact in half floats."""
    rng = np.random.default_rng(seed)
    channels = {**dict.fromkeys(SPELLED, 3), **{name: len(of) for name, of in SUFFIXES.items()}}
    channels |= {"combined": 4, "Paint": 4, "cryptomatte_object": 8}
    made = {name: rng.random((height, width, c), np.float32) * 3 for name, c in channels.items()}
    for name in set(made) - set(FLOATS):
        made[name] = made[name].astype(np.float16).astype(np.float32)
    made["combined"][..., 3] = 1
    made["depth"] = made["depth"] + 2
    made["depth"][:3] = 1e10
    made["object_index"] = made["object_index"].round()
    made["cryptomatte_object"] = mattes(height, width, rng)
    return made


def mattes(height, width, rng):
    """Four ranks: the names of OBJECTS in any order, each with its share; they fill the pixel."""
    ids = np.array([matte_id(name) for name in OBJECTS], np.uint32).view(np.float32)
    order = rng.permuted(np.tile(np.arange(4), (height, width, 1)), axis=-1)
    shares = -np.sort(-rng.dirichlet(np.ones(4), (height, width)).astype(np.float32), axis=-1)
    return np.stack([ids[order], shares], -1).reshape(height, width, 8)


def write_frame(path, passes, version="4.2", layer="ViewLayer", **more):
    """Write passes as Blender 4.2 does, in one part, or as 5.2 does, in one part each."""
    parts = [(name, list(channels(name, x, version, layer))) for name, x in passes.items()]
    texts = {
        "BlenderMultiChannel": "Blender V2.55.1 and newer",
        "Frame": "003",
        **more.pop("texts", {}),
    }
    texts |= manifest(
        f"{layer}.CryptoObject" if layer else "CryptoObject", **more.pop("listed", {})
    )
    if version == "4.2":
        parts = [("", sorted((c for _, of in parts for c in of), key=lambda c: c[0]))]
    else:
        crypto = [
            (f"{n}{i}", of[4 * i : 4 * i + 4]) for n, of in parts if "crypto" in n for i in (0, 1)
        ]
        parts = [(n, of) for n, of in parts if "crypto" not in n] + crypto
    specs = [spec(part, texts if index == 0 else {}, **more) for index, part in enumerate(parts)]
    out = oiio.ImageOutput.create(str(path))
    for index, (_, of) in enumerate(parts):
        how = (tuple(specs),) if index == 0 else (specs[index], "AppendSubimage")
        assert out.open(str(path), *how), out.geterror()
        pixels = np.ascontiguousarray(np.stack([x for _, x, _ in of], -1), np.float32)
        assert out.write_image(pixels), out.geterror()
    assert out.close()
    return path


def channels(name, x, version, layer):
    """Give the name in the file, the numbers and their type of each channel."""
    spelled = SPELLED[name][version == "5.2"]
    kind = "float" if name in FLOATS else "half"
    for index in range(x.shape[-1]):
        suffix = SUFFIXES.get(name, "RGBA")[index % 4]
        group = f"{index // 4:02d}" if "crypto" in name else ""
        suffix = suffix.lower() if "crypto" in name else suffix
        yield ".".join(filter(None, [layer, spelled + group, suffix])), x[..., index], kind


def manifest(title, text=None, key="0123456"):
    """Say which names a Cryptomatte holds; ``text`` instead of what json writes, None for Blender's list."""
    listed = {name: f"{murmur3(name.encode()):08x}" for name in OBJECTS}
    said = {"name": title, "hash": "MurmurHash3_32", "conversion": "uint32_to_float32"}
    said["manifest"] = json.dumps(listed, ensure_ascii=False) if text is None else text
    return {f"cryptomatte/{key}/{name}": value for name, value in said.items() if value}


def spec(part, texts, window=None, compression="zip", view="", tile=0):
    """``window``: x, y of the pixels, then x, y, width and height of the display window."""
    name, of = part
    height, width = of[0][1].shape
    made = oiio.ImageSpec(width, height, len(of), "float")
    made.channelnames = tuple(c for c, _, _ in of)
    made.channelformats = tuple(oiio.TypeDesc(kind) for _, _, kind in of)
    made["compression"] = compression
    made.tile_width = made.tile_height = tile
    if window:
        made.x, made.y, made.full_x, made.full_y, made.full_width, made.full_height = window
    if name:
        made["oiio:subimagename"] = ".".join(of[0][0].split(".")[:-1]) + view
    if view:
        made["view"] = view.removeprefix("-")
    for key, value in texts.items():
        made[key] = value
    return made


@pytest.fixture
def passes_file(tmp_path):
    """Write a frame: (passes, version, …) -> path."""

    def write(passes=None, version="4.2", name="frame.exr", **more):
        return write_frame(tmp_path / name, frame() if passes is None else passes, version, **more)

    return write


@pytest.fixture
def opened(passes_file):
    """Write a frame and open it: (passes, version, …) -> Passes."""
    return lambda *given, **more: open_passes(passes_file(*given, **more))


@pytest.fixture(params=REAL)
def real(request):
    """A frame that Blender rendered, opened."""
    return open_passes(FILES / f"{request.param}.exr")


@pytest.fixture
def truth():
    """Cameras and the box's place around the real frame: ``truth("2")["world"]`` …"""
    return json.loads((FILES / "truth.json").read_text(encoding="utf-8")).__getitem__


@pytest.fixture
def contents():
    """What ``passes_file`` writes if it is given nothing: (height, width, seed) -> pass → (H, W, C)."""
    return frame
