"""Measure the moments of every norm's input over a whole picture, tile by tile, and fix the norms to them.

A norm's moments depend on all layers before it, so norms are measured in the order in which they run: one
pass over the tiles per norm, pooled in float64; then the norm is fixed, and the next pass reaches the next
norm. With all norms fixed, a network depends on its window alone, and tiled equals untiled.

A network is given in ``Stage``s, so that a pass need not begin at the picture. A stage's output is kept for
the whole picture, and the passes of the next stage begin with it; a network is best divided where its
features are coarse. If one tile covers the picture, one pass is enough for all norms of a stage.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..tiling import Grid, Tile, cut
from .gather import core_of, place
from .instance import Norm, Spread, spread
from .precision import inference
from .stats import cell_weights
from .tiles import TileRun, each_window


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a network: features (1, C, h, w) in, features out, with any number of norms inside."""

    net: nn.Module
    reach: int
    """Radius of its receptive field, in pixels of the picture."""
    scale: int = 1
    """Pixels of the picture that a cell of its input spans."""


def fix_norms(
    stages: Sequence[Stage],
    x: Tensor,
    run: TileRun,
    *,
    multiple: int,
    dtype: torch.dtype = torch.float32,
    coverage: Tensor | None = None,
) -> nn.Sequential:
    """Return copies of the stages as one sequence, with norms fixed to the moments of this picture.

    Args:
        stages: The network's parts in order, on the run's device; they are left as they are.
        x: The picture, (1, 3, H, W).
        run: How the picture is cut (coarse features take less memory, and fewer tiles), where the network
            runs, who is told of each tile; what is kept between stages is kept on the CPU.
        multiple: Pooling grid, in pixels.
        dtype: What convolutions compute in.
        coverage: Weights of the pixels, (1, 1, H, W); None: all alike.
    """
    fixed, source = nn.Sequential(), x
    for stage in stages:
        coarse = Grid(run.grid.tile * max(1, stage.scale // 2))
        tiles = cut(x.shape[-2], x.shape[-1], coarse, halo=stage.reach, multiple=multiple)
        passes = _Passes(x, coverage, source, stage.scale, tiles, tiles[0], run, dtype)
        net, source = passes.fix(stage.net, keep=stage is not stages[-1])
        fixed.append(net)
    return fixed


def fix_painter(
    stages: Sequence[Stage],
    x: Tensor,
    run: TileRun,
    *,
    multiple: int,
    dtype: torch.dtype = torch.float32,
    coverage: Tensor | None = None,
) -> "Painter":
    """Return a network whose norms hold the moments of this picture as an operator; see ``fix_norms``."""
    fixed = fix_norms(stages, x, run, multiple=multiple, dtype=dtype, coverage=coverage)
    return Painter(fixed, sum(stage.reach for stage in stages), multiple, dtype)


@dataclass(frozen=True, slots=True)
class Painter:
    """A network with fixed norms as a method's prepared operator, from picture to picture."""

    network: nn.Module
    halo: int
    multiple: int
    dtype: torch.dtype

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            return self.network(x).float().clamp(0, 1)


@dataclass(frozen=True, slots=True)
class Painters:
    """The weighted mean of several networks' pictures; the weights (``shares``) add up to 1."""

    painters: tuple[Painter, ...]
    shares: tuple[float, ...]

    @property
    def halo(self) -> int:
        """Return the largest halo of its networks, in pixels."""
        return max(painter.halo for painter in self.painters)

    @property
    def multiple(self) -> int:
        """Return the pooling grid, in pixels."""
        return self.painters[0].multiple

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        pictures = [s * p.apply(x) for s, p in zip(self.shares, self.painters, strict=True)]
        return torch.stack(pictures).sum(0)


def fix_painters(  # noqa: PLR0913  # the last three are named by the caller
    networks: Sequence[Sequence[Stage]],
    weights: Sequence[float],
    x: Tensor,
    run: TileRun,
    *,
    multiple: int,
    dtype: torch.dtype = torch.float32,
    coverage: Tensor | None = None,
) -> Painters:
    """Return several networks with fixed norms, whose pictures are mixed by weights; see ``fix_norms``."""
    painters = tuple(
        fix_painter(stages, x, run, multiple=multiple, dtype=dtype, coverage=coverage)
        for stages in networks
    )
    total = sum(weights)
    return Painters(painters, tuple(weight / total for weight in weights))


class _Reached(Exception):  # no error: a window cannot be computed beyond this norm yet
    """Raised when a window reaches a norm whose moments are not known yet."""

    def __init__(self, norm: "_Waiting", moments: Spread) -> None:
        super().__init__()
        self.norm, self.moments = norm, moments


class _Waiting(nn.Module):
    """A placeholder for a norm until its moments are known."""

    def __init__(self, norm: Norm, passes: "_Passes") -> None:
        super().__init__()
        self.norm, self.passes = norm, passes
        self.known: nn.Module | None = None

    def know(self, moments: Spread) -> nn.Module:
        self.known = self.norm.fixed(moments).to(self.passes.run.device)
        return self.known

    def forward(self, x: Tensor) -> Tensor:
        if self.known is not None:
            return self.known(x)
        moments = self.passes.moments(_own(x, self.norm.inset))
        if len(self.passes.tiles) > 1:
            raise _Reached(self, moments)
        return self.know(moments)(x)


def _own(features: Tensor, inset: tuple[int, int]) -> Tensor:
    """Return the features (1, C, h, w) of the window's own cells."""
    before, after = inset
    height, width = features.shape[-2:]
    return features[..., before : height - after, before : width - after]


@dataclass(slots=True)
class _Passes:
    """The passes of one stage over its tiles; ``tile`` is the one being computed."""

    picture: Tensor
    coverage: Tensor | None
    source: Tensor
    scale: int
    tiles: list[Tile]
    tile: Tile
    run: TileRun
    dtype: torch.dtype

    def fix(self, net: nn.Module, *, keep: bool) -> tuple[nn.Module, Tensor]:
        """Return a copy of the net with fixed norms, and its output or, without ``keep``, its input."""
        net = nn.Sequential(deepcopy(net))
        waiting = [_Waiting(norm, self) for norm in net.modules() if isinstance(norm, Norm)]
        _replace(net, {place.norm: place for place in waiting})
        kept = None
        while any(place.known is None for place in waiting) or (keep and kept is None):
            kept = self.walk(net)
        _replace(net, {place: place.known for place in waiting if place.known is not None})
        return net, self.source if kept is None else kept

    def walk(self, net: nn.Module) -> Tensor | None:
        """Run all tiles and fix the norm that stopped them, or return the output features if none did."""
        reached: _Reached | None = None
        kept: Tensor | None = None
        for window in self.windows():
            try:
                with inference(window.device, self.dtype):
                    features = net(window)
            except _Reached as stop:
                stop.moments = stop.moments.merge(reached and reached.moments)
                reached = stop
            else:
                kept = place(features, self.tile, self.tiles[-1].core, kept)
        if reached is not None:
            reached.norm.know(reached.moments)
        return kept

    def windows(self) -> Iterator[Tensor]:
        """Yield the window of every tile."""
        own = [Tile(t.core.shrink(self.scale), t.window.shrink(self.scale)) for t in self.tiles]
        windows = each_window(self.source, own, self.run, "measure")
        for tile, (_, window) in zip(self.tiles, windows, strict=True):
            self.tile = tile
            yield window

    def moments(self, features: Tensor) -> Spread:
        """Return the moments of the tile's core in its window's features."""
        scale = self.tile.window.height // features.shape[-2]
        weights = cell_weights(self.picture, self.tile.core, scale, self.coverage)
        return spread(core_of(features, self.tile), weights)


def _replace(net: nn.Module, new: Mapping[nn.Module, nn.Module]) -> None:
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if child in new:
                setattr(parent, name, new[child])
