"""Fast multi-style video's cases: the network with each of its memories, the flow branch, and all losses."""

import re
from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints import flow
from ..checkpoints.identify import identify, shapes_of
from ..checkpoints.networks import fill
from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD, torchvision_pairs
from ..methods.fast_multi_video import MEMORIES
from ..methods.fast_multi_video.network import (
    PUBLISHED,
    PUBLISHED_IMAGE,
    Form,
    VideoNet,
    of_style,
)
from ..methods.fast_multi_video.weights import FORMATS, STYLE, network_of, published_names
from ..nn.encoder import FULL
from ..nn.flownet import FlowNet
from ..nn.losses import gram
from ..nn.lstm import ConvLSTM
from ..nn.vgg import VGG, VGG16
from .johnson import STYLE as LAYERS
from .moved import warp_by_corners
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("frame*", "style", "known_flow_quarter", "clstm_in*")
CONTENT = "relu3_3"
PIXELS = 5.0
"""Cells of a quarter of the size that the flow network's own unit stands for."""
SHARPNESS = 50.0
"""How fast a difference in colour makes a pixel count as hidden."""
RUNS = {
    "lstm2_out": MEMORIES, "default_forward_out": ("late",), "up_only_out": ("late",),
    "down_only_out": ("early",),
}  # fmt: skip  # a list
"""What a sequence's frames are called, by the memories they are made with."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        bank = int(case.meta["bank"])
        pictures, memory = _compute_sequence(
            case, published_network(PUBLISHED, "fastvideo.styler2.", bank)
        )
        moved = _compute_motion(case)
        results = _compute_still(case, bank) | pictures | memory | moved
        losses = _compute_losses(case, results, moved)
        alone = _compute_memory(case)
    for name, tolerance in [(n, 1e-3) for n in results] + [(n, 1e-5) for n in alone]:
        if name in case.arrays:
            yield Wanted(name, (results | alone)[name], tolerance)
    for name, value in losses.items():
        if name in case.arrays:
            yield Wanted(name, value, 2e-3, relative=True)


def published_network(form: Form, prefix: str, bank: int) -> VideoNet:
    """Return one style's network of pseudo-weights, recognised and converted like a published file."""
    with torch.device("meta"):
        own = shapes_of(VideoNet(form).state_dict())
    shapes = {t: own[ours.split("#")[0]] for t, ours in published_names(form).items()}
    known = identify(shapes, FORMATS)
    state = known.convert(pseudo_state(shapes, prefix))
    rows = {name: value for name, value in state.items() if not name.startswith(STYLE)}
    shares = torch.zeros(len(rows["down.norm1.weight"]))
    shares[bank] = 1
    return as_published(network_of(of_style(rows, shares), known.id))


def _read_frames(case: Case) -> list[Tensor]:
    names = sorted(
        (n for n in case.arrays if re.fullmatch(r"frame\d+", n)), key=lambda n: int(n[5:])
    )
    return [case.tensor(name) for name in names]


def _compute_still(case: Case, bank: int) -> Found:
    """Return the image network's picture of the first frame, in the case's style and in the first style."""
    first = _read_frames(case)[0]
    return {
        name: published_network(PUBLISHED_IMAGE, "fastvideo.styler.", row)(first, {})[0]
        for name, row in (("img_net_out", bank), ("img_net_out_bank0", 0))
    }


def _compute_sequence(case: Case, network: VideoNet) -> tuple[Found, Found]:
    """Return every frame's picture with each choice of memories, and the memory with all of them."""
    pictures: Found = {}
    kept: Found = {}
    for run, places in RUNS.items():
        memory: Found = {}
        for t, frame in enumerate(_read_frames(case)):
            pictures[f"{run}_t{t}"], memory = network(frame, memory, places)
            if places == MEMORIES:
                kept |= {f"{name}_t{t}": value for name, value in memory.items()}
    second = _read_frames(case)[1]
    pictures["second alone"] = network(second, {}, MEMORIES)[0]
    return pictures, {
        array: kept[f"{MEMORIES[int(found[1]) - 1]}.{found[2]}_t{found[3]}"]
        for array in case.arrays
        if (found := re.match(r"lstm(\d)_(hidden|cell)_t(\d+)_ch", array))
    }


