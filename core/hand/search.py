"""The search: trial pieces by every painter, the best painters' settings one after the other."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields

import cv2
import numpy as np

from ..card import make_params
from ..catalog import PAINTER_IDS, find_card
from ..npr.layers import Hand, toward
from ..npr.noise import Array
from ..npr.picture import as_picture
from .traits import Traits, differ, find_angle, measure_traits, weigh_flat, weigh_usual

STROKES = 11
"""Pixels of the median whose result is a picture's forms without its strokes."""
PART, PARTS = 80, 2
"""Side of the parts of a picture that are painted for a trial, and how many there are each way."""
FEW, BEST = 4, 2
"""Painters whose colours and brush are searched, and of how many all else."""
FAR = 2.2
"""How many times as far as the nearest one a painter may be at first."""
AT_ONCE = 2
"""Trials that are painted at once; how many, changes nothing."""
ONE_WAY = 0.6
"""How far strokes must go in one direction for it to be tried as their angle."""
Value = float | int | bool | str
Settings = Mapping[str, Value]
Dimension = tuple[str, tuple[Value, ...]]
"""A setting, and what is tried of it, in order."""
BRUSH = "style_scale"
"""The size of the brush among the settings that are tried; it is no painter's own."""

_COLOR = ("variety", (0.0, 0.25, 0.5, 1.0, 1.5))
_LENGTH = ("length", (0.4, 1.0, 2.0))
_SIZE = (BRUSH, (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0))
_IMPASTO = ("impasto", (0.0, 0.2, 0.5, 1.0, 1.6))
SPACES: Mapping[str, tuple[Dimension, ...]] = {
    "oil": (_COLOR, _SIZE, _IMPASTO, _LENGTH, ("detail", (0.5, 1.0, 2.0, 4.0))),
    "gouache": (_COLOR, _SIZE, _IMPASTO, _LENGTH, ("contours", (False, True))),
    "pastel": (_COLOR, _SIZE, ("paper", ("night", "cream", "grey", "black")),
               ("pressure", (-0.5, 0.0, 0.5, 1.0)), _LENGTH),
    "pointillism": (("purity", (0.0, 0.25, 0.5, 1.0, 1.5)), _SIZE, _IMPASTO),
    "watercolor": (_SIZE, ("wet", (0.0, 0.5, 1.0, 1.5)), ("grain", (0.0, 0.5, 1.0, 1.5))),
    "woodblock": (_SIZE, ("lines", (0.0, 0.5, 1.0, 1.5)), ("tints", (6, 12, 20))),
    "engraving": (_SIZE, ("bold", (0.6, 1.0, 1.5)), ("tint", (0.0, 0.4, 0.8))),
    "halftone": (_SIZE, ("tints", (0, 14)), ("lines", (0.0, 0.5, 1.0))),
    "glass": (_SIZE, ("leads", (0.25, 0.5, 1.0, 2.0)), ("loyalty", (1.0, 2.0))),
    "mosaic": (_SIZE, ("joints", (0.5, 1.0, 2.0)), _IMPASTO),
}  # fmt: skip  # a table
"""Of each painter, what is tried of its settings, in this order."""
CALM: Mapping[str, Settings] = {
    "oil": {"variety": 0.5, "impasto": 0.5},
    "gouache": {"variety": 0.5, "contours": False},
    "pastel": {"variety": 0.5},
    "pointillism": {"purity": 0.5},
    "watercolor": {"wet": 0.5, "grain": 0.5},
    "woodblock": {},
    "engraving": {"tint": 0.2, BRUSH: 0.35},
    "halftone": {},
    "glass": {"loyalty": 2.0, "leads": 0.5, BRUSH: 1.0},
    "mosaic": {},
}
"""Where each painter's search begins."""
FIRST = 0.5
"""Size of the brush that a painter tries first."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A painter, its settings with the size of the brush, and how far they are from what is wanted."""

    method: str
    settings: Settings
    distance: float


@dataclass(frozen=True, slots=True)
class Sitter:
    """What trials are compared with: a picture's parts, the same without strokes, and the strokes' traits."""

    forms: Array
    """(h, w, 3) in [0, 1]."""
    weight: Array
    """(h, w)."""
    traits: Traits
    side: float
    """Side of the square that is as large as the whole picture, in pixels: brushes are shares of it."""
    angle: float
    one_way: float
    tried: dict[tuple[str, tuple[tuple[str, Value], ...]], float] = field(
        default_factory=dict[tuple[str, tuple[tuple[str, Value], ...]], float]
    )

    @classmethod
    def seat(cls, picture: Array) -> "Sitter":
        """Return what is compared with of a whole picture (H, W, 3) in [0, 1]."""
        own = take_parts(picture)
        forms = take_strokes_off(own)
        weight = weigh_flat(forms) * weigh_usual(own, forms)
        traits = measure_traits(own, forms, weight)
        side = float(np.sqrt(picture.shape[0] * picture.shape[1]))
        return cls(forms, weight, traits, side, *find_angle(own, weight))

    def judge(self, method: str, settings: Settings) -> float:
        """Return how far a painter's strokes are from the picture's."""
        key = (method, tuple(sorted(settings.items())))
        if key not in self.tried:
            painted = paint_trial(self.forms, method, settings, self.side)
            self.tried[key] = differ(self.traits, measure_traits(painted, self.forms, self.weight))
        return self.tried[key]


