"""What strokes are like: how much, how wide, how long, how orderly, how varied in colour, how soft.

Every trait is measured where the picture's forms are flat, so that what it shows does not count, at
scales an octave apart, in CIE Lab, and less the less an eye would see of it.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from ..npr.flow import structure
from ..npr.noise import Array, blur, slopes
from ..npr.palette import to_lab

SCALES = (0.7, 1.4, 2.8, 5.6)
"""Deviations in pixels of the blurs between whose octaves strokes are measured."""
SEEN = 0.4
"""Deviation in Lab below which strokes are hardly seen."""
STEEP = 2.0
"""Step in Lab from one pixel to the next at which a form's edge counts half."""
OUTSTANDING = 3.0
"""How many times as far from its forms as usual a mark is that counts half."""
NEAR, FAR = 2.5, 8.0
"""Scales over which directions are averaged: along one stroke, and over its neighbours."""
MOST = 4.0
"""Units by which one trait can differ, at most."""
UNITS = {
    "light": (0.35, 1.2),
    "chroma": (0.35, 0.6),
    "sparse": (0.06, 1.2),
    "skew": (0.4, 0.6),
    "even": (0.12, 0.8),
    "local": (0.1, 1.2),
    "order": (0.1, 1.2),
    "rim": (0.3, 1.0),
    "follow": (0.2, 0.5),
    "loss": (0.06, 1.2),
}
"""Of each kind of trait: a difference that one sees, and how much it counts."""

Traits = Mapping[tuple[str, int], float]
"""Values by kind and scale.

``light``, ``chroma``: log deviations in Lab. ``sparse``: how evenly they are spread over a stroke's width
(less: single marks), ``even``: over the picture. ``skew``: whether light marks or dark ones stand out;
``rim``: the same beside edges of forms, where outlines are. ``local``: how far marks are longer than wide;
``order``: how far neighbours go the same way; ``follow``: how far they go along the forms. ``loss``: how
much of the forms is not drawn.
"""


def weigh_flat(forms: Array) -> Array:
    """Return how much each pixel counts, (H, W): less beside the edges of a picture's forms (H, W, 3)."""
    smooth = blur(to_lab(forms), 1.5)
    steps = np.linalg.norm(np.concatenate(slopes(smooth), -1), axis=-1)
    beside = cv2.dilate(steps, np.ones((9, 9), np.uint8))
    return 1 / (1 + (beside / STEEP) ** 2)


def weigh_usual(picture: Array, forms: Array) -> Array:
    """Return how much each pixel counts, (H, W): less where a mark stands out from all others.

    Stems, ropes and writing are narrower than strokes, and forms all the same.
    """
    off = np.linalg.norm(to_lab(picture) - to_lab(forms), axis=-1)
    near = cv2.dilate(blur(off, 1.0), np.ones((5, 5), np.uint8))
    return 1 / (1 + (near / (OUTSTANDING * float(np.median(near)) + SEEN)) ** 4)


def measure_traits(picture: Array, forms: Array, weight: Array) -> Traits:
    """Return the traits of a picture's strokes.

    Args:
        picture: (H, W, 3) in [0, 1].
        forms: the same without strokes.
        weight: (H, W), how much each pixel counts.
    """
    lab, found = to_lab(picture), dict[tuple[str, int], float]()
    for k, scale in enumerate(SCALES):
        band = blur(lab, scale) - blur(lab, 2 * scale)
        found |= {(kind, k): value for kind, value in _measure_band(band, weight, scale).items()}
        seen = _seen(band[..., 0], weight)
        for kind, reach in (("local", NEAR), ("order", FAR)):
            xx, xy, yy = structure(blur(lab[..., 0], scale) * scale, reach * scale)
            lean = np.hypot(xx - yy, 2 * xy)
            found[kind, k] = seen * _mean(lean, weight) / max(_mean(xx + yy, weight), 1e-9)
        found["rim", k] = _find_skew(band[..., 0], 1 - weight)
    found["follow", 0] = _find_following(lab, to_lab(forms), weight)
    found["loss", 0] = _find_loss(lab, to_lab(forms))
    return found


