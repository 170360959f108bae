"""The photorealistic variant: one matrix T per region, then smoothing to a photograph.

Li et al. 2019, section 4.4. Departure: a content region that no style has is rebuilt unchanged; theirs loses
its mean there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ...checkpoints.networks import explain_wrong_network, fill
from ...contract import RunContext, Style
from ...nn.decoder import reach_of
from ...nn.encoder import radius_of, scale_of
from ...nn.local_affine import follow_colours
from ...nn.photoreal import enlarge_picture, shrink_picture, smooth
from ...nn.precision import inference
from ...nn.propagation import COMPACT, PropagationNet, whiten
from ...nn.regions import (
    ByRegion,
    Map,
    by_region,
    cells,
    encode_with_labels,
    measure_regions,
    usable,
)
from ...nn.tiles import map_tiles
from ...progress import Progress
from ...tiling import Box, read
from . import PhotoParams
from .network import MatrixNet
from .stylize import DESCRIBE, Networks, load_networks

SIDE = 1024
"""Longest side, in pixels, at which the propagation network sees a picture; its sweeps cost 6 KB a pixel."""
Means = dict[int, Tensor]
"""Mean features of each region, (C,)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Each region's mean features and predicted matrix in one picture."""

    means: Means
    matrices: Mapping[int, Tensor]
    """(1, 32, 32) each."""
    weight: float = 1.0


def stylize(
    content: Tensor, styles: Sequence[Style], params: PhotoParams, run: RunContext
) -> Tensor:
    """Return the content (1, 3, H, W) in the styles' look; matrices and means of several are averaged."""
    with torch.inference_mode():
        picture = paint(content, styles, params.level, run)
        if params.smoothing == "propagation":
            picture = _propagate(picture, content, run)
        else:
            picture = smooth(picture, content, params.smoothing, params.loyalty, run.report)
        if params.follow:
            picture = follow_colours(picture, content, report=run.report)
        return picture.clamp(0, 1)


def paint(content: Tensor, styles: Sequence[Style], level: str, run: RunContext) -> Tensor:
    """Return the stylized content before anything smooths it, in [0, 1]."""
    nets = load_networks(level, run)
    own = _encode(content, nets, nets.module.cnet, run)
    theirs = [_keep_shared(_encode_style(style, nets, run), style, run) for style in styles]
    wanted = _mix(own, theirs)
    matrices: dict[int, Map] = {
        k: (m[0, :, :, None, None], None) for k, m in wanted.matrices.items()
    }
    scale = scale_of(level)

    def apply(window: Tensor) -> Tensor:
        numbers = cells(window[:, 3:], scale)
        with inference(window.device, run.dtype):
            compressed = nets.module.compress(_features(nets, window) - _place(own.means, numbers))
            moved = by_region(compressed.float(), numbers, matrices)
            features = nets.module.unzip(moved) + _place(wanted.means, numbers)
            return nets.decoder(features).float().clamp(0, 1)

    return map_tiles(
        apply,
        encode_with_labels(content, run.labels),
        run.tiles,
        halo=radius_of(level) + reach_of(level),
        multiple=scale,
    )


def _features(nets: Networks, window: Tensor) -> Tensor:
    return nets.encoder(window[:, :3])[nets.level].float()


def _encode_style(style: Style, nets: Networks, run: RunContext) -> Seen:
    own = replace(run, labels=style.labels, coverage=None)
    return _encode(style.picture, nets, nets.module.snet, own)


def _encode(x: Tensor, nets: Networks, net: MatrixNet, run: RunContext) -> Seen:
    """Return each region's mean, then the matrix that ``net`` predicts from its centred features."""
    scale = scale_of(nets.level)

    def features(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return _features(nets, window)

    def described(window: Tensor) -> Tensor:
        centred = features(window) - _place(means, cells(window[:, 3:], scale))
        with inference(window.device, run.dtype):
            return net.describe(centred).float()

    first = _measure(x, features, nets.level, 0, run)
    means = {k: m.mean.to(run.device, torch.float32) for k, m in first.items() if m.weight > 0}
    second = _measure(x, described, nets.level, DESCRIBE, run)
    grams = {k: m.cov + torch.outer(m.mean, m.mean) for k, m in second.items() if m.weight > 0}
    matrices = {k: net.predict(g[None].to(run.device, torch.float32)) for k, g in grams.items()}
    return Seen(means, matrices)


def _measure(
    x: Tensor, encode: Callable[[Tensor], Tensor], level: str, context: int, run: RunContext
) -> ByRegion:
    """Return the moments of a picture's regions; ``run`` has its labels and coverage."""
    scale = scale_of(level)
    return measure_regions(
        x,
        run.labels,
        lambda window: {level: encode(window)},
        {level: scale},
        run.tiles,
        halo=radius_of(level) + context * scale,
        multiple=scale,
        coverage=run.coverage,
    )[level]


def _keep_shared(seen: Seen, style: Style, run: RunContext) -> Seen:
    """Return a style's regions without those that the content does not have."""
    if style.labels is None or run.labels is None:
        return Seen(seen.means, seen.matrices, style.weight)
    kept = set(usable(run.labels, style.labels)) & seen.means.keys()
    means, matrices = ({k: part[k] for k in kept} for part in (seen.means, seen.matrices))
    return Seen(means, matrices, style.weight)


def _mix(own: Seen, theirs: Sequence[Seen]) -> Seen:
    """Return each region's matrix T and the mean after it; no style has the region: its own mean alone."""
    means, matrices = dict(own.means), {}
    for number, matrix in own.matrices.items():
        having = [seen for seen in theirs if number in seen.matrices]
        total = sum(seen.weight for seen in having)
        if having:
            parts = [seen.weight / total * seen.matrices[number] for seen in having]
            matrices[number] = torch.stack(parts).sum(0) @ matrix
            parts = [seen.weight / total * seen.means[number] for seen in having]
            means[number] = torch.stack(parts).sum(0)
    return Seen(means, matrices)


def _place(means: Means, numbers: Tensor) -> Tensor:
    """Return the mean of each cell's region, (1, C, h, w), by numbers (1, 1, h, w); 0 if it has none."""
    index = numbers[0, 0].long()
    table = torch.zeros(int(index.max()) + 1, len(next(iter(means.values()))), device=index.device)
    for number, mean in means.items():
        if number < len(table):
            table[number] = mean
    return table[index].permute(2, 0, 1)[None]


def _propagate(picture: Tensor, content: Tensor, run: RunContext) -> Tensor:
    """Return the picture after the propagation network (the one for relu4_1), guided by the content."""
    name = f"{run.backbone}.propagation_relu4_1"
    state = run.store.load(name)
    with explain_wrong_network(name):
        width = len(state.get("picture.weight", ()))
    net = fill(partial(PropagationNet, width or COMPACT), state, name).to(run.device)
    ratio = SIDE / max(content.shape[-2:])
    x, guide = (shrink_picture(v, ratio) for v in (picture, content))
    height, width = x.shape[-2:]
    whole = Box(0, 0, height + -height % 8, width + -width % 8)
    x, guide = (read(v, whole).to(run.device) for v in (x, whiten(guide)))
    out = net(x, guide)[..., :height, :width].clamp(0, 1).to(content.device)
    run.report(Progress("propagate", 1, 1))
    return enlarge_picture(out, content)
