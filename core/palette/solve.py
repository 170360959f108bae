"""The map of a scene's colours into a painting's palette.

Lightness goes by a monotone curve, so what is darker stays darker: half way to the curve that gives the
scene the painting's histogram, in the painting's range. Hue and chroma go by optimal transport with entropy,
relaxed (Chizat et al., "Scaling Algorithms for Unbalanced Optimal Transport Problems", 2018): every colour of
the scene moves, and those of the painting are taken up as far as something near them is there. Its
barycentric map is the gradient of a convex function: smooth, known for every colour, and it never swaps two.
As much of the scene's own differences is mixed in as keeps its colours apart.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .lut import Lut, tabulate
from .measure import Palette
from .oklab import fit_gamut

Array = NDArray[np.float64]
APART = 0.45
"""Least share of their difference that two colours of a scene keep."""
VISIBLE = 0.04
"""Difference of two colours from which on they are told apart."""
AXES = np.array([1.0, 2.0, 2.0])
"""Weights of OKLab's axes in the transport: hue counts more than light."""
BLUR = 0.02
"""Entropy of the transport: colours nearer than about its root share their goals."""
LOYAL = 0.05
"""How dear it is to leave a painting's colour out; larger: all of its palette is used."""
STEPS = 60
"""Iterations of the transport."""
TOWARD = 0.5
"""How far lightness goes to the painting's histogram; 0: only into its range."""
SLOPES = (APART, 1.6)
"""Least and greatest slope of the curve of lightness."""
VIVID = 1.5
"""Most by which chroma is raised to the painting's: means of several of its colours are paler than they."""
GRID = np.linspace(0, 1, 129)
"""Lightnesses at which the curve is known."""
SEARCH = 7
"""Halvings in the search for the share of the scene's own differences."""


def solve(scene: Palette, style: Palette, *, values: bool = False) -> Lut:
    """Return the map of a scene's colours into a style's palette.

    Args:
        scene: The palette of all that is stylized together.
        style: The palette of the style, or of several.
        values: Whether lightness stays as it is.
    """
    curve = GRID if values else fit_curve(scene, style)
    potential = _solve_transport(_lighten(scene.lab, curve), scene, style)
    painted = _Painted(curve, style, potential).enliven(scene)
    share = _search_share(scene, painted, values=values)
    return tabulate(lambda lab: _mix(lab, scene, painted, share, values=values))


@dataclass(frozen=True, slots=True)
class _Painted:
    """The map by itself, before the scene's own differences are mixed in."""

    curve: Array
    style: Palette
    potential: Array
    """(M,), of the style's colours."""
    vivid: float = 1.0
    """What chroma is multiplied by."""

    def __call__(self, lab: Array) -> Array:
        """Return colours (N, 3) in the style's palette."""
        lit = _lighten(lab, self.curve)
        out = _assign(lit, self.style, self.potential) @ self.style.lab
        out[:, 0], out[:, 1:] = lit[:, 0], out[:, 1:] * self.vivid
        return out

    def enliven(self, scene: Palette) -> "_Painted":
        """Return the map that gives a scene as much chroma as the style has."""
        ratio = _chroma(self.style.lab, self.style) / max(_chroma(self(scene.lab), scene), 1e-6)
        return replace(self, vivid=float(np.clip(ratio, 1, VIVID)))


def _chroma(lab: Array, palette: Palette) -> float:
    """Return the root of the mean square chroma of colours by a palette's weights."""
    return float(np.sqrt(palette.share @ (lab[:, 1:] ** 2).sum(1)))


def _lighten(lab: Array, curve: Array) -> Array:
    out = lab.copy()
    out[:, 0] = np.interp(lab[:, 0], GRID, curve)
    return out


def _mix(lab: Array, scene: Palette, painted: _Painted, share: float, *, values: bool) -> Array:
    """Return colours (N, 3) whose hue and chroma are by a share their own, about the painted mean."""
    out = painted(lab)
    mean = scene.share @ painted(scene.lab)
    own = lab - scene.mean + (1 - share) * mean + share * scene.mean
    out[:, 1:] += share * (own - out)[:, 1:]
    if values:
        out[:, 0] = lab[:, 0]
    return fit_gamut(out.T).T


def _search_share(scene: Palette, painted: _Painted, *, values: bool) -> float:
    """Return the least share of the scene's own differences that keeps its colours apart."""
    own = _differences(scene.lab)
    told = own > VISIBLE

    def keeps(share: float) -> bool:
        kept = _differences(_mix(scene.lab, scene, painted, share, values=values))
        return bool((kept[told] >= APART * own[told]).all())

    if keeps(0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(SEARCH):
        middle = (low + high) / 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high


def _differences(lab: Array) -> Array:
    return np.linalg.norm(lab[:, None] - lab[None], axis=-1)


def fit_curve(scene: Palette, style: Palette) -> Array:
    """Return the lightness that each of ``GRID`` becomes: monotone, in the style's range."""
    source, target = (_cumulate(palette) for palette in (scene, style))
    matched = np.interp(source, target, GRID)
    low, high = np.interp((0.01, 0.99), target, GRID)
    ranged = low + (high - low) * GRID
    wanted = TOWARD * matched + (1 - TOWARD) * ranged
    slope = np.diff(wanted).clip(*(s * GRID[1] for s in SLOPES))
    curve = np.concatenate([[0], np.cumsum(slope)])
    at = [np.interp(scene.lab[:, 0], GRID, c) for c in (wanted, curve)]
    return _shift_inside(curve + float(scene.share @ (at[0] - at[1])))


def _cumulate(palette: Palette) -> Array:
    """Return the share of a palette that is darker than each of ``GRID``, smoothed; strictly rising."""
    width = 0.04
    offset = (GRID[:, None] - palette.lab[:, 0]) / width
    steps = 1 / (1 + np.exp(-1.7 * offset.clip(-40, 40)))
    total = 0.995 * (steps @ palette.share) + 0.005 * GRID
    return (total - total[0]) / (total[-1] - total[0])


def _shift_inside(curve: Array) -> Array:
    """Return a curve shifted into [0, 1], and made flatter where it is too long for that."""
    length = max(1.0, float(curve[-1] - curve[0]))
    curve = curve[0] + (curve - curve[0]) / length
    return curve - min(0.0, float(curve[0])) - max(0.0, float(curve[-1]) - 1)


def _solve_transport(lit: Array, scene: Palette, style: Palette) -> Array:
    """Return the potential of each of the style's colours, (M,)."""
    cost = _cost(lit, style.lab)
    log_scene, log_style = np.log(scene.share), np.log(style.share)
    potential = np.zeros(len(style.lab))
    relaxed = LOYAL / (LOYAL + BLUR)
    for _ in range(STEPS):
        mine = -np.logaddexp.reduce(log_style + (potential - cost) / BLUR, 1)
        taken = np.logaddexp.reduce(log_scene[:, None] + mine[:, None] - cost / BLUR, 0)
        potential = -relaxed * BLUR * taken
    return potential


def _assign(lit: Array, style: Palette, potential: Array) -> Array:
    """Return how much of each of the style's colours a colour becomes, (N, M)."""
    score = np.log(style.share) + (potential - _cost(lit, style.lab)) / BLUR
    weight = np.exp(score - score.max(1, keepdims=True))
    return weight / weight.sum(1, keepdims=True)


def _cost(lab: Array, other: Array) -> Array:
    return (((lab[:, None] - other[None]) * AXES) ** 2).sum(-1)
