"""Off-line films: paint is carried from the anchor before and, backward, from the anchor after.

A frame between two anchors is a mix of both, each by how near it is; so an anchor shows nothing but its own
paint, and what comes into view is painted as it will be (Ruder et al. 2016, section 4.5: several passes).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..picture.compose import Look
from ..video.coherence import Paint, advance, begin, shown
from .frames import Frame
from .setup import Studio
from .state import Shot


class Painted(NamedTuple):
    """A frame, its look, and its picture (1, 3, H, W)."""

    frame: Frame
    look: Look
    picture: Tensor


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the way forward leaves of a frame for the way back, in half the bits."""

    number: int
    picture: Tensor
    fresh: Tensor


def one_way(studio: Studio, shots: Iterable[Shot]) -> Iterator[Painted]:
    """Return frames as a film's way forward paints them."""
    for shot in shots:
        yield Painted(shot.frame, shot.look, shot.picture(studio.anchor))


def both_ways(
    studio: Studio, shots: Iterable[Shot], read: Callable[[int], Frame]
) -> Iterator[Painted]:
    """Return frames painted from both sides; between two anchors the last comes first.

    Args:
        studio: Of the film.
        shots: Its way forward, without a gap from anchor to anchor.
        read: Return a frame once more: a stretch of them would not fit into memory.
    """
    kept: list[_Kept] = []
    last: Shot | None = None
    for shot in shots:
        joined = last is not None and shot.frame.number == last.frame.number + 1
        if kept and (shot.begins or not joined):
            yield from _stretch(studio, kept, None, read)
            kept = []
        elif kept and shot.anchor == shot.frame.number:
            yield from _stretch(studio, kept, shot, read)
            kept = []
        halves = (x.to(torch.float16) for x in (shot.paint.picture, shot.fresh))
        kept.append(_Kept(shot.frame.number, *halves))
        last = shot
    if kept:
        yield from _stretch(studio, kept, None, read)


def _stretch(
    studio: Studio, kept: list[_Kept], end: Shot | None, read: Callable[[int], Frame]
) -> Iterator[Painted]:
    """Go back over the frames from an anchor to the next one, which is ``end``; None: there is none."""
    paint: Paint | None = None if end is None else begin(end.paint.newer, end.paint.seen)
    after = None if end is None else end.frame
    for one in reversed(kept):
        frame = read(one.number)
        picture = one.picture.float()
        if paint is not None and after is not None and end is not None:
            moved = studio.moved(after, frame)
            paint = advance(paint, moved, one.fresh.float(), wrap=studio.wrap)
            share = (one.number - kept[0].number) / (end.frame.number - kept[0].number)
            picture = shown(replace(paint, outgoing=picture), share)
        after = frame
        yield Painted(frame, studio.look(frame), picture)
