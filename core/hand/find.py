"""From a style picture's file to the painter who comes nearest, with all settings."""

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from .. import styles
from ..card import make_params
from ..catalog import find_card
from ..errors import PictureError
from ..imaging.image import load_image
from ..imaging.lazy import materialize
from ..npr.noise import Array
from ..progress import Progress, Report, ignore
from ..request.hand_job import HandJob, HandResult
from .search import BRUSH, CALM, Sitter, Trial, search

SIDE = 768
"""Longest side at which a picture is looked at: smaller ones blur what is finest of strokes."""
SMALLEST = 64
"""Least side, in pixels, at which strokes can be told from forms."""
NEAR = 0.65
"""Distance up to which a painter's hand is like the picture's."""
PLAIN = -0.7
"""Trait ``light`` at whose values and below there are no strokes to be seen."""
NOTHING_SEEN = (
    "shows no strokes, so there is no hand to take: a calm painter is proposed; choose another picture, or "
    "any painter"
)
NOBODY_NEAR = "has a hand that no painter comes near; the nearest is {}, so look before you keep it"


def find_hand(job: HandJob, report: Report = ignore) -> HandResult:
    """Return the painter and the settings that come nearest to a picture's hand.

    Raises:
        PictureError: if it cannot be read, or is too small to show strokes.
        ParamsError: if there is no built-in style of that name.
        Cancelled: from ``report``.
    """
    path = styles.resolve(job.style)
    return _search(look_at(path), path.name, report)


def look_at(path: Path) -> Array:
    """Return a style picture as it is looked at, (H, W, 3) of 8 bits.

    Raises:
        PictureError: if it cannot be read, or is too small to show strokes.
    """
    image = load_image(path)
    rgb = np.nan_to_num(materialize(image.rgb)[0].transpose(1, 2, 0))
    if image.alpha is not None:
        shown = image.alpha[0, 0][..., None]
        mean = (rgb * shown).sum((0, 1)) / max(float(shown.sum()), 1e-6)
        rgb = rgb * shown + mean * (1 - shown)
    height, width = rgb.shape[:2]
    if min(height, width) < SMALLEST:
        raise PictureError(
            f"{path.name} has {width} x {height} pixels, too few to see strokes in; choose a style picture "
            f"of at least {SMALLEST} x {SMALLEST}"
        )
    share = min(1.0, max(SIDE / max(height, width), SMALLEST / min(height, width)))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(np.ascontiguousarray(rgb, np.float32), size, interpolation=cv2.INTER_AREA)
    return np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8)


def _search(picture: Array, name: str, report: Report) -> HandResult:
    """Return what the search finds for a picture (H, W, 3) of 8 bits, in words and settings."""
    sitter = Sitter.seat(picture.astype(np.float32) / 255)
    if sitter.traits["light", 0] <= PLAIN:
        calm = Trial("gouache", {**CALM["gouache"], BRUSH: 1.0}, 0.0)
        return _tell(calm, f"{name} {NOTHING_SEEN}")
    found = search(sitter, lambda done, total: report(Progress("hand", done, total)))
    best = found[0]
    look = find_card(best.method).look.lower()
    return _tell(best, *([f"{name} {NOBODY_NEAR.format(look)}"] if best.distance > NEAR else []))


def _tell(trial: Trial, *notes: str) -> HandResult:
    """Return a trial with all of its painter's settings."""
    own = {name: value for name, value in trial.settings.items() if name != BRUSH}
    params = asdict(make_params(find_card(trial.method), own))
    size, far = float(trial.settings[BRUSH]), round(trial.distance, 2)
    return HandResult(
        method=trial.method, style_scale=size, params=params, distance=far, notes=notes
    )
