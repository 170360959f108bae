"""MSG-Net's cases: features, Gram matrix, CoMatch, result, and both training losses. Pictures are BGR."""

import re
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..methods.msgnet.network import PUBLISHED, Network
from ..methods.msgnet.weights import FORMATS, network_of, published_layers
from ..nn.encoder import FULL
from ..nn.losses import gram
from ..nn.vgg import VGG, VGG16
from .johnson import CONTENT, STYLE, gram_distance
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("content", "style", "loss_content_imgs")
CAFFE_MEAN = (103.939, 116.779, 123.68)


def published_network(prefix: str, width: int) -> Network:
    """Return the network of pseudo-weights, recognised and converted like a published file."""
    sizes = PUBLISHED._replace(down=(PUBLISHED.down[0], width))
    with torch.device("meta"):
        own = shapes_of(Network(sizes).state_dict())
    layers = ((t, o, kind) for t, o in published_layers() for kind in ("weight", "bias"))
    theirs = {f"{t}.{kind}": own[f"{o}.{kind}"] for t, o, kind in layers}
    theirs["model.1.weight"] = (1, *own["match"])
    state = pseudo_state(theirs, prefix)
    known = identify(theirs, FORMATS)
    return as_published(network_of(known.convert(state), known.id))


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    unit = case.stated(r"out ([\d.]+e-\d+) max abs", 1e-3)
    relative = case.stated(r"losses ([\d.]+e-\d+) relative", 1e-4)
    with torch.inference_mode():
        width = re.search(r"ngf=(\d+)", case.meta["method"])
        net = published_network(
            case.meta["prefix_net"].split()[0], int(width[1]) if width else PUBLISHED.down[1]
        )
        target = net.describe(case.tensor("style"))
        parts = (
            (_compute_pictures(case, net, target), None),
            (_compute_losses(case, net, target), relative),
        )
        for part, scale in parts:
            for name in (name for name in part if name in case.arrays):
                stored = case.tensor(name)
                size = float(stored.abs().max()) if scale else max(1.0, float(stored.std()))
                yield Wanted(name, part[name], (scale or unit) * size)


def _compute_pictures(case: Case, net: Network, target: Tensor) -> dict[str, Tensor]:
    features = net.encode(case.tensor("content"))
    results = {
        "feat": features,
        "ins": net.matched(features, target),
        "out": _convert_to_published(net(case.tensor("content"), target)),
    }
    if "loss_content_imgs" in case.arrays:
        results["loss_net_out"] = _convert_to_published(
            net(case.tensor("loss_content_imgs"), target)
        )
    return results


def _convert_to_published(picture: Tensor) -> Tensor:
    """Return RGB in [0, 1] as BGR in 0 … 255."""
    return picture.flip(1) * 255


def _compute_losses(case: Case, net: Network, target: Tensor) -> dict[str, Tensor]:
    rows = {"gram_target_rows": target, "P_rows": net.match @ target}
    results = {
        name: value[:, : case.arrays[name].shape[-2]]
        for name, value in rows.items()
        if name in case.arrays
    }
    if "loss_content_imgs" not in case.arrays:
        return results
    names = [(name, name) for name, _ in VGG(VGG16[:4], FULL[:4]).named_children()]
    judge = pseudo_network(VGG(VGG16[:4], FULL[:4]), names, case.meta["prefix_vgg"].split()[0])
    x = case.tensor("loss_content_imgs")
    wanted, style, got = (
        _compute_features(judge, picture) for picture in (x, case.tensor("style"), net(x, target))
    )
    grams = {layer: gram(style[layer], divide_by="all") for layer in STYLE}
    content = F.mse_loss(got[CONTENT], wanted[CONTENT])
    return results | {
        "loss_content": case.meta["content_weight"] * content,
        "loss_style": case.meta["style_weight"] * gram_distance(got, grams),
    }


def _compute_features(judge: VGG, x: Tensor) -> dict[str, Tensor]:
    mean = x.new_tensor(CAFFE_MEAN)[:, None, None]
    return judge(_convert_to_published(x) - mean, STYLE)
