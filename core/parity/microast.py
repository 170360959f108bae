"""MicroAST's cases, with the published network: features, signals, results, and the training losses."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from ..checkpoints.vgg import flat_encoder
from ..methods.microast.network import MicroAST, signal_contrast
from ..methods.microast.weights import read_published
from ..nn.encoder import FULL, Encoder
from ..nn.losses import content_loss, stats_loss
from .rows import Case, Wanted
from .weights import as_published, pseudo_network

INPUTS = ("content", "style", "alpha", "loss_content_imgs", "loss_style_imgs")
LEVEL = "relu4_1"
VGG = "adain.vgg"
"""Prefix of the pseudo-weights with which the losses were taken."""
LOSSES = ("loss_c", "loss_s", "loss_ssc")


def compute(case: Case, teachers: Path) -> Iterator[Wanted]:
    """Yield the case's results; a loss's tolerance is relative to its size.

    Raises:
        WeightsError: if the published network is not in ``teachers``.
    """
    network = as_published(read_published(teachers / "microast"))
    usual = case.stated(r"out ([\d.]+e-\d+) max abs", 1e-4)
    between = 0 < float(case.meta["alpha"]) < 1
    wide = case.stated(r"out_alpha ([\d.]+e-\d+) max abs", 1e-3) if between else usual
    with torch.inference_mode():
        for name, value in _compute_values(case, network).items():
            if name in case.arrays:
                size = float(case.tensor(name).abs()) if name in LOSSES else 1.0
                yield Wanted(name, value, (wide if name == "out_alpha" else usual) * size)


def _compute_values(case: Case, network: MicroAST) -> dict[str, Tensor]:
    content, style = (case.tensor(name) for name in ("content", "style"))
    signal = network.describe(style)
    results = {
        "out": network(content, style),
        "out_alpha": network(content, style, float(case.meta["alpha"])),
    }
    for i, (theirs, ours) in enumerate(
        zip(network.content_encoder(content), network.style_encoder(style), strict=True)
    ):
        results |= {f"cf{i + 1}": theirs, f"sf{i + 1}": ours}
        results |= {f"w{i + 1}": signal.weights[i], f"b{i + 1}": signal.biases[i]}
    return results | (_compute_losses(case, network) if "loss_content_imgs" in case.arrays else {})


def _compute_losses(case: Case, network: MicroAST) -> dict[str, Tensor]:
    vgg = pseudo_network(Encoder(FULL, LEVEL, ceil=True), flat_encoder(LEVEL), VGG)
    content, style = (case.tensor(f"loss_{kind}_imgs") for kind in ("content", "style"))
    picture = network(content, style)
    got = vgg(picture)
    return {
        "loss_out": picture,
        "loss_c": content_loss(got[LEVEL], vgg(content)[LEVEL]),
        "loss_s": stats_loss(got, vgg(style)),
        "loss_ssc": signal_contrast(network, picture, style),
    }
