"""Time and memory of photorealistic smoothing: python tools/smoothing.py PICTURE [--megapixels N].

Each way is measured in a process of its own. What is smoothed is the picture in other colours, with noise.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.device import peak_memory_mb, set_up
from core.imaging.image import load_image
from core.nn.closed_form import FIDELITY
from core.nn.local_affine import follow_colours
from core.nn.photoreal import smooth
from core.picture.tensors import to_tensor

WAYS = ("closed", "guided", "follow")
COLOURS = ((0.3, 0.2, 0.6), (0.2, 0.7, 0.0), (0.8, 0.1, 0.1))


def sized(picture: Tensor, megapixels: float) -> Tensor:
    """Return a picture of that many million pixels, in its own proportions."""
    ratio = (megapixels * 1e6 / picture[0, 0].numel()) ** 0.5
    size = [round(side * ratio) for side in picture.shape[-2:]]
    return F.interpolate(picture, size, mode="bicubic", antialias=True).clamp(0, 1)


def painted(picture: Tensor) -> Tensor:
    """Return the picture in other colours and with noise, as a network might leave it."""
    moved = torch.einsum("ij,bjhw->bihw", torch.tensor(COLOURS), picture)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    return (moved + 0.05 * noise).clamp(0, 1)


def measure(way: str, path: str, megapixels: float) -> None:
    """Smooth once and print seconds and megabytes."""
    set_up(torch.device("cpu"))
    content = sized(to_tensor(load_image(path).rgb), megapixels)
    picture, wall, work = painted(content), time.perf_counter(), time.process_time()
    with torch.inference_mode():
        if way == "follow":
            follow_colours(picture, content)
        else:
            smooth(picture, content, way, FIDELITY)
    wall, work = time.perf_counter() - wall, time.process_time() - work
    print(f"{way}: {wall:.1f} s, {work:.1f} s of processor time, {peak_memory_mb()} MB at most")


def main() -> None:
    """Measure every way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture")
    parser.add_argument("--megapixels", type=float, default=2.0)
    parser.add_argument("--way", choices=WAYS, help="this one alone, in this process")
    options = parser.parse_args()
    if options.way:
        measure(options.way, options.picture, options.megapixels)
        return
    for way in WAYS:
        command = [sys.executable, __file__, options.picture, "--way", way]
        more = ["--megapixels", str(options.megapixels)]
        subprocess.run([*command, *more], check=True)


if __name__ == "__main__":
    main()
