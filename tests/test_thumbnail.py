import pytest
import torch

from core.catalog import CARDS, find_card
from core.contract import RunContext, Style
from core.errors import ParamsError
from core.nn.thumbnail import thumbnail
from core.picture.compose import StyleSpec, stylize
from core.picture.run import run
from core.request.picture_job import Job, StyleFile
from core.tiling import Grid


def picture(height, width, seed=0, cell=8):
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(1, 3, height // cell, width // cell, generator=generator)
    return torch.nn.functional.interpolate(small, (height, width), mode="bilinear")


def test_small_pictures_are_their_own_thumbnails():
    x, coverage = picture(64, 96), torch.rand(1, 1, 64, 96)
    assert thumbnail(x, coverage) == (x, coverage)


def test_what_counts_shrinks_with_the_picture():
    coverage = torch.zeros(1, 1, 64, 96)
    coverage[..., :48] = 1
    small, counted = thumbnail(picture(64, 96), coverage, longest=48)
    assert small.shape == (1, 3, 32, 48)
    assert torch.equal(counted, coverage[..., ::2, ::2])


@pytest.mark.parametrize("method", ["transport", "adain"])
def test_it_is_nearly_the_exact_picture_of_something_smooth(method):
    content, style = picture(160, 1280, cell=16), Style(picture(64, 64, 1, cell=16))
    card = find_card(method)
    specs = (StyleSpec(card, card.params(), (style,), thumbnail=shrunk) for shrunk in (False, True))
    exact, quick = (stylize(content, spec, RunContext(grid=Grid(512))) for spec in specs)
    assert 0 < (exact - quick).abs().mean() < 0.05


@pytest.mark.parametrize("method", [card.id for card in CARDS if not card.thumbnail])
def test_methods_that_cannot_say_so(tmp_path, photo, method):
    from PIL import Image

    for name in ("content", "style"):
        Image.fromarray(photo(24, 32)).save(tmp_path / f"{name}.png")
    style = "oil" if find_card(method).styles == "names" else str(tmp_path / "style.png")
    job = Job(
        content=str(tmp_path / "content.png"),
        output=str(tmp_path / "out.png"),
        styles=(StyleFile(style),),
        method=method,
        thumbnail=True,
    )
    with pytest.raises(ParamsError, match=r"cannot be measured in a thumbnail; .*transport"):
        run(job)
    assert not (tmp_path / "out.png").exists()
