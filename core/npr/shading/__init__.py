"""Toon shading of finished renders: tones, highlights, rims, lines, hatches, dots, daubs.

Arrays in, arrays out. Colours are scene-linear light, (H, W, 3) float32, not multiplied by alpha; masks and
levels are (H, W) in [0, 1]; directions are unit vectors (H, W, 3) in the world. Nothing here is random
beyond its seed.
"""

from .dog import edge_tangents, flow_lines, ink_lines
from .edges import BORDER, CREASE, SILHOUETTE, Crossings, Scene, fade_specks, find_crossings, join
from .hatching import TonalArt, draw_hatches, make_tonal_art
from .highlight import draw_highlight, draw_rim, measure_sun
from .kuwahara import daub
from .lines import Ink, Pen, draw_lines, fit_lines, weigh_lines
from .posterize import posterize
from .screen import draw_dots
from .sheets import Sheet, bent_sides, three_sides, uv_sheet
from .tones import find_level, lay_tones, soften
from .view import Eye, find_eye

__all__ = [
    "BORDER",
    "CREASE",
    "SILHOUETTE",
    "Crossings",
    "Eye",
    "Ink",
    "Pen",
    "Scene",
    "Sheet",
    "TonalArt",
    "bent_sides",
    "daub",
    "draw_dots",
    "draw_hatches",
    "draw_highlight",
    "draw_lines",
    "draw_rim",
    "edge_tangents",
    "fade_specks",
    "find_crossings",
    "find_eye",
    "find_level",
    "fit_lines",
    "flow_lines",
    "ink_lines",
    "join",
    "lay_tones",
    "make_tonal_art",
    "measure_sun",
    "posterize",
    "soften",
    "three_sides",
    "uv_sheet",
    "weigh_lines",
]
