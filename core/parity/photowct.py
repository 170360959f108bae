"""PhotoWCT's cases: the chain of stages with and without regions, and every smoothing of its result.

The reference ran in float32 and also in float64, since in float32 rounding decides which directions are kept.
We run in float64.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..methods.photowct.network import affine, decode, encode
from ..methods.photowct.weights import STAGES, decoder_names, encoder_names
from ..nn.closed_form import solve
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..nn.guided import guided_filter
from ..nn.local_affine import apply_maps, average_maps, fit_maps
from ..nn.matting import matting_affinity
from ..nn.regions import by_region, usable
from ..nn.stats import moments
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = (
    "content", "style", "content_seg", "style_seg", "wct_content", "wct_style",
    "smooth_guide_u8", "smooth_init_u8", "lap_guide", "lap_vec",
)  # fmt: skip  # a block to scan
CROP = 2
"""Pixels that the reference cuts off on each side before it smooths, and again after."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        for part in (
            _compute_stages,
            _core,
            _compute_affinity,
            _propagate,
            _smooth_guided,
            _follow_colours,
        ):
            for name, value in part(case).items():
                if name in case.arrays:
                    yield Wanted(name, value, _choose_tolerance(case, name))


def _choose_tolerance(case: Case, name: str) -> float:
    stated, largest = case.meta["tolerance"], float(case.tensor(name).double().abs().max())
    if name.endswith("_u8"):
        return 1.0
    if name in ("stylized_noseg", "stylized_seg"):
        return 3 * float(case.meta["sensitivity"][f"{name[9:]}_f32_vs_f64_maxabs"])
    if name.endswith("_f64"):
        return 1e-5 * largest
    if name.startswith("slf"):
        return float(stated["slf_float"])
    return float(stated["prop_float"]) if name.startswith("prop") else 1e-4 * largest


class Published:
    """The four pairs of encoder and decoder."""

    def __init__(self, case: Case) -> None:
        prefix = str(case.meta["prefix"])
        self.encoders, self.decoders = {}, {}
        for k in STAGES:
            level = f"relu{k}_1"
            encoder, decoder = Encoder(FULL, level), Decoder(FULL, level)
            self.encoders[k] = pseudo_network(encoder, encoder_names(level), f"{prefix}e{k}")
            self.decoders[k] = pseudo_network(decoder, decoder_names(level), f"{prefix}d{k}")

    def double(self) -> None:
        """Change to float64."""
        for network in (*self.encoders.values(), *self.decoders.values()):
            network.double()

    def stage(self, k: int, x: Tensor, style: Tensor, maps: tuple[Tensor, Tensor]) -> Tensor:
        """Return the picture of stage ``k``; ``maps`` are the regions of content and style."""
        levels, masks = encode(self.encoders[k], x)
        content = levels[f"relu{k}_1"]
        return decode(self.decoders[k], transfer(content, style, *maps), masks)


def transfer(content: Tensor, style: Tensor, labels: Tensor, style_labels: Tensor) -> Tensor:
    """Return features (1, C, h, w) with the style's statistics, region by region; maps are (1, 1, H, W)."""
    own, theirs = (_nearest(n, f) for n, f in ((labels, content), (style_labels, style)))
    columns, maps = style[0].flatten(1), {}
    for number in usable(labels, style_labels):
        here, there = own == number, theirs == number
        if bool(here.any()) and bool(there.any()):
            source = moments(content, here.double())
            target = moments(columns[None, :, there.flatten(), None])
            matrix, offset = affine(source, target)
            maps[number] = (matrix[:, :, None, None], offset)
    return by_region(content, own, maps)


def _nearest(labels: Tensor, features: Tensor) -> Tensor:
    rows, columns = (
        ((torch.arange(n) + 0.5) * have / n).long()
        for n, have in zip(features.shape[-2:], labels.shape[-2:], strict=True)
    )
    return labels[..., rows[:, None], columns]


def _compute_stages(case: Case) -> Found:
    net = Published(case)
    levels, masks = encode(net.encoders[4], case.tensor("content"))
    deepest = levels["relu4_1"]
    results = {
        "content_relu4_1_ch0_8": deepest,
        "recon_level4": decode(net.decoders[4], deepest, masks),
    }
    net.double()
    content, style = (case.tensor(name).double() for name in ("content", "style"))
    taps = net.encoders[4](style)
    for kind in ("noseg", "seg"):
        maps = _read_maps(case, regions=kind == "seg")
        x = content
        for k in reversed(STAGES):
            x = net.stage(k, x, taps[f"relu{k}_1"], maps)
            results[f"level{k}_image_{kind}_f64"] = x
        results |= {f"stylized_{kind}": x, f"stylized_{kind}_f64": x}
    return results


