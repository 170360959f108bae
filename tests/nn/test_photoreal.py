import pytest
import torch
import torch.nn.functional as F

from core.errors import Cancelled
from core.nn import photoreal
from core.nn.closed_form import smooth_closed_form
from core.nn.photoreal import enlarge_picture, shrink_picture, smooth


@pytest.fixture
def picture(photo):
    def make(height=64, width=80, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


def recolored(content):
    """An affine function of the content's colours: a photograph of the same things in another light."""
    matrix = torch.tensor([[0.5, 0.2, 0.1], [0.0, 0.6, 0.2], [0.2, 0.0, 0.5]])
    return torch.einsum("ij,bjhw->bihw", matrix, content) + 0.1


def test_no_smoothing_is_the_picture(picture):
    shown = picture(seed=2)
    assert smooth(shown, picture(), "none", 1e-4) is shown


@pytest.mark.parametrize("fidelity", [1e-4, 0.05])
def test_the_closed_form_is_solved_at_full_size_where_it_fits(picture, fidelity):
    shown, content = picture(seed=2), picture()
    assert torch.equal(
        smooth(shown, content, "closed", fidelity), smooth_closed_form(shown, content, fidelity)
    )


@pytest.mark.parametrize("how", ["closed", "guided"])
@pytest.mark.parametrize("size", [(64, 80), (61, 83), (90, 37)])
def test_what_follows_the_content_already_stays(picture, how, size):
    content = picture(*size)
    wanted = recolored(content)
    found = smooth(wanted, content, how, 1e-4)
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() < 0.03


@pytest.mark.parametrize("how", ["closed", "guided"])
def test_edges_are_those_of_the_content(picture, how):
    content = torch.full((1, 3, 96, 96), 0.2)
    content[..., 48:] = 0.8
    noise = 0.1 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    shown = (1 - content).roll(5, 3) + noise
    found = smooth(shown, content, how, 1e-4)
    step = (found[..., 47] - found[..., 48]).mean()
    beside = (found[..., 52] - found[..., 53]).mean()
    assert step > 0.3
    assert beside.abs() < 0.05
    flat = found[..., 8:40]
    assert flat.std(3).mean() < 0.4 * noise.std()


def test_a_large_picture_is_solved_small_and_keeps_the_contents_edges(monkeypatch):
    content = torch.full((1, 3, 96, 120), 0.2)
    content[:, 0, :, 41:] = 0.9
    content[:, 1, 53:] = 0.7
    wanted, seen = recolored(content), []
    monkeypatch.setattr(photoreal, "LARGEST", 96 * 120 / 9)
    monkeypatch.setattr(
        photoreal, "smooth_closed_form", lambda x, guide, *_: seen.append((x, guide)) or x
    )
    found = smooth(wanted, content, "closed", 1e-4)
    ((small, guide),) = seen
    assert small.shape == guide.shape == (1, 3, 32, 40)
    blurred = F.interpolate(small, (96, 120), mode="bicubic")
    assert (blurred - wanted).abs().max() > 0.1
    assert (found - wanted).abs().max() < 0.02


def test_shrinking_is_by_both_sides_and_never_to_nothing(picture):
    content = picture(60, 80)
    assert shrink_picture(content, 1.5) is content
    half = shrink_picture(content, 0.5)
    assert half.shape == (1, 3, 30, 40)
    assert torch.allclose(half.mean((2, 3)), content.mean((2, 3)), atol=5e-3)
    assert shrink_picture(picture(2, 300), 0.1).shape == (1, 3, 1, 30)


def test_nothing_is_enlarged_that_has_the_size(picture):
    shown = picture(seed=2)
    assert enlarge_picture(shown, picture()) is shown


def test_a_report_may_cancel(picture):
    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        smooth(picture(seed=2), picture(), "closed", 1e-4, stop)
