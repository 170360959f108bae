"""Converting scene-linear passes to display pictures for stylization, and back without loss.

It uses ``core.imaging.image``: highlights are kept as gain, and pixels that a style does not change keep
their bits. Blender's view transforms (AgX, Filmic …) come from its OpenColorIO configuration.
"""

from importlib import import_module
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..color import SRGB, Floats, View
from ..errors import ParamsError
from ..formats.kinds import Facts
from ..imaging.image import Image, make_image, native_pixels

BRIGHTEST = 16.0
"""Light that counts as white where a view goes on farther: four stops above 1, as in AgX and Filmic."""
DIRECT = ("TRANSFORM_DIR_FORWARD", "TRANSFORM_DIR_INVERSE")


def to_display(linear: Floats, view: View = SRGB) -> Image:
    """Return a scene-linear pass as a picture to stylize: ``rgb`` (1, 3, H, W) in [0, 1], ``origin.gain``.

    Args:
        linear: (1, C, H, W): grey, RGB, or RGBA with colour premultiplied, as in a render. Light above the
            view's white becomes gain, below 0 it is shown as 0.
        view: The view transform.
    """
    pixels = linear[0].astype(np.float32).transpose(1, 2, 0)
    premultiplied = pixels.shape[2] in (2, 4)
    return make_image(np.ascontiguousarray(pixels), Facts(premultiplied), view=view)


def from_display(rgb: Floats, like: Image) -> Floats:
    """Return a stylized ``like.rgb`` as scene-linear light, (1, C, H, W) with the channels of its pass.

    Bit for bit the same: alpha; pixels whose three values are still those of ``like.rgb``, for every view,
    gain and sign; colour under full transparency. So a style of strength zero returns its input. Elsewhere
    the light is the inverse of the view at the given colour, times the pixel's gain. The sRGB curve is
    inverted within rounding (1e-6); AgX cannot show the most saturated colours: for these it is the light of
    the nearest colour that it can show.
    """
    return native_pixels(rgb, like).transpose(2, 0, 1)[None].copy()


def open_view(
    config: str | PathLike[str],
    name: str = "AgX",
    look: str = "",
    *,
    display: str = "sRGB",
    exposure: float = 0.0,
    gamma: float = 1.0,
) -> View:
    """Return a view transform of an OpenColorIO configuration; needs the package ``opencolorio``.

    Args:
        config: ``config.ocio``: Blender's own lies in its folder ``datafiles/colormanagement``.
        name: As in Render Properties > Color Management > View Transform.
        look: Likewise, ``AgX - Punchy`` for instance; empty for none.
        display: The display device.
        exposure: Stops, as there.
        gamma: As there. Curves and white balance are not supported.

    Raises:
        ParamsError: if the package or the file is missing, it has no such display, view or look, or the
            view cannot be inverted, such as False Color.
    """
    ocio = _package()
    configuration = _configuration(ocio, Path(config))
    _check(configuration, Path(config), name, look, display)
    there, back = (_processor(ocio, configuration, way, (name, look, display)) for way in DIRECT)
    strength, curve = 2.0**exposure, 1 / max(gamma, 1e-3)
    white = float(_through(back, np.ones((1, 3, 1, 1), np.float32)).min())

    def show(light: Floats) -> Floats:
        return _through(there, light * strength).clip(0, 1) ** curve

    def light(shown: Floats) -> Floats:
        return _through(back, shown ** (1 / curve)).clip(0, min(white, BRIGHTEST)) / strength

    return View(show, light, min(white, BRIGHTEST) / strength)


def _package() -> Any:
    try:
        return import_module("PyOpenColorIO")
    except ImportError as error:
        raise ParamsError(
            "view transforms other than Standard need OpenColorIO: install the package opencolorio into the "
            "engine's Python, or choose Standard"
        ) from error


def _configuration(ocio: ModuleType, path: Path) -> Any:
    try:
        return ocio.Config.CreateFromFile(str(path))
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:
        raise ParamsError(
            f"{path} is no OpenColorIO configuration; name the config.ocio in Blender's folder "
            "datafiles/colormanagement"
        ) from error


def _check(config: Any, path: Path, name: str, look: str, display: str) -> None:
    displays = list(config.getDisplays())
    views = list(config.getViews(display)) if display in displays else []
    looks = ["", *config.getLookNames()]
    for what, value, known in (
        ("display", display, displays),
        ("view transform", name, views),
        ("look", look, looks),
    ):
        if value not in known:
            raise ParamsError(
                f"{path} has no {what} {value}; it has {', '.join(filter(None, known))}"
            )


def _processor(ocio: Any, config: Any, way: str, wanted: tuple[str, str, str]) -> Any:
    """Return the processor from scene light to a display, or back, looks included."""
    name, look, display = wanted
    pipeline = ocio.LegacyViewingPipeline()
    pipeline.setDisplayViewTransform(ocio.DisplayViewTransform("scene_linear", display, name))
    pipeline.setLooksOverrideEnabled(bool(look))
    pipeline.setLooksOverride(look)
    steps = pipeline.getProcessor(config).createGroupTransform()
    try:
        return config.getProcessor(steps, getattr(ocio, way)).getDefaultCPUProcessor()
    except ocio.Exception as error:
        raise ParamsError(
            f"the view transform {name} cannot be undone, so nothing could be composited; choose another"
        ) from error


def _through(processor: Any, x: Floats) -> Floats:
    """Send (B, 3, H, W) through a processor of OpenColorIO."""
    pixels = np.array(x.transpose(0, 2, 3, 1), np.float32, order="C")
    processor.applyRGB(pixels)
    return pixels.transpose(0, 3, 1, 2)
