"""Paint with one network an artist, its norms fixed to the moments of the whole picture."""

from collections.abc import Sequence

from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.fix import Painters, fix_painters
from .network import SCALE
from .weights import load_network


def prepare(
    content: Tensor,
    styles: Sequence[Style],
    params: NoParams,  # noqa: ARG001  # contract
    run: RunContext,
) -> Painters:
    """Load each artist's network and measure its norms; pictures of several networks are averaged."""
    networks = [load_network(run.store, run.backbone, style) for style in styles]
    return fix_painters(
        [network.to(run.device).stages() for network in networks],
        [style.weight for style in styles],
        content,
        run.tiles,
        multiple=SCALE,
        dtype=run.dtype,
        coverage=run.coverage,
    )
