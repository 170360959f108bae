"""Meta networks' cases: the style's description, the generated weights, the result, and the losses."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD, torchvision_pairs
from ..methods.metanet.network import MetaNet, describe_whole
from ..methods.metanet.weights import (
    LEVELS,
    VGG16_WIDTHS,
    extract_features,
    frame_names,
    meta_names,
    port_name,
)
from ..nn.losses import total_variation
from ..nn.transform_net import Sizes
from ..nn.vgg import VGG, VGG16
from .rows import Case, Wanted
from .weights import as_published, pseudo_network

INPUTS = ("content", "style")
LAYERS = LEVELS["vgg16"]
CONTENT = "relu3_3"
INPUT = 2 * sum(VGG16_WIDTHS)
LOSSES = ("content_loss", "style_loss", "tv_loss")


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results; tolerances of arrays with a deviation above 1 are relative to it."""
    unit = case.stated(r"([\d.]+e-\d+) times", 1e-4)
    relative = case.stated(r"losses ([\d.]+e-\d+) relative", 1e-4)
    with torch.inference_mode():
        for name, value in _compute_values(case).items():
            if name in case.arrays:
                stored = case.tensor(name)
                share = max(1.0, float(stored.std())) if stored.ndim else float(stored.abs())
                yield Wanted(name, value, (relative if name in LOSSES else unit) * share)


def _compute_values(case: Case) -> dict[str, Tensor]:
    prefixes = {k: text.split()[0] for k, text in case.meta["prefixes"].items()}
    base, pairs = int(case.meta["base"]), torchvision_pairs(VGG16[:4])
    vgg = pseudo_network(VGG(VGG16[:4], VGG16_WIDTHS), pairs, prefixes["vgg16"])
    meta = _make_meta(Sizes((base, 2 * base, 4 * base), 5, 9, 9), prefixes)
    wanted, style = (
        extract_features(vgg, case.tensor(name), layers=LAYERS) for name in ("content", "style")
    )
    target = describe_whole(style, LAYERS)
    picture = as_published(meta.painter(target))(_normalise(case.tensor("content")))
    height, width = case.arrays["content"].shape[-2:]
    got = vgg(picture[..., :height, :width], LAYERS)
    apart = F.mse_loss(describe_whole(got, LAYERS), target)
    return _name_generated(case, meta.generate(target)) | {
        "mean_std": target,
        "out": picture,
        "content_loss": case.meta["content_weight"] * F.mse_loss(got[CONTENT], wanted[CONTENT]),
        "style_loss": case.meta["style_weight"] * apart,
        "tv_loss": case.meta["tv_weight"] * total_variation(picture),
    }


def _make_meta(sizes: Sizes, prefixes: dict[str, str]) -> MetaNet:
    """Return the port's network; its two files have different prefixes."""
    meta = MetaNet(INPUT, sizes)
    parts = torch.nn.ModuleDict({"first": meta.first, "last": meta.last})
    pseudo_network(parts, frame_names(), prefixes["transform_net"])
    own = {name: part for name, part in meta.named_children() if name not in parts}
    pseudo_network(torch.nn.ModuleDict(own), meta_names(), prefixes["metanet"])
    return as_published(meta.eval())


def _normalise(x: Tensor) -> Tensor:
    mean, std = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return (x - mean) / std


def _name_generated(case: Case, generated: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a layer's generated weights under the name of its array, which may hold only the first ones."""
    arrays = {}
    for layer, values in generated.items():
        name = f"generated_{port_name(layer).replace('.', '_')}"
        for array in (a for a in case.arrays if a == name or a.startswith(f"{name}_first")):
            arrays[array] = values[:, : case.arrays[array].shape[-1]]
    return arrays
