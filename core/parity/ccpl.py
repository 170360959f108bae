"""CCPL's cases: both modes' moments, features and pictures, the training losses, and one contrastive loss."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..checkpoints.vgg import flat_encoder
from ..methods.ccpl.network import FIRST, HALVINGS, LEVELS, CovarianceTransform
from ..methods.ccpl.weights import decoder_pairs, transform_layers
from ..nn.contrast import Heads, Pairs, ccpl_loss, info_nce
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..nn.encoder import LEVELS as ALL
from ..nn.losses import channel_stats, content_loss, gram, stats_loss
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = (
    "content", "style", "loss_content_imgs", "loss_style_imgs", "*_ids_*", "nce_q", "nce_k",
)  # fmt: skip  # a block to scan
SHORT = {"art": "art", "photo": "pho"}
"""What the cases call the modes."""
Found = dict[str, Tensor]


class Published:
    """The published wiring of a mode with the case's pseudo-weights, in float64: pooling rounds up."""

    def __init__(self, case: Case, mode: str) -> None:
        prefixes = {part: text.split(" (")[0] for part, text in case.meta["prefixes"].items()}
        sct = next(p for p in prefixes["sct"].split(" / ") if p.endswith(SHORT[mode]))
        self.level = LEVELS[mode]
        self.levels = ALL[: ALL.index(self.level) + 1]
        layers = [(layer, layer) for layer in transform_layers(mode)]
        transform = CovarianceTransform(FULL[int(self.level[4]) - 1], HALVINGS[mode])
        decoder = Decoder(FULL, self.level, first=FIRST[mode])
        encoder = Encoder(FULL, self.level, ceil=True)
        self.encoder = pseudo_network(encoder, flat_encoder(self.level), prefixes["vgg"])
        self.transform = pseudo_network(transform, layers, sct)
        self.decoder = pseudo_network(decoder, decoder_pairs(mode), prefixes["decoder"])
        self.heads = pseudo_network(
            Heads(_read_widths(self.levels)), _pair_heads(self.levels), prefixes["mlp"]
        )
        for part in (self.encoder, self.transform, self.decoder, self.heads):
            part.double()


def _read_widths(levels: tuple[str, ...]) -> dict[str, int]:
    return {level: FULL[int(level[4]) - 1] for level in levels}


def _pair_heads(levels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (theirs, ours): one list of linear, ReLU, linear per level."""
    return [(f"{3 * i + j}", f"heads.{k}.{j}") for i, k in enumerate(levels) for j in (0, 2)]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results; tolerances of arrays with a deviation above 1 are relative to it."""
    case = case.doubled()
    unit = case.stated(r"([\d.]+e-\d+) max abs", 1e-4)
    relative = case.stated(r"losses ([\d.]+e-\d+) relative", 1e-4)
    with torch.inference_mode():
        for name, value in _compute_values(case).items():
            if name in case.arrays:
                stored = case.tensor(name)
                share = unit * max(1.0, float(stored.std())) if stored.ndim else 0.0
                yield Wanted(name, value, share or relative * float(stored.abs()))


def _compute_values(case: Case) -> Found:
    results: Found = {}
    for mode, short in SHORT.items():
        if any(name.startswith(f"{short}_") for name in case.arrays):
            net = Published(case, mode)
            parts = _compute_pictures(case, net) | _compute_losses(case, net, short)
            results |= {f"{short}_{name}": value for name, value in parts.items()}
    if "nce_q" in case.arrays:
        query, key = (case.tensor(f"nce_{name}").mT for name in "qk")
        results["nce_loss"] = info_nce(query, key, float(case.meta["tau"]))
    return results


def _compute_pictures(case: Case, net: Published) -> Found:
    content, style = (net.encoder(case.tensor(k))[net.level] for k in ("content", "style"))
    mean, deviation = channel_stats(content)
    narrow = net.transform.cnet((content - mean) / deviation)
    moments = gram(net.transform.snet(style - style.mean((2, 3), keepdim=True)))
    moved = net.transform(content, style)
    return {"scov": moments, "cnet": narrow, "gF": moved, "out": net.decoder(moved)}


def _compute_losses(case: Case, net: Published, short: str) -> Found:
    if "loss_content_imgs" not in case.arrays:
        return {}
    content, style = (net.encoder(case.tensor(f"loss_{k}_imgs")) for k in ("content", "style"))
    got = net.encoder(net.decoder(net.transform(content[net.level], style[net.level])))
    pairs = {
        level: Pairs(*(case.tensor(f"{short}_ids_{kind}_l{i}") for kind in ("center", "neigh")))
        for i, level in enumerate(net.levels)
        if f"{short}_ids_center_l{i}" in case.arrays
    }
    return {
        "loss_c": content_loss(got[net.level], content[net.level]),
        "loss_s": stats_loss(got, style),
        "loss_ccp": ccpl_loss(got, content, net.heads, pairs, float(case.meta["tau"])),
    }
