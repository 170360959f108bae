"""LST's cases: both levels, the masked variant, the propagation network, and the training loss."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..methods.linear.network import LinearModule
from ..methods.linear.weights import MODULE_NAMES, PROPAGATION_NAMES, decoder_names, encoder_names
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..nn.losses import gram_loss
from ..nn.masks import regions
from ..nn.propagation import PropagationNet, propagate, whiten
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = (
    "content", "style", "content_seg", "style_seg", "spn_in", "spn_guide", "prop_X", "prop_G*",
    "crit_input", "crit_target",
)  # fmt: skip  # a block to scan
SWEEPS = {"lr": "right", "rl": "left", "tb": "down", "bt": "up"}
Found = dict[str, Tensor]


class Published:
    """Encoder, transformation module and decoder at one level, with the case's pseudo-weights."""

    def __init__(self, case: Case, short: str) -> None:
        self.level = f"relu{short[1]}_1"
        prefixes = {part: _prefix(case, part, short) for part in ("encoder", "matrix", "decoder")}
        self.encoder = pseudo_network(
            Encoder(FULL, self.level), encoder_names(self.level), prefixes["encoder"]
        )
        channels = FULL[int(short[1]) - 1]
        self.module = pseudo_network(LinearModule(channels), MODULE_NAMES, prefixes["matrix"])
        self.decoder = pseudo_network(
            Decoder(FULL, self.level), decoder_names(self.level), prefixes["decoder"]
        )

    def features(self, picture: Tensor) -> Tensor:
        """Return the input features of the module."""
        return self.encoder(picture)[self.level]


def _prefix(case: Case, part: str, short: str) -> str:
    prefixes = [prefix.strip() for prefix in case.meta["prefixes"][part].split(" / ")]
    return next((prefix for prefix in prefixes if prefix.endswith(short)), prefixes[0])


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results; tolerances of arrays with a deviation above 1 are relative to it."""
    unit = case.stated(r"([\d.]+e-\d+) max abs", 1e-4)
    with torch.inference_mode():
        for part in (_compute_levels, _compute_masked, _compute_smoothing, _compute_criterion):
            for name, value in part(case).items():
                if name in case.arrays:
                    yield Wanted(name, value, unit * _unit(case.tensor(name)))


def _unit(stored: Tensor) -> float:
    return max(1.0, float(stored.std())) if stored.numel() > 1 else 1.0


def _compute_levels(case: Case) -> Found:
    results: Found = {}
    for short in sorted({name[:3] for name in case.arrays if name.endswith("_transmatrix")}):
        net = Published(case, short)
        content, style = (net.features(case.tensor(name)) for name in ("content", "style"))
        centred, style_centred = (f - f.mean((2, 3), keepdim=True) for f in (content, style))
        feature = net.module(content, style)
        results |= {
            f"{short}_cF": content,
            f"{short}_sF_mean": style.mean((2, 3)),
            f"{short}_transmatrix": net.module.snet(style_centred) @ net.module.cnet(centred),
            f"{short}_feature": feature,
            f"{short}_out": net.decoder(feature),
        }
    return results


def _compute_masked(case: Case) -> Found:
    if "content_seg" not in case.arrays:
        return {}
    net = Published(case, "r41")
    content, style = (net.features(case.tensor(name)) for name in ("content", "style"))
    maps = [
        regions(case.tensor(f"{name}_seg"), (f.shape[2], f.shape[3]))
        for name, f in (("content", content), ("style", style))
    ]
    feature = net.module.forward_masked(content, style, *maps)
    return {"masked_feature": feature, "masked_out": net.decoder(feature)}


def _compute_smoothing(case: Case) -> Found:
    results: Found = {"whitened_content": whiten(case.tensor("content"))}
    if "spn_in" in case.arrays:
        net = pseudo_network(PropagationNet(), PROPAGATION_NAMES, case.meta["prefixes"]["spn"])
        results["spn_out"] = net(case.tensor("spn_in"), case.tensor("spn_guide"))
    if "prop_X" in case.arrays:
        x, *gates = (case.tensor(f"prop_{name}") for name in ("X", "G1", "G2", "G3"))
        for name in SWEEPS:
            results[f"prop_{name}"] = propagate(x, (gates[0], gates[1], gates[2]), SWEEPS[name])
    return results


def _compute_criterion(case: Case) -> Found:
    if "crit_input" not in case.arrays:
        return {}
    return {"crit_style_loss": gram_loss(case.tensor("crit_input"), case.tensor("crit_target"))}
