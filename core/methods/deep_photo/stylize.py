"""Stylize by optimisation in two rounds: first without, then with the penalty for photorealism.

Departures from Luan et al.: the first round begins at the content with each region in the style's colours,
theirs begins at noise; between the rounds the photorealistic picture is solved for directly, for which
L-BFGS would need thousands of steps; distances are relative to the targets, so that weights mean the same
on every backbone; and a picture larger than the fitted one is given its local colours.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checkpoints.networks import load_encoder
from ...contract import RunContext, Style
from ...nn.closed_form import smooth_closed_form
from ...nn.lbfgs import lbfgs
from ...nn.local_affine import follow_colours
from ...nn.photoreal import enlarge_picture, shrink_picture
from ...progress import Progress
from . import Params
from .problem import DEEPEST, Problem, make_problem

EDGE = 0.1
"""How different in colour the neighbours of a pixel may be whose local colours are averaged at the end."""
LOYALTY = 1e-2
"""How much the picture of the first round counts against the photograph's structure, between the rounds."""


def stylize(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the content (1, 3, H, W) with the styles' look, region by region, still photorealistic."""
    small, near = _small(content, params.side, run)
    encoder = load_encoder(run.store, run.backbone, DEEPEST).to(run.device)
    problem = make_problem(small, styles, params, encoder, near)
    x = _descend(problem, problem.start, priced=False)
    if params.realism:
        x = smooth_closed_form(x.clamp(0, 1), problem.canvas.picture, LOYALTY, run.report)
    x = _descend(problem, x, priced=True)
    height, width = small.shape[-2:]
    picture = x[..., :height, :width].clamp(0, 1)
    with torch.inference_mode():
        if params.follow:
            picture = follow_colours(picture, small, edge=EDGE, report=run.report)
        return enlarge_picture(picture.clamp(0, 1), content).clamp(0, 1)


def _small(content: Tensor, side: int, run: RunContext) -> tuple[Tensor, RunContext]:
    """Return the content shrunk to at most ``side`` pixels, and a run with its masks at the same size."""
    ratio = side / max(content.shape[-2:])
    coverage, labels = run.coverage, run.labels
    small = shrink_picture(content, ratio).clamp(0, 1)
    if labels is not None:
        labels = F.interpolate(labels, small.shape[-2:], mode="nearest-exact")
    if coverage is not None:
        coverage = shrink_picture(coverage, ratio)
    return small, replace(run, coverage=coverage, labels=labels)


def _descend(problem: Problem, x: Tensor, *, priced: bool) -> Tensor:
    """Return the picture after one round of L-BFGS."""
    steps, done = problem.params.iterations, 0
    pixels = x.detach().clone(memory_format=torch.contiguous_format).requires_grad_()

    def closure() -> float:
        nonlocal done
        loss, gradient = problem.loss(pixels.detach(), priced=priced)
        pixels.grad = gradient.contiguous()
        done += 1
        problem.run.report(
            Progress("realism" if priced else "style", min(done, steps), steps, loss)
        )
        return loss

    lbfgs(pixels, closure, steps)
    return pixels.detach()
