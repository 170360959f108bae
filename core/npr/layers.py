"""A painting in layers of strokes: one brush after the other, from coarse to fine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..tiling import Box
from .bristles import Paint, load
from .canvas import HEIGHTS, Canvas, Painter, Tell, ignore
from .clouds import clouds
from .crossing import carry
from .film import Estimate, act
from .flow import along_forms, doubled, from_angle, mix, sample, turn
from .noise import Array, generator, ramp, slopes
from .palette import to_lab
from .particles import Film
from .picture import Picture, Wraps, blur, reduce, shrink
from .ribbons import CAP, Layer, Places, Ribbons, ribbons
from .strokes import FINEST, Brush, Plan, Strokes, choose_factor, plan

PROFILE = np.minimum(1, 0.62 + 3 * np.linspace(0, 1, 33)) * (1 - 0.35 * np.linspace(0, 1, 33) ** 3)
"""Half width of a stroke along it: the brush is pressed down, and lifted."""
FINER = (0.55, 0.3)
"""Radii of the brushes that are used where detail is wanted, as shares of the finest else."""
STEEP = (1.5, 5.0)
"""Change of Lab from a cell to the next up to which there is no edge, and from which there is one."""
Flow = Callable[[Array, float, int], Array]
"""Return directions (h, w, 2) for a small copy (h, w, 3), how far they are averaged, and its factor."""

Load = Callable[[Strokes, Ribbons], Painter]
"""Return what paints strokes whose ribbons are these."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How all strokes of a painting are laid."""

    seed: int = 0
    flow: Flow | None = None
    """None: along the picture's forms."""
    brush: float = 1.0
    """How many times larger than usual strokes are."""
    slack: float = 2.0
    """Radii over which directions are averaged."""
    tell: Tell = ignore
    staged: bool = False
    """Whether the canvas keeps what it looks like after ground, paint and lines (``Canvas.stages``)."""
    fine: Array | None = None
    """(h, w) of any size, [0, 1]: where finer brushes are used than elsewhere; None: nowhere."""
    edges: float = 0.0
    """How much the same goes for the picture's own edges and small forms."""
    laid: Sequence[Strokes] | None = None
    """A film's strokes, of each layer; None: they are planned."""
    across: bool = False
    """Whether directions come from elsewhere than the picture, so that strokes may run across its edges."""


