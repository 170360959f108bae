"""Sources of motion for frames without a Vector pass: every source is a function of two frames.

A source takes the previous and the current frame, (1, 3, H, W) in [0, 1], and returns a ``Motion``. Functions
from source to source make the frames smaller first, or let the motion run over a panorama's seam.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoints.flow import RAFT, SOURCE, load_flownet
from ..checkpoints.read import read_state
from ..checkpoints.store import Store
from ..errors import ParamsError, PictureError, WeightsError
from ..files.damage import explain_damage
from ..nn.flownet import FlowNet
from ..nn.warp import resize_flow

FLOWNETS = {
    "flownet": "compact.flownet",
    "flownet_s": "compact.flownet_s",
    "flownets": "published.flownets",
    "flownets_bn": "published.flownets_bn",
    "flownetc": "published.flownetc",
}
"""Sources that are a FlowNet (the first two are ours) → the names of their networks in a store."""
SOURCES = ("dis", *FLOWNETS, "raft")
"""Names that ``make_source`` knows; the first needs no weights."""
PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
"""OpenCV's settings of DIS; its third, ultrafast, is of no use to a picture."""
SMALLEST = 32
"""Least side, in pixels, that DIS works with; smaller frames are padded."""
LONGEST = 1024
"""Longest side, in pixels, of frames given to networks: none has learnt larger motions."""
RAFT_SMALLEST, RAFT_MULTIPLE = 128, 8
"""RAFT's least side, and what sides must be a multiple of, pixels."""


class Motion(NamedTuple):
    """Flows between two frames, each (1, 2, H, W): pixels to the right, pixels downward."""

    backward: Tensor
    """On the current frame: where its pixels were in the previous one, less where they are."""
    forward: Tensor
    """On the previous frame: where its pixels are in the current one, less where they were."""


FlowSource = Callable[[Tensor, Tensor], Motion]


def make_source(name: str, store: Store, device: torch.device | str = "cpu") -> FlowSource:
    """Return a source by its name, at the sizes it is good at.

    Raises:
        ParamsError: for an unknown name, listing the known.
        WeightsError: if its network is not here, saying how to get it.
    """
    if name == "dis":
        return limit_size(dis(), LONGEST)
    if name in FLOWNETS:
        return limit_size(flownet(_flownet(name, store), device), LONGEST)
    if name == "raft":
        return limit_size(raft(load_raft(store), device), LONGEST)
    raise ParamsError(f"there is no source of motion {name!r}; choose one of: {', '.join(SOURCES)}")


def dis(preset: Literal["fast", "medium"] = "medium") -> FlowSource:
    """Return OpenCV's dense inverse search (Kroeger et al. 2016) as a source: fast, and needs no weights."""

    def source(previous: Tensor, current: Tensor) -> Motion:
        _check(previous, current)
        engine = cv2.DISOpticalFlow.create(PRESETS[preset])
        before, after = _grey(previous), _grey(current)
        flows = (engine.calc(*pair, None) for pair in ((after, before), (before, after)))  # pyright: ignore[reportArgumentType, reportCallIssue]  # None: no first guess
        return Motion(*(_tensor(flow, current) for flow in flows))

    return source


def flownet(network: nn.Module, device: torch.device | str = "cpu") -> FlowSource:
    """Return a FlowNet, or any module that is called alike, as a source."""
    network = network.to(device)

    @torch.inference_mode()
    def source(previous: Tensor, current: Tensor) -> Motion:
        _check(previous, current)
        frames = torch.cat([current, previous]).to(device)
        return _split_ways(network(frames, frames.flip(0)), current)

    return source


def raft(network: nn.Module, device: torch.device | str = "cpu") -> FlowSource:
    """Return torchvision's RAFT (Teed & Deng 2020) as a source; see ``load_raft``."""
    network = network.to(device)

    @torch.inference_mode()
    def source(previous: Tensor, current: Tensor) -> Motion:
        _check(previous, current)
        height, width = current.shape[-2:]
        frames = torch.cat([current, previous]).to(device) * 2 - 1
        down, right = (_explain_missing(side) for side in (height, width))
        frames = F.pad(frames, (0, right, 0, down), mode="replicate")
        return _split_ways(network(frames, frames.flip(0))[-1][..., :height, :width], current)

    return source


