"""What the tests of surfaces share: small networks of random weights, and a method at work on a canvas."""

import pytest
import torch

from core.card import make_params
from core.catalog import find_card
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.evaluation.untrained import write_untrained
from core.imaging.lazy import materialize
from core.picture.compose import StyleSpec, stylize
from core.tiling import Grid


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """Every network of the compact backbone, random; only to be read."""
    folder = tmp_path_factory.mktemp("weights")
    write_untrained(folder)
    return Store((folder,))


@pytest.fixture
def picture(photo):
    """Draw a small picture: (height, width, seed) -> (1, 3, H, W)."""

    def make(height=64, width=80, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


@pytest.fixture
def canvas_of(store, picture):
    """Stylize a picture's canvas as the engine does, in tiles of a size or whole."""

    def make(surface, x, method="adain", tile=0, **params):
        card = find_card(method)
        spec = StyleSpec(card, make_params(card, params), (Style(picture(48, 64, 2)),))
        run = RunContext(store, grid=Grid(tile), coverage=materialize(surface.coverage(None)))
        return stylize(surface.unwrap(x), spec, run)

    return make
