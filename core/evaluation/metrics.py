"""Quality of pictures: style and content distance, similarity, grain, and steps at joined borders.

Pure functions. Style and content distance use the features of a judge: any network that returns
relu1_1 … relu5_1 by name; figures can only be compared for the same judge and picture size.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import PictureError
from ..nn.grain import WINDOW, grain_ratios
from ..nn.resize import rescale
from ..surface.sphere import is_panorama, view
from .pixels import check_sides

SIDE = 512
"""Longest side, in pixels, at which distances are taken."""
CONTENT_LEVELS = ("relu3_1", "relu4_1")
BANK, QUERIES = 4096, 1024
"""Cells of a picture's features among which a nearest is sought, and for how many one is sought."""
FIELD = 20.0
"""Degrees that a view spans in which strokes are measured; ``VIEWS`` of them, evenly around."""
VIEWS = 12
FINER = 4
"""Pixels of a view to one of the panorama at its equator: toward the poles there is finer detail."""
LONGEST = 24
"""Pixels of the panorama at its equator up to which wavelengths count as strokes."""


def fit(picture: Tensor, side: int = SIDE) -> Tensor:
    """Return (B, 3, H, W) scaled to ``side`` pixels on its longest side, antialiased if made smaller."""
    return rescale(picture, side / max(picture.shape[-2:]))


