import torch

from core.nn.coral import coral


def test_colours_get_the_targets_mean_and_covariance():
    source, target = torch.rand(1, 3, 20, 30), torch.rand(1, 3, 25, 15) ** 2 * 0.5
    target[:, 1] += 0.5 * target[:, 0]
    found, wanted = coral(source, target)[0].flatten(1), target[0].flatten(1)
    assert torch.allclose(found.mean(1), wanted.mean(1), atol=1e-5)
    # scatter matrices are not divided by their number of pixels, so scales differ by that of the two
    ratio = (wanted.shape[1] / found.shape[1]) ** 0.5
    assert torch.allclose(found.cov(), wanted.cov() * ratio**2, rtol=0.02, atol=1e-4)


def test_a_picture_keeps_its_own_colours():
    x = torch.rand(1, 3, 12, 12)
    assert torch.allclose(coral(x, x), x, atol=1e-5)


def test_a_flat_picture_stays_finite():
    flat, x = torch.full((1, 3, 8, 8), 0.5), torch.rand(1, 3, 8, 8)
    assert bool(torch.isfinite(coral(flat, x)).all())
    assert torch.allclose(coral(x, flat), flat, atol=1e-6)
