"""Stylize with Gatys: optimise the pixels at sizes from small to full."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...errors import ParamsError
from ...nn.encoder import conv_names
from ...progress import Progress
from ...tiling import Box, padded_size, read
from . import Params
from .colors import grey, limit_chroma, luminance, match_color, recolor
from .descend import descend
from .problem import MULTIPLE, Problem, Scene, make_problem
from .recipes import RECIPES, Recipe
from .weights import load_eyes

SMALLEST = 128
"""Pixels of the shorter side below which no smaller size is worked on."""
ADAM = 0.01
"""Adam's rate where a recipe has none for it, of pixel values in [0, 1]."""
COARSE = 2
"""Steps at a smaller size for each at full size; they cost a quarter or less."""
MakeProblem = Callable[[Scene], Problem]
NOISE = 0.1
"""Deviation of the noise about grey that a descent may begin with."""


def stylize(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the picture, (1, 3, H, W)."""
    recipe = choose(params)
    eyes = load_eyes(run, recipe.layers)
    recolored, pictures = _match_colors(content, [style.picture for style in styles], params.colors)
    scene = Scene(recolored, run.coverage, pictures, [style.weight for style in styles])

    sizes = _sizes(content, params.scales)
    steps = _Steps(run, (COARSE * (len(sizes) - 1) + 1) * params.iterations)

    def look(at: Scene) -> Problem:
        return make_problem(at, eyes, recipe, params.pooling, replace(run, report=steps.pulse))

    out = _descents(scene, _begin(scene, params, run), look, sizes, params.iterations, steps)
    return recolor(out, content) if params.colors == "luminance" else out


def choose(params: Params) -> Recipe:
    """Return the recipe with the settings' changes.

    Raises:
        ParamsError: if the style layers are not valid.
    """
    recipe = RECIPES[params.recipe]
    content = {k: params.content_weight * weight for k, weight in recipe.content.items()}
    shares = _style_layers(params.style_layers) or dict.fromkeys(recipe.style, 1.0)
    usual = max(recipe.style.values())
    style = {k: share * recipe.style.get(k, usual) for k, share in shares.items()}
    recipe = replace(recipe, style=style, content=content if params.content_weight else {})
    recipe = replace(recipe, variation=recipe.variation + params.smoothness)
    if params.optimiser in ("recipe", recipe.optimiser):
        return recipe
    rate = ADAM * recipe.scale if params.optimiser == "adam" else 1.0
    return replace(recipe, optimiser=params.optimiser, rate=rate)


def _style_layers(text: str) -> Mapping[str, float]:
    known = [name.replace("conv", "relu") for name in conv_names()]
    weights = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        layer, _, weight = part.partition("=")
        try:
            weights[layer.strip()] = float(weight)
        except ValueError:
            weights[layer.strip()] = -1.0
        if layer.strip() not in known or not weights[layer.strip()] >= 0:
            raise ParamsError(
                f"gatys: style layer {part!r} is not understood; write LAYER=WEIGHT, weights from 0, "
                f"with layers of: {', '.join(known)}"
            )
    return weights


def _match_colors(
    content: Tensor, styles: list[Tensor], colors: str
) -> tuple[Tensor, list[Tensor]]:
    """Return content and styles with the colours that the network sees."""
    if colors == "luminance":
        mean = luminance(content).mean()
        return grey(content), [grey(style, mean) for style in styles]
    if colors == "histogram":
        return content, [match_color(style, content) for style in styles]
    return content, styles


def _begin(scene: Scene, params: Params, run: RunContext) -> Tensor:
    """Return the start of the descent, of the content's size."""
    content, style = scene.content, scene.styles[0]
    if params.start == "transport":
        if run.start is None:
            raise ParamsError(
                "gatys begins with the result of transport, and was given none; choose another start"
            )
        # coloured fringes would stay: a descent in octaves hardly moves fine colour
        return _match_colors(scene.content, [limit_chroma(run.start)], params.colors)[1][0]
    if params.start == "colors":
        return match_color(content, style)
    if params.start == "noise":
        generator = torch.Generator().manual_seed(run.seed)
        return (0.5 + NOISE * torch.randn(content.shape, generator=generator)).clamp(0, 1)
    return content if params.start == "content" else _cover(style, content)


def _cover(style: Tensor, content: Tensor) -> Tensor:
    """Return the style's picture, extended by reflection or cut to the content's size."""
    return read(style, Box(0, 0, content.shape[-2], content.shape[-1]))


@dataclass(slots=True)
class _Steps:
    """Counts evaluations of losses, and reports at every tile, so that a run can be cancelled there."""

    run: RunContext
    total: int
    done: int = 0

    def pulse(self, _: Progress) -> None:
        """Repeat the last report."""
        self.run.report(Progress("paint", max(1, self.done), self.total))

    def count(self, result: tuple[float, Tensor]) -> tuple[float, Tensor]:
        """Report one more evaluation, and return its result."""
        self.done += 1
        self.run.report(Progress("paint", self.done, self.total, result[0]))
        return result


def _descents(
    scene: Scene,
    begin: Tensor,
    look: MakeProblem,
    sizes: Sequence[tuple[int, int]],
    iterations: int,
    steps: _Steps,
) -> Tensor:
    """Return the picture after a descent at every size; each begins with the changes of the one before."""
    change, out = torch.zeros(1, 3, *sizes[0]), begin
    for size in sizes:
        base, problem = _resize(begin, size), look(_at(scene, size))
        x = _pad_to_multiple(base + _resize(change, size)) * problem.recipe.scale
        turns = iterations if size == sizes[-1] else COARSE * iterations
        out = descend(x, lambda y, p=problem: steps.count(p(y)), problem.recipe, turns)
        out = out[..., : size[0], : size[1]] / problem.recipe.scale
        change = out - base
    return out.clamp(0, 1)


def _sizes(content: Tensor, scales: int) -> list[tuple[int, int]]:
    """Return the sizes to optimise, the smallest first: repeated halves of the picture's size."""
    height, width = content.shape[-2:]
    sizes = [(height, width)]
    while len(sizes) < scales and min(sizes[-1]) >= 2 * SMALLEST:
        half = 2 ** len(sizes)
        sizes.append((round(height / half), round(width / half)))
    return sizes[::-1]


def _at(scene: Scene, size: tuple[int, int]) -> Scene:
    """Return the scene with pictures shrunk by one factor; the content gets ``size``, in whole cells."""
    ratio = size[0] / scene.content.shape[-2]
    coverage = scene.coverage
    if coverage is not None:
        coverage = F.adaptive_avg_pool2d(coverage, size)
        rows, columns = padded_size(*size, MULTIPLE)
        coverage = F.pad(coverage, (0, columns - size[1], 0, rows - size[0]))
    styles = [
        _resize(s, (max(1, round(s.shape[-2] * ratio)), max(1, round(s.shape[-1] * ratio))))
        for s in scene.styles
    ]
    content = _pad_to_multiple(_resize(scene.content, size))
    return Scene(content, coverage, styles, scene.shares)


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False)


def _pad_to_multiple(x: Tensor) -> Tensor:
    """Return (1, 3, H, W) extended by reflection to whole cells."""
    return read(x, Box(0, 0, *padded_size(x.shape[-2], x.shape[-1], MULTIPLE))).float()
