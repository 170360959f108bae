"""Stylize with one network a style, its norms fixed at the moments of the whole picture."""

from collections.abc import Sequence

from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.fix import Painter, Painters, fix_painter
from .network import SCALE, TransformNet
from .weights import load_network


def prepare(
    content: Tensor,
    styles: Sequence[Style],
    params: NoParams,  # noqa: ARG001  # contract
    run: RunContext,
) -> Painters:
    """Load each style's network and measure its norms; of several networks' pictures the mean is taken."""
    networks = [load_network(run.store, run.backbone, style) for style in styles]
    painters = tuple(_fix_painter(network.to(run.device), content, run) for network in networks)
    total = sum(style.weight for style in styles)
    return Painters(painters, tuple(style.weight / total for style in styles))


def _fix_painter(network: TransformNet, content: Tensor, run: RunContext) -> Painter:
    return fix_painter(
        network.stages(),
        content,
        multiple=SCALE,
        grid=run.grid,
        dtype=run.dtype,
        coverage=run.coverage,
        device=run.device,
        report=run.report,
    )
