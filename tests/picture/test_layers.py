"""Layers of depth in a run."""

import numpy as np
import pytest
from PIL import Image as Pillow

import core.picture.run
from core.errors import ParamsError
from core.imaging.image import load_image
from core.picture.compose import Stylized
from core.picture.run import run
from core.request.layer import Layer
from tests.picture.stages import ramp


@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("focus", [0.0, 1.0])
def test_each_layer_shows_at_its_depth(monkeypatch, ask, tmp_path, white, focus):
    def paint(image, spec, run, surface, *, opacity):
        return Stylized(np.full_like(image.rgb, spec.strength), notes=(f"layer of {spec.card.id}",))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    layers = (Layer("adain", 0.2), Layer("wct", 0.4), Layer("adain", 0.8))
    changes = {"near_is_white": white, "focus": focus, "softness": 0.1}
    made = run(ask(depth=ramp(tmp_path), layers=layers, **changes))
    assert made.method == "adain, wct"
    assert made.notes == ("layer of adain", "layer of wct")
    row = np.array(Pillow.open(tmp_path / "out.png"))[32, :, 0]
    row = row[::-1] if white != bool(focus) else row
    assert [round(row[k] / 255, 1) for k in (3, 40, 76)] == [0.2, 0.4, 0.8]


def test_softness_tells_how_widely_layers_meet(monkeypatch, ask, tmp_path):
    def paint(image, spec, run, surface, *, opacity):
        return Stylized(np.full_like(image.rgb, spec.strength))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    layers, mixed = (Layer(strength=0.2), Layer(strength=0.8)), []
    for softness in (0.0, 1.0):
        run(ask(depth=ramp(tmp_path), layers=layers, softness=softness))
        row = np.array(Pillow.open(tmp_path / "out.png"))[32, :, 0]
        mixed.append(int(((row > 60) & (row < 195)).sum()))
    assert mixed[0] < 8
    assert mixed[1] > 20


@pytest.mark.usefixtures("painted")
def test_one_layer_is_none(ask, tmp_path):
    with pytest.raises(ParamsError, match="give two layers or more, or none"):
        run(ask(depth=ramp(tmp_path), layers=(Layer(),)))
    assert run(ask(depth=ramp(tmp_path), layers=(Layer(), Layer()))).method == "adain"
    assert run(ask(depth=ramp(tmp_path))).method == "adain"


def test_all_layers_are_checked_before_the_first_is_painted(painted, ask, tmp_path):
    for wrong in (Layer("magic"), Layer(params={"speed": 1}, method="adain")):
        with pytest.raises(ParamsError):
            run(ask(depth=ramp(tmp_path), layers=(Layer(), wrong)))
    assert not painted


def test_layers_leave_the_content_alone_while_they_paint(painted, ask, tmp_path):
    """Each is painted from the content, not from what those before have made of it."""
    run(ask(depth=ramp(tmp_path), layers=(Layer(), Layer())))
    own = load_image(tmp_path / "content.png").rgb
    assert all(np.array_equal(call.image.rgb, own) for call in painted)
