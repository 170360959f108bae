"""Half precision with the shipped networks, in each way that a method can paint: as good as its card says."""

import pytest
import torch

from core.card import make_params
from core.catalog import find_card
from core.checkpoints.store import SHIPPED, Store
from core.contract import RunContext, Style
from core.errors import WeightsError
from core.picture.compose import StyleSpec, stylize

MEAN, MOST = 2 / 255, 8 / 255
"""What a value may change on average, and what all but a thousandth of them may."""
BARE = {"smoothing": "none", "follow": False}
WAYS = (
    ("ccpl", {"mode": "art"}),
    ("ccpl", {"mode": "photo"}),
    ("metanet", {}),
    ("linear_photo", {}),
    ("linear_photo", {"smoothing": "guided"}),
    ("linear_photo", {"level": "relu3_1", **BARE}),
    ("linear_photo", {"level": "relu4_1", **BARE}),
)


@pytest.mark.parametrize(("method", "params"), WAYS)
def test_bfloat16_paints_what_float32_paints(picture, method, params):
    card, shipped = find_card(method), Store((SHIPPED,))
    assert card.half
    spec = StyleSpec(card, make_params(card, params), (Style(picture(72, 64, 2)),))
    try:
        full, half = (
            stylize(picture(96, 128), spec, RunContext(shipped, dtype=dtype))
            for dtype in (torch.float32, torch.bfloat16)
        )
    except WeightsError as error:
        pytest.skip(str(error))
    apart = (full - half).abs()
    assert 0 < apart.mean() <= MEAN
    assert apart.flatten().quantile(0.999) <= MOST
