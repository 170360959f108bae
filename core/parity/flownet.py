"""FlowNet's cases: three networks' flows, the loss, the correlation layer, and the consistency check."""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.flow import C, S, converter, convolutions, published_names
from ..checkpoints.networks import fill
from ..nn.correlation import correlation
from ..nn.flow_loss import end_point_error, multiscale_error
from ..nn.flownet import LEAK, UNIT, FlowNet, Sizes, in_pixels
from ..video.occlusion import reliability
from .rows import Case, Wanted
from .weights import as_published, pseudo_state

INPUTS = ("img1", "img2", "epe_target_div20", "corr_in*", "cc_flow_*")
NETS = {"flownets": S, "flownetc": C, "flownets_bn": S}
NORM = ("weight", "bias", "running_mean", "running_var")
SHARE, CORRELATION = 1e-3, 1e-4
"""Tolerances: of the largest flow or an error, and of a correlation."""
MISSED = 0.002
"""Share of pixels whose reliability may differ: a threshold decides."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results: flows within a share of the largest, masks except a share of pixels."""
    with torch.inference_mode():
        results: Found = {}
        for net in NETS:
            if any(name.startswith(f"{net}_") for name in case.arrays):
                results |= {
                    f"{net}_{name}": flow for name, flow in _compute_flows(case, net).items()
                }
        for name, value in (
            results | _compute_errors(case, results) | _compute_correlation(case)
        ).items():
            if name in case.arrays:
                yield Wanted(name, value, _choose_tolerance(case, name))
        for name, value in _compute_masks(case).items():
            allowed = 0.0 if name.endswith("nosmooth") else 1.0
            yield Wanted(name, value, allowed, spare=MISSED)


def _choose_tolerance(case: Case, name: str) -> float:
    if name.startswith("corr"):
        return CORRELATION * max(1.0, float(case.tensor(name).abs().max()))
    return SHARE * float(case.tensor(name).abs().max())


def network(case: Case, net: str) -> FlowNet:
    """Return one of the case's networks with its pseudo-weights, converted from the published format."""
    sizes = NETS[net]
    state = pseudo_state(layers(sizes, norms=net.endswith("bn")), f"flownet.{net}.")
    convert = converter(sizes, norms=net.endswith("bn"))
    return as_published(fill(partial(FlowNet, sizes), convert(state), case.name))


def layers(sizes: Sizes, *, norms: bool) -> dict[str, tuple[int, ...]]:
    """Return the published tensors' names and shapes."""
    own = FlowNet(sizes).state_dict()
    shapes = {theirs: tuple(own[ours].shape) for theirs, ours in published_names(sizes).items()}
    for name in convolutions(sizes) if norms else ():
        shapes |= {f"{name}.1.{kind}": shapes[f"{name}.0.bias"] for kind in NORM}
        del shapes[f"{name}.0.bias"]
    return shapes


def _compute_flows(case: Case, net: str) -> Found:
    first, second = case.tensor("img1"), case.tensor("img2")
    flows = network(case, net).levels(first, second)
    results = {f"flow{level}": flow for level, flow in enumerate(flows, 2)}
    return results | {"fullres_pixels": in_pixels(flows[0], first.shape[-2:])}


def _compute_errors(case: Case, results: Found) -> Found:
    """Return the losses of FlowNetS against the case's target."""
    flows = [results[name] for k in range(2, 7) if (name := f"flownets_flow{k}") in results]
    if "epe_target_div20" not in case.arrays or not flows:
        return {}
    target, weights = case.tensor("epe_target_div20"), case.meta["multiscale_weights"]
    finest = in_pixels(flows[0], target.shape[-2:]) / UNIT
    return {
        "multiscale_epe": multiscale_error(flows, target, weights),
        "real_epe_div20": end_point_error(finest, target).mean(),
    }


def _compute_correlation(case: Case) -> Found:
    """Return the correlation layer's result for the case's features, every third cell."""
    if "corr_in1" not in case.arrays:
        return {}
    reach, step = int(case.meta["corr"]["patch"]) // 2, int(case.meta["corr"]["dilation_patch"])
    alike = correlation(case.tensor("corr_in1"), case.tensor("corr_in2"), reach, step)
    alike = F.leaky_relu(alike, LEAK)
    return {
        "corr_out_441ch_sub": alike[..., ::3, ::3],
        "corr_out_sum_per_channel": alike.sum((0, 2, 3)),
    }


def _compute_masks(case: Case) -> Found:
    """Return the reliability of both directions as 8-bit levels, with and without blur."""
    if "cc_flow_fw" not in case.arrays:
        return {}
    flows = {k: case.tensor(f"cc_flow_{k}").permute(2, 0, 1)[None] for k in ("fw", "bw")}
    results: Found = {}
    for judged, other in (("fw", "bw"), ("bw", "fw")):
        for smooth, name in ((True, ""), (False, "_nosmooth")):
            trusted = reliability(flows[judged], flows[other], smooth=smooth, published=True)
            results[f"cc_reliable_{judged}{name}"] = (trusted[0, 0] * 255).floor()
    return {name: value for name, value in results.items() if name in case.arrays}
