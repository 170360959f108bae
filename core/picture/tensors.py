"""The edge of what computes with torch: pictures in work become tensors, and tensors become pictures."""

import torch
from torch import Tensor

from ..color import Floats
from ..imaging.lazy import Pixels, map_pixels
from ..surface.contract import TensorPixels


def to_tensor(x: Floats) -> Tensor:
    """Return an array as a tensor of the same memory."""
    return torch.from_numpy(x)


def to_array(x: Tensor) -> Floats:
    """Return a tensor as an array in main memory, of the same memory where it is there."""
    return x.detach().to("cpu", torch.float32).numpy()


def to_tensors(x: Pixels) -> TensorPixels:
    """Return a picture whose windows are tensors; lazy if it is."""
    return map_pixels(to_tensor, x)


def to_arrays(x: TensorPixels) -> Pixels:
    """Return a picture whose windows are arrays; lazy if it is."""
    return map_pixels(to_array, x)
