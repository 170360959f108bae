"""From a file to settings: bad pictures, and the command that says it."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from core import cli
from core.card import make_params
from core.catalog import PAINTER_IDS, find_card
from core.cli import arguments as typed
from core.cli import commands
from core.cli.hand import options_of
from core.errors import Cancelled, PictureError
from core.hand import search as searching
from core.hand.find import find_hand, look_at
from core.hand.search import BRUSH, SPACES
from core.request.hand_job import HandJob, HandResult


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    """Search among two painters, so that it is quick."""
    monkeypatch.setattr(searching, "PAINTER_IDS", ("gouache", "watercolor"))


def hand(style):
    return find_hand(HandJob(style=style))


def test_all_settings_of_the_painter_are_told(keep, photo):
    found = hand(keep("style.png", photo(128, 128, 3) / 255))
    assert found.method in PAINTER_IDS
    card = find_card(found.method)
    assert asdict(make_params(card, found.params)) == found.params
    assert 0.25 <= found.style_scale <= 8


def test_of_one_plain_colour_it_says_that_there_are_no_strokes(keep):
    found = hand(keep("plain.png", np.full((100, 90, 3), 0.6)))
    assert found.notes[0].startswith("plain.png shows no strokes")
    assert found.method in PAINTER_IDS


def test_of_noise_it_says_that_nobody_comes_near(keep):
    noise = np.random.default_rng(0).random((256, 256, 3))
    found = hand(keep("noise.png", noise))
    assert found.notes[0].startswith("noise.png has a hand that no painter comes near")


@pytest.mark.parametrize(("width", "height"), [(16, 200), (16, 16), (300, 40)])
def test_too_few_pixels_are_refused(keep, width, height):
    style = keep("small.png", np.random.default_rng(0).random((height, width, 3)))
    with pytest.raises(PictureError, match=f"small.png has {width} x {height} pixels, too few"):
        hand(style)


def test_black_and_white_and_with_alpha(tmp_path, photo):
    grey, clear = tmp_path / "grey.png", tmp_path / "clear.png"
    drawn = photo(96, 96, 2)
    Image.fromarray(drawn[..., 0]).save(grey)
    alpha = np.zeros((96, 96, 1), np.uint8)
    alpha[20:70] = 255
    Image.fromarray(np.concatenate([drawn, alpha], 2)).save(clear)
    assert hand(str(grey)).method in PAINTER_IDS
    seen = look_at(clear)
    assert np.ptp(seen[:15].astype(int), axis=(0, 1)).max() <= 1, "what is clear has no strokes"


def test_a_large_and_a_narrow_picture_are_looked_at_small(keep):
    assert look_at_size(keep, 1024, 900) == (675, 768)
    assert look_at_size(keep, 2000, 100) == (64, 1280)


def look_at_size(keep, width, height):
    from pathlib import Path

    return look_at(Path(keep("large.png", np.zeros((height, width, 3)))))[..., 0].shape


def test_a_cancel_ends_the_search(keep, photo):
    def report(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        find_hand(HandJob(style=keep("style.png", photo(96, 96, 3) / 255)), report)


@pytest.mark.parametrize("method", PAINTER_IDS)
def test_the_options_are_those_of_stylize(method):
    """Of every painter, whatever the search may set."""
    card = find_card(method)
    tried = {name: value for name, values in SPACES[method] for value in values[:1]}
    own = {name: value for name, value in tried.items() if name != BRUSH}
    params = asdict(make_params(card, own))
    found = HandResult(method=method, style_scale=0.35, params=params, distance=0.4)
    options = options_of(found)
    job = commands.job_of(typed.parse(["stylize", "in.png", "-o", "out.png", *options]))
    assert (job.method, job.style_scale) == (method, 0.35)
    assert asdict(make_params(card, job.params)) == params
    assert ("--no-contours" in options) == (method == "gouache")


def test_the_command_prints_options_alone_and_notes_beside_them(capsys, keep):
    plain = keep("plain.png", np.full((80, 80, 3), 0.6))
    assert cli.main(["hand", plain, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("--method gouache --style-scale 1 ")
    assert out.count("\n") == 1
    assert err.startswith("plain.png shows no strokes")
    assert cli.main(["hand", plain, "--quiet", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["method"] == "gouache"
    assert facts["notes"][0].startswith("plain.png")


def test_a_style_that_is_not_there_is_a_sentence(capsys):
    assert cli.main(["hand", "nowhere.png"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("stylize: ")
    assert "Traceback" not in err
