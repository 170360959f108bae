"""Stained glass: panes along a picture's colours, streaks and bubbles, leads with a round profile."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from scipy.spatial import KDTree

from ..tiling import Box
from .canvas import HANDS, Canvas, Light, blank, print_parts
from .clouds import Clouds, clouds
from .layers import Hand
from .noise import Array, generator, ramp
from .palette import adjust, from_lab, to_lab
from .picture import Copy, Picture, as_picture, blur, places, reduce

PLANNED = 14.0
"""Width of a pane in pixels of the small copy in which panes are cut."""
SMOOTH = 1.6
"""Cells of that copy over which the borders of panes are rounded."""
LEAD = (0.13, 0.135, 0.155)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glasses:
    """How a window is leaded."""

    size: float | None = None
    """Width of a pane in pixels; None: a 22nd of the side."""
    lead: float | None = None
    """Width of the leads in pixels; None: a tenth of a pane."""
    leads: float = 1.0
    """How many times wider they are."""
    follow: float = 1.0
    """How closely panes follow the picture's colours; 0: only position counts."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a leaded window."""
        pane = hand.brush * (self.size or max(8.0, picture.side / 22))
        came = max(1.0, pane * 0.105) if self.lead is None else self.lead
        window = _Window.cut(picture, pane, max(came * self.leads, 0.1), self.follow, hand.seed)
        lamp = Light(2.4 * window.lead * 0.6, 0.22, soft=0.9, sharpness=14, rough=(0.06, 0.5))
        canvas = blank(picture.shape, lamp, picture.wraps, hand.tell)
        print_parts(canvas, window.look)
        return canvas


def glass(
    picture: Array,
    *,
    size: float | None = None,
    lead: float | None = None,
    follow: float = 1.0,
    seed: int = 0,
) -> Array:
    """Return the picture as a leaded window, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        size: width of a pane in pixels; None: a 22nd of the side.
        lead: width of the leads in pixels; None: a tenth of a pane.
        follow: how closely panes follow the picture's colours; 0: only position counts.
        seed: of all randomness.
    """
    how = Glasses(size=size, lead=lead, follow=follow)
    return how.paint(as_picture(picture), Hand(seed)).whole()


