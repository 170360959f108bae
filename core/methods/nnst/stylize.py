"""Stylize with NNST: match and paint at sizes from small to full."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checkpoints.networks import load_encoder
from ...contract import RunContext, Style
from ...nn.gather import gather
from ...nn.laplacian import resize
from ...nn.resize import rescale
from ...nn.stats import blend, cell_weights, moments
from ...nn.whitening import transport_map
from ...progress import Progress, ignore
from ...tiling import Box, cut
from . import Params
from .bank import Bank, make_bank
from .columns import CELL, HALO, LEVELS, MULTIPLE, Eye, columns, whole_cells
from .descend import descend
from .match import Rules, match
from .paste import hold, paste
from .problem import HELD, Problem, normalise

SMALLEST = 48
"""Pixels of the longer side below which no smaller size is worked on."""
SMALLEST_STYLE = 64
"""Pixels of its longer side below which a style is not shrunk: it would have too few patches."""
QUIET = 1e-3
"""Variance below which colours of a flat content are not spread to the style's."""
HOLD = 1.6
"""Weight of the content at loyalty 1, beside that of the style's patches."""
HELD_LIGHT = 0.8
"""Share of the content's broad lightness that each size begins with, at loyalty 1."""


def stylize(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the picture, (1, 3, H, W)."""
    encoder = load_encoder(run.store, run.backbone, LEVELS[-1]).requires_grad_(requires_grad=False)
    total = sum(style.weight for style in styles)
    shares = [style.weight / total for style in styles]
    pictures = [style.picture.to(run.device, torch.float32) for style in styles]
    recolored = content.to(run.device, torch.float32)
    if not run.mapped:
        recolored = recolor(recolored, run.coverage, pictures, shares)
    octaves = range(_halvings(content), -1, -1)
    steps = _Steps(run, params.iterations * len(octaves))
    eye = Eye(encoder.to(run.device, run.dtype), run.dtype, steps.pulse)
    job = Job(eye, pictures, shares, params, run, steps)
    out = None
    for octave in octaves:
        out = job.paint(rescale(recolored, 2.0**-octave), out, octave)
    assert out is not None  # noqa: S101  # there is always a size
    return out.to(content.device)


def recolor(
    content: Tensor, coverage: Tensor | None, styles: Sequence[Tensor], shares: Sequence[float]
) -> Tensor:
    """Return the content with the mean and covariance of the styles' colours, clipped to [0, 1]."""
    own = moments(content, coverage)
    theirs = blend([moments(style) for style in styles], shares)
    matrix = transport_map(own.cov, theirs.cov, floor=QUIET)
    offset = theirs.mean - matrix @ own.mean
    matrix, offset = matrix.to(content), offset.to(content)
    return F.conv2d(content, matrix[:, :, None, None], offset).clamp(0, 1)


@dataclass(slots=True)
class _Steps:
    """Counts steps and reports them, and the last again between them, so that a run can be cancelled."""

    run: RunContext
    total: int
    done: int = 0

    def pulse(self) -> None:
        """Repeat the last report."""
        self.run.report(Progress("paint", max(1, self.done), self.total))

    def count(self, result: tuple[float, Tensor]) -> tuple[float, Tensor]:
        """Report one more step, and return its result."""
        self.done += 1
        self.run.report(Progress("paint", self.done, self.total, result[0]))
        return result


@dataclass(frozen=True, slots=True)
class Job:
    """What all sizes share."""

    eye: Eye
    styles: Sequence[Tensor]
    shares: Sequence[float]
    params: Params
    run: RunContext
    steps: _Steps
    generator: torch.Generator = field(default_factory=torch.Generator)

    def paint(self, content: Tensor, before: Tensor | None, octave: int) -> Tensor:
        """Return the picture of the content's size, (1, 3, H, W); ``before`` is the next smaller one."""
        self.generator.manual_seed(self.run.seed + octave)
        size = (content.shape[-2], content.shape[-1])
        whole = whole_cells(content)
        with torch.no_grad():
            bank = self._bank(octave)
            weights = self._weights(whole, size)
            queries = self._look(_mix(content, before, self.params.loyalty), bank)
            index = match(queries, weights[CELL], bank, self._rules())
            start = hold(paste(index, bank), whole, HELD_LIGHT * self.params.loyalty)
            problem = self._problem(whole, bank, index, weights)
        out = descend(start, lambda x: self.steps.count(problem(x)), self.params.iterations)
        return out[..., : size[0], : size[1]]

    def _bank(self, octave: int) -> Bank:
        return make_bank(
            self.eye,
            [rescale(style, _ratio(style, octave)) for style in self.styles],
            self.shares,
            turned=self.params.turned,
            generator=self.generator,
        )

    def _rules(self) -> Rules:
        return Rules(self.params.reuse, self.params.coherence, self.generator, self.steps.pulse)

    def _weights(self, whole: Tensor, size: tuple[int, int]) -> dict[int, Tensor | None]:
        """Return how much cells count, by the pixels of their sides: the share that is covered."""
        inside = whole[..., : size[0], : size[1]]
        coverage = self.run.coverage
        small = None if coverage is None else F.adaptive_avg_pool2d(coverage.float(), size)
        box = Box(0, 0, whole.shape[-2], whole.shape[-1])
        weights = {scale: cell_weights(inside, box, scale, small) for scale in HELD.values()}
        return {k: None if w is None else w.to(self.run.device) for k, w in weights.items()}

    def _look(self, x: Tensor, bank: Bank) -> Tensor:
        """Return the hypercolumns of a picture, (1, D, h, w), among the bank's components."""

        def encode(window: Tensor) -> Tensor:
            found = columns(window, self.eye.look(window), bank.units)
            return F.conv2d(found, bank.basis.T[:, :, None, None])

        return self._gather(x, encode)

    def _gather(self, x: Tensor, encode: Callable[[Tensor], Tensor]) -> Tensor:
        quiet = replace(self.run, report=ignore)  # the eye reports
        return gather(x, encode, quiet.tiles, halo=HALO, multiple=MULTIPLE).to(self.run.device)

    def _problem(
        self, whole: Tensor, bank: Bank, index: Tensor, weights: dict[int, Tensor | None]
    ) -> Problem:
        content = {
            level: normalise(
                self._gather(whole, lambda x, k=level: self.eye.look(x)[k]), weights[scale]
            )
            for level, scale in HELD.items()
        }
        return Problem(
            eye=self.eye,
            bank=bank,
            index=index,
            content=content,
            weights=weights,
            loyalty=HOLD * self.params.loyalty**2,
            smoothness=self.params.smoothness,
            tiles=cut(
                whole.shape[-2], whole.shape[-1], self.run.grid, halo=HALO, multiple=MULTIPLE
            ),
            noise=torch.Generator().manual_seed(self.run.seed),
        )


def _mix(content: Tensor, before: Tensor | None, loyalty: float) -> Tensor:
    """Return what patches are sought for: the content, and some of the coarser result with its details."""
    if before is None:
        return content
    size = (content.shape[-2], content.shape[-1])
    half = resize(content, (max(1, size[0] // 2), max(1, size[1] // 2)))
    painted = resize(before, size) + content - resize(half, size)
    return torch.lerp(painted, content, (1 + loyalty) / 2)


def _halvings(content: Tensor) -> int:
    count = 0
    while max(content.shape[-2:]) / 2 ** (count + 1) >= SMALLEST:
        count += 1
    return count


def _ratio(style: Tensor, octave: int) -> float:
    """Return by how much a style is shrunk at an octave."""
    return max(2.0**-octave, min(1.0, SMALLEST_STYLE / max(style.shape[-2:])))
