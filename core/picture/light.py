"""Light that surrounds a scene: a stylized panorama sends as much, in the same colour, and keeps its sun."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..color import Floats, View
from ..imaging.display import stripes
from ..imaging.image import Image, load_mask
from ..imaging.lazy import Lazy, Pixels
from ..request.picture_job import SURROUNDINGS, Job
from ..surface.cube import cube
from ..surface.sphere import sphere
from ..tiling import Box

SUN = (4.0, 8.0)
"""Light, in whites, from which on a pixel begins to stay as it was, and from which on it does."""
STRONGEST = 6.0
"""Most by which paint is made brighter; what is lacking then is the panorama's own light."""
ROUNDS = 8
"""Corrections of a picture that cannot be brighter than white."""
DARKEST = 1e-9
"""Light that is none."""
HALF = 0.5
"""Values above it give way downward, the others upward."""
SLIGHT = 1e-6
"""Share by which light may differ and still be the same."""


@dataclass(frozen=True, slots=True)
class _Sky:
    """A panorama before and after, as light."""

    image: Image
    picture: Pixels
    mask: Floats | None
    surface: str
    factor: NDArray[np.float64]
    """(3,): what paint is multiplied by."""
    own: NDArray[np.float64]
    """(3,): share of the panorama's own light in the paint."""

    @property
    def view(self) -> View:
        return self.image.origin.view

    @property
    def bounded(self) -> bool:
        """Whether the file can hold no light above white."""
        return self.image.origin.pixels.dtype.kind == "u"

    def parts(self, box: Box) -> tuple[Floats, Floats, Floats]:
        """Return a window's light before, its paint's light, and how much of that counts: (1, 1, h, w)."""
        cut = cut_out(box)
        gain = self.image.origin.gain
        gain = np.ones((1, 1, box.height, box.width), np.float32) if gain is None else gain[cut]
        before = self.view.light(np.asarray(self.image.rgb[cut])) * gain
        after = self.view.light(np.asarray(self.picture[cut]).clip(0, 1)) * gain
        sun = ((gain - SUN[0]) / (SUN[1] - SUN[0])).clip(0, 1)
        changed = 1 - sun if self.mask is None else (1 - sun) * self.mask[cut]
        return before, before * sun + after * (1 - sun), changed

    def light(self, box: Box) -> Floats:
        """Return a window's light as it shall be, (1, 3, h, w)."""
        before, after, changed = self.parts(box)
        own, factor = (x.astype(np.float32)[:, None, None] for x in (self.own, self.factor))
        paint = (after + (before - after) * own) * factor
        light = after + (paint - after) * changed
        return light.clip(0, self.view.white) if self.bounded else light

    def gain(self, box: Box) -> Floats:
        """Return what a window's light is divided by to be shown, (1, 1, h, w)."""
        return (self.light(box).max(1, keepdims=True) / self.view.white).clip(1)

    def shown(self, box: Box) -> Floats:
        """Return a window as it is shown: equal to the original's just where its light is."""
        light, before = self.light(box), self.parts(box)[0]
        gain = (light.max(1, keepdims=True) / self.view.white).clip(1)
        shown = self.view.show(light / gain).clip(0, 1).astype(np.float32)
        own = np.asarray(self.image.rgb[cut_out(box)])
        slight = SLIGHT * np.maximum(before.max(1, keepdims=True), DARKEST)
        changed = abs(light - before).max(1, keepdims=True) > slight
        aside = np.nextafter(shown, np.where(shown > HALF, np.float32(0), np.float32(1)))
        same = (shown == own).all(1, keepdims=True)
        return np.where(changed, np.where(same, aside, shown), own)

    def balanced(self) -> "_Sky":
        """Return it with paint of the mean light that the panorama had."""
        before, rest, paint, own = self._sum()
        wanted = before - rest
        lacking = (wanted - STRONGEST * paint) / np.maximum(STRONGEST * (own - paint), DARKEST)
        share = np.where(wanted > STRONGEST * paint, lacking.clip(0, 1), 0)
        factor = wanted / np.maximum(paint + share * (own - paint), DARKEST)
        return replace(self, own=share, factor=factor.clip(0, STRONGEST))

    def brightened(self) -> "_Sky":
        """Return it with paint that makes up for what white has cut off."""
        before, now = np.zeros(3), np.zeros(3)
        for box, weight in self._windows():
            before += _add(self.parts(box)[0], weight)
            now += _add(self.light(box), weight)
        return replace(self, factor=self.factor * before / np.maximum(now, DARKEST))

    def _sum(self) -> NDArray[np.float64]:
        """Return all light (4, 3): before, after where it stays, of paint, and before where paint is."""
        sums = np.zeros((4, 3))
        for box, weight in self._windows():
            before, after, changed = self.parts(box)
            parts = (before, after * (1 - changed), after * changed, before * changed)
            sums += [_add(part, weight) for part in parts]
        return sums

    def _windows(self) -> Iterator[tuple[Box, Floats]]:
        """Yield windows and the solid angles of their pixels, (1, 1, h, w)."""
        height, width = self.picture.shape[-2:]
        globe = (cube if self.surface == "cube" else sphere)((height, width))
        for rows in stripes(height, width):
            box = Box(rows.start, 0, rows.stop, width)
            yield box, globe.picture.solid_angles(box).numpy()[None, None]


def _add(light: Floats, weight: Floats) -> NDArray[np.float64]:
    return (light * weight).sum((0, 2, 3), dtype=np.float64)


def cut_out(box: Box) -> tuple[Any, slice, slice]:
    """Return what a picture is indexed by for a window."""
    return ..., slice(box.top, box.bottom), slice(box.left, box.right)


def keep_light(job: Job, image: Image, picture: Pixels) -> tuple[Pixels, Image]:
    """Return a stylized panorama with the mean light and colour of its original, and how it is written.

    Args:
        job: What was asked.
        image: The original.
        picture: What became of it, (1, 3, H, W).

    Raises:
        PictureError: if the job's mask cannot be read.
    """
    if not _is_wanted(job, image):
        return picture, image
    size = (picture.shape[-2], picture.shape[-1])
    mask = load_mask(job.mask, size, max_pixels=job.max_pixels) if job.mask else None
    sky = _Sky(image, picture, mask, job.surface, np.ones(3), np.zeros(3)).balanced()
    if sky.bounded:
        for _ in range(ROUNDS):
            sky = sky.brightened()
        return _make(picture, sky.shown), image
    gain = _make(picture, sky.gain)
    return _make(picture, sky.shown), replace(image, origin=replace(image.origin, gain=gain))


def _is_wanted(job: Job, image: Image) -> bool:
    if job.surface not in SURROUNDINGS or job.light == "free" or job.strength == 0:
        return False
    bright = image.origin.space == "linear" and image.origin.pixels.dtype.kind == "f"
    return bright or job.light == "keep"


def _make(like: Pixels, window: Callable[[Box], Floats]) -> Pixels:
    """Return a picture of windows: lazy if another is."""
    if isinstance(like, Lazy):
        return Lazy(like.shape, window)
    height, width = like.shape[-2:]
    rows = stripes(height, width)
    return np.concatenate([window(Box(r.start, 0, r.stop, width)) for r in rows], -2)