def differ(wanted: Traits, other: Traits) -> float:
    """Return how far strokes are from those that are wanted: 0 alike, from 1 on by no means."""
    total = counted = 0.0
    for (kind, k), value in wanted.items():
        unit, weight = UNITS[kind]
        away = other[kind, k] - value
        total += weight * min(max(away, 0 if kind == "loss" else -away) / unit, MOST)
        counted += weight
    return total / counted


def find_angle(picture: Array, weight: Array) -> tuple[float, float]:
    """Return the one direction in which all strokes go, in degrees (90 is upright), and how far they do."""
    light = to_lab(picture)[..., 0]
    xx, xy, yy = structure(blur(light, 1.0), 3.0)
    doubled = complex(_mean(xx - yy, weight), 2 * _mean(xy, weight))
    share = abs(doubled) / max(_mean(xx + yy, weight), 1e-9)
    along = np.rad2deg(np.angle(doubled)) / 2 + 90  # the tensor's angle is across the strokes
    return float(-along % 180), float(share)


def _measure_band(band: Array, weight: Array, scale: float) -> dict[str, float]:
    """Return what one octave of a picture (H, W, 3) in Lab shows of light and colour."""
    light = band[..., 0]
    spread = np.sqrt(_mean(light**2, weight))
    color = np.sqrt(_mean(band[..., 1] ** 2 + band[..., 2] ** 2, weight))
    seen, least = _seen(light, weight), max(float(spread), 1e-6)
    return {
        "light": float(np.log(np.hypot(spread, SEEN))),
        "chroma": float(np.log(np.hypot(color, SEEN))),
        "sparse": seen * _mean(np.abs(light), weight) / least,
        "skew": _find_skew(light, weight),
        "even": _find_evenness(light, weight, scale),
    }


def _find_evenness(light: Array, weight: Array, scale: float) -> float:
    """Return how evenly a band is spread over the picture: 0 the same everywhere, less: here and there."""
    energy = blur(light**2, 3 * scale) + SEEN**2
    return _mean(np.log(energy), weight) - float(np.log(_mean(energy, weight)))


def _find_skew(light: Array, weight: Array) -> float:
    """Return whether light marks stand out, above 0, or dark ones."""
    least = max(float(np.sqrt(_mean(light**2, weight))), 1e-6)
    return _seen(light, weight) * float(np.cbrt(_mean(light**3, weight))) / least


def _seen(light: Array, weight: Array) -> float:
    """Return how much an eye sees of a band, 0 to 1: what is hardly there has no shape."""
    spread = float(np.sqrt(_mean(light**2, weight)))
    return spread / (spread + SEEN)


def _find_loss(lab: Array, forms: Array) -> float:
    """Return how much of what is larger than strokes is not drawn, 0 to 1."""
    fine, broad = SCALES[2], 8 * SCALES[2]
    own, theirs = (blur(part, fine) - blur(part, broad) for part in (lab, forms))
    alike = float((own * theirs).sum())
    whole = float(np.sqrt((own**2).sum() * (theirs**2).sum()))
    return float(np.sqrt(max(0.0, 1 - alike / max(whole, SEEN**2 * own.size))))


def _find_following(lab: Array, forms: Array, weight: Array) -> float:
    """Return how far strokes go along forms: 1 wholly, 0 as chance has it, -1 across them."""
    xx, xy, yy = structure(blur(lab[..., 0], 1.0), 3.0)
    own = (xx - yy) + 2j * xy
    xx, xy, yy = structure(blur(forms[..., 0], 2.0), 8.0)
    theirs = (xx - yy) + 2j * xy
    cosine = (own * theirs.conj()).real / (np.abs(own) * np.abs(theirs) + 1e-6)
    strength = weight * np.abs(own)
    return _mean(cosine, strength)


def _mean(field: Array, weight: Array) -> float:
    return float((field * weight).sum() / max(float(weight.sum()), 1e-9))
