"""Measures of periodic grain and of lattices of lines, two common faults of small decoders."""

import torch
from torch import Tensor

WINDOW = 64
PEAKS = ((0, 16), (16, 0), (16, 16), (16, 48), (0, 32), (32, 0), (32, 32), (16, 32), (32, 16))
"""Frequencies of periods 4 and 2 pixels, in bins of the window's transform."""
FINE, BESIDE = slice(8, 33), slice(4, 9)
"""Bins of periods of 8 to 2 pixels, and those beside an axis that lines are compared with."""


def grain_ratios(pictures: Tensor) -> Tensor:
    """Return the spectral energy at each of ``PEAKS`` divided by the median around it, (B, 9).

    pictures: (B, 3, H, W), at least 64 pixels a side. Hann-windowed periodograms of the grey picture at
    a step of 32 pixels are averaged. Untouched photographs reach 1.3 to 7, median 1.8.
    """
    power = _power(pictures)
    return torch.stack([_near(power, a, b) / _ring(power, a, b) for a, b in PEAKS], 1)


def grain_loss(pictures: Tensor, allowed: float = 1.6) -> Tensor:
    """Return by how much, in log scale, the ratios exceed ``allowed``: 0 for a clean picture."""
    return (
        (grain_ratios(pictures).clamp_min(1e-6).log() - torch.tensor(allowed).log()).relu().mean()
    )


def lattice_ratios(pictures: Tensor, *, evenly: bool = False) -> Tensor:
    """Return the energy of fine vertical and horizontal lines divided by that beside it, (B, 50).

    pictures: (B, 3, H, W), at least 64 pixels a side. Photographs score 1 to 2 in geometric mean, decoders
    with a woven pattern 4 to 20. ``evenly`` counts flat windows, where a pattern shows, as much as busy ones.
    """
    power = _power(pictures, evenly=evenly) + 1e-8
    upright = power[:, 0, FINE] / power[:, BESIDE, FINE].median(1).values
    level = power[:, FINE, 0] / power[:, FINE, BESIDE].median(2).values
    return torch.cat([upright, level], 1)


def lattice_loss(
    pictures: Tensor, like: Tensor, allowed: float = 1.2, *, evenly: bool = False
) -> Tensor:
    """Return by how much, in log scale, the ratios exceed ``allowed`` times those of other pictures."""
    wanted = lattice_ratios(like, evenly=evenly).log() + torch.tensor(allowed).log()
    return (lattice_ratios(pictures, evenly=evenly).log() - wanted).relu().mean()


def _power(pictures: Tensor, *, evenly: bool = False) -> Tensor:
    """Return the averaged periodogram of the grey pictures, (B, 64, 64)."""
    grey = pictures.float().mean(1)
    patches = grey.unfold(1, WINDOW, WINDOW // 2).unfold(2, WINDOW, WINDOW // 2).flatten(1, 2)
    hann = torch.hann_window(WINDOW, periodic=False, device=grey.device)
    patches = (patches - patches.mean((2, 3), keepdim=True)) * torch.outer(hann, hann)
    power = torch.fft.fft2(patches).abs().square()
    if evenly:
        power = power / (power[:, :, FINE, FINE].mean((2, 3), keepdim=True) + 1e-3)
    return power.sum(1)


def _square(reach: int, hole: int) -> list[tuple[int, int]]:
    span = range(-reach, reach + 1)
    return [(i, j) for i in span for j in span if max(abs(i), abs(j)) >= hole]


def _at(power: Tensor, a: int, b: int, square: list[tuple[int, int]]) -> Tensor:
    rows = torch.tensor([(a + i) % WINDOW for i, _ in square])
    columns = torch.tensor([(b + j) % WINDOW for _, j in square])
    return power[:, rows, columns]


def _near(power: Tensor, a: int, b: int) -> Tensor:
    return _at(power, a, b, _square(1, 0)).mean(1)


def _ring(power: Tensor, a: int, b: int) -> Tensor:
    return _at(power, a, b, _square(6, 3)).median(1).values + 1e-8
