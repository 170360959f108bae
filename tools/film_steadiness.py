"""Measure how calm sequences are: python tools/film_steadiness.py RENDER PAINTED [PAINTED …].

RENDER is a pattern of multilayer EXRs with Vector passes (tools/film_scenes.py makes some), each PAINTED one
of a sequence that was made of them. Printed is the warping error (Lai et al. 2018) times 1000 by the
renderer's motion, the ratio to that of the first, the error of what does not move, and of the worst pair.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.imaging.image import load_image  # noqa: E402  # the checkout is not installed
from core.passes import Vectors, open_passes, read_vectors  # noqa: E402  # likewise
from core.passes.read import decode_passes  # noqa: E402  # likewise
from core.picture.tensors import to_tensor  # noqa: E402  # likewise
from core.video.frames import Pattern, wanted_frames  # noqa: E402  # likewise
from core.video.metrics import occluded, warping_error  # noqa: E402  # likewise

STILL = 0.02
"""Pixels that a thing moves at most that stands still."""


def main() -> None:
    """Print a row for each sequence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("render")
    parser.add_argument("painted", nargs="+")
    options = parser.parse_args()
    painted = [Pattern.read(text) for text in options.painted]
    numbers = sorted(set.intersection(*(set(wanted_frames(p, None)[0]) for p in painted)))
    errors, quiet = (np.zeros((len(painted), 0)) for _ in range(2))
    vectors = {n: read(Pattern.read(options.render).path(n)) for n in numbers}
    for one, two in pairwise(numbers):
        forward = to_tensor(vectors[one].forward)
        hidden = occluded(to_tensor(vectors[two].backward), forward)
        moves = forward.square().sum(1, keepdim=True).sqrt() > STILL
        pairs = [[to_tensor(load_image(p.path(n)).rgb) for n in (one, two)] for p in painted]
        row = [warping_error(*pair, forward, hidden) for pair in pairs]
        errors = np.column_stack([errors, row])
        still = [warping_error(*pair, torch.zeros_like(forward), hidden | moves) for pair in pairs]
        quiet = np.column_stack([quiet, still])
    print(f"{'':40}  error  ratio  still   worst")  # a table
    for name, own, calm in zip(options.painted, errors, quiet, strict=True):
        ratio = own.mean() / errors[0].mean()
        figures = f"{1000 * own.mean():6.2f} {ratio:6.2f} {1000 * calm.mean():6.2f}"
        print(f"{name[-40:]:40} {figures} {1000 * own.max():7.2f}")


def read(path: Path) -> Vectors:
    """Return the vectors of a frame."""
    passes = decode_passes(open_passes(path), ["vector"], None)
    return read_vectors(passes, None)


main()
