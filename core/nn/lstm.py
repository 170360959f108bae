"""The convolutional LSTM: a long short-term memory whose gates are convolutions and whose state is a picture.

Shi et al., "Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting", NIPS 2015,
without the weights from the cell to the gates.
"""

import torch
from torch import Tensor, nn

Memory = tuple[Tensor, Tensor]
"""What is said and what is kept, each (B, hidden, h, w)."""


class ConvLSTM(nn.Module):
    """Update the memory of earlier features by new features (B, C, h, w).

    Args:
        channels: Channels of the features.
        hidden: Channels of the memory.
        size: Side of the kernel, odd; borders are padded with zeros.
    """

    def __init__(self, channels: int, hidden: int, size: int = 3) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Conv2d(channels + hidden, 4 * hidden, size, padding=size // 2)

    def forward(self, x: Tensor, before: Memory | None = None) -> Memory:
        """Return the hidden state and the cell, float32; ``before`` is None at the first frame."""
        if before is None:
            empty = x.new_zeros(len(x), self.hidden, *x.shape[-2:], dtype=torch.float32)
            before = empty, empty
        hidden, cell = before
        gates = self.gates(torch.cat([x, hidden.to(x.dtype)], 1)).float()
        take, keep, say, new = gates.chunk(4, 1)
        cell = keep.sigmoid() * cell + take.sigmoid() * new.tanh()
        return say.sigmoid() * cell.tanh(), cell
