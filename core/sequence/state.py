"""Where a film stands after a frame, and how it gets to the next one."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..picture.compose import Laid, Look, Painter
from ..video.coherence import Paint, advance, begin, is_cut, renew, shown
from .frames import Frame
from .setup import Studio


@dataclass(frozen=True, slots=True)
class Shot:
    """A film at one frame: an immutable value, all that the next frame needs."""

    frame: Frame
    look: Look
    """The frame's, with its own masks."""
    painter: Painter
    """Measured at the last anchor, or for the whole film."""
    former: Painter
    """Measured at the anchor before that."""
    anchor: int
    """The last anchor's number."""
    paint: Paint
    fresh: Tensor
    """The frame painted for itself, (1, 3, H, W)."""
    begins: bool
    """Whether another shot begins with this frame."""

    def picture(self, every: int) -> Tensor:
        """Return the frame's picture, (1, 3, H, W); ``every``: frames from one anchor to the next."""
        return shown(self.paint, (self.frame.number - self.anchor) / every)


def start(studio: Studio, frame: Frame) -> Shot:
    """Return a film at the first frame of a shot, which is an anchor."""
    laid = studio.lay(frame)
    painter = studio.open(laid)
    paint = begin(studio.paint(laid, painter), frame.image.rgb)
    return Shot(frame, laid.look, painter, painter, frame.number, paint, paint.picture, begins=True)


def follow(studio: Studio, shot: Shot, frame: Frame) -> Shot:
    """Return a film one frame later."""
    anchored = frame.number % studio.anchor == 0
    if not studio.carries:
        return _unmoved(studio, shot, frame, anchored=anchored)
    moved = studio.moved(shot.frame, frame)
    if is_cut(shot.frame.image.rgb, moved):
        return start(studio, frame)
    laid = studio.lay(frame)
    still = torch.equal(shot.frame.image.rgb, frame.image.rgb) and not bool(moved.flow.any())
    fresh = shot.paint.picture if still else studio.paint(laid, shot.painter)
    other = shot.paint.older is not None and shot.former is not shot.painter
    formerly = studio.paint(laid, shot.former) if other and not still else None
    paint = advance(shot.paint, moved, fresh, formerly=formerly, wrap=studio.wrap)
    shot = replace(_at(shot, frame, laid), paint=paint, fresh=fresh)
    if not anchored:
        return shot
    painter = studio.open(laid)
    anew = fresh if painter is shot.painter and not still else studio.paint(laid, painter)
    seen = frame.image.rgb
    paint = begin(anew, seen) if studio.film.both_ways else renew(paint, anew, seen)
    return replace(
        shot, painter=painter, former=shot.painter, anchor=frame.number, paint=paint, fresh=anew
    )


def _at(shot: Shot, frame: Frame, laid: Laid) -> Shot:
    return replace(shot, frame=frame, look=laid.look, begins=False)


def _unmoved(studio: Studio, shot: Shot, frame: Frame, *, anchored: bool) -> Shot:
    """Return a frame painted for itself, by a method that may remember those before it."""
    laid = studio.lay(frame)
    painter = studio.open(laid) if anchored else shot.painter
    paint = begin(studio.paint(laid, painter), frame.image.rgb)
    return replace(_at(shot, frame, laid), painter=painter, paint=paint, fresh=paint.picture)
