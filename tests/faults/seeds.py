"""Small valid files of every kind that is read: what the fuzzing begins with."""

import base64
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.torch import save

STATE = {
    "down.conv1.weight": torch.arange(54.0).reshape(2, 3, 3, 3) / 54,
    "down.conv1.bias": torch.ones(2),
}
TENSORFLOW = base64.b64decode(
    "AAAGCAEaAggBABwOX0NIRUNLUE9JTlRBQkxFX09CSkVDVF9HUkFQSAgHEgAgKCiuAjX+asSqACgRbmV0L2NvbnYvYmlhcy8uQVRU"
    "UklCVVRFUy9WQVJJQUJMRV9WQUxVRQgBEgQSAggCICAoCDWaJRrGCSEVa2VybmVsLy5BVFRSSUJVVEVTL1ZBUklBQkxFX1ZBTFVF"
    "CAESCBICCAISAggDIAgoGDXA2z0XBh4LdW50Ly5BVFRSSUJVVEVTL1ZBUklBQkxFX1ZBTFVFCAkSACgINbvXnxEAAAAAAQAAAACN"
    "u7O9AAAAAAEAAAAAwPKhsAABA28A3wEAAAAAAQAAAABTaCBf5AEI8QEPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AFf7gIskdUfb"
)
"""An index that TensorFlow 2.21 wrote, of three variables."""
JOB = {
    "content": "a.png", "output": "b.png", "method": "gatys", "params": {"iterations": 3}, "strength": 0.5,
    "aim": "photo",
    "styles": [{"path": "s.jpg", "weight": 0.25, "mask": "m.png", "labels": None}, {"path": "builtin:oil"}],
    "style_scale": 2.0, "keep_color": True, "surface": "flat", "space": "srgb", "alpha": "data",
    "mask": "m.png",
    "depth": "d.exr", "relief": "n.png", "lies": "top", "cover": 0.5,
    "layers": [{"method": "adain", "strength": 0.2, "params": {}}, {"style_scale": 1.5}],
    "focus": 0.1, "softness": 0.3, "uv": "uv.npz", "tiles": [{"content": "a", "output": "b", "number": 1001}],
    "backbone": "compact", "weights": None, "device": "cpu", "precision": "float32", "max_memory": 900,
    "max_pixels": 10000, "thumbnail": False, "seed": 3, "labels": None, "near_is_white": True,
    "by_area": False,
}  # fmt: skip  # every field
SEQUENCE = {
    "job": {"content": "f_####.png", "output": "o_####.png", "styles": [{"path": "builtin:oil"}]},
    "frames": [1, 3], "motion": "dis", "anchor": 4, "both_ways": True, "statistics": "follow", "layer": None,
    "source": "combined", "regions": [{"where": "object:Fox", "strength": 0.5}, {"where": "not depth:2..10"}],
    "cameras": "c.json", "vectors": None, "view": {"name": "AgX", "exposure": 0.5}, "overwrite": True,
}  # fmt: skip  # every field
EYE = [[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
CAMERAS = {
    "frames": {"1": {"world": EYE, "projection": EYE}, "2": {"world": EYE, "projection": None}}
}
RECORD = {"film": "0" * 32, "source": "1" * 32, "bytes": 5, "digest": "2" * 32}
CATALOG = b'["compact.encoder"]\nsha256 = "00ff"\nbytes = 12\nrecipe = "adain"\nscores = [1.5, 2]\n'
PATTERNS = b"render/frame_####.png"


def pixels(height: int = 12, width: int = 16, channels: int = 3) -> np.ndarray:
    """A slope with some noise, uint8."""
    rng = np.random.default_rng(5)
    return rng.integers(0, 255, (height, width, channels), np.uint8)


def _pillow(kind: str, array: np.ndarray, **more: object) -> bytes:
    found = io.BytesIO()
    Image.fromarray(array).save(found, kind, **more)
    return found.getvalue()


def _oiio(folder: Path, suffix: str, spec: oiio.ImageSpec, array: np.ndarray) -> bytes:
    path = folder / f"seed.{suffix}"
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec)
    target.write_image(array)
    target.close()
    return path.read_bytes()


def pictures(folder: Path) -> dict[str, list[bytes]]:
    """Return seeds of pictures by suffix."""
    words = PngInfo()
    words.add_text("Author", "someone")
    words.add_itxt("Title", "Ein Bild", zip=True)
    flat, alpha = pixels(), pixels(channels=4)
    grey = pixels()[..., 0]
    deep = (pixels().astype(np.float32) / 255) ** 2
    files = {
        "png": [_pillow("PNG", flat, pnginfo=words), _pillow("PNG", alpha), _pillow("PNG", grey)],
        "jpg": [
            _pillow("JPEG", flat, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0"),
            _pillow("JPEG", grey),
        ],
        "webp": [_pillow("WEBP", flat, lossless=True), _pillow("WEBP", alpha)],
        "tif": [_pillow("TIFF", flat), _pillow("TIFF", alpha, compression="tiff_lzw")],
    }
    inks = io.BytesIO()
    Image.frombytes("CMYK", (16, 12), bytes(768)).save(inks, "JPEG")
    files["jpg"].append(inks.getvalue())
    spec = oiio.ImageSpec(16, 12, 3, "half")
    spec.attribute("Artist", "someone")
    files["exr"] = [_oiio(folder, "exr", spec, deep)]
    spec = oiio.ImageSpec(16, 12, 3, "uint16")
    spec.attribute("compression", "zip")
    files["tif"].append(_oiio(folder, "tif", spec, (deep * 65535).astype(np.uint16)))
    files["hdr"] = [_oiio(folder, "hdr", oiio.ImageSpec(16, 12, 3, "float"), deep)]
    files["npy"] = [_numpy(deep), _numpy(flat), _numpy(deep.astype(np.float16))]
    return files


def _numpy(array: np.ndarray) -> bytes:
    found = io.BytesIO()
    np.save(found, array)
    return found.getvalue()


PASSES = (
    *(f"Combined.{k}" for k in "RGBA"), "Depth.Z", *(f"Vector.{k}" for k in "XYZW"), "IndexOB.X",
    *(f"Position.{k}" for k in "XYZ"), *(f"CryptoObject00.{k}" for k in "rgba"),
    *(f"DiffCol.{k}" for k in "RGB"),
)  # fmt: skip  # a table


def passes(folder: Path) -> list[bytes]:
    """Return multilayer EXRs as Blender writes them."""
    found = []
    for compression in ("zip", "none", "piz"):
        spec = oiio.ImageSpec(16, 12, len(PASSES), "float")
        spec.channelnames = tuple(f"ViewLayer.{name}" for name in PASSES)
        spec.attribute("compression", compression)
        spec.attribute("cryptomatte/0123456/name", "ViewLayer.CryptoObject")
        spec.attribute("cryptomatte/0123456/manifest", '{"Fox": "3f800001"}')
        values = np.random.default_rng(3).random((12, 16, len(PASSES)), np.float32)
        found.append(_oiio(folder, "exr", spec, values))
    return found


def torch7() -> bytes:
    """Return a network of one module in Torch7's format."""

    def text(words: str) -> bytes:
        return struct.pack("<i", len(words)) + words.encode()

    def named(name: str) -> bytes:
        return struct.pack("<i", 2) + text(name)

    tensor = struct.pack("<ii", 4, 4) + text("V 1") + text("torch.FloatTensor")
    tensor += struct.pack("<i2q2qq", 2, 2, 3, 3, 1, 1)
    storage = struct.pack("<ii", 4, 5) + text("V 1") + text("torch.FloatStorage")
    storage += struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes()
    module = struct.pack("<iii", 3, 3, 1) + named("weight") + tensor + storage
    modules = struct.pack("<iii", 3, 2, 1) + struct.pack("<id", 1, 1.0) + module
    return struct.pack("<iii", 3, 1, 1) + named("modules") + modules


def pickled(*, zipped: bool) -> bytes:
    """Return a state dict as PyTorch writes it."""
    found = io.BytesIO()
    torch.save({"state_dict": STATE, "epoch": 3}, found, _use_new_zipfile_serialization=zipped)
    return found.getvalue()


def archive(*, packed: bool, **arrays: np.ndarray) -> bytes:
    """Return arrays as a .npz."""
    found = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(found, **arrays)
    return found.getvalue()


def meshes() -> list[bytes]:
    """Return triangles as .npz and .npy."""
    rng = np.random.default_rng(1)
    arrays = {
        "uv": rng.random((6, 3, 2), np.float32),
        "position": rng.random((6, 3, 3), np.float32),
        "part": np.zeros(6, np.int32),
    }
    return [archive(packed=True, **arrays), archive(packed=False, **arrays), _numpy(arrays["uv"])]


def glb() -> bytes:
    """Return a model of one material with one picture."""
    picture = _pillow("PNG", pixels())
    described = {
        "asset": {"version": "2.0"}, "buffers": [{"byteLength": len(picture)}],
        "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": len(picture)}],
        "images": [{"bufferView": 0, "mimeType": "image/png"}], "textures": [{"source": 0}],
        "materials": [{"name": "Skin", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    }  # fmt: skip  # a table
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    picture += bytes(-len(picture) % 4)
    body = (
        struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(picture), b"BIN\0")
        + picture
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def lines() -> list[bytes]:
    """Return what a worker may be told, some lines at once."""
    said = [{"id": 1, "job": JOB}, {"id": "two", "film": SEQUENCE}, {"cancel": 1}]
    return [b"\n".join(json.dumps(line).encode() for line in said)]


def all_seeds(folder: Path) -> dict[str, list[bytes]]:
    """Return the seeds of every reader by its name."""
    found = pictures(folder)
    for kind in ("mask", "labels", "depth", "relief"):
        found[kind] = [found["png"][0], found["tif"][1], found["exr"][0], found["npy"][0]]
    weights = save(STATE)
    arrays = {name: value.numpy() for name, value in STATE.items()}
    found |= {
        "passes": passes(folder), "safetensors": [weights],
        "pth": [pickled(zipped=True), pickled(zipped=False)],
        "t7": [torch7()], "tensorflow": [TENSORFLOW],
        "npz": [archive(packed=True, **arrays), archive(packed=False, **arrays)], "stored": [weights],
        "mesh": meshes(), "glb": [glb()],
        "catalog": [CATALOG],
        "job": [json.dumps(JOB).encode()], "film": [json.dumps(SEQUENCE).encode()], "worker": lines(),
        "cameras": [json.dumps(CAMERAS).encode()], "record": [json.dumps(RECORD).encode()],
        "pattern": [PATTERNS],
    }  # fmt: skip  # a table
    return found


def repacked(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a zip file with its first part changed, checksums right again: what they would hide."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            parts = [(p, opened.read(p)) for p in opened.infolist()]
    except Exception:  # noqa: BLE001  # a broken one is a test as well
        return data
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive_:
        for number, (part, content) in enumerate(parts):
            archive_.writestr(part.filename, change(content) if number == 0 else content)
    return target.getvalue()
