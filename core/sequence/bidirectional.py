"""Paint carried forward from the keyframe before and backward from the keyframe after.

A frame between two keyframes is a mix of both, each by how near it is; so a keyframe shows its own paint
alone, and what comes into view is painted as it will be (Ruder et al. 2016, section 4.5: several passes).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..picture.compose import StyleSpec
from ..video.coherence import Paint, advance, begin, mix_paint
from .frames import Frame
from .setup import SequenceContext
from .state import FrameState


class Painted(NamedTuple):
    """A frame, its style spec, and its picture (1, 3, H, W)."""

    frame: Frame
    spec: StyleSpec
    picture: Tensor


@dataclass(frozen=True, slots=True)
class _ForwardFrame:
    """What the forward pass keeps of a frame for the backward pass, in half precision."""

    number: int
    picture: Tensor
    fresh: Tensor


def paint_forward(context: SequenceContext, states: Iterable[FrameState]) -> Iterator[Painted]:
    """Yield the frames as the forward pass paints them."""
    for state in states:
        yield Painted(state.frame, state.spec, state.picture(context.keyframe_interval))


def paint_both_ways(
    context: SequenceContext, states: Iterable[FrameState], read: Callable[[int], Frame]
) -> Iterator[Painted]:
    """Yield the frames painted from both sides; between two keyframes they come in reverse order.

    Args:
        context: What all frames share.
        states: The forward pass: every frame from keyframe to keyframe.
        read: Reads a frame again by its number: all of them would not fit into memory.
    """
    kept: list[_ForwardFrame] = []
    last: FrameState | None = None
    for state in states:
        joined = last is not None and state.frame.number == last.frame.number + 1
        if kept and (state.begins or not joined):
            yield from _paint_backward(context, kept, None, read)
            kept = []
        elif kept and state.keyframe == state.frame.number:
            yield from _paint_backward(context, kept, state, read)
            kept = []
        halves = (x.to(torch.float16) for x in (state.paint.picture, state.fresh))
        kept.append(_ForwardFrame(state.frame.number, *halves))
        last = state
    if kept:
        yield from _paint_backward(context, kept, None, read)


def _paint_backward(
    context: SequenceContext,
    kept: list[_ForwardFrame],
    end: FrameState | None,
    read: Callable[[int], Frame],
) -> Iterator[Painted]:
    """Paint the kept frames backward from the next keyframe, ``end``; None: there is no next one."""
    paint: Paint | None = None if end is None else begin(end.paint.newer, end.paint.seen)
    after = None if end is None else end.frame
    for one in reversed(kept):
        frame = read(one.number)
        picture = one.picture.float()
        if paint is not None and after is not None and end is not None:
            motion = context.measure_motion(after, frame)
            paint = advance(paint, motion, one.fresh.float(), wrap=context.wrap)
            share = (one.number - kept[0].number) / (end.frame.number - kept[0].number)
            picture = mix_paint(replace(paint, outgoing=picture), share)
        after = frame
        yield Painted(frame, context.make_spec(frame), picture)
