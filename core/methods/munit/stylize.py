"""Translate a picture: its content code in a style code, norms fixed to the moments of the whole picture."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.fix import Painter, Painters, fix_norms
from ...nn.precision import inference
from . import Params
from .codes import draw_code
from .network import SCALE, Generator, Pair
from .weights import load_networks

EXAMPLE = 256
"""Pixels of an example's shorter side, as the authors show it to the style encoder."""
LEAST = 64
"""Pixels of a side that the style encoder needs."""


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Painters:
    """Load each named translation, find its style code, and measure its norms on the content.

    A named translation's style is that of the example pictures, if there are any, else the variant's. Several
    translations are averaged by their weights.
    """
    examples = [style for style in styles if not isinstance(style.source, str)]
    named = [style for style in styles if isinstance(style.source, str)]
    parts, shares = list[Painter](), list[float]()
    for style in named or [Style(params.domain)]:
        networks = load_networks(run.store, run.backbone, str(style.source)).turned(params.back)
        parts.append(
            _fix(networks.to(run.device), content, _code(networks, examples, params, run), run)
        )
        shares.append(style.weight)
    return Painters(tuple(parts), tuple(share / sum(shares) for share in shares))


def _fix(networks: Pair, content: Tensor, code: Tensor, run: RunContext) -> Painter:
    stages = networks.stages(code)
    fixed = fix_norms(
        stages, content, run.tiles, multiple=SCALE, dtype=run.dtype, coverage=run.coverage
    )
    whole, reach = networks.there.finish(fixed)
    return Painter(whole, sum(stage.reach for stage in stages) + reach, SCALE, run.dtype)


def _code(networks: Pair, examples: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the style code (1, code)."""
    if not examples:
        return draw_code(params.variant, run.seed, networks.there.known()).to(run.device)
    total = sum(style.weight for style in examples)
    codes = [
        style.weight / total * _example(networks.there, style.picture, run) for style in examples
    ]
    return torch.stack(codes).sum(0)


def _example(there: Generator, picture: Tensor, run: RunContext) -> Tensor:
    size = [
        max(LEAST, round(side * min(1.0, EXAMPLE / min(picture.shape[-2:]))))
        for side in picture.shape[-2:]
    ]
    x = F.interpolate(picture.to(run.device), size, mode="bilinear", antialias=True)
    with inference(run.device, torch.float32):
        return there.style(2 * x - 1)
