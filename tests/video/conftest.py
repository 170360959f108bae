"""Pictures of the tests of motion."""

import pytest
import torch


@pytest.fixture
def picture(photo):
    """Draw a small picture: (height, width, seed) -> (1, 3, H, W)."""

    def make(height=64, width=80, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make
