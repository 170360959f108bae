"""Pictures in another size, and edges that enlarging made soft."""

import pytest
import torch
import torch.nn.functional as F

from core.nn.crisp import REACH, sharpen_edges
from core.nn.resize import resize_window
from core.tiling import Box

SIZES = [(50, 43), (301, 30), (120, 86), (301, 257), (602, 514), (97, 341)]


def picture(height=301, width=257):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("size", SIZES)
def test_every_window_has_what_the_whole_has(size):
    x, box = picture(), Box(7, 5, 43, 27)
    whole = resize_window(x, size, Box(0, 0, *size))
    assert torch.equal(resize_window(x, size, box), whole[..., 7:43, 5:27])


@pytest.mark.parametrize("size", SIZES)
def test_inside_it_is_cubic_convolution_as_others_have_it(size):
    x = picture()
    theirs = F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False)
    edge = [1 + 3 * -(-n // min(n, own)) for n, own in zip(size, x.shape[-2:], strict=True)]
    inside = (..., slice(edge[0], -edge[0]), slice(edge[1], -edge[1]))
    ours = resize_window(x, size, Box(0, 0, *size))
    assert torch.allclose(ours[inside], theirs[inside], atol=2e-5)


@pytest.mark.parametrize("size", SIZES)
def test_one_colour_stays_that_colour_to_the_border(size):
    x = torch.full((1, 3, 301, 257), 0.4)
    assert torch.allclose(
        resize_window(x, size, Box(0, 0, *size), 2.0), torch.tensor(0.4), atol=1e-5
    )


def test_a_softer_kernel_leaves_less_of_what_is_small():
    x, size = picture(), (150, 128)
    crisp, soft = (resize_window(x, size, Box(0, 0, *size), s) for s in (1.0, 2.0))
    assert float(soft.std()) < 0.6 * float(crisp.std())


def test_a_soft_edge_becomes_crisp_and_no_colour_is_new():
    line = torch.sigmoid((torch.arange(64.0) - 31.5) / 1.5)
    x = (
        torch.stack([0.2 + 0.5 * line, 0.9 - 0.6 * line, line])
        .view(1, 3, 1, 64)
        .repeat(1, 1, 40, 1)
    )
    found = sharpen_edges(x)
    steepest = [float(y.diff(dim=-1).abs().max()) for y in (x, found)]
    assert steepest[1] > 1.4 * steepest[0]
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    assert bool(((found >= low - 1e-6) & (found <= high + 1e-6)).all())
    assert torch.equal(found[0, :, 0], found[0, :, 20])


def test_a_window_with_its_margin_becomes_as_crisp_as_the_whole():
    x = F.interpolate(picture(60, 50), scale_factor=2, mode="bicubic").clamp(0, 1)
    part = sharpen_edges(x[..., : 70 + REACH, 30 - REACH :])[..., :70, REACH:]
    assert torch.allclose(part, sharpen_edges(x)[..., :70, 30:], atol=1e-5)
