"""Where a film stands after a frame, and how it gets to the next one."""

from dataclasses import dataclass, replace

from torch import Tensor

from .footage import Frame
from .look import Laid, Look, Painter
from .studio import Studio
from .video.coherence import Track, advance, begin, blended, is_cut


@dataclass(frozen=True, slots=True)
class Shot:
    """A film at one frame: an immutable value, all that the next frame needs."""

    frame: Frame
    look: Look
    """The frame's, with its own masks."""
    painter: Painter
    """Measured at the last anchor, or for the whole film."""
    before: Painter
    """Measured at the anchor before that."""
    anchor: int
    """The last anchor's number."""
    older: Track | None
    """Of the anchor before; None in the first stretch of a shot."""
    newer: Track
    begins: bool
    """Whether another shot begins with this frame."""

    def picture(self, every: int) -> Tensor:
        """Return the frame's picture, (1, 3, H, W); ``every``: frames from one anchor to the next."""
        if self.older is None:
            return self.newer.picture
        share = (self.frame.number - self.anchor) / every
        return blended(self.older.picture, self.newer.picture, share)


def start(studio: Studio, frame: Frame) -> Shot:
    """Return a film at the first frame of a shot, which is an anchor."""
    laid = studio.lay(frame)
    painter = studio.open(laid)
    newer = begin(studio.paint(laid, painter))
    return Shot(frame, laid.look, painter, painter, frame.number, None, newer, begins=True)


def follow(studio: Studio, shot: Shot, frame: Frame) -> Shot:
    """Return a film one frame later."""
    anchored = frame.number % studio.anchor == 0
    if not studio.carries:
        return _unmoved(studio, shot, frame, anchored=anchored)
    flow, confidence = studio.moved(shot.frame, frame)
    if is_cut(shot.frame.image.rgb, frame.image.rgb, confidence, flow):
        return start(studio, frame)
    laid = studio.lay(frame)
    hidden = bool((confidence < 1).any())
    fresh = studio.paint(laid, shot.painter) if hidden else frame.image.rgb
    newer = advance(shot.newer, flow, confidence, fresh, wrap=studio.wrap)
    if anchored:
        painter = studio.open(laid)
        same = hidden and painter is shot.painter
        anew = begin(fresh if same else studio.paint(laid, painter))
        return replace(_at(shot, frame, laid), painter=painter, before=shot.painter,
                       anchor=frame.number, older=newer, newer=anew)  # fmt: skip
    older = shot.older
    if older is not None:
        if hidden and shot.before is not shot.painter:
            fresh = studio.paint(laid, shot.before)
        older = advance(older, flow, confidence, fresh, wrap=studio.wrap)
    return replace(_at(shot, frame, laid), older=older, newer=newer)


def _at(shot: Shot, frame: Frame, laid: Laid) -> Shot:
    return replace(shot, frame=frame, look=laid.look, begins=False)


def _unmoved(studio: Studio, shot: Shot, frame: Frame, *, anchored: bool) -> Shot:
    """Return a frame painted for itself, by a method that may remember those before it."""
    laid = studio.lay(frame)
    painter = studio.open(laid) if anchored else shot.painter
    newer = begin(studio.paint(laid, painter))
    return replace(_at(shot, frame, laid), painter=painter, newer=newer)
