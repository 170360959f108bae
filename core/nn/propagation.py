"""Spatial propagation: smooth a picture along the edges of a guide, with gates from a network.

Liu et al., "Learning Affinity via Spatial Propagation Networks", NeurIPS 2017. LST uses it to remove
the distortions that stylization leaves in photographs. Sizes must be multiples of 8.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .whitening import power

DIRECTIONS = ("right", "left", "down", "up")
"""Where the sweeps go, in the order of the gates."""
COMPACT = 16
"""Channels of the propagation network that is trained here; the published one has 32."""


def propagate(x: Tensor, gates: tuple[Tensor, Tensor, Tensor], direction: str) -> Tensor:
    """Return x swept in one direction: H = (1 - g1 - g2 - g3) X + g1 H' + g2 H'' + g3 H'''.

    H', H'' and H''' are the cell's three nearest in the row or column before it in the sweep; one outside the
    picture has gate 0. All arguments are (B, C, H, W).
    """
    vertical, backward = direction in ("down", "up"), direction in ("left", "up")

    def turn(y: Tensor) -> Tensor:
        y = y.mT if vertical else y
        return y.flip(3) if backward else y

    swept = _sweep(turn(x), *(turn(gate) for gate in gates))
    swept = swept.flip(3) if backward else swept
    return swept.mT if vertical else swept


def _sweep(x: Tensor, before: Tensor, beside: Tensor, after: Tensor) -> Tensor:
    before, after = before.clone(), after.clone()
    before[:, :, 0] = 0
    after[:, :, -1] = 0
    columns = [x[..., 0]]
    own = 1 - before - beside - after
    for i in range(1, x.shape[-1]):
        last = F.pad(columns[-1], (1, 1))
        column = own[..., i] * x[..., i] + before[..., i] * last[..., :-2]
        columns.append(column + beside[..., i] * last[..., 1:-1] + after[..., i] * last[..., 2:])
    return torch.stack(columns, -1)


def normalise_gates(gates: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gates divided by the sum of their sizes where that is above 1, so that sweeps are stable."""
    total = sum(gate.abs() for gate in gates)
    divisor = torch.as_tensor(total).clamp_min(1.0)
    return gates[0] / divisor, gates[1] / divisor, gates[2] / divisor


def whiten(x: Tensor) -> Tensor:
    """Return (1, 3, H, W) with decorrelated colours, for the guide; covariance / (N - 1) + I, in float64."""
    flat = x[0].double().flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    cov = flat @ flat.T / max(flat.shape[1] - 1, 1) + torch.eye(3, dtype=flat.dtype)
    return (power(cov, -0.5, floor=0.0) @ flat).reshape(x.shape).to(x)


class PropagationNet(nn.Module):
    """Sweep a stylized picture in four directions, gated by a guide, and keep the strongest of the four."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        n = width
        self.picture = nn.Conv2d(3, n, 3, padding=1)
        self.guide1, self.guide2 = nn.Conv2d(3, n, 3, padding=1), nn.Conv2d(n, 2 * n, 3, padding=1)
        self.guide3 = nn.Conv2d(2 * n, 4 * n, 3, padding=1)
        self.guide4 = nn.Conv2d(4 * n, 8 * n, 3, padding=1)
        self.narrow = nn.Conv2d(8 * n, 4 * n, 1)
        self.widen1 = nn.Conv2d(4 * n, 4 * n, 3, padding=1)
        self.widen2 = nn.Conv2d(4 * n, 2 * n, 3, padding=1)
        self.widen3 = nn.Conv2d(2 * n, n, 3, padding=1)
        self.gates = nn.Conv2d(n, 12 * n, 3, padding=1)
        self.post = nn.Conv2d(n, 3, 3, padding=1)

    def forward(self, picture: Tensor, guide: Tensor) -> Tensor:
        """Return the smoothed picture; both are (B, 3, H, W), the guide whitened."""
        x, seen = self.picture(picture), self._see(guide)
        strongest: Tensor | None = None
        for number, way in enumerate(DIRECTIONS):
            swept = propagate(x, normalise_gates(self._gates(seen, number)), way)
            strongest = swept if strongest is None else torch.maximum(strongest, swept)
        assert strongest is not None  # noqa: S101  # there are four directions
        return self.post(strongest)

    def _gates(self, seen: Tensor, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gates of one direction; all four at once would take most of the memory."""
        weight, bias = (p.chunk(4)[number] for p in self.gates.parameters())
        first, second, third = F.conv2d(seen, weight, bias, padding=1).chunk(3, 1)
        return first, second, third

    def _see(self, guide: Tensor) -> Tensor:
        levels = [self.guide1(guide)]
        for conv in (self.guide2, self.guide3, self.guide4):
            levels.append(conv(F.max_pool2d(F.relu(levels[-1]), 3, 2, 1)))
        x = self.narrow(levels.pop())
        for conv in (self.widen1, self.widen2, self.widen3):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = F.elu(conv(x)) + levels.pop()
        return x
