import pytest
import torch

from core.nn.decoder import Decoder, mirrored_names, reach_of
from core.nn.encoder import FULL, LEVELS

WIDTHS = (4, 5, 6, 7, 7)


@pytest.mark.parametrize("level", LEVELS)
def test_a_decoder_mirrors_its_encoder(level):
    scale, channels = 2 ** (int(level[4]) - 1), WIDTHS[int(level[4]) - 1]
    out = Decoder(WIDTHS, level)(torch.rand(2, channels, 4, 3))
    assert out.shape == (2, 3, 4 * scale, 3 * scale)


def test_the_published_adain_decoder_has_this_many_numbers():
    assert sum(p.numel() for p in Decoder(FULL, "relu4_1").parameters()) == 3_505_219


def test_a_last_relu_keeps_pictures_positive():
    torch.manual_seed(0)
    plain = Decoder(WIDTHS, "relu2_1").requires_grad_(False)
    rectified = Decoder(WIDTHS, "relu2_1", last_relu=True)
    rectified.load_state_dict(plain.state_dict())
    x = torch.randn(1, 5, 6, 6)
    assert float(plain(x).min()) < 0
    assert torch.equal(rectified(x), plain(x).relu())


def test_names_run_backwards():
    assert mirrored_names("relu2_1") == ["conv2_1", "conv1_2", "conv1_1"]


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_beyond_its_reach_is_seen(level):
    scale, cells = 2 ** (int(level[4]) - 1), 24
    decoder = Decoder(WIDTHS, level).requires_grad_(False)
    x = torch.rand(1, WIDTHS[int(level[4]) - 1], cells, cells, requires_grad=True)
    row, column = 12 * scale - 1, 12 * scale
    decoder(x)[0, :, row, column].sum().backward()
    assert x.grad is not None
    touched = x.grad[0].abs().sum(0).nonzero() * scale
    assert int((touched - torch.tensor([row, column])).abs().max()) <= reach_of(level)


def test_a_decoder_may_begin_with_a_convolution_more():
    decoder = Decoder(level="relu3_1", first="conv3_2")
    assert decoder.names[:2] == ["conv3_2", "conv3_1"]
    assert decoder(torch.rand(1, 64, 5, 6)).shape == (1, 3, 20, 24)
    assert reach_of("relu3_1", "conv3_2") == reach_of("relu3_1") + 4
