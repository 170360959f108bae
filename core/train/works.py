"""An artist's works as a small network learns from them: crops of all of them, in a picture's own colours.

A discriminator alone teaches strokes in days. Here a picture is compared with a crop of the works whose
colours are near to its own, so that a dark thicket learns from dark thickets, and a sky from skies. What
colour difference is left is taken off: a small network that is shown now this palette, now that one, for
the same picture learns their mean, which is grey.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.whitening import transport_map
from .data import draw_crops
from .mixed import exact
from .teacher import Features, covariance

CROPS = 320
"""Crops that are kept."""
NEAR = 3
"""Nearest crops, of which one is drawn."""
PLACES, CELLS = ("relu2_1", "relu3_1"), 1024
"""Levels that places are compared at, and for how many."""
OWN = 0.5
"""How much of its own contrast and variety of colours a crop keeps."""

FAINT = 2e-3
"""Variance of a colour that is hardly made more: in a grey painting it is noise of the camera."""


class Works:
    """Many crops of an artist's paintings.

    Args:
        paintings: uint8 pictures (3, H, W).
        size: Side of the crops in pixels.
        zoom: They are cut up to so many times larger, and shrunk.
        seed: Of which crops.
    """

    def __init__(self, paintings: Sequence[Tensor], *, size: int, zoom: float, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        drawn = [draw_crops(paintings, 1, size, generator, zoom=zoom) for _ in range(CROPS)]
        self.colors = torch.cat([colors(crop) for crop in drawn])
        self.crops = torch.cat([(crop * 255).round().byte() for crop in drawn])

    def near(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return a crop for each picture (B, 3, H, W) in [0, 1], of near colours that are made its own."""
        nearest = torch.cdist(colors(x), self.colors).topk(NEAR, largest=False).indices.cpu()
        drawn = torch.randint(NEAR, (len(x), 1), generator=generator)
        crops = self.crops[nearest.gather(1, drawn)[:, 0].to(self.crops.device)]
        return recolor(crops.float() / 255, x)


def colors(x: Tensor) -> Tensor:
    """Return what is known of the colours of (B, 3, H, W): means and deviations of a coarse copy, (B, 6)."""
    coarse = F.adaptive_avg_pool2d(x.float(), 16).flatten(2)
    return torch.cat([coarse.mean(2), coarse.std(2)], 1)


def recolor(crops: Tensor, like: Tensor) -> Tensor:
    """Return crops (B, 3, H, W) with the mean colour of other pictures, and half of their covariance."""
    mean, own = covariance(crops)
    wanted, others = covariance(like)
    matrix = transport_map(own.cpu(), (OWN * own + (1 - OWN) * others).cpu(), floor=FAINT).to(crops)
    flat = matrix @ (crops.flatten(2) - mean[..., None]) + wanted[..., None]
    return flat.view_as(crops).clamp(0, 1)


def hand_loss(got: Features, wanted: Features, generator: torch.Generator) -> Tensor:
    """Return how unlike the places of two pictures are, as ``evaluation.metrics.patch_distance`` does.

    A Gram matrix is met by any mixture; here each place is to look like a place of the painting, and each of
    the painting's is to be met.
    """
    return torch.stack([_unlike(got[k], wanted[k], generator) for k in PLACES]).mean()


@exact
def _unlike(got: Tensor, wanted: Tensor, generator: torch.Generator) -> Tensor:
    """Return the mean of 1 - cosine of nearest cells, both ways, of (B, C, H, W)."""
    sides: list[Tensor] = []
    for features in (got, wanted):
        cells = features.float().flatten(2)
        drawn = torch.randperm(cells.shape[2], generator=generator)[:CELLS]
        sides.append(cells[..., drawn.to(cells.device)])
    middle = sides[1].mean(2, keepdim=True)
    a, b = (F.normalize(cells - middle, dim=1) for cells in sides)
    alike = a.mT @ b
    return 1 - 0.5 * (alike.amax(2).mean() + alike.amax(1).mean())
