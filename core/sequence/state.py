"""The state of a sequence after a frame, and the step to the next one."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..contract import Reel
from ..picture.compose import Laid, Painter, StyleSpec
from ..video.coherence import Paint, advance, begin, is_cut, mix_paint, renew
from .frames import Frame
from .setup import SequenceContext


@dataclass(frozen=True, slots=True)
class FrameState:
    """All that the next frame needs to know of the frames before it; an immutable value."""

    frame: Frame
    spec: StyleSpec
    """The frame's style spec, with its own masks."""
    painter: Painter
    """Measured at the last keyframe, or for the whole sequence."""
    former: Painter
    """Measured at the keyframe before that."""
    keyframe: int
    """The last keyframe's number."""
    paint: Paint
    fresh: Tensor
    """The frame painted without regard to other frames, (1, 3, H, W)."""
    begins: bool
    """Whether another shot begins with this frame."""

    def picture(self, every: int) -> Tensor:
        """Return the frame's picture, (1, 3, H, W); ``every``: frames from one keyframe to the next."""
        return mix_paint(self.paint, (self.frame.number - self.keyframe) / every)


def start(context: SequenceContext, frame: Frame) -> FrameState:
    """Return the state at the first frame of a shot, which is a keyframe."""
    if context.run.reel is not None:
        context.run.reel.turn(frame.number, None)
    laid = context.lay_out(frame)
    painter = context.make_painter(laid)
    paint = begin(context.paint(laid, painter), frame.rgb)
    return FrameState(
        frame, laid.spec, painter, painter, frame.number, paint, paint.picture, begins=True
    )


def follow(context: SequenceContext, state: FrameState, frame: Frame) -> FrameState:
    """Return the state one frame later."""
    if context.run.reel is not None:
        return _follow_strokes(context, context.run.reel, state, frame)
    is_keyframe = frame.number % context.keyframe_interval == 0
    if not context.carries:
        return _paint_alone(context, state, frame, is_keyframe=is_keyframe)
    motion = context.measure_motion(state.frame, frame)
    if is_cut(state.frame.rgb, motion):
        return start(context, frame)
    laid = context.lay_out(frame)
    still = torch.equal(state.frame.rgb, frame.rgb) and not bool(motion.flow.any())
    fresh = state.paint.picture if still else context.paint(laid, state.painter)
    other = state.paint.older is not None and state.former is not state.painter
    formerly = context.paint(laid, state.former) if other and not still else None
    paint = advance(state.paint, motion, fresh, formerly=formerly, wrap=context.wrap)
    state = replace(_advance_to(state, frame, laid), paint=paint, fresh=fresh)
    if not is_keyframe:
        return state
    painter = context.make_painter(laid)
    anew = fresh if painter is state.painter and not still else context.paint(laid, painter)
    seen = frame.rgb
    paint = begin(anew, seen) if context.sequence.both_ways else renew(paint, anew, seen)
    return replace(
        state, painter=painter, former=state.painter, keyframe=frame.number, paint=paint, fresh=anew
    )


def _follow_strokes(
    context: SequenceContext, reel: Reel, state: FrameState, frame: Frame
) -> FrameState:
    """Return the next state where the method carries its strokes itself."""
    motion, step = context.measure_step(state.frame, frame)
    if is_cut(state.frame.rgb, motion):
        return start(context, frame)
    reel.turn(frame.number, step)
    laid = context.lay_out(frame)
    is_keyframe = frame.number % context.keyframe_interval == 0
    painter = context.make_painter(laid) if is_keyframe else state.painter
    paint = begin(context.paint(laid, painter), frame.rgb)
    return replace(
        _advance_to(state, frame, laid), painter=painter, paint=paint, fresh=paint.picture
    )


def _advance_to(state: FrameState, frame: Frame, laid: Laid) -> FrameState:
    return replace(state, frame=frame, spec=laid.spec, begins=False)


def _paint_alone(
    context: SequenceContext, state: FrameState, frame: Frame, *, is_keyframe: bool
) -> FrameState:
    """Return the next state where no paint is carried; a recurrent method may still remember frames."""
    laid = context.lay_out(frame)
    painter = context.make_painter(laid) if is_keyframe else state.painter
    paint = begin(context.paint(laid, painter), frame.rgb)
    return replace(
        _advance_to(state, frame, laid), painter=painter, paint=paint, fresh=paint.picture
    )
