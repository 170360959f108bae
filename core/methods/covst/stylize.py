"""Stylize a sequence frame by frame with coherent online video."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.flownet import FlowNet
from ...nn.precision import inference
from ...nn.reconet import ReCoNet
from ...nn.warp import resize_flow
from ...nn.whole import off_grid, on_grid, same_size
from . import Params
from .network import SCALE, Mask, compose, feature_flow
from .weights import load_flow, load_mask, load_style

FRAME = "frame"
"""What the frame before is called in a memory; features are numbered."""


@dataclass(frozen=True, slots=True)
class Painter:
    """The network of one style, its mask, and its weight in the picture."""

    network: ReCoNet
    mask: Mask | None
    share: float


@dataclass(frozen=True, slots=True)
class State:
    """The state from one frame of a sequence to the next."""

    painters: tuple[Painter, ...]
    flow: FlowNet
    params: Params
    device: torch.device
    dtype: torch.dtype
    memory: Mapping[str, Tensor] = field(default_factory=dict)
    """The previous frame, and its features per network; empty before the first."""


def start(styles: Sequence[Style], params: Params, run: RunContext) -> State:
    """Load the networks of the styles, their masks, and the flow sub-network."""
    total = sum(style.weight for style in styles)
    painters = tuple(_painter(style, style.weight / total, params, run) for style in styles)
    flow = load_flow(run.store).to(run.device)
    return State(painters, flow, params, run.device, run.dtype)


def _painter(style: Style, share: float, params: Params, run: RunContext) -> Painter:
    network = load_style(run.store, run.backbone, style.source).to(run.device)
    if params.trust == "difference":
        return Painter(network, None, share)
    mask = load_mask(run.store, str(style.source), network.form.sizes.widths[2])
    return Painter(network, mask.to(run.device), share)


def step(
    state: State, frame: Tensor, *, flow: Tensor | None = None, visible: Tensor | None = None
) -> tuple[State, Tensor]:
    """Return the next state, and the picture of a frame (1, 3, H, W); every norm sees the whole frame.

    Args:
        state: What ``start``, or the step before, returned.
        frame: In [0, 1].
        flow: Flow to the previous frame, (1, 2, H, W) in pixels; None: the flow sub-network's.
        visible: (1, 1, H, W), 0 where pixels were not visible in the previous frame; None: the mask alone
            decides.

    Raises:
        PictureError: if earlier frames had another size.
    """
    x, before = on_grid(frame, SCALE, state.device), state.memory
    same_size(x, {k: v for k, v in before.items() if k != FRAME}, SCALE)
    memory, pictures = {FRAME: x}, list[Tensor]()
    with inference(state.device, state.dtype):
        moved = _move_features(state, x, flow) if before else None
        allowed = state.params.carry * _cells(visible, x)
        for number, painter in enumerate(state.painters):
            features, name = painter.network.encode(x), f"features{number}"
            if moved is not None:
                mixed, share = compose(features, before[name], moved, painter.mask, allowed)
                features = features if float(share.mean()) < state.params.cut else mixed
            memory[name] = features
            picture = painter.network.up(features).float().clamp(0, 1)
            pictures.append(painter.share * picture)
        whole = torch.stack(pictures).sum(0)
    return replace(state, memory=memory), off_grid(whole, frame)


def _move_features(state: State, x: Tensor, flow: Tensor | None) -> Tensor:
    """Return the flow of cells from the frame to the previous one, (1, 2, H / 4, W / 4)."""
    if flow is None:
        return feature_flow(state.flow, x, state.memory[FRAME])
    size = (x.shape[-2] // SCALE, x.shape[-1] // SCALE)
    return resize_flow(_pad_to_multiple(flow.to(x), x), size)


def _cells(visible: Tensor | None, x: Tensor) -> Tensor | float:
    """Return the share of each of the frame's cells that was visible before."""
    return 1.0 if visible is None else F.avg_pool2d(_pad_to_multiple(visible.to(x), x), SCALE)


def _pad_to_multiple(values: Tensor, x: Tensor) -> Tensor:
    """Return (1, C, H, W) extended on the right and at the bottom to the size of ``x``."""
    missing = (x.shape[-2] - values.shape[-2], x.shape[-1] - values.shape[-1])
    return F.pad(values, (0, missing[1], 0, missing[0]), mode="replicate")
