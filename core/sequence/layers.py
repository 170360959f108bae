"""A painter's layers of every frame, as EXRs of their own beside the frames."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..color import Floats, srgb_to_linear
from ..errors import PictureError
from ..imaging.image import native_pixels
from ..imaging.lazy import materialize
from ..picture.compose import blend
from ..picture.stages import part_light, write_layers
from ..picture.tensors import to_array
from ..video.frames import Pattern
from ..video.ledger import Ledger
from .bidirectional import Painted
from .frames import Frame
from .setup import SequenceContext


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """Where the layers of frames go, and which of them are finished."""

    pattern: Pattern
    ledger: Ledger

    @classmethod
    def find(cls, paint_layers: str | None, settings: str) -> "LayerFiles | None":
        """Return the files of a job's field; ``settings`` is the digest of what frames depend on.

        Raises:
            PictureError: if there is no such folder.
        """
        if paint_layers is None:
            return None
        pattern = Pattern.read(paint_layers)
        if not pattern.folder.is_dir():
            raise PictureError(f"cannot write {pattern}: there is no folder {pattern.folder}")
        return cls(pattern, Ledger(pattern.folder, settings))

    def finished(self, number: int, digest: str) -> bool:
        """Return whether a frame's layers are there, made from files of this digest."""
        return self.ledger.finished(self.pattern.path(number), digest)

    def write(
        self, context: SequenceContext, painted: Painted, picture: Floats, digest: str
    ) -> None:
        """Write the layers of the frame that was painted last.

        Args:
            context: What all frames share.
            painted: The frame.
            picture: (1, 3, H, W), as it is written: what all layers over each other are.
            digest: Of the files that the frame was made from.

        Raises:
            PictureError: if the folder or disk does not take them.
        """
        frame, spec, _ = painted
        stages = () if context.stages is None else context.stages.split()[:-1]
        below = [to_array(materialize(blend(frame.rgb, stage, spec))) for stage in stages]
        if spec.strength == 0 or not below:
            below = [picture] * (len(context.card.staged) - 1)
        lights = [_find_light(frame, stage) for stage in (*below, picture)]
        layers = dict(zip(context.card.staged, part_light(lights), strict=True))
        path = self.pattern.path(frame.number)
        write_layers(path, layers, partial(self.ledger.intend, path, digest))

    def path(self, number: int) -> Path:
        """Return where a frame's layers go."""
        return self.pattern.path(number)


def _find_light(frame: Frame, picture: Floats) -> Floats:
    """Return a frame's picture (1, 3, H, W), as it is shown, as scene-linear light (3, H, W)."""
    if frame.passes is None:
        return srgb_to_linear(np.clip(picture[0], 0, 1)).astype(np.float32)
    light = native_pixels(picture, frame.image)[..., :3]
    return np.ascontiguousarray(light.transpose(2, 0, 1), np.float32)