def _flownet(name: str, store: Store) -> FlowNet:
    wanted = FLOWNETS[name]
    if wanted.startswith("published.") and not store.has(wanted):
        raise WeightsError(
            f"{name}'s weights are not here: fetch them as {SOURCE} says and run: "
            "python -m core weights import FILE; or take the motion from dis, which needs none"
        )
    return load_flownet(store, wanted)


def load_raft(store: Store) -> nn.Module:
    """Return torchvision's RAFT: imported into the store, or where torchvision itself keeps it.

    Raises:
        WeightsError: if there are no weights or no torchvision, saying how to get them.
    """
    for name in RAFT:
        if store.has(f"published.{name}"):
            return _raft(name, store.load(f"published.{name}"))
        cached = sorted((Path(torch.hub.get_dir()) / "checkpoints").glob(f"{name}_*.pth"))
        if cached:
            return _raft(name, read_state(cached[-1]))
    raise WeightsError(
        "RAFT's weights are not here: fetch raft_large_C_T_SKHT_V2-ff5fadd5.pth from "
        "https://download.pytorch.org/models and run: python -m core weights import FILE; "
        "or take the motion from dis, which needs none"
    )


def _raft(name: str, state: dict[str, Tensor]) -> nn.Module:
    try:
        optical_flow = import_module("torchvision.models.optical_flow")
    except ImportError as error:
        raise WeightsError(
            "RAFT is torchvision's, which is not installed: pip install torchvision; "
            "or take the motion from dis, which needs none"
        ) from error
    network: nn.Module = getattr(optical_flow, name)(weights=None)
    with explain_damage(WeightsError, f"{name} is not the network it should be; import it again"):
        network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def limit_size(source: FlowSource, side: int) -> FlowSource:
    """Return a source that sees frames whose longest side is at most ``side`` pixels."""

    def smaller(previous: Tensor, current: Tensor) -> Motion:
        height, width = current.shape[-2:]
        ratio = side / max(height, width)
        if ratio >= 1:
            return source(previous, current)
        _check(previous, current)
        size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
        flows = source(*(_shrink(frame, size) for frame in (previous, current)))
        return Motion(*(resize_flow(flow, (height, width)) for flow in flows))

    return smaller


def wrap_source(source: FlowSource, share: float = 0.125) -> FlowSource:
    """Return a source for panorama frames, whose motion runs over the seam.

    A share of the width is continued on both sides; a flow may then lead out of the frame, to what
    stands on its other side (``wrap`` in ``warp``).
    """

    def wrapped(previous: Tensor, current: Tensor) -> Motion:
        _check(previous, current)
        edge = max(1, round(current.shape[-1] * share))
        frames = (F.pad(x, (edge, edge, 0, 0), mode="circular") for x in (previous, current))
        return Motion(*(flow[..., edge:-edge] for flow in source(*frames)))

    return wrapped


def _check(previous: Tensor, current: Tensor) -> None:
    if previous.shape != current.shape:
        (h, w), (height, width) = previous.shape[-2:], current.shape[-2:]
        raise PictureError(
            f"motion needs two frames of one size; the previous has {w} x {h} pixels, "
            f"the current {width} x {height}: render the frames again at one size"
        )


def _grey(frame: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a frame as OpenCV wants it, its sides continued to ``SMALLEST`` pixels."""
    pixels = (frame[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    down, right = (max(0, SMALLEST - side) for side in grey.shape)
    return cv2.copyMakeBorder(grey, 0, down, 0, right, cv2.BORDER_REPLICATE).astype(np.uint8)


def _tensor(flow: np.ndarray[Any, Any], frame: Tensor) -> Tensor:
    height, width = frame.shape[-2:]
    cut = np.ascontiguousarray(flow[:height, :width], np.float32)
    return torch.from_numpy(cut).permute(2, 0, 1)[None].to(frame.device)


def _split_ways(flows: Tensor, frame: Tensor) -> Motion:
    backward, forward = flows.float().to(frame.device).clone().split(1)
    return Motion(backward, forward)


def _explain_missing(side: int) -> int:
    return max(RAFT_SMALLEST - side, 0) or -side % RAFT_MULTIPLE


def _shrink(frame: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(frame, size, mode="bilinear", antialias=True, align_corners=False)
