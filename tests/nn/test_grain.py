import torch

from core.nn.grain import grain_loss, grain_ratios


def noise():
    return torch.rand(1, 3, 160, 160, generator=torch.Generator().manual_seed(0))


def test_noise_has_no_grain():
    assert float(grain_ratios(noise()).max()) < 3


def test_a_pattern_every_four_pixels_is_seen():
    x = 0.2 * noise()
    x[..., ::4] += 0.3
    assert float(grain_ratios(x).max()) > 20
    assert float(grain_loss(x)) > float(grain_loss(noise()))


def test_loss_has_a_gradient():
    x = noise()
    x[..., ::2] += 0.3
    x.requires_grad_(True)
    grain_loss(x).backward()
    assert bool(torch.isfinite(x.grad).all())
    assert float(x.grad.abs().max()) > 0
