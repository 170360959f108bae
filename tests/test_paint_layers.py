"""A painter's layers: laid over each other they are the painting; less of one is less of it alone."""

from dataclasses import replace

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from core.catalog import CARDS
from core.color import linear_to_srgb
from core.errors import ParamsError, PictureError
from core.imaging.image import load_image
from core.picture.run import run
from core.picture.stages import lay_over, part
from core.request.picture_job import Job

LAYERED = [card for card in CARDS if card.staged]
HALF = 2e-3
"""What half floats and 8 bits differ by, display-referred."""


@pytest.fixture
def job(tmp_path):
    """A job of a painter on a small picture: (method, fields) -> Job."""
    y, x = np.mgrid[:70, :90] / 12
    picture = 0.5 + 0.4 * np.stack([np.sin(x + y), np.cos(2 * x), np.sign(np.sin(x) * y - 1)], -1)
    path = tmp_path / "in.png"
    Image.fromarray((picture * 255).astype(np.uint8)).save(path)

    def make(method, **more):
        out = str(tmp_path / f"{method}.tif")
        layers = str(tmp_path / f"{method}.exr")
        about = {"styles": (), "method": method, "paint_layers": layers, **more}
        return Job(content=str(path), output=out, **about)

    return make


def read_layers(path):
    """Return an EXR's layers, name -> (4, H, W)."""
    source = oiio.ImageInput.open(path)
    names, pixels = source.spec().channelnames, source.read_image("float")
    source.close()
    planes = {name: pixels[..., k] for k, name in enumerate(names)}
    titles = dict.fromkeys(name.rpartition(".")[0] for name in names)
    return {t.split(".")[1]: np.stack([planes[f"{t}.{c}"] for c in "RGBA"]) for t in titles}


@pytest.mark.parametrize("card", LAYERED, ids=lambda card: card.id)
@pytest.mark.parametrize("strength", [1.0, 0.6, 0.0])
def test_layers_over_each_other_are_the_painting(job, card, strength):
    asked = job(card.id, strength=strength)
    run(asked)
    layers = read_layers(asked.paint_layers)
    assert set(layers) == {"Combined", *card.staged}
    beauty = load_image(asked.output).rgb[0]
    seen = linear_to_srgb(lay_over([layers[name] for name in card.staged]).clip(0, 1))
    combined = linear_to_srgb(layers["Combined"][:3].clip(0, 1))
    assert np.abs(seen - beauty).max() < HALF + 1 / 255
    assert np.abs(combined - seen).max() < 2 * HALF
    if strength:
        paint = layers["Lines" if card.id == "engraving" else "Paint"]
        assert paint[3].mean() > 0.1
        assert np.abs(layers[card.staged[0]][:3] - layers["Combined"][:3]).max() > 0.1


def test_layers_are_exact_and_no_colour_is_below_nothing():
    rng = np.random.default_rng(0)
    stages = [rng.random((3, 20, 30), np.float32) for _ in range(4)]
    layers = part(stages)
    assert np.abs(linear_to_srgb(lay_over(layers)) - stages[-1]).max() < 1e-5
    for layer in layers:
        assert layer.min() > -1e-6
        assert (layer[:3] <= layer[3:] + 1e-6).all()


def test_a_layer_that_changes_nothing_is_not_there():
    stage = np.random.default_rng(0).random((3, 5, 5), np.float32)
    assert not part([stage, stage])[1].any()


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("transport", {}),
        ("watercolor", {}),
        ("oil", {"surface": "equirect"}),
        ("oil", {"paint_layers": "layers.png"}),
    ],
)
def test_what_has_no_layers_says_so(job, method, more, tmp_path):
    asked = job(method)
    with pytest.raises(ParamsError) as caught:
        run(replace(asked, **more))
    assert caught.value.setting == "paint_layers" or method == "transport"
    assert not list(tmp_path.glob("*.exr"))


def test_layers_that_cannot_be_written_are_refused_before_the_work(job, tmp_path):
    heard = []
    with pytest.raises(PictureError, match="there is no folder"):
        run(job("oil", paint_layers=str(tmp_path / "none" / "layers.exr")), heard.append)
    twice = job("oil", paint_layers=str(tmp_path / "o.height.exr"), maps="height")
    for output in ("o.exr", "o.height.exr"):
        with pytest.raises(ParamsError, match=r"o\.height\.exr would be written twice"):
            run(replace(twice, output=str(tmp_path / output)), heard.append)
    assert not heard
    assert not list(tmp_path.glob("*.exr"))
