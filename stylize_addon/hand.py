"""The hand of a style picture: asked of the engine, and put into the painter's settings."""

import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core.catalog import find_card
from ..core.errors import StylizeError
from ..core.request.hand_job import HandJob
from .engine import Engine, choose
from .style_picture import absolute_style, style_problem
from .time_left import Status

STARTING = "Starting the engine"
LOOKING = "Looking for the painter who comes nearest"


@dataclass(frozen=True, slots=True)
class Hand:
    """The painter who comes nearest to a style picture's hand."""

    facts: Mapping[str, Any]
    """As ``core.request.hand_job.HandResult`` has them."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the artist, where nobody comes near."""
        return tuple(self.facts["notes"])

    @property
    def remarks(self) -> tuple[str, ...]:
        """There are none."""
        return ()

    def summary(self) -> tuple[str, ...]:
        """Return what was found, in words."""
        look = find_card(self.facts["method"]).look
        size = self.facts["style_scale"]
        return (f"{look} comes nearest, at Brush Size {size:g}; its settings are under Painter",)

    def discard(self) -> None:
        """Nothing was written."""


def find_hand(style: str, python: str) -> Generator[Status, None, Hand]:
    """Have the engine look for the hand of a style picture, step by step.

    Raises:
        StylizeError: with a sentence for the user.
    """
    if problem := style_problem(style):
        raise StylizeError(problem)
    engine = Engine(choose(python).python, Path(tempfile.mkdtemp(prefix="stylize_")))
    try:
        number = engine.send_hand(HandJob(style=absolute_style(style)))
        share = 0.0
        while True:
            message = engine.poll() or {}
            if message.get("id") != number:
                yield Status(share, LOOKING if engine.ready else STARTING)
            elif "progress" in message:
                step = message["progress"]
                share = max(share, step["done"] / max(1, step["total"]))
            elif "result" in message:
                return Hand(message["result"])
            else:
                raise StylizeError(message.get("error", "The search was cancelled"))
    finally:
        engine.close(wait=bpy.app.background)
