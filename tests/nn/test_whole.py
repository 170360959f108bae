import pytest
import torch

from core.errors import PictureError
from core.nn.whole import off_grid, on_grid, same_size

CPU = torch.device("cpu")


@pytest.mark.parametrize("size", [(1, 1), (9, 30), (16, 8)])
def test_a_frame_comes_back(size):
    frame = torch.rand(1, 3, *size)
    whole = on_grid(frame, 4, CPU)
    assert all(side % 4 == 0 and side >= 8 for side in whole.shape[-2:])
    assert torch.equal(off_grid(whole, frame), frame)


def test_it_goes_on_as_in_a_mirror():
    frame = torch.arange(9.0).view(1, 1, 1, 9).expand(1, 3, 8, 9) / 9
    whole = on_grid(frame, 4, CPU)
    assert torch.allclose(whole[0, 0, 0, 8:] * 9, torch.tensor([8.0, 7.0, 6.0, 5.0]))


def test_a_picture_is_within_its_range():
    picture = torch.tensor([-1.0, 0.25, 2.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8).double()
    found = off_grid(picture, torch.zeros(1, 3, 5, 6))
    assert (found.shape, found.dtype) == ((1, 3, 5, 6), torch.float32)
    assert found[0, :, 0, 0].tolist() == [0.0, 0.25, 1.0]


def test_another_size_is_refused():
    memory = {"features": torch.zeros(1, 7, 4, 5)}
    same_size(torch.zeros(1, 3, 16, 20), memory, 4)
    same_size(torch.zeros(1, 3, 99, 99), {}, 4)
    with pytest.raises(PictureError, match="20 x 12 pixels follows frames of about 20 x 16"):
        same_size(torch.zeros(1, 3, 12, 20), memory, 4)
