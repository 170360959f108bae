"""DeepDream's cases: both conventions' dreams, a guided one, octaves and smoothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD, torchvision_pairs
from ..methods.deepdream.network import GOOGLE, GORDIC, Climb, dream, guided_seed, smooth
from ..nn.vgg import VGG, VGG16
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = ("g_image", "*shifts*", "smooth_in", "ggl_image_255", "ggl_guide_255")
Objective = Callable[[Mapping[str, Tensor]], Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    prefix = str(case.meta["prefix"]).split("features.")[0]
    net = pseudo_network(VGG(VGG16), torchvision_pairs(VGG16), prefix)
    yield from _smooth(case)
    yield from _read_levels(case)
    yield from _dream_gordic(case, net)
    yield from _dream_google(case, net)


def _smooth(case: Case) -> Iterator[Wanted]:
    for name in (name for name in case.arrays if name.startswith("smooth_out_sigma")):
        sigma = float(name.removeprefix("smooth_out_sigma").replace("p", "."))
        yield Wanted(
            name, smooth(case.tensor("smooth_in"), sigma), _read_tolerance(case, "smooth", 1e-5)
        )


def _read_tolerance(case: Case, name: str, otherwise: float) -> float:
    tolerance = case.meta.get("tolerance", {}).get(name, otherwise)
    return float(tolerance) if isinstance(tolerance, int | float) else otherwise


def _read_levels(case: Case) -> Iterator[Wanted]:
    for name in (name for name in case.arrays if name.startswith("pyr_shapes_")):
        size, count, ratio = name.removeprefix("pyr_shapes_").split("_")
        width, height = (int(side) for side in size.split("x"))
        sizes = GORDIC.sizes((height, width), int(count), float(ratio.replace("p", ".")))
        yield Wanted(name, torch.tensor(sizes), 0.0)


def _compute_gradient(
    net: VGG, layers: Sequence[str], objective: Objective
) -> Callable[[Tensor], Tensor]:
    def gradient(x: Tensor) -> Tensor:
        leaf = x.detach().requires_grad_()
        return torch.autograd.grad(objective(net(leaf, layers)), leaf)[0]

    return gradient


def _dream_gordic(case: Case, net: VGG) -> Iterator[Wanted]:
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    for out, shifts, config in (
        ("g_out", "g_shifts_hw", "gordic_config"),
        ("g_out_two_layers_one_step", "g_shifts2_hw", "gordic_config2"),
    ):
        if out not in case.arrays:
            continue
        facts: dict[str, Any] = case.meta[config]
        picture = case.tensor("g_image").permute(2, 0, 1)[None]
        sizes = GORDIC.sizes(
            (picture.shape[-2], picture.shape[-1]), facts["pyramid_size"], facts["pyramid_ratio"]
        )
        climb = Climb(
            sizes=sizes,
            iterations=facts["num_gradient_ascent_iterations"],
            step=facts["lr"],
            low=-mean / std,
            high=(1 - mean) / std,
            shifts=case.tensor(shifts).tolist(),
        )
        gradient = _compute_gradient(net, facts["layers_to_use"], _mean_squares)
        dreamt = dream((picture - mean) / std, gradient, GORDIC, climb)
        pixels = (dreamt * std + mean).clamp(0, 1)[0].permute(1, 2, 0)
        yield Wanted(out, pixels, 5e-3)
        yield Wanted(out, pixels, 5e-4, mean=True)


def _mean_squares(features: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([f.square().mean() for f in features.values()]).mean()


def _dream_google(case: Case, net: VGG) -> Iterator[Wanted]:
    facts: dict[str, Any] = case.meta["google"]
    mean = torch.tensor([float(v) for v in facts["mean_bgr"]])[:, None, None]
    layer = facts["end"]

    def planes(name: str) -> Tensor:
        return case.tensor(name).permute(2, 0, 1)[None].flip(1) - mean

    def guided(features: Mapping[str, Tensor]) -> Tensor:
        seed = guided_seed(features[layer].detach(), guide[layer][0].flatten(1))
        return (features[layer] * seed).sum()

    def plain(features: Mapping[str, Tensor]) -> Tensor:
        return features[layer].square().sum() / 2

    with torch.no_grad():
        guide = net(planes("ggl_guide_255"), [layer])
    for name, objective in (("ggl_", plain), ("ggl_guided_", guided)):
        picture, shifts = planes("ggl_image_255"), case.tensor(f"{name}shifts_xy").flip(1)
        octaves = len(shifts) // facts["iter_n"]
        climb = Climb(
            sizes=GOOGLE.sizes(
                (picture.shape[-2], picture.shape[-1]), octaves, facts["octave_scale"]
            ),
            iterations=facts["iter_n"],
            step=facts["step_size"],
            low=-mean if facts["clip"] else -mean.new_tensor(torch.inf),
            high=255 - mean if facts["clip"] else mean.new_tensor(torch.inf),
            shifts=shifts.tolist(),
        )
        out = dream(picture, _compute_gradient(net, [layer], objective), GOOGLE, climb)
        pixels = (out + mean).flip(1)[0].permute(1, 2, 0).clamp(0, 255)
        yield Wanted(f"{name}out_255", pixels, 2.0)
        yield Wanted(f"{name}out_255", pixels, 0.1, mean=True)
