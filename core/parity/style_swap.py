"""Style-Swap's cases: features, best patches, swapped features, result, and the swap of given features."""

import re
from collections.abc import Iterator

import torch
from torch import Tensor

from ..checkpoints.identify import identify
from ..checkpoints.networks import decoder_of
from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ..methods.style_swap.network import assemble, likeness, patches_of, swap, unfold
from ..methods.style_swap.weights import FORMATS, decoder_layers
from ..nn.decoder import Decoder
from ..nn.encoder import FULL
from ..nn.vgg import VGG
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("content", "style", "ss_content", "ss_style")
LEVEL = "relu3_1"
PLACES = [
    ("slice1.0", "conv1_1"), ("slice2.2", "conv1_2"), ("slice2.5", "conv2_1"),
    ("slice3.7", "conv2_2"), ("slice3.10", "conv3_1"),
]  # fmt: skip  # a block to scan
CLEAR = 1e-4
"""Relative lead of the best patch over the second above which rounding cannot change the winner."""


class Published:
    """The port's networks: torchvision's encoder, and a decoder that is recognised like its file."""

    def __init__(self, case: Case) -> None:
        found = re.findall(r"[\w.]*styleswap\.\w+", str(case.meta["weights"]))
        prefixes = [*found, "styleswap.vgg", "styleswap.decoder"][:2]
        self.encoder = pseudo_network(VGG((2, 2, 1), FULL[:3]), PLACES, prefixes[0])
        with torch.device("meta"):
            own = Decoder(FULL, LEVEL).state_dict()
        shapes = {
            f"{theirs}.{kind}": tuple(own[f"{ours}.{kind}"].shape)
            for theirs, ours in decoder_layers()
            for kind in ("weight", "bias")
        }
        known = identify(shapes, FORMATS)
        state = known.convert(pseudo_state(shapes, prefixes[1]))
        self.decoder = as_published(decoder_of(state, LEVEL, known.name))
        self.mean, self.std = (
            torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD)
        )

    def features(self, picture: Tensor) -> Tensor:
        """Return the features to swap."""
        return self.encoder((picture - self.mean) / self.std, [LEVEL])[LEVEL]

    def picture(self, features: Tensor) -> Tensor:
        """Return the decoder's picture, normalised as ImageNet."""
        return (self.decoder(features) - self.mean) / self.std


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results; best patches are compared where they are clearly best, and then given."""
    exact = case.stated(r"swapped ([\d.]+e-\d+) max abs", 1e-5)
    scaled = case.stated(r"out ([\d.]+e-\d+)", 1e-4)
    with torch.inference_mode():
        results = {k: v for k, v in _compute_values(case).items() if k in case.arrays}
        for name, value in results.items():
            if name == "argmax":
                yield Wanted(name, value, 0.0)
            elif name in ("cf", "out"):
                yield Wanted(name, value, scaled * max(1.0, float(case.tensor(name).std())))
            else:
                yield Wanted(name, value, exact)


def _compute_values(case: Case) -> dict[str, Tensor]:
    results = _compute_bare(case)
    return results | _compute_whole(case) if "content" in case.arrays else results


def _compute_whole(case: Case) -> dict[str, Tensor]:
    net, size = Published(case), int(case.meta["patch_size"])
    content, style = (net.features(case.tensor(name)) for name in ("content", "style"))
    patches = patches_of(style, size, int(case.meta["stride"]))
    scores = likeness(unfold(content, size), patches)
    best = scores.topk(2, 1)
    stored, gap = (case.tensor(name).flatten() for name in ("argmax", "gap"))
    winners = torch.where(gap > CLEAR, best.indices[:, 0], stored)
    swapped = assemble(patches.pick(stored.long()), content.shape[2], content.shape[3], size)
    lead = (best.values[:, 0] - best.values[:, 1]) / best.values[:, 0]
    return {
        "cf": content,
        "argmax": winners.view(case.arrays["argmax"].shape),
        "gap": lead.view(case.arrays["gap"].shape),
        "swapped": swapped,
        "out": net.picture(swapped),
    }


def _compute_bare(case: Case) -> dict[str, Tensor]:
    results = {}
    for name in case.arrays:
        if sizes := re.fullmatch(r"ss_p(\d+)(?:_s(\d+))?", name):
            patches = patches_of(case.tensor("ss_style"), int(sizes[1]), int(sizes[2] or 1))
            results[name] = swap(case.tensor("ss_content"), patches)
    return results
