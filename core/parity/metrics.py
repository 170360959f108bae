"""The metrics' cases: warping, occlusion, warping error, resized flow, SSIM."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..evaluation.metrics import ssim, ssim_uniform
from ..nn.warp import resize_flow, warp
from ..video.metrics import occluded, warping_error
from .rows import Case, Wanted

INPUTS = ("frame1", "frame2", "flow_fw", "flow_bw", "lpips_*")
"""LPIPS, which the files hold as well, is no metric of ours."""
MISSED = 0.001
"""Share of pixels whose occlusion may differ."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results: numbers within a relative tolerance, pictures within 1e-5."""
    with torch.inference_mode():
        for name, value in (_compute_motion(case) | _compute_similarity(case)).items():
            if name.startswith("occlusion"):
                yield Wanted(name, value, 0.0, spare=MISSED)
            elif name in case.arrays:
                yield Wanted(name, value, *_choose_tolerance(name))


def _choose_tolerance(name: str) -> tuple[float, bool, bool]:
    """Return the tolerance, False (it is not of a mean), and whether it is relative to the stored number."""
    if name.startswith("ssim"):
        return 1e-4, False, False
    return (1e-4, False, True) if name == "warp_error" else (1e-5, False, False)


def _compute_motion(case: Case) -> Found:
    if "flow_fw" not in case.arrays:
        return {}
    first, second, forward, backward = (
        case.tensor(name).permute(2, 0, 1)[None]
        for name in ("frame1", "frame2", "flow_fw", "flow_bw")
    )
    hidden = occluded(backward, forward)
    results = {
        "occlusion_from_detect_bw_fw": hidden[0, 0],
        "warped_frame2": warp(second, forward)[0].permute(1, 2, 0),
        "warp_error": torch.tensor(warping_error(first, second, forward, hidden)),
    }
    if "resize_flow_out" in case.arrays:
        height, width = case.arrays["resize_flow_out"].shape[:2]
        results["resize_flow_out"] = resize_flow(forward, (height, width))[0].permute(1, 2, 0)
    return {name: value for name, value in results.items() if name in case.arrays}


def _compute_similarity(case: Case) -> Found:
    if "frame1" not in case.arrays:
        return {}
    first, second = (case.tensor(k).permute(2, 0, 1)[None] for k in ("frame1", "frame2"))
    return {
        "ssim_gauss_skimage": torch.tensor(ssim(first, second)),
        "ssim_uniform7_skimage": torch.tensor(ssim_uniform(first, second)),
    }
