"""Colours around a method: before it the scene's map into the style's palette, after it held means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .. import styles as builtin
from ..card import Card
from ..contract import Style
from ..imaging.image import load_image
from ..imaging.lazy import Lazy, map_pixels
from ..palette.hold import CELL, hold
from ..palette.lut import Lut
from ..palette.measure import Palette, join, measure_palette
from ..palette.solve import solve
from ..request.picture_job import Job
from ..surface.contract import TensorPixels
from .scene import Scene, Sheet
from .tensors import to_array, to_arrays, to_tensor, to_tensors

Brush = Callable[[TensorPixels], TensorPixels]
"""A function that paints a picture in fixed styles: (1, 3, H, W) in, the same out."""


@dataclass(frozen=True, slots=True)
class Tones:
    """What becomes of colours and values around a method."""

    scene: Scene | None = None
    """What gets the style's palette together; None: colours come as the method paints them."""
    keep_color: bool = False
    keep_values: bool = False
    cell: float = CELL
    """Pixels from one held mean to the next."""

    @property
    def sheet(self) -> Sheet | None:
        """Samples of the scene to measure instead of a picture, if there are any."""
        return None if self.scene is None else self.scene.sheet

    def find_map(self, styles: Sequence[Style]) -> Lut | None:
        """Return the map of the scene's colours into those of styles; None where there is none.

        Where colours are kept, none go toward the style; one that is known by its name alone has no palette.
        """
        known = [(palette_of(style), style.weight) for style in styles]
        palettes = [palette.scaled(weight) for palette, weight in known if palette is not None]
        if self.scene is None or self.keep_color or not palettes:
            return None
        return solve(self.scene.palette, join(palettes), values=self.keep_values)

    def explain(self, card: Card, styles: Sequence[Style]) -> tuple[str, ...]:
        """Return a note if a palette was wanted and the styles have none."""
        lacking = bool(styles) and self.scene is not None and not self.keep_color
        if not lacking or any(_has_palette(style) for style in styles):
            return ()
        return (f"{card.id} knows this style by its name: colors come as the method paints them",)

    def keep(
        self,
        content: TensorPixels,
        picture: TensorPixels,
        coverage: TensorPixels | None = None,
        *,
        fresh: bool = False,
        wrap: bool = False,
    ) -> TensorPixels:
        """Return a painted picture with the content's values, or its values and colours, where they are kept.

        Args:
            content: (1, 3, H, W).
            picture: The same.
            coverage: (1, 1, H, W), how much each pixel counts.
            fresh: Whether nobody else has the picture, so that it may be written to.
            wrap: Whether left and right meet.
        """
        if not (self.keep_color or self.keep_values):
            return picture
        own = picture if fresh else _copy(picture)
        return self._hold(content, content, own, coverage, chroma=self.keep_color, wrap=wrap)

    def surround(
        self, paint: Brush, lut: Lut, coverage: TensorPixels | None, *, fresh: bool
    ) -> Brush:
        """Return a brush that paints mapped colours, and whose pictures have them on average.

        Args:
            paint: The brush of a method.
            lut: The map.
            coverage: (1, 1, H, W), how much each pixel counts in pictures of this size.
            fresh: Whether nobody else has the brush's pictures, so that they may be written to.
        """

        def toned(x: TensorPixels) -> TensorPixels:
            ground = recolor(x, lut)
            fits = coverage is not None and coverage.shape[-2:] == x.shape[-2:]
            painted = paint(ground)
            own = painted if fresh else _copy(painted)
            return self._hold(x, ground, own, coverage if fits else None)

        return toned

    def _hold(
        self,
        content: TensorPixels,
        target: TensorPixels,
        picture: TensorPixels,
        coverage: TensorPixels | None,
        *,
        chroma: bool = True,
        wrap: bool = False,
    ) -> TensorPixels:
        guide, goal = to_arrays(content), to_arrays(target)
        own, weights = to_arrays(picture), None if coverage is None else to_arrays(coverage)
        return to_tensors(hold(guide, goal, own, weights, cell=self.cell, chroma=chroma, wrap=wrap))


def make_tones(job: Job, scene: Scene | None) -> Tones:
    """Return what a job asks for; wider strokes are held by wider means."""
    cell = CELL * max(1.0, job.style_scale)
    return Tones(scene, job.keep_color, job.keep_values, cell)


def _copy(picture: TensorPixels) -> TensorPixels:
    """Return a picture that may be written to; a lazy one never is."""
    return picture if isinstance(picture, Lazy) else picture.to("cpu", torch.float32, copy=True)


def recolor(picture: TensorPixels, lut: Lut | None) -> TensorPixels:
    """Return a picture in mapped colours; lazy if it is."""
    if lut is None:
        return picture
    return map_pixels(lambda x: _apply(lut, x), picture)


def _apply(lut: Lut, x: Tensor) -> Tensor:
    return to_tensor(lut.apply(to_array(x))).to(x.device)


def _has_palette(style: Style) -> bool:
    return not isinstance(style.source, str) or style.source in builtin.names()


def palette_of(style: Style) -> Palette | None:
    """Return a style's palette; None of one that is known by a name alone."""
    if not isinstance(style.source, str):
        return measure_palette(to_array(style.source))
    if not _has_palette(style):
        return None
    return measure_palette(load_image(builtin.resolve(builtin.PREFIX + style.source)).rgb)
