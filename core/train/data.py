"""Pictures for training: folders in memory as bytes, and random crops from a seed."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..errors import StylizeError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


def find_pictures(patterns: Iterable[str], root: Path = Path()) -> list[Path]:
    """Return the pictures that match glob patterns below ``root``, sorted, each once."""
    found = {p for pattern in patterns for p in root.glob(pattern) if p.suffix.lower() in SUFFIXES}
    if not found:
        raise StylizeError(f"no training pictures: nothing in {root} matches {list(patterns)}")
    return sorted(found)


def load_pool(paths: Sequence[Path], shorter: int) -> list[Tensor]:
    """Return the pictures as uint8 (3, H, W), shrunk to ``shorter`` pixels on the shorter side."""
    return [_load(path, shorter) for path in paths]


def _load(path: Path, shorter: int) -> Tensor:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    ratio = shorter / min(picture.size)
    if ratio < 1:
        size = (round(picture.width * ratio), round(picture.height * ratio))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def draw_crops(
    pool: Sequence[Tensor],
    count: int,
    size: int,
    generator: torch.Generator,
    *,
    zoom: float = 1.0,
    recolor: float = 0.0,
) -> Tensor:
    """Return random crops, (count, 3, size, size) in [0, 1].

    Args:
        pool: uint8 pictures, (3, H, W).
        count: Number of crops.
        size: Their side in pixels.
        generator: The source of randomness.
        zoom: Crops are cut up to ``zoom`` times larger than ``size`` and shrunk.
        recolor: Share of crops whose colour channels are permuted and gamma-shifted.
    """
    crops = [_crop(pool, size, generator, zoom, recolor) for _ in range(count)]
    return torch.stack(crops).contiguous(memory_format=torch.channels_last)


def _crop(
    pool: Sequence[Tensor], size: int, generator: torch.Generator, zoom: float, recolor: float
) -> Tensor:
    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    picture = pool[int(uniform(0, len(pool) - 1e-6))]
    window = min(round(size * uniform(1.0, zoom)), *picture.shape[1:])
    y = int(uniform(0, picture.shape[1] - window + 0.999))
    x = int(uniform(0, picture.shape[2] - window + 0.999))
    crop = picture[:, y : y + window, x : x + window].float() / 255
    if window != size:
        crop = F.interpolate(
            crop[None], (size, size), mode="bilinear", antialias=True, align_corners=False
        )[0]
    if uniform(0, 1) < 0.5:
        crop = crop.flip(2)
    if uniform(0, 1) < recolor:
        gamma = torch.exp2(torch.tensor([uniform(-0.7, 0.7) for _ in range(3)])).to(crop.device)
        crop = crop[torch.randperm(3, generator=generator)].pow(gamma[:, None, None])
    return crop
