"""What the tests of methods share: small networks of random weights, pictures, and a method at work."""

import pytest
import torch

from core.card import make_params
from core.checkpoints.store import Store
from core.contract import RunContext
from core.evaluation.untrained import write_untrained
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
def stylized(request):
    """Run the method whose CARD the test's module has, as the engine does, in tiles of a size or whole."""
    card = request.module.CARD

    def make(content, styles, store, tile=0, coverage=None, backbone="compact", **params):
        spec = StyleSpec(card, make_params(card, params), tuple(styles))
        run = RunContext(store, grid=Grid(tile), coverage=coverage, backbone=backbone)
        return stylize(content, spec, run)

    return make
