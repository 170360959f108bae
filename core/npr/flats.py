"""Flat areas of few colours, and the ink lines between them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from ..tiling import Box
from .clouds import Clouds, clouds
from .noise import Array, generator, ramp
from .palette import from_lab, to_lab
from .picture import Copy, Picture, blur, pad, places, reduce, reduce_shown

SAMPLED = 20000
"""Colours of a picture that its tints are found among."""
MOST = 4e6
"""Cells of a small copy, at most."""
SLIGHT = 11
"""Difference of tints (Lab distance) up to which nothing is drawn between them."""
STEEP = 9
"""Change of a picture's colour beside a line, at least: steps of a gradation get none."""

CROWDED = 0.4
"""Share of a neighbourhood that lines cover at most: where there would be more, they are thinner."""
LEAST = 0.15, 0.4
"""Share of their width from which lines are seen, and from which they are wholly."""


@dataclass(frozen=True, slots=True)
class Flats:
    """A picture in few tints: how much each place is for each, in a small copy, so borders are crisp."""

    tints: Array
    """(N, 3), sRGB in [0, 1]."""
    votes: Copy
    """(h, w, N)."""
    steep: Copy
    """(h, w): how much the picture's colour changes beside each place, Lab distance."""

    @classmethod
    def spread(cls, picture: Picture, count: int, smooth: float, seed: int) -> "Flats":
        """Return the picture in ``count`` tints, its borders smoothed over ``smooth`` pixels."""
        least = np.sqrt(picture.shape[0] * picture.shape[1] / MOST)
        factor = max(1, int(smooth), int(np.ceil(least)))
        small, soft = reduce(picture, factor), max(smooth / factor, 0.5)
        calm = blur(small, soft, picture.wraps)
        tints = find_tints(calm, reduce_shown(picture, factor), count, generator(seed, 32))
        nearest = _nearest(calm, tints)
        votes = [
            blur((nearest == i).astype(np.float32), soft, picture.wraps) for i in range(len(tints))
        ]
        steep = _steepness(small, picture.wraps)
        return cls(
            from_lab(tints.astype(np.float32)),
            Copy(np.dstack(votes), factor, picture.wraps, picture.shape),
            Copy(steep, factor, picture.wraps, picture.shape),
        )

    def at(self, x: Array, y: Array) -> NDArray[np.intp]:
        """Return the tint of each place (h, w), an index."""
        return np.argmax(self.votes.at(x, y), -1)


def find_tints(picture: Array, shown: Array, count: int, rng: np.random.Generator) -> Array:
    """Return the tints (``count``, 3), Lab, that a picture's pixels are nearest to (k-means).

    Args:
        picture: (h, w, 3) in [0, 1].
        shown: (h, w): what is 0 there does not count.
        count: of tints.
        rng: the numbers' source.
    """
    pixels = picture[shown > 0] if (shown > 0).any() else picture.reshape(-1, 3)
    sparse = to_lab(pixels[rng.integers(0, len(pixels), SAMPLED)])
    tints = _spread(sparse, count, rng)
    for _ in range(10):
        owner = KDTree(tints).query(sparse)[1]
        share = np.bincount(owner, minlength=len(tints))[:, None]
        total = np.stack([np.bincount(owner, sparse[:, i], len(tints)) for i in range(3)], 1)
        tints = np.where(share > 0, total / np.maximum(share, 1), tints)
    return tints


def _nearest(picture: Array, tints: Array) -> NDArray[np.intp]:
    """Return the index of the tint (Lab) nearest to every pixel, by a table of 32³ colours."""
    level = (np.arange(32, dtype=np.float32) + 0.5) / 32
    cube = np.stack(np.meshgrid(level, level, level, indexing="ij"), -1).reshape(-1, 3)
    table = np.asarray(KDTree(tints).query(to_lab(cube))[1])
    r, g, b = np.moveaxis(np.clip(picture * 32, 0, 31).astype(np.intp), -1, 0)
    return table[(r * 32 + g) * 32 + b]


