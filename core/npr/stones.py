"""Where the stones of a mosaic lie: centres of cells in the Manhattan metric, turned to a direction field."""

from dataclasses import dataclass
from typing import Any

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
NEAR = 1.1
"""Sides of a stone from its middle within which its own pixels are looked for first."""
FINE, NONE = 4096, np.iinfo(np.int64).max
"""Steps in which distances are told apart, and what is nobody's."""
FAR, BITS = np.float32(1e6), 32
"""What is farther than any stone, pixels; bits of a claim below those of its distance."""
NOBODY = int(FAR.view(np.int32)) << BITS
ROUNDS = 12
AT_ONCE = 1 << 17
"""Claims that are made at once: few enough for a processor's cache."""


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
    claims = _Claims(seeds, way, np.floor(seeds).astype(np.int64), shape, period, far + 1)
    best = np.full(claims.size, NONE)
    piece = None if pieces is None else (claims.widen(pieces, 0), sample(pieces, seeds, period))
    claims.make(best, near, None, piece)
    sure = int(near / np.sqrt(2) * FINE) * len(seeds)  # whatever turns, nothing nearer was left out
    unsure = claims.widen(claims.crop(best > sure), False)
    if unsure.any():
        claims.make(best, far, unsure, piece)
    best = claims.crop(best)
    known = best < NONE
    owner = np.where(known, best % len(seeds), len(seeds))
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
    margin: int
    """Pixels around the picture that are claimed as well where it does not wrap, so none need be left out."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture with its margins."""
        down, along = self._margins()
        return self.shape[0] + 2 * down, self.shape[1] + 2 * along

    def _margins(self) -> tuple[int, int]:
        down, along = (0 if np.isfinite(turn) else self.margin for turn in self.period)
        return down, along

    def widen(self, field: NDArray[Any], value: float) -> NDArray[Any]:
        """Return a field (H, W) with margins of a value around it."""
        down, along = self._margins()
        return np.pad(field, ((down, down), (along, along)), constant_values=value)

    def crop(self, field: NDArray[Any]) -> NDArray[Any]:
        """Return a field without its margins, (H, W)."""
        down, along = self._margins()
        return field[down : down + self.shape[0], along : along + self.shape[1]]

    def make(
        self,
        best: NDArray[np.int64],
        reach: int,
        unsure: NDArray[np.bool_] | None,
        piece: tuple[NDArray[np.integer], NDArray[np.integer]] | None,
    ) -> None:
        """Have each pixel know the stone nearest to it: the distance's fine steps, then the stone's number.

        Args:
            best: What pixels know, the smaller the nearer; with margins, as all here.
            reach: How far a stone's claims go, pixels.
            unsure: Which pixels alone are claimed; None: all.
            piece: Of each pixel and of each stone the number of its piece; None: it is one.
        """
        some = np.arange(len(self.seeds))
        if unsure is not None:
            some = np.flatnonzero(self._touch(self.crop(unsure), reach))
        count = max(1, AT_ONCE // (2 * reach + 1) ** 2)
        for start in range(0, len(some), count):
            self._make(some[start : start + count], best.reshape(-1), reach, unsure, piece)

    def _make(
        self,
        some: NDArray[np.intp],
        best: NDArray[np.int64],
        reach: int,
        unsure: NDArray[np.bool_] | None,
        piece: tuple[NDArray[np.integer], NDArray[np.integer]] | None,
    ) -> None:
        """Do so for some stones; ``best`` is flat."""
        floor, span = self.floor[some], np.arange(-reach, reach + 1)
        pixels = self._reach(floor, span)
        dx, dy = (
            (floor[:, k, None] + span - self.seeds[some, k, None]).astype(np.float32)
            for k in (0, 1)
        )
        if unsure is None:
            number = some[:, None, None]
            dx, dy, (ux, uy) = dx[:, None, :], dy[:, :, None], self.way[some].T[:, :, None, None]
        else:
            chosen = np.flatnonzero(pick(unsure.ravel(), pixels))
            which, down, along = np.unravel_index(chosen, pixels.shape)
            number, pixels = some[which], pixels.ravel()[chosen]
            dx, dy, (ux, uy) = dx[which, along], dy[which, down], self.way[number].T
        distance = _measure(dx, dy, ux, uy)
        distance *= FINE
        key = np.rint(distance, out=distance).astype(np.int64)
        key *= len(self.seeds)
        key += number
        if piece is not None:
            key[piece[0].ravel()[pixels] != piece[1][number]] = NONE
        np.minimum.at(best, pixels.ravel(), key.ravel())

    def _touch(self, unsure: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
        """Return which stones have a pixel that is unsure within their reach."""
        down, along = (reach if np.isfinite(turn) else 0 for turn in self.period)
        wide = pad(unsure.astype(np.uint8), down, along)
        side = 2 * reach + 1
        near = cv2.dilate(wide, np.ones((side, side), np.uint8)).astype(bool)
        return sample(near, self.seeds + np.array((along, down), np.float32))

    def _reach(self, floor: NDArray[np.int64], span: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the pixels around stones, (N, S, S), counted row by row, margins included."""
        columns, rows = floor[:, :1] + span, floor[:, 1:] + span
        for place, side, turn in zip((rows, columns), self.shape, self.period, strict=True):
            if np.isfinite(turn):
                np.remainder(place, side, out=place)
            else:
                np.add(place, self.margin, out=place)
        rows *= self.size[1]
        return rows[:, :, None] + columns[:, None, :]


def _middles(owner: NDArray[np.intp], dx: Array, dy: Array, count: int) -> Array:
    """Return how far the middle of each stone's cell is from the stone, (N, 2)."""
    share = np.maximum(np.bincount(owner.ravel(), minlength=count + 1)[:count], 1)
    total = [np.bincount(owner.ravel(), part.ravel(), count + 1)[:count] for part in (dx, dy)]
    return (np.stack(total, 1) / share[:, None]).astype(np.float32)


def find_two(
    middles: NDArray[np.float64],
    ways: Array,
    reach: int,
    shape: tuple[int, int],
    piece: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
) -> tuple[NDArray[np.int32], Array, Array]:
    """Return each pixel's nearest stone (H, W), and how far it and the next one are; ``FAR``: there is none.

    Args:
        middles: (N, 2), x then y, pixels; at most ``reach`` and a pixel outside.
        ways: (N, 2), unit vectors along the rows.
        reach: How far from its middle a stone is looked for, pixels.
        shape: Height and width.
        piece: Of each pixel (H, W) and of each stone (N,) the number of its piece; None: it is one.
    """
    margin = 2 * reach + 2
    wide = None if piece is None else (np.pad(piece[0], margin, mode="edge"), piece[1])
    size = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    best, second = np.full(size, NOBODY), np.full(size, FAR, np.float32)
    count = max(1, AT_ONCE // (2 * reach + 1) ** 2)
    blocks = [slice(start, start + count) for start in range(0, len(middles), count)]
    made = [_claim(middles, ways, some, reach, size, wide) for some in blocks]
    for pixels, key in made:
        np.minimum.at(best.reshape(-1), pixels, key)
    for pixels, key in made:
        key[key == pick(best.ravel(), pixels)] = NOBODY
        away = (key >> BITS).astype(np.int32).view(np.float32)
        np.minimum.at(second.reshape(-1), pixels, away)
    inner = (slice(margin, -margin), slice(margin, -margin))
    best = best[inner]
    nearest = (best >> BITS).astype(np.int32).view(np.float32)
    return (best & ((1 << BITS) - 1)).astype(np.int32), nearest, second[inner]


def _claim(  # stones, and what they lie on
    middles: NDArray[np.float64],
    ways: Array,
    some: slice,
    reach: int,
    size: tuple[int, int],
    piece: tuple[NDArray[np.integer], NDArray[np.integer]] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pixels (M,) around stones, and each claim: the distance's bits, then the stone's number."""
    middle, (ux, uy) = middles[some], ways[some].T[..., None, None]
    floor = np.floor(middle).astype(np.int64)
    column, row = (floor[..., None] + np.arange(-reach, reach + 1)).transpose(1, 0, 2)
    dx, dy = (
        (place - middle[:, k, None]).astype(np.float32) for k, place in enumerate((column, row))
    )
    distance = _measure(dx[:, None, :], dy[:, :, None], ux, uy)
    margin = 2 * reach + 2
    pixels = ((row + margin) * size[1])[:, :, None] + (column + margin)[:, None, :]
    key = distance.view(np.int32).astype(np.int64)  # floats above 0 are in the order of their bits
    key <<= BITS
    key += np.arange(len(middles))[some, None, None]
    if piece is not None:
        key[pick(piece[0].ravel(), pixels) != piece[1][some, None, None]] = NOBODY
    return pixels.ravel(), key.ravel()


def _measure(dx: Array, dy: Array, ux: Array, uy: Array) -> Array:
    """Return how far places are from a stone's middle in the Manhattan metric turned to its row."""
    along, across = dx * ux + dy * uy, dy * ux - dx * uy
    return np.maximum(np.abs(along, out=along), np.abs(across, out=across), out=along)
