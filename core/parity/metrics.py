"""The metrics' cases: warping, occlusion, warping error, resized flow, LPIPS of three networks, SSIM."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..evaluation.metrics import ssim, ssim_uniform
from ..nn.lpips import NETS, TAPS, Perceptual, backbone, perceptual_of
from ..nn.warp import resize_flow, warp
from ..video.metrics import occluded, warping_error
from .rows import Case, Wanted
from .weights import as_published, pseudo_state

INPUTS = ("frame1", "frame2", "flow_fw", "flow_bw", "lpips_in*", "lpips_*_lin*")
MISSED = 0.001
"""Share of pixels whose occlusion may differ."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield what the case wants: numbers within a share of themselves, pictures within 1e-5."""
    with torch.inference_mode():
        for name, value in (_motion(case) | _likeness(case) | _perceptual(case)).items():
            if name.startswith("occlusion"):
                yield Wanted(name, value, 0.0, spare=MISSED)
            elif name in case.arrays:
                yield Wanted(name, value, *_tolerance(name))


def _tolerance(name: str) -> tuple[float, bool, bool]:
    """Return the tolerance, that it is no mean, and whether it is a share of the stored number."""
    if name.startswith("ssim"):
        return 1e-4, False, False
    if name.startswith("lpips"):
        return 2e-3, False, True
    return (1e-4, False, True) if name == "warp_error" else (1e-5, False, False)


def network(case: Case, net: str) -> Perceptual:
    """Return LPIPS with the case's heads on a backbone of pseudo-weights."""
    own, taps = backbone(net).state_dict(), TAPS[net]
    theirs = {f"slice{_slice(key, taps)}.{key}": key for key in own}
    shapes = {name: tuple(own[key].shape) for name, key in theirs.items()}
    state = pseudo_state(shapes, str(case.meta["prefix"]).replace("<net>", net))
    heads = [case.tensor(f"lpips_{net}_lin{k}") for k in range(len(taps))]
    named = {theirs[name]: value for name, value in state.items()}
    return as_published(perceptual_of(net, named, heads))


def _slice(key: str, taps: tuple[int, ...]) -> int:
    """Return the number of the part that a layer belongs to; each ends with a layer that is compared."""
    return 1 + sum(int(key.split(".")[0]) > tap for tap in taps)


def _motion(case: Case) -> Found:
    if "flow_fw" not in case.arrays:
        return {}
    first, second, forward, backward = (
        case.tensor(name).permute(2, 0, 1)[None]
        for name in ("frame1", "frame2", "flow_fw", "flow_bw")
    )
    hidden = occluded(backward, forward)
    found = {
        "occlusion_from_detect_bw_fw": hidden[0, 0],
        "warped_frame2": warp(second, forward)[0].permute(1, 2, 0),
        "warp_error": torch.tensor(warping_error(first, second, forward, hidden)),
    }
    if "resize_flow_out" in case.arrays:
        height, width = case.arrays["resize_flow_out"].shape[:2]
        found["resize_flow_out"] = resize_flow(forward, (height, width))[0].permute(1, 2, 0)
    return {name: value for name, value in found.items() if name in case.arrays}


def _likeness(case: Case) -> Found:
    if "frame1" not in case.arrays:
        return {}
    first, second = (case.tensor(k).permute(2, 0, 1)[None] for k in ("frame1", "frame2"))
    return {
        "ssim_gauss_skimage": torch.tensor(ssim(first, second)),
        "ssim_uniform7_skimage": torch.tensor(ssim_uniform(first, second)),
    }


def _perceptual(case: Case) -> Found:
    found: Found = {}
    for net in NETS:
        if f"lpips_{net}" in case.arrays:
            parts = network(case, net).layers(case.tensor("lpips_in0"), case.tensor("lpips_in1"))
            found |= {f"lpips_{net}": parts.sum(), f"lpips_{net}_per_layer": parts[0]}
    return found
