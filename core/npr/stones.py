"""Where the stones of a mosaic lie: centres of cells in the Manhattan metric, turned to a direction field."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_position

from .flow import sample
from .noise import Array, pick, slopes
from .palette import to_lab
from .picture import blur, pad

REACH = 1.5
"""Sides of a stone from its middle to the farthest that can be its own."""
NEAR = 0.8
"""Sides of a stone from its middle within which its own pixels are looked for first."""
FINE, NONE = 4096, np.iinfo(np.int64).max
"""Steps in which distances are told apart, and what is nobody's."""
ROUNDS = 12


def stones(
    picture: Array,
    flow: Array,
    size: float,
    rng: np.random.Generator,
    period: tuple[float, float] = (np.inf, np.inf),
    pieces: NDArray[np.integer] | None = None,
) -> tuple[Array, NDArray[np.intp]]:
    """Return the stones' centres (N, 2) and each pixel's stone (H, W); N where it has none.

    Centres move to the middle of their cells, and away from the picture's edges, so that a stone is on
    one side of an edge.

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the rows, (H, W, 2).
        size: of a stone, pixels.
        rng: the numbers' source.
        period: height and width after which the picture is the same again; infinite: it ends.
        pieces: (H, W), numbers of pieces from one to another of which no stone lies; None: it is one.
    """
    sides = tuple(
        p if np.isfinite(p) else float(s) for p, s in zip(period, picture.shape, strict=False)
    )
    first = max(1, round(1.12 * sides[0] * sides[1] / size**2))
    seeds = (rng.random((first, 2)) * (sides[1], sides[0])).astype(np.float32)
    if pieces is not None:
        seeds = _add_missing(seeds, pieces, period)
    rim, count = _edges(picture, size), len(seeds)
    for step in range(ROUNDS):
        owner, dx, dy = _owners(seeds, sample(flow, seeds, period), size, period, picture, pieces)
        free = np.where(rim, count, owner) if step > 2 else owner
        seeds += _middles(free, dx, dy, count)
        for axis, side in enumerate(period[::-1]):
            seeds[:, axis] = seeds[:, axis] % side if np.isfinite(side) else seeds[:, axis]
    return seeds, _owners(seeds, sample(flow, seeds, period), size, period, picture, pieces)[0]


def _add_missing(seeds: Array, pieces: NDArray[np.integer], period: tuple[float, float]) -> Array:
    """Return stones (N, 2), and one more in the midst of each piece that has none."""
    number = np.unique(pieces, return_inverse=True)[1].reshape(pieces.shape)
    lacking = np.setdiff1d(number, sample(number, seeds, period))
    if not len(lacking):
        return seeds
    places = maximum_position(distance_inside(number), number, lacking)
    return np.concatenate([seeds, np.array(places, np.float32)[:, ::-1] + np.float32(0.5)])


def distance_inside(pieces: NDArray[np.integer]) -> Array:
    """Return how far each pixel is from the border of its piece, pixels."""
    inside = np.ones(pieces.shape, np.uint8)
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        apart = pieces[one] != pieces[other]
        inside[one][apart] = inside[other][apart] = 0
    if inside.all():
        return np.full(pieces.shape, 1e6, np.float32)
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32) + 0.5


def _edges(picture: Array, size: float) -> NDArray[np.bool_]:
    lab = to_lab(blur(picture, size / 12))
    gx, gy = slopes(lab)
    strong = np.sqrt((gx**2 + gy**2).sum(-1)) > 5.25
    wide = max(1, round(size * 0.22))
    return cv2.dilate(strong.astype(np.uint8), np.ones((wide, wide), np.uint8)) > 0


def _owners(  # stones, and what they lie on
    seeds: Array,
    way: Array,
    size: float,
    period: tuple[float, float],
    picture: Array,
    pieces: NDArray[np.integer] | None,
) -> tuple[NDArray[np.intp], Array, Array]:
    """Return each pixel's stone, and how far it is from its middle, along x and y; all stones at once."""
    shape = (picture.shape[0], picture.shape[1])
    near, far = (int(size * share) + 1 for share in (NEAR, REACH))
    best = np.full(shape[0] * shape[1] + 1, NONE)  # the last is for what is outside
    claims = _Claims(seeds, way, np.floor(seeds).astype(np.int64), shape, period)
    piece = None if pieces is None else (pieces.ravel(), sample(pieces, seeds, period))
    claims.make(best, near, None, piece)
    sure = int(near / np.sqrt(2) * FINE) * len(seeds)  # whatever turns, nothing nearer was left out
    unsure = best > sure
    unsure[-1] = False
    if unsure.any():
        claims.make(best, far, unsure, piece)
    known = (best[:-1] < NONE).reshape(shape)
    owner = np.where(known, (best[:-1] % len(seeds)).reshape(shape), len(seeds))
    away = list[Array]()
    grid = (np.arange(shape[1])[None], np.arange(shape[0])[:, None])
    for k, (place, turn) in enumerate(zip(grid, period[::-1], strict=True)):
        middle = np.append(seeds[:, k], np.float32(0))[owner]
        if np.isfinite(turn):
            side, floor = shape[1 - k], np.append(claims.floor[:, k], 0)[owner]
            place = place + np.rint((floor - place) / side).astype(np.int64) * side  # noqa: PLW2901  # unwrapped
        away.append(np.where(known, place - middle, 0).astype(np.float32))
    return owner, away[0], away[1]


