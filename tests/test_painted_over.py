"""A neural painting under a painter's strokes: its colours, these strokes; and what it needs."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.catalog import CARDS, find_card
from core.errors import ParamsError
from core.imaging.image import load_image
from core.picture.inputs import find_heaviest
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

PAINTERS = [card for card in CARDS if "brushwork" in card.begins]


@pytest.fixture
def job(tmp_path):
    """A job of a painter on two flat halves, in a style of other colours: (method, fields) -> Job."""
    picture = np.full((128, 160, 3), 200, np.uint8)
    picture[:, 80:] = 60
    rng = np.random.default_rng(0)
    style = np.kron(rng.random((8, 8, 1)), np.ones((16, 16, 1))) * (220, 90, 30)
    Image.fromarray(picture).save(tmp_path / "in.png")
    Image.fromarray(style.astype(np.uint8)).save(tmp_path / "style.png")

    def make(method, name="out", **more):
        about = {"styles": (StyleFile(str(tmp_path / "style.png")),), "method": method, **more}
        own = {"content": str(tmp_path / "in.png"), "output": str(tmp_path / f"{name}.png")}
        return Job(**own, precision="float32", **about)

    return make


def paint(asked):
    run(asked)
    return load_image(asked.output).rgb[0]


def shrink(picture):
    return picture.reshape(3, 8, 16, 10, 16).mean((2, 4))


@pytest.mark.parametrize("start", ["brushwork", "nnst"])
def test_it_has_the_strokes_of_the_painter_and_the_colours_below(job, start):
    painted = paint(job("oil", "over", params={"start": start, "variety": 0.2, "impasto": 0.0}))
    below = paint(job(start, "below"))
    plain = paint(job("oil", "plain", params={"variety": 0.2, "impasto": 0.0}))
    near, far = (np.abs(shrink(other) - shrink(painted)).mean() for other in (below, plain))
    assert near < far
    assert np.abs(painted - below).mean() > 0.005, "it is painted"


def test_all_painters_have_it_and_none_is_as_before(job):
    assert len(PAINTERS) == 10
    plain, none = (
        paint(job("gouache", n, params=p)) for n, p in (("a", {}), ("b", {"start": "none"}))
    )
    assert np.array_equal(plain, none)


def test_relief_and_layers_are_the_painter_s(job, tmp_path):
    asked = job("oil", params={"start": "brushwork"}, maps="height", lit="always")
    asked = replace(asked, paint_layers=str(tmp_path / "layers.exr"))
    painted = paint(asked)
    assert (tmp_path / "out.height.png").is_file()
    assert (tmp_path / "layers.exr").is_file()
    assert np.array_equal(painted, paint(job("oil", "other", params={"start": "brushwork"})))


def test_it_needs_a_style_and_its_memory(job):
    with pytest.raises(ParamsError, match="set start to none") as caught:
        run(job("oil", params={"start": "nnst"}, styles=()))
    assert caught.value.setting == "styles"
    card = find_card("oil")
    assert find_heaviest(job("oil"), card).id == "oil"
    assert find_heaviest(job("oil", params={"start": "nnst"}), card).id == "nnst"
