"""Johnson's cases: the network, its first block, Gram matrices, and both training losses."""

from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.formats import Format
from ..checkpoints.identify import identify, shapes_of
from ..checkpoints.networks import transform_net_of
from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ..methods.johnson.network import PUBLISHED, TransformNet
from ..methods.johnson.weights import FORMATS, examples_layers
from ..nn.encoder import FULL
from ..nn.losses import gram
from ..nn.vgg import VGG, VGG16
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("content", "loss_content_imgs", "loss_style_img")
CONTENT = "relu2_2"
STYLE = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
PLACES = {
    "conv1_1": "slice1.0", "conv1_2": "slice1.2", "conv2_1": "slice2.5", "conv2_2": "slice2.7",
    "conv3_1": "slice3.10", "conv3_2": "slice3.12", "conv3_3": "slice3.14",
    "conv4_1": "slice4.17", "conv4_2": "slice4.19", "conv4_3": "slice4.21",
}  # fmt: skip  # a line a block or two
"""Our name of each convolution of the loss network, and theirs."""


def published_network(layers: Sequence[tuple[str, str]], prefix: str) -> TransformNet:
    """Return the network of pseudo-weights, recognised and converted like a published file."""
    with torch.device("meta"):
        own = shapes_of(TransformNet(PUBLISHED).state_dict())
    theirs = {f"{t}.{kind}": own[f"{o}.{kind}"] for t, o in layers for kind in ("weight", "bias")}
    state = pseudo_state(theirs, prefix)
    known: Format = identify(theirs, FORMATS)
    return as_published(transform_net_of(known.convert(state), known.id))


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    unit = case.stated(r"out ([\d.]+e-\d+) max abs", 1e-3)
    relative = case.stated(r"losses ([\d.]+e-\d+) relative", 1e-4)
    with torch.inference_mode():
        net = published_network(examples_layers(), case.meta["prefix_net"].split()[0])
        for part, scale in (
            (_compute_pictures(case, net), None),
            (_compute_losses(case, net), relative),
        ):
            for name in (name for name in part if name in case.arrays):
                stored = case.tensor(name)
                size = float(stored.abs().max()) if scale else max(1.0, float(stored.std()) / 10)
                yield Wanted(name, part[name], (scale or unit) * size)


def _compute_pictures(case: Case, net: TransformNet) -> dict[str, Tensor]:
    """Return pictures on the published scale, 0 … 255."""
    x = case.tensor("content")
    first = F.relu(net.down.norm1(net.down.conv1(x)))
    results = {"first_block": first, "out": net(x) * 255}
    if "loss_content_imgs" in case.arrays:
        results["loss_net_out"] = net(case.tensor("loss_content_imgs")) * 255
    return results


def _compute_losses(case: Case, net: TransformNet) -> dict[str, Tensor]:
    if "loss_content_imgs" not in case.arrays:
        return {}
    judge = pseudo_network(
        VGG(VGG16[:4], FULL[:4]),
        [(theirs, ours) for ours, theirs in PLACES.items()],
        case.meta["prefix_vgg"].split()[0],
    )
    x, style = case.tensor("loss_content_imgs"), case.tensor("loss_style_img")
    wanted, target, got = (_compute_features(judge, picture) for picture in (x, style, net(x)))
    grams = {layer: gram(target[layer], divide_by="all") for layer in STYLE}
    content = F.mse_loss(got[CONTENT], wanted[CONTENT])
    results = {f"gram_style_{layer}": value for layer, value in grams.items()}
    results |= {f"gram_style_{layer}_diag": value[0].diagonal() for layer, value in grams.items()}
    return results | {
        "loss_content": case.meta["content_weight"] * content,
        "loss_style": case.meta["style_weight"] * gram_distance(got, grams),
    }


def gram_distance(features: Mapping[str, Tensor], grams: Mapping[str, Tensor]) -> Tensor:
    """Return the mean squared differences of Gram matrices / (C H W), summed over layers."""
    got = {layer: gram(features[layer], divide_by="all") for layer in grams}
    terms = [F.mse_loss(got[k], wanted.expand_as(got[k])) for k, wanted in grams.items()]
    return torch.stack(terms).sum()


def _compute_features(judge: VGG, x: Tensor) -> dict[str, Tensor]:
    mean, std = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return judge((x - mean) / std, STYLE)
