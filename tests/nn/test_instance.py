import pytest
import torch

from core.nn.instance import FilterResponseNorm, InstanceNorm, spread


@pytest.mark.parametrize("norm", [InstanceNorm, FilterResponseNorm])
def test_fixed_at_its_own_moments_a_norm_does_the_same(norm):
    torch.manual_seed(0)
    x, layer = 2 * torch.randn(1, 5, 7, 9) + 1, norm(5)
    for value in layer.parameters():
        value.data.add_(0.3 * torch.randn_like(value))
    assert torch.allclose(layer.fixed(spread(x))(x), layer(x), atol=1e-5)


def test_a_filter_response_norm_divides_without_centring():
    x = torch.tensor([3.0, -4.0]).view(1, 1, 1, 2)
    layer = FilterResponseNorm(1)
    assert torch.allclose(layer(x) * 12.5**0.5, x, atol=1e-5)
    layer.scale.data.fill_(2)
    layer.shift.data.fill_(-1)
    assert torch.allclose((layer(x) + 1) / 2 * 12.5**0.5, x, atol=1e-5)


def test_nothing_stays_finite():
    still = torch.zeros(1, 2, 3, 3)
    for norm in (InstanceNorm(2), FilterResponseNorm(2)):
        assert torch.isfinite(norm(still)).all()
        assert torch.isfinite(norm.fixed(spread(still))(still)).all()


def test_of_a_channel_that_is_the_same_everywhere_rounding_tells_nothing():
    value, elsewhere = torch.tensor([0.0, 0.7, -300.0]), torch.tensor([2.0, -5.0, 80.0])
    x = value[:, None, None].repeat(1, 1, 4, 4)
    x[..., 1, 2] *= 1 + 1e-7
    layer = InstanceNorm(3)
    layer.bias.data = torch.tensor([0.5, -1.0, 3.0])
    for given in (x, elsewhere[:, None, None].expand(1, 3, 2, 2)):
        out = layer.fixed(spread(x))(given)
        assert torch.equal(out, layer.bias[:, None, None].expand_as(out))


def test_a_channel_that_differs_a_little_keeps_its_eps():
    x = torch.tensor([1.0, 1.0002]).view(1, 1, 1, 2)
    layer = InstanceNorm(1, affine=False)
    assert torch.allclose(layer.fixed(spread(x))(x), layer(x), atol=1e-3)
    assert layer(x).abs().max() > 0.02