def take_parts(picture: Array) -> Array:
    """Return parts of a picture beside each other, from all over it, (h, w, 3)."""
    rows, columns = (_spread(side) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[rows[:, None], columns])


def _spread(side: int) -> Array:
    """Return the rows or columns of a picture's parts."""
    if side <= PART * PARTS:
        return np.arange(side)
    starts = np.linspace(0, side, 2 * PARTS + 1)[1::2] - PART / 2
    return np.concatenate([np.arange(int(start), int(start) + PART) for start in starts])


def take_strokes_off(picture: Array) -> Array:
    """Return a picture (H, W, 3) in [0, 1] without what is narrower than strokes: its forms."""
    levels = np.rint(picture * 255).astype(np.uint8)
    return cv2.medianBlur(levels, STROKES).astype(np.float32) / 255


def paint_trial(forms: Array, method: str, settings: Settings, side: float) -> Array:
    """Return forms (h, w, 3) as a painter paints them in a picture of a given side."""
    own = {name: value for name, value in settings.items() if name != BRUSH}
    card = find_card(method)
    params = make_params(card, own)
    follow, angle = (getattr(params, name, 1.0) for name in ("follow", "angle"))
    share = side / float(np.sqrt(forms.shape[0] * forms.shape[1]))
    brush = float(settings[BRUSH]) * share
    hand = Hand(0, toward(follow, angle, (False, False)), brush=brush)
    return card.load().choose_painter(params).paint(as_picture(forms), hand).whole()


def search(sitter: Sitter, tell: Callable[[int, int], None]) -> list[Trial]:
    """Return the best trials of the painters that come nearest, the nearest first.

    Args:
        sitter: What is compared with.
        tell: Is told how many steps of how many are done.
    """
    total = 2 + FEW + BEST
    tell(0, total)
    begun = _try([(name, {BRUSH: FIRST, **CALM[name]}) for name in PAINTER_IDS], sitter)
    nearest = _order(begun)[:FEW]
    found, better = list[Trial](), list[Trial]()
    for k, trial in enumerate(nearest):
        tell(2 + k, total)
        if trial.distance <= FAR * nearest[0].distance:
            found.append(_improve(trial, SPACES[trial.method][:2], sitter))
    for k, trial in enumerate(_order(found)[:BEST]):
        tell(2 + FEW + k, total)
        rest = SPACES[trial.method][2:]
        better.append(_improve(_turn(trial, sitter), rest, sitter))
    tell(total, total)
    return _order(better)


def _order(trials: Iterable[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: trial.distance)


def _improve(trial: Trial, space: Iterable[Dimension], sitter: Sitter) -> Trial:
    """Return the best trial along one setting after the other."""
    for name, values in space:
        trial = _go_along(trial, name, values, sitter)
    return trial


def _go_along(trial: Trial, name: str, values: tuple[Value, ...], sitter: Sitter) -> Trial:
    """Return the best trial along one setting: its neighbours', and on as long as it gets better."""
    at = _place(trial, name, values)
    near = [k for k in (at - 1, at + 1) if 0 <= k < len(values)]
    tried = _try([_with(trial, name, values[k]) for k in near], sitter)
    best, k = min([(trial, at), *zip(tried, near, strict=True)], key=lambda one: one[0].distance)
    while k != at and 0 <= 2 * k - at < len(values):
        at, k = k, 2 * k - at
        (further,) = _try([_with(best, name, values[k])], sitter)
        if further.distance >= best.distance:
            break
        best = further
    return best


def _place(trial: Trial, name: str, values: tuple[Value, ...]) -> int:
    """Return where among the values a trial's own is, or the nearest to it."""
    own = trial.settings.get(name, getattr(find_card(trial.method).params(), name, 1.0))
    if isinstance(own, str):
        return values.index(own)
    return min(range(len(values)), key=lambda k: abs(float(values[k]) - own))


def _with(trial: Trial, name: str, value: Value) -> tuple[str, Settings]:
    return trial.method, {**trial.settings, name: value}


def _turn(trial: Trial, sitter: Sitter) -> Trial:
    """Return the trial, or a better one whose strokes go in one direction if the picture's do."""
    known = {declared.name for declared in fields(find_card(trial.method).params)}
    if sitter.one_way < ONE_WAY or "follow" not in known:
        return trial
    own = {**trial.settings, "angle": float(round(sitter.angle))}
    tried = _try([(trial.method, {**own, "follow": follow}) for follow in (0.5, 0.0)], sitter)
    return _order([trial, *tried])[0]


def _try(wanted: list[tuple[str, Settings]], sitter: Sitter) -> list[Trial]:
    """Paint trials, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as hands:
        distances = list(hands.map(lambda one: sitter.judge(*one), wanted))
    return [Trial(*one, far) for one, far in zip(wanted, distances, strict=True)]