def gram(features: Tensor) -> Tensor:
    """Return F F^T / (H W) of (B, C, H, W): (B, C, C)."""
    flat = features.float().flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def grams(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the Gram matrix of each level: all that style distance needs of a picture."""
    return {level: gram(values) for level, values in features.items()}


def gram_distance(got: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> float:
    """Return the mean over levels of |G(got) - G(style)| / |G(style)| (Frobenius) of Gram matrices."""
    terms = [torch.linalg.norm(got[k] - g) / torch.linalg.norm(g) for k, g in style.items()]
    return float(torch.stack(terms).mean())


def sample(features: Tensor) -> Tensor:
    """Return ``BANK`` cells of features (1, C, H, W), or all, in an order that is always the same: (N, C)."""
    cells = features[0].float().flatten(1).T
    order = np.random.default_rng(0).permutation(len(cells))[:BANK]
    return cells[torch.from_numpy(order)]


def patch_distance(got: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> float:
    """Return how unlike a picture's and a style's patches are, from 0 to about 1: ``sample``d cells by level.

    For each cell of the picture the style's nearest by cosine is sought (less the style's mean), and for
    each of the style's the picture's nearest: the mean of 1 - cosine, over both ways and over levels. A Gram
    matrix is met by any mixture; here each place must look like a place of the painting, and each of
    the painting's must be met.
    """
    return float(np.mean([_nearest(got[level], cells) for level, cells in style.items()]))


def _nearest(got: Tensor, style: Tensor) -> float:
    a, b = (F.normalize(cells - style.mean(0), dim=1) for cells in (got, style))
    ways = (a[:QUERIES] @ b.T, b[:QUERIES] @ a.T)
    return float(torch.stack([1 - likeness.max(1).values.mean() for likeness in ways]).mean())


def content_distance(
    got: Mapping[str, Tensor],
    content: Mapping[str, Tensor],
    levels: Sequence[str] = CONTENT_LEVELS,
) -> float:
    """Return the mean over some levels of |IN(got) - IN(content)|^2 / |IN(content)|^2.

    IN is instance normalisation, so a change of only colour or contrast adds little; 0 is equal.
    """
    terms = []
    for level in levels:
        wanted = F.instance_norm(content[level].float())
        terms.append(
            (F.instance_norm(got[level].float()) - wanted).pow(2).sum() / wanted.pow(2).sum()
        )
    return float(torch.stack(terms).mean())


def ssim(x: Tensor, y: Tensor) -> float:
    """Return the structural similarity of two (B, C, H, W) pictures in [0, 1]; 1 is equal.

    Wang et al. 2004: Gaussian window of 11 pixels and deviation 1.5, population statistics, mean over
    channels and over the pixels with a complete window.

    Raises:
        PictureError: if the sizes differ or a side is below 11 pixels.
    """
    return _ssim(x, y, _gaussian())


def ssim_uniform(x: Tensor, y: Tensor, side: int = 7) -> float:
    """Return the structural similarity with a square window of ``side`` pixels and sample statistics.

    This is scikit-image's default; see ``ssim``.
    """
    return _ssim(x, y, torch.ones(side, dtype=torch.float64), side**2 / (side**2 - 1))


def _ssim(x: Tensor, y: Tensor, line: Tensor, unbiased: float = 1.0) -> float:
    """Return the similarity for windows with weights ``line`` per side; ``unbiased`` scales variances."""
    if x.shape != y.shape or min(x.shape[-2:]) < len(line):
        raise PictureError(
            f"SSIM needs two pictures of one size, {len(line)} pixels or more: {x.shape}, {y.shape}"
        )
    x, y = x.double(), y.double()
    mean_x, mean_y = _blur(x, line), _blur(y, line)
    var_x, var_y = _blur(x * x, line) - mean_x**2, _blur(y * y, line) - mean_y**2
    covariance = unbiased * (_blur(x * y, line) - mean_x * mean_y)
    c1, c2 = 0.01**2, 0.03**2
    above = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (unbiased * (var_x + var_y) + c2)
    return float((above / below).mean())


def _gaussian() -> Tensor:
    distance = torch.arange(-5, 6, dtype=torch.float64)
    return torch.exp(-(distance**2) / (2 * 1.5**2))


def _blur(x: Tensor, line: Tensor) -> Tensor:
    kernel = torch.outer(line, line) / line.sum() ** 2
    channels = x.shape[1]
    return F.conv2d(x, kernel.to(x).expand(channels, 1, -1, -1), groups=channels)


def grain(picture: Tensor) -> float:
    """Return the largest ratio of spectral energy at periods of 2 and 4 pixels to the energy around them.

    The largest of ``grain_ratios`` of the picture (3, H, W). Original photographs have 1.3 to 7 (median 1.8),
    paintings 1.2 to 2.4, results of networks that repeat a pattern in every cell more than 10.

    Raises:
        PictureError: if a side is below 64 pixels.
    """
    check_sides(picture.cpu().numpy(), WINDOW, "grain")
    return float(grain_ratios(picture[None]).max())


def wrap_error(x: Tensor, dim: int, reach: int = 32) -> float:
    """Return the mean step across a picture's wrapped border divided by the steps near it; 1: invisible.

    Args:
        x: The picture, (B, C, H, W).
        dim: -1: its right edge meets its left one; -2: its lower edge meets its upper one.
        reach: Pixels on both sides of the border whose steps are compared.
    """
    size = x.shape[dim]
    reach = min(reach, size // 2 - 1)
    around = torch.arange(-reach - 1, reach + 1) % size
    band = x.index_select(dim, around.to(x.device)).double()
    steps = band.diff(dim=dim).abs().movedim(dim, 0).flatten(1).mean(1)
    inside = torch.cat([steps[:reach], steps[reach + 1 :]]).mean()
    return float(steps[reach] / inside.clamp_min(1e-12))


def stroke_size(x: Tensor, latitude: float, content: Tensor | None = None) -> tuple[float, float]:
    """Return the size, in degrees, of the strokes of a panorama (1, 3, H, W) at a latitude: width, height.

    Measured in camera views with the same angle of view at every latitude: 1 / mean frequency of their
    spectra, from west to east and from north to south, of wavelengths up to ``LONGEST``. With the
    ``content`` it is that of the change by stylizing, and the content's own detail counts less.

    Raises:
        PictureError: if the picture is not twice as wide as high, or too small to hold strokes.
    """
    height, width = x.shape[-2:]
    side = round(FINER * width * FIELD / 360)
    if not is_panorama((height, width)) or side < 2 * FINER * LONGEST:
        raise PictureError(
            f"strokes are measured in panoramas of 2 : 1, 864 x 432 or more; this has {width} x {height}"
        )
    change = (x if content is None else x - content).mean(1, keepdim=True)
    turns = (k * 360 / VIEWS for k in range(VIEWS))
    views = torch.cat([view(change, turn, latitude, FIELD, side) for turn in turns])
    high, wide = (v * FIELD / side for v in _wavelengths(views[:, 0].double()))
    return wide, high


def _wavelengths(views: Tensor) -> tuple[float, float]:
    """Return 1 / mean frequency of views (B, N, N), down and across, in pixels."""
    side = views.shape[-1]
    window = torch.hann_window(side, periodic=False, dtype=views.dtype)
    centred = views - views.mean((1, 2), keepdim=True)
    power = torch.fft.fft2(centred * window * window[:, None]).abs().pow(2).sum(0)
    line = torch.fft.fftfreq(side, dtype=views.dtype).abs()
    power = torch.where(torch.hypot(line[None], line[:, None]) * FINER * LONGEST < 1, 0, power)
    total = power.sum()
    return float(total / (power.sum(1) @ line)), float(total / (power.sum(0) @ line))