def _compute_motion(case: Case) -> Found:
    """Return the flow from the first frame to the second, and the second warped by the known flow."""
    one, two = _read_frames(case)[:2]
    names = flow.published_names(flow.S)
    own = shapes_of(FlowNet(flow.S).state_dict())
    shapes = {theirs: own[ours] for theirs, ours in names.items()}
    state = flow.converter(flow.S)(pseudo_state(shapes, "fastvideo.flownets."))
    estimated = (
        PIXELS * as_published(fill(partial(FlowNet, flow.S), state, case.name)).levels(one, two)[0]
    )
    moved = _warp(two, case.tensor("known_flow_quarter"))
    return {
        "flow_1to2_raw_quarter": estimated,
        "warped_frame2": moved,
        "occlusion_mask": _find_visible(one, moved),
    }


def _warp(x: Tensor, quarter: Tensor) -> Tensor:
    """Return a picture warped by a flow in cells of a quarter of its size."""
    scale = x.shape[-2] // quarter.shape[-2]
    flow = F.interpolate(quarter, x.shape[-2:], mode="bilinear", align_corners=False)
    return warp_by_corners(x, scale * flow)


def _find_visible(frame: Tensor, moved: Tensor) -> Tensor:
    return torch.exp(-SHARPNESS * (frame - moved).sum(1, keepdim=True).square())


def _compute_losses(case: Case, results: Found, moved: Found) -> Found:
    """Return the losses of both stages; that with the known flow is of frames made without memory."""
    pairs = [(t.removeprefix("features."), o) for t, o in torchvision_pairs(VGG16[:4])]
    judge = pseudo_network(VGG(VGG16[:4], FULL[:4]), pairs, "fastvideo.vgg16.features.")
    one, two = _read_frames(case)[:2]
    style, still = case.tensor("style"), results["img_net_out"]
    shown = [results[f"lstm2_out_t{t}"] for t in (0, 1)]
    temporal = [
        _compute_temporal(one, two, shown, moved["flow_1to2_raw_quarter"]),
        _compute_temporal(
            one, two, [shown[0], results["second alone"]], case.tensor("known_flow_quarter")
        ),
    ]
    roughness = 2 * (still.diff(dim=2).square().mean() + still.diff(dim=3).square().mean())
    return {
        "losses_content_style_temporal_knownflowtemporal": torch.stack(
            [*_compute_distances(judge, shown[1], two, style), *temporal]
        ),
        "stage1_losses_content_style_tvx10": torch.stack(
            [*_compute_distances(judge, still, one, style), 10 * roughness]
        ),
    }


def _compute_temporal(one: Tensor, two: Tensor, pictures: list[Tensor], quarter: Tensor) -> Tensor:
    visible = _find_visible(one, _warp(two, quarter))
    return (visible * (_warp(pictures[1], quarter) - pictures[0])).abs().mean()


def _compute_distances(
    judge: VGG, picture: Tensor, frame: Tensor, style: Tensor
) -> tuple[Tensor, Tensor]:
    """Return content and style loss."""
    got, wanted, target = (judge(_normalise(x), LAYERS) for x in (picture, frame, style))
    grams = [[gram(f[layer], divide_by="all") for layer in LAYERS] for f in (got, target)]
    terms = [F.mse_loss(a, b) for a, b in zip(*grams, strict=True)]
    return F.mse_loss(got[CONTENT], wanted[CONTENT]), torch.stack(terms).sum()


def _normalise(x: Tensor) -> Tensor:
    mean, std = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return (x - mean) / std


def _compute_memory(case: Case) -> Found:
    """Return a small memory's state after each of the case's features."""
    inputs = [case.tensor(n) for n in sorted(n for n in case.arrays if n.startswith("clstm_in"))]
    sizes = re.search(r"ConvLSTM\((\d+), *(\d+), *(\d+)\)", case.meta["nets"].get("convlstm", ""))
    if not inputs or not sizes:
        return {}
    lstm = ConvLSTM(*(int(number) for number in sizes.groups()))
    pseudo_network(lstm, [("Gates", "gates")], "fastvideo.convlstm.")
    results, kept = {}, None
    for t, x in enumerate(inputs):
        kept = lstm(x, kept)
        results |= {f"clstm_hidden{t}": kept[0], f"clstm_cell{t}": kept[1]}
    return results