def given(flow: Array) -> Flow:
    """Return directions (H, W, 2) of a whole picture, which are given."""

    def read(small: Array, sigma: float, factor: int) -> Array:  # noqa: ARG001  # these are as smooth as they are
        rows, columns = (
            np.minimum(np.arange(n) * factor + factor // 2, whole - 1)
            for n, whole in zip(small.shape[:2], flow.shape[:2], strict=True)
        )
        return np.ascontiguousarray(flow[rows[:, None], columns])

    return read


def toward(follow: float, degrees: float, wraps: Wraps, painted: Array | None = None) -> Flow:
    """Return directions that follow a picture's forms by a share, and go at an angle else.

    Args:
        follow: 1 along its forms, 0 all at the angle.
        degrees: 0 is level, 90 upright, 45 rises to the right.
        wraps: whether the picture goes on around.
        painted: (H, W, 2) of any size, vectors to go along instead, x right and y down: the longer one is,
            up to 1, the more it counts, and its opposite is the same; None: none.
    """
    angle = -np.deg2rad(degrees)

    def read(small: Array, sigma: float, factor: int) -> Array:
        found = find(small, sigma, factor)
        if painted is None:
            return found
        size = (small.shape[1], small.shape[0])
        wide = cv2.resize(doubled(painted), size, interpolation=cv2.INTER_AREA)
        length = np.linalg.norm(wide, axis=-1)
        way = from_angle(np.arctan2(wide[..., 1], wide[..., 0]) / 2)
        mixed = mix(found, way, np.clip(length, 0, 1))
        return np.where(length[..., None] > 0, mixed, found)

    def find(small: Array, sigma: float, factor: int) -> Array:  # noqa: ARG001  # an angle has no size
        fixed = from_angle(np.full(small.shape[:2], angle))
        if follow <= 0:
            return fixed
        forms = along_forms(small, sigma, wraps)
        return forms if follow >= 1 else mix(forms, fixed, np.full(small.shape[:2], 1 - follow))

    return read


def keep(canvas: Canvas, hand: Hand, name: str) -> None:
    """Keep what a canvas looks like, if it is asked for, as a stage of a name."""
    if hand.staged:
        canvas.keep(name)


def paint(
    canvas: Canvas,
    picture: Picture,
    brushes: Sequence[Brush],
    hand: Hand,
    medium: Callable[[int], Callable[[Places, Paint], Paint]] | None = None,
) -> None:
    """Paint a picture with one brush after the other, from coarse to fine.

    Args:
        canvas: What is painted on.
        picture: What is painted.
        brushes: From coarse to fine.
        hand: How.
        medium: Return, for a brush's number, what becomes of its paint on the canvas.
    """
    layers = hand.laid or _plan(canvas, picture, brushes, hand)
    for index, (brush, strokes) in enumerate(zip(brushes, layers, strict=False)):
        held = None if medium is None else medium(index)
        draw(canvas, strokes, bristled(brush, held), brush.passes)


def _plan(
    canvas: Canvas, picture: Picture, brushes: Sequence[Brush], hand: Hand
) -> Iterator[Strokes]:
    """Yield each brush's strokes, where the canvas, as it is then, still differs from the picture."""
    for index, (brush, on) in enumerate(zip(brushes, _look(picture, brushes, hand), strict=True)):
        below = None if brush.threshold == 0 else canvas.small(on.factor)
        yield plan(replace(on, canvas=below), brush, generator(hand.seed, 11, index))


def _look(picture: Picture, brushes: Sequence[Brush], hand: Hand) -> Iterator[Plan]:
    """Yield what each brush's strokes are planned on, without the canvas."""
    factors = [choose_factor(brush.radius) for brush in brushes]
    base = min(factors)
    small = reduce(picture, base)
    make = hand.flow or (lambda x, s, _: along_forms(x, s, picture.wraps))
    for brush, factor in zip(brushes, factors, strict=True):
        whole = factor // base * base
        copy = shrink(small, whole // base, picture.wraps[1])
        flow = make(copy, hand.slack * brush.radius / whole, whole)
        turned = turn(flow, brush.turn) if brush.turn else flow
        share = _find_detail(copy, brush.radius / whole, hand)
        detail = share if share is None or brush.fine else 1 + share
        size, wraps, pieces = picture.shape, picture.wraps, picture.pieces
        on = Plan(copy, turned, whole, size, wraps, pieces=pieces, detail=detail)
        yield replace(on, crossings=picture.crossings, across=hand.across)


def _find_detail(copy: Array, radius: float, hand: Hand) -> Array | None:
    """Return how much finer brushes are wanted in a small copy, (h, w) in [0, 1]; None: nowhere."""
    share = None
    if hand.edges > 0:
        gx, gy = slopes(to_lab(copy))
        steep = blur(np.sqrt((gx**2 + gy**2).sum(-1)), radius)
        share = hand.edges * ramp(steep, *STEEP)
    if hand.fine is not None:
        wide = cv2.resize(hand.fine, copy.shape[1::-1], interpolation=cv2.INTER_AREA)
        share = wide if share is None else np.maximum(share, wide)
    return share


def refine(brushes: list[Brush], hand: Hand) -> list[Brush]:
    """Return brushes, and finer ones where detail is wanted anywhere."""
    if hand.fine is None and hand.edges <= 0:
        return brushes
    last = brushes[-1]
    sure = replace(
        last,
        threshold=last.threshold / 2,
        spacing=1.0,
        steps=(4, 14),
        light=1,
        chroma=1.5,
        streaks=1.5,
        dry=0.15,
        gaps=0,
        thickness=0.7 * last.thickness,
        fine=True,
    )
    finer_ones = (replace(sure, radius=last.radius * share) for share in FINER)
    return [*brushes, *(brush for brush in finer_ones if brush.radius >= FINEST)]


def rehearse(
    picture: Picture, brushes: Sequence[Brush], hand: Hand, film: Film
) -> tuple[Film, list[Strokes]]:
    """Return a film with its next frame, and the strokes that ``paint`` is to draw in it, of each brush.

    What coarser brushes leave on the canvas is estimated, so frames that nobody wants need not be painted.
    """
    laid, estimate = list[Strokes](), Estimate()
    for index, (brush, on) in enumerate(zip(brushes, _look(picture, brushes, hand), strict=True)):
        error = None if brush.threshold == 0 else estimate.error(on, brush)
        film, strokes = act(film, index, on, brush, error, (hand.seed & 0xFFFFFFFF, 11, index))
        sought = error if error is None or on.detail is None else error * on.detail
        estimate.lay(on, brush, sought)
        laid.append(strokes)
    return film, laid


def underpaint(
    canvas: Canvas, picture: Picture, sigma: float, share: float, reach: float = np.inf
) -> None:
    """Lay a thin wash of a picture's colours over the ground.

    Args:
        canvas: What it is laid on.
        picture: Whose colours.
        sigma: How soft it is, pixels.
        share: How much of the ground it hides.
        reach: Pixels around borders of the picture's pieces to which it is laid; infinite: everywhere.
    """
    factor = max(1, int(sigma))
    wash = blur(reduce(picture, factor), sigma / factor, picture.wraps) * 255
    hides = np.full((*wash.shape[:2], 1), share, np.float32)
    if np.isfinite(reach):
        hides *= _near_borders(picture, factor, reach)[..., None]
    wash = np.dstack([wash, hides])

    def rub(box: Box) -> None:
        x = (np.arange(box.left, box.right, dtype=np.float32) + 0.5) / factor - 0.5
        y = (np.arange(box.top, box.bottom, dtype=np.float32) + 0.5) / factor - 0.5
        shape = (box.height, box.width)
        places = (np.broadcast_to(x[None], shape), np.broadcast_to(y[:, None], shape))
        laid = cv2.remap(wash, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        below = canvas.color[at]
        canvas.color[at] = np.rint(below + (laid[..., :3] - below) * laid[..., 3:])

    canvas.each_part(rub)


def _near_borders(picture: Picture, factor: int, reach: float) -> Array:
    """Return 1 near borders of a picture's pieces and 0 farther away than ``reach`` pixels, in a copy.

    Where strokes cross seams, what lies between pieces is another.
    """
    size = tuple(-(-side // factor) for side in picture.shape)
    numbers, over = np.zeros(size, np.float32), picture.crossings
    if picture.pieces is not None:
        numbers = picture.pieces[::factor, ::factor].astype(np.float32)
    if over is not None:
        numbers = np.where(over.shown[::factor, ::factor], numbers, np.float32(-1))
    around = np.ones((3, 3), np.uint8)
    inside = (cv2.dilate(numbers, around) == cv2.erode(numbers, around)).astype(np.uint8)
    away = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)
    return ramp(away, reach / factor, reach / factor / 2)


def bristled(brush: Brush, held: Callable[[Places, Paint], Paint] | None = None) -> Load:
    """Return how a brush of bristles is loaded."""

    def fill(strokes: Strokes, quads: Ribbons) -> Painter:
        loaded = load(brush, strokes, quads.length)
        after = held
        if after is None:
            return loaded.paint
        return lambda at: after(_unmoved(at, strokes.drift), loaded.paint(at))

    return fill


def _unmoved(at: Places, drift: Array | None) -> Places:
    """Return places where they were when their strokes were laid: paper's grain stays on its stroke."""
    if drift is None:
        return at
    x, y = (np.take(drift[:, k], at.stroke) for k in (0, 1))
    return replace(at, x=at.x - x, y=at.y - y)


def draw(canvas: Canvas, strokes: Strokes, load: Load, passes: int, cap: float = CAP) -> None:
    """Draw a layer's strokes, in several passes; ``load`` gives each pass its paint."""
    if canvas.pieces is not None:
        strokes = replace(strokes, piece=find_pieces(strokes, canvas.pieces))
    if canvas.crossings is not None:
        strokes = carry(strokes, canvas.crossings)
    for k in range(passes):
        own = strokes.between(k / passes, (k + 1) / passes)
        quads = ribbons(own, PROFILE if cap else np.ones(2), cap)
        piece = None if canvas.pieces is None else own.piece
        canvas.lay(Layer.lay(quads, canvas.size, canvas.wraps, piece), load(own, quads))


def find_pieces(strokes: Strokes, pieces: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the number of the piece (N,) of a picture to which each stroke belongs."""
    if strokes.piece is not None:
        return strokes.piece
    return sample(pieces, strokes.middle())


def weave(canvas: Canvas, thread: float, strength: float, seed: int) -> None:
    """Press a canvas's linen through the paint: threads ``thread`` pixels apart."""
    rng = generator(seed, 5)
    wander = [clouds(canvas.size, thread * 9, rng, wraps=canvas.wraps) for _ in range(2)]
    step = [
        side / max(1, round(side / (2 * thread))) / 2 if wrap else thread
        for side, wrap in zip(canvas.size, canvas.wraps, strict=True)
    ]

    def press(box: Box) -> None:
        x = np.arange(box.left, box.right, dtype=np.float32)[None]
        y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
        u = (x / step[1] + 0.35 * wander[0].read(box)) * np.pi
        v = (y / step[0] + 0.35 * wander[1].read(box)) * np.pi
        linen = np.abs(np.sin(u)) * np.cos(v) ** 2 - np.abs(np.sin(v)) * np.sin(u) ** 2
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        lifted = canvas.height[at] + (strength * HEIGHTS) * linen
        canvas.height[at] = np.clip(np.rint(lifted), 0, HEIGHTS)

    canvas.each_part(press)


def count_passes(brushes: Sequence[Brush]) -> int:
    """Return how often brushes go over a canvas."""
    return sum(brush.passes for brush in brushes)


def finer(brushes: Sequence[Brush], detail: float) -> list[Brush]:
    """Return brushes that leave more of a picture's detail, or less: 1 as they are."""
    return [replace(brush, threshold=brush.threshold / max(detail, 0.05)) for brush in brushes]
