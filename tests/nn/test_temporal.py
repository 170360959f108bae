import pytest
import torch

from core.nn.temporal import feature_temporal_loss, luminance, output_temporal_loss

ONE = torch.ones(1, 1, 4, 5)


def test_luminance_of_primaries():
    colors = torch.eye(3)[:, :, None, None]
    assert luminance(colors).flatten().tolist() == pytest.approx([0.2126, 0.7152, 0.0722])
    assert float(luminance(torch.ones(1, 3, 1, 1))) == pytest.approx(1)


def test_a_change_that_the_light_explains_costs_nothing():
    before, lighter = torch.rand(1, 3, 4, 5), 0.2 * torch.rand(1, 1, 4, 5)
    assert output_temporal_loss(before + lighter, before, lighter, ONE) < 1e-12
    assert output_temporal_loss(before, before, lighter, ONE) == pytest.approx(
        float(3 * lighter.square().mean())
    )


def test_what_was_hidden_costs_nothing():
    one, two, visible = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5), ONE.clone()
    visible[..., 2:] = 0
    two[..., :2] = one[..., :2]
    assert output_temporal_loss(one, two, 0 * ONE, visible) == 0
    assert feature_temporal_loss(one, two, visible) == 0
    assert feature_temporal_loss(one, two, ONE) > 0


def test_features_are_averaged_and_pictures_summed_over_channels():
    zeros, ones = torch.zeros(1, 3, 4, 5), torch.ones(1, 3, 4, 5)
    assert feature_temporal_loss(ones, zeros, ONE) == 1
    assert output_temporal_loss(ones, zeros, 0 * ONE, ONE) == 3
