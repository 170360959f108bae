"""What a small artist's network is compared with."""

import pytest
import torch

from core.train.teacher import covariance
from core.train.works import OWN, Works, colors, hand_loss, recolor


def seeded(number=0):
    return torch.Generator().manual_seed(number)


def flat(*color):
    return torch.tensor(color, dtype=torch.uint8)[:, None, None].expand(3, 96, 128).contiguous()


@pytest.fixture
def features():
    drawn = seeded()
    return {k: torch.rand(1, 8, 24, 24, generator=drawn) for k in ("relu2_1", "relu3_1")}


def test_a_picture_learns_from_works_of_its_colours():
    blue, ochre = flat(40, 60, 200), flat(190, 140, 60)
    works = Works([blue, ochre], size=64, zoom=1.25, seed=0)
    for picture in (blue, ochre):
        x = picture[None, :, :64, :64].float() / 255
        found = works.near(x, seeded())
        assert found.shape == x.shape
        assert torch.allclose(colors(found), colors(x), atol=0.02)


def test_a_crop_takes_a_pictures_mean_and_half_of_its_covariance():
    drawn = seeded()
    mixes = torch.rand(2, 3, 3, generator=drawn) * 0.08
    crop, like = (
        (0.5 + mix @ torch.randn(1, 3, 4096, generator=drawn)).view(1, 3, 64, 64) for mix in mixes
    )
    like = like - 0.1
    found = recolor(crop, like)
    (mean, cov), (_, own), (wanted, others) = (covariance(x) for x in (found, crop, like))
    assert torch.allclose(mean, wanted, atol=5e-3)
    assert torch.allclose(cov, OWN * own + (1 - OWN) * others, atol=2e-3)


def test_noise_of_a_grey_crop_is_made_no_colour():
    grey = torch.rand(1, 1, 64, 64, generator=seeded()).expand(1, 3, 64, 64)
    noisy = grey + 0.004 * torch.randn(1, 3, 64, 64, generator=seeded(1))
    vivid = torch.rand(1, 3, 64, 64, generator=seeded(2))
    found = recolor(noisy, vivid)
    spread = (found - found.mean(1, keepdim=True)).std()
    assert spread < 5 * 0.004
    assert (vivid - vivid.mean(1, keepdim=True)).std() > 0.2


def test_places_of_the_same_picture_are_alike(features):
    assert hand_loss(features, features, seeded()) < 1e-5
    turned = {k: f.flip(2, 3) for k, f in features.items()}
    assert hand_loss(turned, features, seeded()) < 1e-5, "wherever they are"
    other = {k: torch.rand(f.shape, generator=seeded(1)) for k, f in features.items()}
    assert hand_loss(other, features, seeded()) > 0.05


def test_each_of_the_paintings_places_is_to_be_met(features):
    """A picture of one place over and over meets it well, and the others not."""
    first = {k: f[..., :1, :1].expand_as(f) for k, f in features.items()}
    found = float(hand_loss(first, features, seeded()))
    assert 0.1 < found < 0.6
