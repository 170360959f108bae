"""Styles of a run: their scale, masks, regions and transparency."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from core.catalog import find_card
from core.errors import ParamsError
from core.imaging.image import load_image
from core.picture.run import load_styles, run
from core.request.picture_job import StyleFile
from tests.picture.stages import save


def styled(ask, card="adain", size=(64, 80), **changes):
    return load_styles(ask(**changes), find_card(card), size)


@pytest.mark.parametrize(
    ("size", "scale", "wanted"),
    [
        ((100, 300), 1.0, (171, 512)), ((300, 100), 1.0, (512, 171)), ((100, 300), 0.5, (85, 256)),
        ((300, 300), 2.0, (1024, 1024)), ((2, 3000), 1.0, (1, 512)), ((3000, 2), 1.0, (512, 1)),
        ((512, 40), 1.0, (512, 40)),
    ],
)  # fmt: skip  # a table
def test_styles_are_shown_at_their_scale(ask, tmp_path, size, scale, wanted):
    path = save(tmp_path / "s.png", size)
    (found,) = styled(ask, "gatys", styles=(StyleFile(path, 0.75),), style_scale=scale)
    assert found.picture.shape == (1, 3, *wanted)
    assert found.weight == 0.75
    assert found.mask is found.labels is None
    assert torch.allclose(found.picture, torch.full_like(found.picture, 90 / 255), atol=1e-5)


def test_where_the_canvas_makes_the_brush_the_style_stays(ask, tmp_path):
    styles = (StyleFile(save(tmp_path / "s.png", (300, 300))),)
    (found,) = styled(ask, "transport", styles=styles, style_scale=4.0)
    assert found.picture.shape == (1, 3, 512, 512)


def test_a_style_of_its_size_is_taken_bit_for_bit(ask, tmp_path, photo):
    Pillow.fromarray(photo(400, 512)).save(tmp_path / "s.png")
    (found,) = styled(ask, styles=(StyleFile(str(tmp_path / "s.png")),))
    assert np.array_equal(found.picture, load_image(tmp_path / "s.png").rgb)


def test_fine_lines_of_a_style_become_grey_when_it_is_made_smaller(ask, tmp_path):
    pixels = np.zeros((1024, 1024, 3), np.uint8)
    pixels[:, ::2] = 255
    Pillow.fromarray(pixels).save(tmp_path / "s.png")
    (found,) = styled(ask, "gatys", styles=(StyleFile(str(tmp_path / "s.png")),), style_scale=0.75)
    assert float(found.picture[..., 20:-20].std()) < 0.1


def test_a_smaller_style_lies_where_the_larger_one_lay(ask, tmp_path):
    """Two pixels become the one between them, at the border as in the middle."""
    row = np.arange(1024, dtype=np.uint16) * 64
    np.save(tmp_path / "s.npy", np.broadcast_to(row[None, :, None], (64, 1024, 3)))
    (found,) = styled(ask, styles=(StyleFile(str(tmp_path / "s.npy")),))
    places = found.picture[0, 0, 16] * 65535 / 64
    wanted = 2 * torch.arange(512.0) + 0.5
    assert torch.allclose(places[4:-4], wanted[4:-4], atol=0.1)


def test_a_style_s_mask_lies_on_the_content(ask, tmp_path):
    mask = save(tmp_path / "m.png", (32, 40), (255, 255, 255))
    (found,) = styled(ask, styles=(StyleFile(save(tmp_path / "s.png"), mask=mask),))
    assert found.mask.shape == (1, 1, 64, 80)


def test_names_of_trained_styles_are_handed_on(ask, style):
    oil, other = styled(ask, "msgnet", styles=(StyleFile("oil", 2.0), StyleFile(str(style))))
    assert (oil.source, oil.weight) == ("oil", 2.0)
    assert other.picture.shape == (1, 3, 512, 455)
    (built_in,) = styled(ask, styles=(StyleFile("builtin:oil"),))
    assert max(built_in.picture.shape) == 512


@pytest.mark.parametrize("alpha", [255, 128, 0])
def test_styles_that_are_as_transparent_everywhere_are_taken_as_they_are(
    ask, tmp_path, photo, alpha
):
    """Nothing shows more than the rest, so there is nothing to fill from."""
    pixels = photo(512, 512)
    Pillow.fromarray(pixels).save(tmp_path / "s.png")
    veiled = np.dstack([pixels, np.full((512, 512), alpha, np.uint8)])
    Pillow.fromarray(veiled).save(tmp_path / "t.png")
    plain, found = styled(ask, styles=tuple(StyleFile(str(tmp_path / f"{k}.png")) for k in "st"))
    assert torch.equal(plain.picture, found.picture)


def test_regions_are_numbered_on_content_and_style(painted, ask, tmp_path):
    def halves(name, size, upper, lower):
        pixels = np.full((*size, 3), lower, np.uint8)
        pixels[: size[0] // 2] = upper
        Pillow.fromarray(pixels).save(tmp_path / name)
        return str(tmp_path / name)

    sky, land = (0, 0, 200), (0, 200, 0)
    own, theirs = halves("c.png", (64, 80), sky, land), halves("l.png", (60, 120), land, sky)
    style = StyleFile(save(tmp_path / "s.png", (60, 120)), labels=theirs)
    run(ask(method="photowct", labels=own, styles=(style,)))
    labels, (found,) = painted[0].run.labels, painted[0].spec.styles
    assert labels.shape == (1, 1, 64, 80)
    assert found.labels.shape == (1, 1, *found.picture.shape[-2:]) == (1, 1, 256, 512)
    assert labels[0, 0, 0, 0] == found.labels[0, 0, -1, 0] != labels[0, 0, -1, 0]
    run(ask())
    assert painted[1].run.labels is None
    assert painted[1].spec.styles[0].labels is None


def test_a_style_without_regions_is_named(ask, tmp_path, style):
    own = save(tmp_path / "c.png")
    with pytest.raises(ParamsError, match="has none; give it one, too") as found:
        run(ask(method="photowct", labels=own))
    assert str(style) in str(found.value)
    assert found.value.setting == "style_labels"
