"""Finer brushes where a mask or the picture's own edges want them: lettering survives, the rest stays."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from core.catalog import CARDS
from core.errors import ParamsError
from core.imaging.image import load_image
from core.picture.run import run
from core.request.picture_job import Job

SIZE = (240, 320)
FINE = [c for c in CARDS if any(f.name == "edges" for f in c.params.__dataclass_fields__.values())]


@pytest.fixture
def job(tmp_path):
    """A job of a painter on a sign with lettering, left and right: (method, fields) -> Job."""
    rng = np.random.default_rng(0)
    wide = cv2.resize(rng.random((4, 5, 3), np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    sign = np.ascontiguousarray(np.clip(0.55 + 0.3 * wide, 0, 1) * 255, np.uint8)
    for left in (20, 190):
        cv2.putText(sign, "Oil 7", (left, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (12, 12, 50), 2)
    Image.fromarray(sign).save(tmp_path / "in.png")
    mask = np.zeros(SIZE, np.uint8)
    mask[90:145, 10:130] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")

    def make(method, name="out", **more):
        about = {"styles": (), "method": method, "lit": "never", **more}
        return Job(content=str(tmp_path / "in.png"), output=str(tmp_path / f"{name}.png"), **about)

    return make


def paint(job):
    run(job)
    return load_image(job.output).rgb[0]


def off(painted, job, columns):
    """How far a painting's lettering is from the picture's, in luminance."""
    picture = load_image(job.content).rgb[0]
    apart = (painted - picture).mean(0)[95:140, columns]
    return float(np.sqrt((apart**2).mean()))


@pytest.mark.parametrize("card", FINE, ids=lambda card: card.id)
def test_lettering_survives_under_the_mask_and_the_rest_is_as_it_was(job, card, tmp_path):
    left, right = slice(15, 125), slice(195, 310)
    asked, shares = job(card.id), list[float]()
    for seed in range(4):  # by chance alone a painting's share is up to a tenth more or less
        plain = paint(job(card.id, "plain", seed=seed))
        fine = paint(job(card.id, "fine", seed=seed, detail_mask=str(tmp_path / "mask.png")))
        shares.append(off(fine, asked, left) / off(plain, asked, left))
        assert np.array_equal(fine[..., 200:], plain[..., 200:])
        assert off(fine, asked, right) == off(plain, asked, right)
    assert np.mean(shares) < 0.8


@pytest.mark.parametrize("card", FINE, ids=lambda card: card.id)
def test_edges_of_the_picture_get_finer_brushes(job, card):
    plain = paint(job(card.id, "plain"))
    fine = paint(job(card.id, "fine", params={"edges": 1.0}))
    for columns in (slice(15, 125), slice(195, 310)):
        assert off(fine, job(card.id), columns) < 0.9 * off(plain, job(card.id), columns)


def test_a_black_mask_changes_nothing(job, tmp_path):
    Image.new("L", SIZE[::-1]).save(tmp_path / "black.png")
    plain = paint(job("oil", "plain"))
    masked = paint(job("oil", "masked", detail_mask=str(tmp_path / "black.png")))
    assert np.array_equal(plain, masked)


@pytest.mark.parametrize(
    "more", [{"method": "watercolor"}, {"method": "transport"}, {"surface": "equirect"}]
)
def test_what_has_no_finer_brushes_says_so(job, tmp_path, more):
    asked = replace(job("oil"), detail_mask=str(tmp_path / "mask.png"), **more)
    if more.get("method") == "transport":
        asked = replace(asked, styles=())
    with pytest.raises(ParamsError):
        run(asked)
