"""WCT's cases, with the published networks compressed sixteen-fold."""

import re
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..checkpoints.networks import decoder_of, encoder_of
from ..checkpoints.read import read_state
from ..methods.wct.network import affine
from ..methods.wct.weights import FORMATS
from ..nn.stats import Moments
from .rows import Case, Wanted
from .weights import as_published

INPUTS = ("content", "style", "content2", "style2", "alpha")
BACKBONE = "cd16x"
NONZERO = 1e-13
"""Share of the largest eigenvalue above which one counts; the reference keeps all that are not zero."""


class Stage:
    """Encoder and decoder of one stage."""

    def __init__(self, folder: Path, number: int) -> None:
        self.level = f"relu{number}_1"
        paths = (folder / f"{kind}{number}.pth" for kind in ("encoder", "decoder"))
        encoder, decoder = (_read_published(path) for path in paths)
        names = (f"{BACKBONE}.{kind}_{self.level}" for kind in ("encoder", "decoder"))
        self.encoder = as_published(encoder_of(encoder, self.level, next(names)))
        self.decoder = as_published(decoder_of(decoder, self.level, next(names)))

    def features(self, picture: Tensor) -> Tensor:
        """Return (1, C, h, w) in float64."""
        return self.encoder(picture)[self.level].double()

    def transfer(self, content: Tensor, style: Tensor, alpha: float) -> Tensor:
        """Return the transformed features of two pictures, float32."""
        x, y = self.features(content), self.features(style)
        matrix, offset = affine(exact(x), [exact(y)], [1.0], alpha=alpha, threshold=NONZERO)
        return F.conv2d(x, matrix[:, :, None, None], offset).float()

    def picture(self, content: Tensor, style: Tensor, alpha: float) -> Tensor:
        """Return this stage's result."""
        return self.decoder(self.transfer(content, style, alpha))


def exact(features: Tensor) -> Moments:
    """Return the moments of (1, C, h, w), in float64 throughout."""
    flat = features[0].flatten(1)
    mean = flat.mean(1)
    centred = flat - mean[:, None]
    return Moments(float(flat.shape[1]), mean, centred @ centred.mT / flat.shape[1])


def _read_published(path: Path) -> dict[str, Tensor]:
    state = read_state(path)
    return identify(shapes_of(state), FORMATS).convert(state)


def compute(case: Case, teachers: Path) -> Iterator[Wanted]:
    """Yield the case's results.

    Raises:
        WeightsError: if the published networks are not in ``teachers``.
    """
    alpha = float(case.meta["alpha"])
    with torch.inference_mode():
        if "chain_out" in case.arrays:
            yield from _compute_chain(case, teachers / BACKBONE, alpha)
        yield from _compute_singles(case, teachers / BACKBONE, alpha)


def _compute_chain(case: Case, folder: Path, alpha: float) -> Iterator[Wanted]:
    x, style = case.tensor("content"), case.tensor("style")
    for number in case.meta["stages"]:
        x = Stage(folder, number).picture(x, style, alpha)
    yield Wanted("chain_out", x, case.stated(r"chain ([\d.]+e-\d+) max abs", 5e-4))
    on_average = case.stated(r"chain [^;]*?([\d.]+e-\d+) mean abs", 2e-5)
    yield Wanted("chain_out", x, on_average, mean=True)


def _compute_singles(case: Case, folder: Path, alpha: float) -> Iterator[Wanted]:
    tolerance = case.stated(r"single stages ([\d.]+e-\d+) max abs", 1e-4)
    found = (re.match(r"single_stage(\d)_", name) for name in case.arrays)
    for number in sorted({int(match[1]) for match in found if match}):
        values = _compute_single(Stage(folder, number), case, alpha)
        for name, value in values.items():
            if (array := f"single_stage{number}_{name}") in case.arrays:
                yield Wanted(array, value, tolerance)


def _compute_single(stage: Stage, case: Case, alpha: float) -> dict[str, Tensor]:
    content, style = case.tensor("content2"), case.tensor("style2")
    moved = stage.transfer(content, style, alpha)
    return {
        "cF": stage.features(content),
        "sF": stage.features(style),
        "csF": moved,
        "out": stage.decoder(moved),
    }
