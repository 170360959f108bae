"""Stained glass: panes along a picture's colours, streaks and bubbles, leads with a round profile."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from .noise import Array, blur, fractal, generator, ramp
from .palette import adjust, from_lab, to_lab, vary
from .relief import light

FINE = 2


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
        size: width of a pane in pixels; None: a 22nd of the longer side.
        lead: width of the leads in pixels; None: a tenth of a pane.
        follow: how closely panes follow the picture's colours; 0: only position counts.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    pane = float(size or max(8.0, max(height, width) / 22))
    came = max(1.0, pane * 0.105) if lead is None else lead
    coarse = panes(picture, pane, follow, seed)
    labels = enlarge(coarse, FINE)
    colors = _colors(picture, coarse, generator(seed, 21))
    inner = _inset(labels)
    lit = _glow(colors[labels], labels, inner, pane * FINE, generator(seed, 22))
    leaded = _leads(lit, inner, came * FINE, generator(seed, 23))
    return cv2.resize(leaded, (width, height), interpolation=cv2.INTER_AREA)


def panes(picture: Array, size: float, follow: float, seed: int) -> NDArray[np.intp]:
    """Return labels (H, W), from 0, of panes about ``size`` pixels wide that follow colours.

    k-means over place and colour (as SLIC superpixels, Achanta et al. 2012, but with a search tree,
    so a pane may reach as far as its colour does).
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lab = to_lab(blur(picture, size / 14)) * (follow * 0.035)
    points = np.concatenate([np.stack([x / size, y / size], -1), lab], -1).reshape(-1, 5)
    count = max(1, round(height * width / size**2))
    rng = generator(seed, 20)
    centers = points[rng.choice(len(points), min(count, len(points)), replace=False)]
    sparse = points[:: max(1, len(points) // (count * 120))]
    for _ in range(8):
        owner = KDTree(centers).query(sparse)[1]
        total = np.stack([np.bincount(owner, sparse[:, i], len(centers)) for i in range(5)], 1)
        share = np.bincount(owner, minlength=len(centers))[:, None]
        centers = np.where(share > 0, total / np.maximum(share, 1), centers)
    return _whole(KDTree(centers).query(points)[1].reshape(height, width), size)


def _whole(labels: NDArray[np.intp], size: float) -> NDArray[np.intp]:
    """Give every connected piece its own label; very small pieces join the piece around them."""
    pieces = np.zeros(labels.shape, np.intp)
    count = 0
    for label in range(int(labels.max()) + 1):
        connected, parts = cv2.connectedComponents(
            (labels == label).astype(np.uint8), connectivity=4
        )
        pieces += np.where(parts > 0, parts + count, 0)
        count += connected - 1
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


def enlarge(labels: NDArray[np.intp], factor: int, smooth: float = 1.6) -> NDArray[np.intp]:
    """Return labels ``factor`` times as large, borders rounded over ``smooth`` coarse pixels."""
    height, width = labels.shape
    best = np.zeros((height * factor, width * factor), np.float32)
    owner = np.zeros(best.shape, np.intp)
    margin = round(smooth * 3) + 1
    for label, box in enumerate(_boxes(labels)):
        rows = slice(max(0, box[0] - margin), min(height, box[1] + margin))
        columns = slice(max(0, box[2] - margin), min(width, box[3] + margin))
        mask = (labels[rows, columns] == label).astype(np.float32)
        big = cv2.resize(
            blur(mask, smooth), None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR
        )
        at = tuple(slice(s.start * factor, s.stop * factor) for s in (rows, columns))
        wins = big > best[at]
        best[at][wins], owner[at][wins] = big[wins], label
    return owner


def _boxes(labels: NDArray[np.intp]) -> list[tuple[int, int, int, int]]:
    count = int(labels.max()) + 1
    rows, columns = np.indices(labels.shape)
    sides = []
    for where in (rows, columns):
        low, high = np.full(count, labels.size), np.full(count, -1)
        np.minimum.at(low, labels.ravel(), where.ravel())
        np.maximum.at(high, labels.ravel(), where.ravel())
        sides += [low, high + 1]
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(*sides, strict=True)]


def _inset(labels: NDArray[np.intp]) -> Array:
    """Return the distance of every pixel to its pane's border, pixels."""
    border = np.zeros(labels.shape, bool)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:] |= labels[1:] != labels[:-1]
    if not border.any():
        return np.full(labels.shape, float(max(labels.shape)), np.float32)
    return cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 5)


def _colors(picture: Array, labels: NDArray[np.intp], rng: np.random.Generator) -> Array:
    """Return one rich colour per pane (N, 3)."""
    lab = to_lab(picture).reshape(-1, 3)
    share = np.bincount(labels.ravel())[:, None]
    mean = np.stack([np.bincount(labels.ravel(), lab[:, i]) for i in range(3)], 1) / share
    return vary(adjust(from_lab(mean), chroma=1.12), rng, light=4, chroma=4, hue=4)


def _glow(
    color: Array, labels: NDArray[np.intp], inner: Array, size: float, rng: np.random.Generator
) -> Array:
    """Return the glass without leads: streaks, bubbles, dirt along the edges, light."""
    shape = labels.shape
    which = rng.integers(0, 4, int(labels.max()) + 1)[labels]
    scale = size / 60
    streak = np.zeros(shape, np.float32)
    for index, stretch in enumerate(((30, 5), (5, 30), (16, 12), (9, 9))):
        wave = fractal(shape, (stretch[0] * scale * 2, stretch[1] * scale * 2), rng, roughness=1.7)
        streak = np.where(which == index, wave, streak)
    sky = fractal(shape, size * 7, rng, roughness=2)
    tilt = rng.uniform(-1, 1, int(labels.max()) + 1)[labels]
    depth = ramp(inner, 0, size * 0.32)
    lifted = adjust(color, light=5.5 * streak + 3.5 * sky + 4 * tilt + 13 * depth - 9, chroma=1.06)
    bubbles = ramp(fractal(shape, 3.2 * scale, rng, roughness=3.2), 2.9, 3.6)
    return np.clip(lifted + 0.35 * bubbles[..., None], 0, 1).astype(np.float32)


def _leads(lit: Array, inner: Array, lead: float, rng: np.random.Generator) -> Array:
    """Return the glass with leads, round and scratched, with light spilling over them."""
    shape = inner.shape
    half = max(lead, 0.1) / 2 * (1 + 0.14 * fractal(shape, lead * 5, rng, roughness=2.4))
    across = np.clip(inner / half, 0, 1)
    mask = ramp(inner - half, 0.9, -0.9)
    back = np.sqrt(1 - across**2) * lead * 0.5 + 0.12 * fractal(shape, lead * 0.7, rng)
    metal = light(
        np.full((*shape, 3), (0.13, 0.135, 0.155), np.float32),
        back,
        depth=2.4,
        gloss=0.5,
        sharpness=14,
    )
    shadow = lit * (1 - 0.5 * ramp(inner - half, lead * 0.55, 0))[..., None]
    joined = shadow + (metal - shadow) * mask[..., None]
    spill = blur(np.maximum(lit - 0.35, 0) * (1 - mask)[..., None], lead * 2.2)
    return np.clip(joined + 0.33 * spill, 0, 1).astype(np.float32)
