"""Pictures, and listening to a run's functions, for tests of its stages."""

import numpy as np
from PIL import Image as Pillow

import core.picture.run

GREY = (90, 90, 90)


def save(path, size=(64, 80), color=GREY):
    """Save a picture of one colour, of as many channels as that has."""
    Pillow.fromarray(np.full((*size, len(color)), color, np.uint8)).save(path)
    return str(path)


def ramp(folder):
    """Save a picture of depth, black on the left and white on the right."""
    row = np.linspace(0, 255, 80).astype(np.uint8)
    Pillow.fromarray(np.tile(row, (64, 1))).save(folder / "ramp.png")
    return str(folder / "ramp.png")


def told(monkeypatch, name):
    """Listen to a function of the run: every call's arguments and keywords."""
    calls, own = [], getattr(core.picture.run, name)

    def listen(*arguments, **keywords):
        calls.append((arguments, keywords))
        return own(*arguments, **keywords)

    monkeypatch.setattr(core.picture.run, name, listen)
    return calls