def panes(
    picture: Array, size: float, follow: float, seed: int, wraps: tuple[bool, bool] = (False, False)
) -> NDArray[np.intp]:
    """Return labels (H, W), from 0, of panes about ``size`` pixels wide that follow colours.

    k-means over place and colour (as SLIC superpixels, Achanta et al. 2012, but with a search tree,
    so a pane may reach as far as its colour does). A place on a side that wraps is one on a circle.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lab = to_lab(blur(picture, size / 14, wraps)) * (follow * 0.035)
    sides = [*_axis(x / size, width / size, wraps[1]), *_axis(y / size, height / size, wraps[0])]
    points = np.concatenate([np.stack(sides, -1), lab], -1).reshape(height * width, -1)
    count = max(1, round(height * width / size**2))
    rng = generator(seed, 20)
    centers = points[rng.choice(len(points), min(count, len(points)), replace=False)]
    sparse = points[:: max(1, len(points) // (count * 120))]
    for _ in range(8):
        owner = KDTree(centers).query(sparse, workers=HANDS)[1]
        total = [np.bincount(owner, sparse[:, i], len(centers)) for i in range(points.shape[1])]
        share = np.bincount(owner, minlength=len(centers))[:, None]
        centers = np.where(share > 0, np.stack(total, 1) / np.maximum(share, 1), centers)
    return _whole(
        KDTree(centers).query(points, workers=HANDS)[1].reshape(height, width), size, wraps
    )


def _axis(place: Array, length: float, wraps: bool) -> list[Array]:
    if not wraps:
        return [place]
    turn = place * np.float32(2 * np.pi / length)
    radius = np.float32(length / (2 * np.pi))
    return [radius * np.cos(turn), radius * np.sin(turn)]


def _whole(labels: NDArray[np.intp], size: float, wraps: tuple[bool, bool]) -> NDArray[np.intp]:
    """Give every connected piece its own label; very small pieces join the piece around them."""
    pieces, count = np.zeros(labels.shape, np.intp), 0
    for label, box in enumerate(find_objects(labels.astype(np.int32) + 1)):
        if box is not None:
            own = (labels[box] == label).astype(np.uint8)
            connected, parts = cv2.connectedComponents(own, connectivity=4)
            np.copyto(pieces[box], parts + count, where=own > 0)
            count += connected - 1
    pieces = _join(pieces, labels, wraps)
    area = np.bincount(pieces.ravel())
    crumbs = area[pieces] < 0.12 * size**2
    if crumbs.all():
        return np.zeros_like(labels)
    near = np.asarray(
        cv2.distanceTransformWithLabels(
            crumbs.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )[1],
        np.intp,
    )
    owner = np.zeros(int(near.max()) + 1, np.intp)
    owner[near[~crumbs]] = pieces[~crumbs]
    return np.unique(owner[near], return_inverse=True)[1].reshape(labels.shape)


def _join(
    pieces: NDArray[np.intp], labels: NDArray[np.intp], wraps: tuple[bool, bool]
) -> NDArray[np.intp]:
    """Make one of pieces that meet over a border that wraps."""
    owner = np.arange(int(pieces.max()) + 1)
    ends = [(np.s_[0], np.s_[-1])] if wraps[0] else []
    ends += [(np.s_[:, 0], np.s_[:, -1])] if wraps[1] else []
    for first, last in ends:
        for one, other in np.unique(
            np.stack([pieces[first], pieces[last]])[:, labels[first] == labels[last]], axis=1
        ).T:
            owner[owner == owner[other]] = owner[one]
    return owner[pieces]


@dataclass(frozen=True, slots=True)
class _Window:
    """Panes in a small copy, their colours, and what glass and leads look like."""

    labels: Copy
    """(h, w): the number of each place's pane."""
    colors: Array
    """(N, 3)."""
    which: NDArray[np.integer]
    """(N,): which streaks each pane has."""
    tilt: Array
    """(N,): how light each is."""
    size: float
    lead: float
    streaks: tuple[Clouds, ...]
    sky: Clouds
    bubbles: Clouds
    uneven: Clouds
    scratches: Clouds

    @classmethod
    def cut(cls, picture: Picture, size: float, lead: float, follow: float, seed: int) -> "_Window":
        """Cut the panes of a picture, about ``size`` pixels wide."""
        factor, wraps = max(1, int(size / PLANNED)), picture.wraps
        small = reduce(picture, factor)
        labels = panes(small, size / factor, follow, seed, wraps)
        rng, scale = generator(seed, 22), size / 60

        def cloud(wave: float, other: float | None = None, roughness: float = 1.6) -> Clouds:
            waves = (max(1.0, wave), max(1.0, wave if other is None else other))
            return clouds(picture.shape, waves, rng, roughness=roughness, wraps=wraps)

        first = np.unique(labels, return_index=True)[
            1
        ]  # so a pane's chances are those of its place
        chance = generator(seed, 21).random((*labels.shape, 5), np.float32).reshape(-1, 5)[first]
        shapes = ((60, 10), (10, 60), (32, 24), (18, 18))
        return cls(
            Copy(labels.astype(np.float32), factor, wraps, picture.shape),
            _colors(small, labels, chance[:, :3]),
            (chance[:, 3] * len(shapes)).astype(np.intp),
            2 * chance[:, 4] - 1,
            size,
            lead,
            tuple(cloud(a * scale, b * scale, 1.7) for a, b in shapes),
            cloud(size * 7, roughness=2),
            cloud(3.2 * scale, roughness=3.2),
            cloud(lead * 5, roughness=2.4),
            cloud(lead * 0.7),
        )

    def look(self, box: Box) -> tuple[Array, Array, float]:
        """Return a window's colours and the leads' height; all of it is covered."""
        reach = int(0.75 * self.size) + 4
        wide = Box(box.top - reach, box.left - reach, box.bottom + reach, box.right + reach)
        labels = self._enlarge(wide)
        inner = _inset(labels)
        lit = self._glow(labels, inner, wide)
        half = self.lead / 2 * (1 + 0.14 * self.uneven.read(wide))
        mask = ramp(inner - half, 0.9, -0.9)
        round_ = np.sqrt(1 - np.clip(inner / half, 0, 1) ** 2) * mask
        shadow = lit * (1 - 0.5 * ramp(inner - half, self.lead * 0.55, 0))[..., None]
        joined = shadow + (np.array(LEAD, np.float32) - shadow) * mask[..., None]
        spill = blur(np.maximum(lit - 0.35, 0) * (1 - mask)[..., None], self.lead * 2.2)
        own = (slice(reach, -reach), slice(reach, -reach))
        height = 0.7 * round_[own] + 0.12 * self.scratches.read(box) * mask[own]
        return joined[own] + 0.33 * spill[own], np.maximum(height, 0), 1.0

    def _enlarge(self, box: Box) -> NDArray[np.intp]:
        """Return the pane of every pixel of a window: borders are rounded, and crisp."""
        x, y = places(box)
        factor, cells = self.labels.factor, self.labels.cells
        margin = round(SMOOTH * 3) + 1
        rows, columns = (
            np.arange(start // factor - margin, -(-stop // factor) + margin)
            for start, stop in ((box.top, box.bottom), (box.left, box.right))
        )
        taken = [
            (v * factor % side) // factor if wrap else np.clip(v, 0, count - 1)
            for v, side, wrap, count in zip(
                (rows, columns), self.labels.size, self.labels.wraps, cells.shape, strict=True
            )
        ]
        small = cells[taken[0][:, None], taken[1]].astype(np.intp)
        best, owner = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.intp)
        column = (x[0] + 0.5) / factor - 0.5 - columns[0]
        row = (y[:, 0] + 0.5) / factor - 0.5 - rows[0]
        for label, found in enumerate(find_objects(small.astype(np.int32) + 1)):
            if found is not None:
                self._claim(small, label, found, (row, column), best, owner)
        return owner

    @staticmethod
    def _claim(  # a pane, and what is known of pixels
        labels: NDArray[np.intp],
        label: int,
        found: tuple[slice, slice],
        at: tuple[Array, Array],
        best: Array,
        owner: NDArray[np.intp],
    ) -> None:
        """Give a pane the pixels where it counts most; ``at``: their rows and columns in the small copy."""
        margin = round(SMOOTH * 3) + 1
        low = (max(0, found[0].start - margin), max(0, found[1].start - margin))
        part = labels[low[0] : found[0].stop + margin, low[1] : found[1].stop + margin] == label
        soft = blur(part.astype(np.float32), SMOOTH)
        if at[0][1:2] - at[0][:1] == 1:  # places are cells
            box = tuple(
                slice(int(np.searchsorted(v, a)), int(np.searchsorted(v, a + n)))
                for v, a, n in zip(at, low, part.shape, strict=True)
            )
            skipped = (max(0, int(v[0]) - a) for v, a in zip(at, low, strict=True))
            first, second = (
                slice(k, k + s.stop - s.start) for k, s in zip(skipped, box, strict=True)
            )
            big = soft[first, second]
        else:
            box = tuple(
                slice(int(np.searchsorted(v, a - 1)), int(np.searchsorted(v, a + n, "right")))
                for v, a, n in zip(at, low, part.shape, strict=True)
            )
            if any(span.start == span.stop for span in box):
                return
            y, x = (v[s] - a for v, s, a in zip(at, box, low, strict=True))
            shape = (len(y), len(x))
            grid = (
                np.broadcast_to(x[None].astype(np.float32), shape),
                np.broadcast_to(y[:, None].astype(np.float32), shape),
            )
            big = cv2.remap(soft, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        wins = big > best[box]
        np.copyto(best[box], big, where=wins)
        np.copyto(owner[box], label, where=wins)

    def _glow(self, labels: NDArray[np.intp], inner: Array, box: Box) -> Array:
        """Return the glass without leads: streaks, bubbles, dirt along the edges, light."""
        which, streak = np.take(self.which, labels), np.zeros(labels.shape, np.float32)
        for index, wave in enumerate(self.streaks):
            streak = np.where(which == index, wave.read(box), streak)
        depth = ramp(inner, 0, self.size * 0.32)
        light = 5.5 * streak + 3.5 * self.sky.read(box) + 4 * np.take(self.tilt, labels)
        lifted = adjust(np.take(self.colors, labels, 0), light=light + 13 * depth - 9, chroma=1.06)
        bubbles = ramp(self.bubbles.read(box), 2.9, 3.6)
        return np.clip(lifted + 0.35 * bubbles[..., None], 0, 1).astype(np.float32)


def _inset(labels: NDArray[np.intp]) -> Array:
    """Return the distance of every pixel to its pane's border, pixels."""
    border = np.zeros(labels.shape, bool)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:] |= labels[1:] != labels[:-1]
    if not border.any():
        return np.full(labels.shape, float(max(labels.shape)), np.float32)
    return cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 5)


def _colors(picture: Array, labels: NDArray[np.intp], chance: Array) -> Array:
    """Return one rich colour per pane (N, 3), each moved by its chances (N, 3) in [0, 1)."""
    lab = to_lab(picture).reshape(-1, 3)
    share = np.maximum(np.bincount(labels.ravel()), 1)[:, None]
    mean = np.stack([np.bincount(labels.ravel(), lab[:, i]) for i in range(3)], 1) / share
    rich = to_lab(adjust(from_lab(mean.astype(np.float32)), chroma=1.12))
    return from_lab(rich + (chance - 0.5) * 14)
