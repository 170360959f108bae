import pytest
import torch
import torch.nn.functional as F

from core.nn.pad import Conv, reflect


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(2, 2), (2, 7), (9, 5)])
def test_is_reflection(layout, size):
    x = torch.rand(2, 3, *size).contiguous(memory_format=layout)
    padded = reflect(x)
    assert torch.equal(padded, F.pad(x, (1, 1, 1, 1), mode="reflect"))
    assert padded.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("size", [(2, 2), (5, 4)])
def test_gradient(size):
    x = torch.rand(2, 1, *size, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(reflect, (x,))


def test_convolution_keeps_the_size():
    x = torch.rand(1, 2, 6, 5)
    assert Conv(2, 5)(x).shape == (1, 5, 6, 5)
    assert Conv(2, 5, 1)(x).shape == (1, 5, 6, 5)
    assert Conv(2, 4, 3, groups=2)(x).shape == (1, 4, 6, 5)
    assert Conv(2, 5, 3, stride=2)(x).shape == (1, 5, 3, 3)


def test_large_convolutions_see_a_mirrored_border():
    x, conv = torch.rand(1, 2, 6, 5), Conv(2, 3, 9)
    padded = F.pad(x, (4, 4, 4, 4), mode="reflect")
    assert torch.allclose(conv(x), F.conv2d(padded, conv.weight, conv.bias), atol=1e-6)
