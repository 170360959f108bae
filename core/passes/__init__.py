"""Render passes: multilayer EXRs read as named passes, masks, motion and light.

A pass is (1, C, H, W), float32, row 0 at the top, with the file's values; its name is the same for all
versions and engines of Blender.
"""

from .depth import read_depth
from .display import from_display, open_view, to_display
from .light import light, recombine, relight
from .matte import (
    NOBODY,
    depth_mask,
    index_mask,
    matte_names,
    object_map,
    read_matte,
    read_ranks,
)
from .motion import (
    Camera,
    Vectors,
    camera_flow,
    fill_background,
    find_still_frame,
    read_vectors,
    wrap_flow,
)
from .names import KNOWN, how_to_get
from .read import FAR, Passes, decode_passes, has_pass, open_passes, pass_names, read_pass
from .write import write_passes

__all__ = [
    "FAR",
    "KNOWN",
    "NOBODY",
    "Camera",
    "Passes",
    "Vectors",
    "camera_flow",
    "decode_passes",
    "depth_mask",
    "fill_background",
    "find_still_frame",
    "from_display",
    "has_pass",
    "how_to_get",
    "index_mask",
    "light",
    "matte_names",
    "object_map",
    "open_passes",
    "open_view",
    "pass_names",
    "read_depth",
    "read_matte",
    "read_pass",
    "read_ranks",
    "read_vectors",
    "recombine",
    "relight",
    "to_display",
    "wrap_flow",
    "write_passes",
]
