import pytest
import torch

from core.nn.encoder import COMPACT, LEVELS, Encoder, radius_of, scale_of


def test_levels_have_the_promised_sizes():
    with torch.no_grad():
        found = Encoder()(torch.rand(2, 3, 64, 96))
    for level, width in zip(LEVELS, COMPACT, strict=True):
        k = scale_of(level)
        assert found[level].shape == (2, width, 64 // k, 96 // k)


@pytest.mark.parametrize("level", LEVELS)
def test_radius_bounds_what_a_cell_sees(level):
    torch.manual_seed(0)
    encoder, k = Encoder(last=level), scale_of(level)
    x = torch.rand(1, 3, 192, 192, requires_grad=True)
    cell = 96 // k
    encoder(x)[level][0, :, cell, cell].sum().backward()
    rows = x.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    reach = max(cell * k - int(rows.min()), int(rows.max()) - (cell * k + k - 1))
    assert reach <= radius_of(level)
