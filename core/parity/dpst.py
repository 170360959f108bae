"""Deep photo style's cases: the matting Laplacian, and masked Gram losses of a port with average pooling."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ..methods.deep_photo.network import realism, region_grams, shrink_masks
from ..nn.matting import matting_affinity
from ..nn.vgg import VGG, VGG19
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = ("style", "guide", "image", "tiny_guide", "content_masks", "style_masks")
STYLE_WEIGHT, CONTENT_WEIGHT = 1e5, 1e3
"""Of the port's total."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    for part in (_compute_laplacian, _compute_losses):
        for name, value in part(case).items():
            if name in case.arrays:
                yield Wanted(name, value, _read_tolerance(case, name))


def _read_tolerance(case: Case, name: str) -> float:
    largest = float(case.tensor(name).double().abs().max())
    if name == "grad_of_total":
        return 1e-3 * largest
    return (2e-3 if "loss" in name or name.startswith("total") else 1e-4) * largest


def _compute_laplacian(case: Case) -> Found:
    radius, eps = int(case.meta["lap"]["win_rad"]), float(case.meta["lap"]["eps"])
    affinity = matting_affinity(case.tensor("guide"), radius, eps)
    value, gradient = realism(case.tensor("image"), affinity)
    results = {
        "L_times_image": gradient[0].permute(1, 2, 0) / 2,
        "reg_loss_sum_vTLv": torch.tensor(value, dtype=torch.float64),
        "reg_grad_2Lv": gradient[0].permute(1, 2, 0),
        "authors_kernel_grad_chw": gradient[0],
    }
    if "tiny_guide" in case.arrays:
        tiny = matting_affinity(case.tensor("tiny_guide").permute(2, 0, 1)[None], radius, eps)
        count = tiny.weights[0].numel()
        every = torch.eye(count, dtype=torch.float64).reshape(count, *tiny.size)
        results["tiny_L_dense"] = tiny.laplacian(every).flatten(1)
    return results


def flat_vgg() -> list[tuple[str, str]]:
    """Return (torchvision's, ours): indices of convolutions in one flat sequence."""
    pairs, place = [], 0
    for block, count in enumerate(VGG19, 1):
        for number in range(1, count + 1):
            pairs.append((str(place), f"conv{block}_{number}"))
            place += 2
        place += 1
    return pairs


def _name_layer(name: str) -> str:
    """Return our name of a layer; the port numbers layers by the poolings before them: relu3_2 is relu4_2."""
    return f"relu{int(name[4]) + 1}{name[5:]}"


def _compute_losses(case: Case) -> Found:
    net = pseudo_network(VGG(pooling="avg"), flat_vgg(), str(case.meta["prefix"]))
    kinds = ("style", "content")
    style, content = ([_name_layer(name) for name in case.meta[f"{kind}_layers"]] for kind in kinds)
    x = case.tensor("image").requires_grad_()
    got, wanted, kept = (
        _compute_features(net, p, [*style, *content])
        for p in (x, case.tensor("style"), case.tensor("guide"))
    )
    masks, style_masks = (
        case.tensor(f"{kind}_masks")[:, None].float() for kind in ("content", "style")
    )
    styles = [
        (_compute_grams(got[k], masks, k) - _compute_grams(wanted[k], style_masks, k))
        .square()
        .mean((1, 2))
        .sum()
        for k in style
    ]
    contents = [F.mse_loss(got[k], kept[k]) for k in content]
    style_losses, content_losses = torch.stack(styles), torch.stack(contents)
    total = STYLE_WEIGHT * style_losses.sum() + CONTENT_WEIGHT * content_losses.sum()
    (gradient,) = torch.autograd.grad(total, x)
    return {
        "style_losses": style_losses.detach(),
        "content_losses": content_losses.detach(),
        "total_1e5_style_1e3_content": total.detach(),
        "grad_of_total": gradient,
    }


def _compute_features(net: VGG, x: Tensor, layers: list[str]) -> dict[str, Tensor]:
    mean, deviation = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return net((x - mean) / deviation, list(dict.fromkeys(layers)))


def _compute_grams(features: Tensor, masks: Tensor, layer: str) -> Tensor:
    return region_grams(features, shrink_masks(masks, layer)) / features.numel()
