import pytest
import torch
import torch.nn.functional as F

from core.nn.pad import Conv, convolve, reflect


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


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_network_that_is_not_taught_has_the_same_gradient_and_keeps_no_copy(layout):
    layer = torch.nn.Conv2d(2, 5, 3).requires_grad_(requires_grad=False).to(memory_format=layout)
    x = torch.rand(1, 2, 6, 7).contiguous(memory_format=layout).requires_grad_()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape) or t, lambda t: t):
        made = convolve(x, layer).relu_()
    assert (1, 2, 8, 9) not in {tuple(shape) for shape in kept}
    asked = torch.rand(1, 5, 6, 7)
    found = torch.autograd.grad(made, x, asked)[0]
    wanted = torch.autograd.grad(layer(reflect(x)).relu(), x, asked)[0]
    assert torch.allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_in_a_mixed_context_gradients_have_the_pictures_type(kind):
    layer = torch.nn.Conv2d(2, 5, 3).requires_grad_(requires_grad=False).to(kind)
    x = torch.rand(1, 2, 6, 7, dtype=kind, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.float32):
        made = convolve(x, layer)
    assert made.dtype == (torch.bfloat16 if kind == torch.float32 else kind)
    found = torch.autograd.grad(made.to(kind).sum(), x)[0]
    wanted = torch.autograd.grad(layer(reflect(x)).sum(), x)[0]
    assert found.dtype == kind
    assert torch.allclose(found, wanted, rtol=0.05, atol=0.05)


def test_a_network_that_is_taught_has_gradients():
    layer, x = torch.nn.Conv2d(2, 5, 3), torch.rand(1, 2, 6, 7)
    convolve(x, layer).sum().backward()
    assert layer.weight.grad is not None
    assert layer.bias is not None
    assert layer.bias.grad is not None


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
