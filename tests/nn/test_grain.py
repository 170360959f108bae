import torch

from core.nn.grain import grain_loss, grain_ratios, lattice_loss, lattice_ratios


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


def woven():
    """Noise with upright and level lines of all periods."""
    lines = torch.rand(1, 1, 1, 160, generator=torch.Generator().manual_seed(1))
    return (noise() + lines + lines.mT) / 3


def slanted():
    """Noise with the same lines, aslant."""
    lines = torch.rand(400, generator=torch.Generator().manual_seed(1))
    return (noise() + torch.stack([lines[y : y + 160] for y in range(160)])) / 2


def test_lines_along_the_axes_are_a_lattice_and_others_are_none():
    clean, bad, aslant = (
        float(lattice_ratios(x).log().mean().exp()) for x in (noise(), woven(), slanted())
    )
    assert clean < 1.5
    assert aslant < 1.5
    assert bad > 10


def test_a_lattice_costs_what_the_picture_has_not_itself():
    assert float(lattice_loss(woven(), woven())) == 0
    assert float(lattice_loss(noise(), woven())) < 0.1 < float(lattice_loss(woven(), noise()))
    x = woven().requires_grad_(True)
    lattice_loss(x, noise()).backward()
    assert bool(torch.isfinite(x.grad).all())
    assert float(x.grad.abs().max()) > 0


def test_a_weave_in_a_flat_corner_counts_as_much_as_busy_parts():
    """A busy half hides a faint weave in the other half, unless all windows count alike."""
    busy, flat = noise(), torch.full_like(noise(), 0.5)
    side = busy.shape[-1] // 2
    clean = torch.cat([busy[..., :side], flat[..., side:] + 0.02 * noise()[..., side:]], -1)
    faint = torch.cat([busy[..., :side], flat[..., side:] + 0.02 * woven()[..., side:]], -1)
    hidden, seen = (float(lattice_loss(faint, clean, evenly=e)) for e in (False, True))
    assert hidden < 0.05
    assert seen > 4 * max(hidden, 0.02)
