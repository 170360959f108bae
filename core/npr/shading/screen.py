"""Dots of a printer's screen, in which shadows are laid on paper.

Ulichney, "Digital Halftoning", 1987: a clustered dot whose area is the tone, on a turned square grid; above
one half the gaps are the dots. Departure: the area is exact, by the spot function's own distribution.
"""

import numpy as np

from ...color import Floats

_TABLE = 512


def draw_dots(tone: Floats, cell: float, degrees: float = 45.0) -> Floats:
    """Return how much ink covers a pixel, (H, W) in [0, 1]: dots whose share of the area is the tone.

    Args:
        tone: (H, W) in [0, 1]; 0 stays white and 1 becomes black.
        cell: distance of the dots, pixels; at least 2.
        degrees: turn of their rows.
    """
    height, width = tone.shape
    turn, pace = np.deg2rad(degrees), 2 * np.pi / cell
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    u = (x * np.cos(turn) + y * np.sin(turn)).astype(np.float32) * np.float32(pace)
    v = (-x * np.sin(turn) + y * np.cos(turn)).astype(np.float32) * np.float32(pace)
    spot = (np.cos(u) + np.cos(v)) * np.float32(0.25) + np.float32(0.5)
    edge = _thresholds()[(np.clip(tone, 0, 1) * (_TABLE - 1)).astype(np.intp)]
    slope = np.hypot(np.sin(u), np.sin(v)) * np.float32(0.25 * pace)  # of the spot, per pixel
    inked = np.clip((spot - edge) / np.maximum(slope, 1e-3) + np.float32(0.5), 0, 1)
    return np.where(tone <= 0, 0, np.where(tone >= 1, 1, inked)).astype(np.float32)


def _thresholds() -> Floats:
    """Return the spot's value above which a share of the area lies, for shares from 0 to 1."""
    at = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    spots = (0.5 + 0.25 * (np.cos(at)[:, None] + np.cos(at)[None])).ravel()
    return np.quantile(spots, 1 - np.linspace(0, 1, _TABLE)).astype(np.float32)
