"""Pictures that a training writes on its way: previews, sheets, curves."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import StylizeError


def write_picture(path: Path, picture: Image.Image) -> None:
    """Write a PNG, whole or not at all.

    Raises:
        StylizeError: if it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        picture.save(part, "PNG")
        part.replace(path)
    except OSError as error:
        raise StylizeError(f"{path} cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_rows(path: Path, rows: list[list[Tensor]]) -> None:
    """Write rows of pictures (1, 3, H, W) side by side; values beyond [0, 1] are cut off."""
    sheet = torch.cat([torch.cat(row, 3) for row in rows], 2)[0].permute(1, 2, 0).clamp(0, 1)
    write_picture(path, Image.fromarray((sheet * 255).round().numpy().astype(np.uint8)))
