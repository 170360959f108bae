"""How networks are run: without gradients, and with convolutions in a chosen type."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def inference(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Compute without gradients; convolutions in ``dtype``, float32 or a half type."""
    if dtype == torch.float32:
        with torch.inference_mode():
            yield
    else:
        with torch.inference_mode(), torch.autocast(device.type, dtype):
            yield