def _read_maps(case: Case, *, regions: bool) -> tuple[Tensor, Tensor]:
    names = ("content", "style")
    if not regions or "content_seg" not in case.arrays:
        one, two = (torch.zeros_like(case.tensor(name)[:, :1]) for name in names)
    else:
        one, two = (case.tensor(f"{name}_seg")[None, None] for name in names)
    return one, two


def _core(case: Case) -> Found:
    content, style = (case.tensor(f"wct_{name}").double() for name in ("content", "style"))
    matrix, offset = affine(moments(content[None, :, :, None]), moments(style[None, :, :, None]))
    return {"wct_out": matrix @ content + offset[:, None]}


def _compute_affinity(case: Case) -> Found:
    if "lap_guide" not in case.arrays:
        return {}
    guide = case.tensor("lap_guide").permute(2, 0, 1)[None]
    affinity = matting_affinity(guide, int(case.meta["win_rad"]), float(case.meta["lap_eps"]))
    count = guide[0, 0].numel()
    every = torch.eye(count, dtype=torch.float64).reshape(count, *affinity.size)
    vector = case.tensor("lap_vec").double().reshape(1, *affinity.size)
    return {
        "lap_affinity": affinity(every).flatten(1),
        "lap_affinity_times_vec": affinity(vector).flatten(),
    }


def _read_picture(case: Case, name: str) -> Tensor:
    """Return a stored (H, W, 3) of bytes as (1, 3, H, W) in [0, 1], float64."""
    return (case.tensor(name).double() / 255).permute(2, 0, 1)[None].contiguous()


def _round_to_bytes(picture: Tensor) -> Tensor:
    """Return (H, W, 3) of whole numbers, rounded down as in the reference."""
    return (picture[0] * 255).clamp(0, 255).floor().permute(1, 2, 0)


def _resize(case: Case, name: str, size: tuple[int, int], how: Image.Resampling) -> Tensor:
    resized = np.asarray(Image.fromarray(case.arrays[name]).resize((size[1], size[0]), how))
    return torch.from_numpy(resized.copy()).double().permute(2, 0, 1)[None] / 255


def _propagate(case: Case) -> Found:
    """Return the propagator's result, with its affinity normalised and its borders cut as published."""
    if "smooth_init_u8" not in case.arrays:
        return {}
    height, width = case.arrays["smooth_init_u8"].shape[:2]
    edge = partial(F.pad, pad=(CROP,) * 4, mode="replicate")
    inner = slice(CROP, -CROP)
    wanted = edge(_read_picture(case, "smooth_init_u8")[..., inner, inner])[0]
    size = (height - 2 * CROP, width - 2 * CROP)
    guide = edge(_resize(case, "smooth_guide_u8", size, Image.Resampling.BILINEAR))
    affinity = matting_affinity(guide, int(case.meta["win_rad"]), float(case.meta["lap_eps"]))
    smoothness, root = float(case.meta["beta"]), affinity.degree.sqrt()
    right = (1 - smoothness) * root * wanted
    result = (root * solve(affinity.system(smoothness), guide, right, enough=1e-6))[
        None, :, inner, inner
    ]
    size = (result.shape[-2], result.shape[-1])
    content = _resize(case, "smooth_guide_u8", size, Image.Resampling.BICUBIC)
    followed = _follow(case, content, (_round_to_bytes(result) / 255).permute(2, 0, 1)[None])
    return {
        "prop_out_float": result[0].permute(1, 2, 0),
        "prop_out_u8": _round_to_bytes(result),
        "chain_prop_then_slf_u8": _round_to_bytes(apply_maps(followed[1], content)),
    }


def _smooth_guided(case: Case) -> Found:
    results, eps = {}, float(case.meta["gif_eps"]) / 255**2
    for name in (name for name in case.arrays if name.startswith("gif_r")):
        picture, guide = (
            _read_picture(case, "smooth_init_u8"),
            _read_picture(case, "smooth_guide_u8"),
        )
        radius = int(name.split("_")[1][1:])
        result = guided_filter(picture, guide, radius, eps, shrink=1, mirrored=True)
        results[name] = (result[0] * 255).round().clamp(0, 255).permute(1, 2, 0)
    return results


def _follow(case: Case, content: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
    """Return the local maps, as fitted and averaged, (12, H, W)."""
    maps = fit_maps(content, picture)
    return maps, average_maps(maps, content, int(case.meta["f_radius"]), float(case.meta["f_edge"]))


def _follow_colours(case: Case) -> Found:
    if "smooth_init_u8" not in case.arrays:
        return {}
    content = _read_picture(case, "smooth_guide_u8")
    maps, averaged = _follow(case, content, _read_picture(case, "smooth_init_u8"))
    result = apply_maps(averaged, content)
    first = {"slf_affine_first_pixels": maps, "slf_affine_filtered_first_pixels": averaged}
    rows = {k: v.flatten(1).T[: len(case.arrays[k])] for k, v in first.items() if k in case.arrays}
    return {"slf_out_float_rgb_chw": result[0], "slf_out_u8": _round_to_bytes(result), **rows}