def _spread(pixels: Array, count: int, rng: np.random.Generator) -> Array:
    """Pick colours that are far apart (k-means++ without randomness)."""
    chosen = [pixels[int(rng.integers(len(pixels)))]]
    distance = np.full(len(pixels), np.inf)
    for _ in range(min(count, len(pixels)) - 1):
        distance = np.minimum(distance, ((pixels - chosen[-1]) ** 2).sum(1))
        chosen.append(pixels[int(distance.argmax())])
    return np.stack(chosen)


def _steepness(small: Array, wraps: tuple[bool, bool]) -> Array:
    """Return the largest change of colour (Lab distance) between a cell's neighbours, (h, w)."""
    margins = [2 if wrap else 0 for wrap in wraps]
    lab = pad(to_lab(small), *margins)
    window = np.ones((5, 5), np.uint8)
    steep = np.linalg.norm(cv2.dilate(lab, window) - cv2.erode(lab, window), axis=-1)
    rows, columns = (slice(m, m + n) for m, n in zip(margins, small.shape, strict=False))
    return np.ascontiguousarray(steep[rows, columns])


@dataclass(frozen=True, slots=True)
class Outlines:
    """Ink lines where two flats meet, of varying width as if cut by hand."""

    flats: Flats
    width: float
    """Of a line, pixels; 0: none."""
    room: Copy
    """(h, w): the share of their width that lines have where they crowd, in [0, 1]."""
    swell: Clouds
    worn: Clouds

    @classmethod
    def cut(
        cls, flats: Flats, picture: Picture, width: float, rng: np.random.Generator
    ) -> "Outlines":
        """Return the lines of a picture in flats."""
        wide, wraps = max(width, 1.0), picture.wraps
        swell = clouds(picture.shape, wide * 9, rng, roughness=2.2, wraps=wraps)
        worn = clouds(picture.shape, max(wide * 0.8, 1.0), rng, wraps=wraps)
        return cls(flats, width, _make_room(flats, width), swell, worn)

    @property
    def reach(self) -> int:
        """Pixels around a window that its lines depend on."""
        return int(1.2 * self.width) + 3

    def draw(self, labels: NDArray[np.intp], box: Box) -> Array:
        """Return a window's lines (h, w) in [0, 1]; ``labels`` has ``reach`` more on each side."""
        reach = self.reach
        if self.width <= 0:
            return np.zeros((box.height, box.width), np.float32)
        border = _borders(labels, self.flats.tints)
        x, y = places(
            Box(*(v + d * reach for v, d in zip(_ends(box), (-1, -1, 1, 1), strict=True)))
        )
        border &= self.flats.steep.at(x, y) > STEEP
        if not border.any():
            return np.zeros((box.height, box.width), np.float32)
        distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 5)
        distance = distance[reach:-reach, reach:-reach]
        room = self.room.read(box)
        half = self.width / 2 * (1 + 0.38 * self.swell.read(box)) * room
        lines = ramp(distance - half + 0.18 * self.worn.read(box), 0.7, -0.7)
        return lines * ramp(room, *LEAST)


def _borders(labels: NDArray[np.intp], tints: Array) -> NDArray[np.bool_]:
    """Return where tints meet (h, w) that are more than slightly apart."""
    lab = to_lab(tints)
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1) > SLIGHT
    border = np.zeros(labels.shape, bool)
    border[:, 1:] |= apart[labels[:, 1:], labels[:, :-1]]
    border[1:] |= apart[labels[1:], labels[:-1]]
    return border


def _make_room(flats: Flats, width: float) -> Copy:
    """Return how much thinner lines are where they crowd: fine mesh and twigs would be black with ink."""
    votes, wide = flats.votes, width / flats.votes.factor
    border = _borders(np.argmax(votes.cells, -1), flats.tints) & (flats.steep.cells > STEEP)
    near = blur(border.astype(np.float32), max(3 * wide, 1.0), votes.wraps)
    room = np.minimum(CROWDED / np.maximum(near * wide, 1e-6), 1).astype(np.float32)
    return Copy(room, votes.factor, votes.wraps, votes.size)


def _ends(box: Box) -> tuple[int, int, int, int]:
    return box.top, box.left, box.bottom, box.right