@dataclass(frozen=True, slots=True)
class _Claims:
    """Stones that claim the pixels around them."""

    seeds: Array
    way: Array
    floor: NDArray[np.int64]
    """(N, 2): the pixel of each stone's middle."""
    shape: tuple[int, int]
    period: tuple[float, float]

    def make(
        self,
        best: NDArray[np.int64],
        reach: int,
        unsure: NDArray[np.bool_] | None,
        piece: tuple[NDArray[np.integer], NDArray[np.integer]] | None,
    ) -> None:
        """Have each pixel know the stone nearest to it: the distance's fine steps, then the stone's number.

        Args:
            best: What pixels know, the smaller the nearer; one more than there are.
            reach: How far a stone's claims go, pixels.
            unsure: Which pixels alone are claimed; None: all.
            piece: Of each pixel and of each stone the number of its piece; None: it is one.
        """
        some = np.arange(len(self.seeds))
        if unsure is not None:
            some = np.flatnonzero(self._touch(unsure[:-1].reshape(self.shape), reach))
        floor, span = self.floor[some], np.arange(-reach, reach + 1)
        pixels = self._reach(floor, span)
        dx, dy = (
            (floor[:, k, None] + span - self.seeds[some, k, None]).astype(np.float32)
            for k in (0, 1)
        )
        if unsure is None:
            number = some[:, None, None]
            dx, dy, (ux, uy) = dx[:, None, :], dy[:, :, None], self.way.T[:, :, None, None]
        else:
            chosen = np.flatnonzero(pick(unsure, pixels))
            which, down, along = np.unravel_index(chosen, pixels.shape)
            number, pixels = some[which], pixels.ravel()[chosen]
            dx, dy, (ux, uy) = dx[which, along], dy[which, down], self.way[number].T
        distance = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
        key = np.rint(distance * FINE).astype(np.int64)
        key *= len(self.seeds)
        key += number
        if piece is not None:
            key[np.append(piece[0], -1)[pixels] != piece[1][number]] = NONE
        np.minimum.at(best, pixels.ravel(), key.ravel())

    def _touch(self, unsure: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
        """Return which stones have a pixel that is unsure within their reach."""
        down, along = (reach if np.isfinite(turn) else 0 for turn in self.period)
        wide = pad(unsure.astype(np.uint8), down, along)
        side = 2 * reach + 1
        near = cv2.dilate(wide, np.ones((side, side), np.uint8)).astype(bool)
        return sample(near, self.seeds + np.array((along, down), np.float32))

    def _reach(self, floor: NDArray[np.int64], span: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the pixels around stones, (N, S, S), flat; one beyond the last where there is none."""
        columns, rows = floor[:, :1] + span, floor[:, 1:] + span
        outside = list[NDArray[np.bool_]]()
        for place, side, turn in zip((rows, columns), self.shape, self.period, strict=True):
            if np.isfinite(turn):
                np.remainder(place, side, out=place)
            outside.append((place < 0) | (place >= side))
        pixels = rows[:, :, None] * self.shape[1] + columns[:, None, :]
        edge = np.flatnonzero(outside[0].any(1) | outside[1].any(1))
        gone = outside[0][edge][:, :, None] | outside[1][edge][:, None, :]
        pixels[edge] = np.where(gone, self.shape[0] * self.shape[1], pixels[edge])
        return pixels


def _middles(owner: NDArray[np.intp], dx: Array, dy: Array, count: int) -> Array:
    """Return how far the middle of each stone's cell is from the stone, (N, 2)."""
    share = np.maximum(np.bincount(owner.ravel(), minlength=count + 1)[:count], 1)
    total = [np.bincount(owner.ravel(), part.ravel(), count + 1)[:count] for part in (dx, dy)]
    return (np.stack(total, 1) / share[:, None]).astype(np.float32)
