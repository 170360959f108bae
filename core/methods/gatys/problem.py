"""One size of the picture: its targets, its loss and its gradient, pooled over tiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ...contract import RunContext
from ...nn.pooled import Sums, value_and_gradient
from ...nn.stats import Moments, cell_weights, measure
from ...nn.vgg import layer_radius, layer_scale, layers_of
from ...progress import Progress
from ...tiling import Box, Tile, cut
from .network import Target, describe, losses, normalise, outside, pixel_losses, sums_of
from .recipes import Recipe
from .weights import Eyes

MULTIPLE = 16
"""Pixels that the sides are multiples of: a cell of the deepest layer."""
DRAWS = 4
"""How often the style is looked at through noise."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The losses of a picture of one size.

    Attributes:
        eyes: The network that it is compared with.
        recipe: Its losses.
        target: The content's features and the styles' Gram matrices.
        weights: Of every cell by layer, (1, 1, h, w), or None.
        tiles: How it is cut into tiles.
        pooling: ``max`` or ``avg``.
        run: Device, type and seed; its report is called after every tile.
        noise: Generator of the noise that is added before the network.
    """

    eyes: Eyes
    recipe: Recipe
    target: Target
    weights: Mapping[str, Tensor | None]
    tiles: Sequence[Tile]
    pooling: str
    run: RunContext
    noise: torch.Generator = field(default_factory=torch.Generator)

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        """Return loss and gradient of (1, 3, H, W) in the recipe's scale."""
        picture = self.veiled(x / self.recipe.scale, self.noise)
        seen, slope = value_and_gradient(
            picture, self._sums, self._loss, self.tiles, self.run.device
        )
        del picture
        slope /= self.recipe.scale
        return seen + _add_own(slope, x, self.recipe), slope

    def veiled(self, picture: Tensor, noises: torch.Generator) -> Tensor:
        """Return the picture with noise added, new each time."""
        if not self.recipe.veil:
            return picture
        noise = torch.randn(picture.shape, generator=noises).to(picture)
        return noise.mul_(self.recipe.veil).add_(picture)

    def look(self, window: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return layers of a window, (1, 3, H, W) in [0, 1]."""
        x = window.to(self.run.dtype)
        return layers_of(self.eyes.encoder, x, layers, pooling=self.pooling)

    def _sums(self, window: Tensor, tile: Tile) -> Sums:
        self.run.report(Progress("look", 1, 1))
        features = self.look(window, self.recipe.layers)
        cores = {k: core_of(f, tile, k) for k, f in features.items()}
        return sums_of(
            cores,
            {k: at_core(f, tile, k) for k, f in self.target.content.items()},
            {k: None if w is None else at_core(w, tile, k) for k, w in self.weights.items()},
            self.recipe,
        )

    def _loss(self, sums: Sums) -> Tensor:
        return torch.stack(list(losses(sums, self.target, self.recipe).values())).sum()


def _add_own(slope: Tensor, x: Tensor, recipe: Recipe) -> float:
    """Add the gradient of the picture's own losses to ``slope``, and return these losses."""
    loss, leaf = 0.0, x.detach().requires_grad_()
    for part in pixel_losses(leaf, recipe).values():
        slope += torch.autograd.grad(part, leaf)[0]
        loss += float(part.detach())
    if recipe.outside:
        part, beyond = outside(x, recipe)
        slope += beyond
        loss += part
    return loss


def core_of(features: Tensor, tile: Tile, layer: str) -> Tensor:
    """Return the cells of a tile's core, cut out of its window's."""
    scale = layer_scale(layer)
    rows, columns = tile.core.shrink(scale).within(tile.window.shrink(scale))
    return features[..., rows, columns]


def at_core(cells: Tensor, tile: Tile, layer: str) -> Tensor:
    """Return the cells of a tile's core, cut out of the whole picture's."""
    core = tile.core.shrink(layer_scale(layer))
    return cells[..., core.top : core.bottom, core.left : core.right]


@dataclass(frozen=True, slots=True)
class Scene:
    """The pictures of one size: the content, (1, 3, H, W) in whole cells, its coverage, styles, shares."""

    content: Tensor
    coverage: Tensor | None
    styles: Sequence[Tensor]
    shares: Sequence[float]


def make_problem(
    scene: Scene, eyes: Eyes, recipe: Recipe, pooling: str, run: RunContext
) -> Problem:
    """Measure the content and the styles of one size."""
    height, width = scene.content.shape[-2:]
    whole, halo = Box(0, 0, height, width), max(layer_radius(k) for k in recipe.layers)
    weights = {
        k: cell_weights(scene.content, whole, layer_scale(k), scene.coverage) for k in recipe.layers
    }
    sizes = {k: height * width / layer_scale(k) ** 2 for k in recipe.layers}
    problem = Problem(
        eyes=eyes,
        recipe=recipe,
        target=Target(
            {},
            {},
            {k: sizes[k] if w is None else float(w.sum()) for k, w in weights.items()},
            eyes.factors if recipe.relative else {},
        ),
        weights={k: None if w is None else w.to(run.device) for k, w in weights.items()},
        tiles=cut(height, width, run.grid, halo=halo, multiple=MULTIPLE),
        pooling=pooling,
        run=run,
        noise=torch.Generator().manual_seed(run.seed),
    )
    return _set_targets(problem, scene)


def _set_targets(problem: Problem, scene: Scene) -> Problem:
    """Return the problem with its targets."""
    content = _content(problem, scene.content)
    if problem.recipe.relative:
        content = {k: normalise(f, problem.weights[k]) for k, f in content.items()}
    parts = [_style(problem, style) for style in scene.styles]
    total = sum(scene.shares)
    styles = {
        k: torch.stack([s / total * p[k] for s, p in zip(scene.shares, parts, strict=True)]).sum(0)
        for k in problem.recipe.style
    }
    return replace(problem, target=replace(problem.target, styles=styles, content=content))


@torch.no_grad()
def _content(problem: Problem, x: Tensor) -> dict[str, Tensor]:
    """Return the content's features by layer, joined from tiles."""
    features: dict[str, Tensor] = {}
    layers = tuple(problem.recipe.content)
    for tile in problem.tiles if layers else ():
        window = x[..., tile.window.top : tile.window.bottom, tile.window.left : tile.window.right]
        for k, f in problem.look(window.to(problem.run.device), layers).items():
            size = (x.shape[-2] // layer_scale(k), x.shape[-1] // layer_scale(k))
            whole = features.setdefault(k, f.new_empty(1, f.shape[1], *size))
            at_core(whole, tile, k).copy_(core_of(f, tile, k))
    return features


@torch.no_grad()
def _style(problem: Problem, picture: Tensor) -> dict[str, Tensor]:
    """Return a style's targets by layer, averaged over several draws of noise from a generator of its own."""
    draws = range(DRAWS if problem.recipe.veil else 1)
    noises = torch.Generator().manual_seed(problem.run.seed)
    measured = [_moments(problem, problem.veiled(picture, noises)) for _ in draws]
    return {
        k: torch.stack([_describe(problem, k, moments[k]) for moments in measured]).mean(0)
        for k in problem.recipe.style
    }


def _moments(problem: Problem, picture: Tensor) -> dict[str, Moments]:
    layers = tuple(problem.recipe.style)
    return measure(
        picture,
        lambda window: problem.look(window, layers),
        {k: layer_scale(k) for k in layers},
        problem.run.tiles,
        halo=max(layer_radius(k) for k in layers),
        multiple=max(layer_scale(k) for k in layers),
    )


def _describe(problem: Problem, layer: str, m: Moments) -> Tensor:
    second = (m.cov + torch.outer(m.mean, m.mean)).float().to(problem.run.device)
    factor = problem.target.factors.get(layer)
    return describe(second, m.mean.to(second), factor)
