"""Layers of a painted film: over each other they are each frame, in its own light."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from core.color import linear_to_srgb
from core.errors import ParamsError, PictureError
from core.imaging.image import load_image
from core.picture.stages import lay_over, part_light
from core.request.check import check_sequence
from core.sequence.run import stylize_sequence

LAYERS = ["Ground", "Paint", "Linen"]


@pytest.fixture
def painted(make_sequence, tmp_path):
    """A sequence of a painter with its layers in a folder of their own."""

    def make(content, name="out", suffix=".png", method="oil", job=None, **more):
        (tmp_path / f"{name}_layers").mkdir(exist_ok=True)
        layers = str(tmp_path / f"{name}_layers" / "l_####.exr")
        own = {"method": method, "styles": (), "paint_layers": layers, **(job or {})}
        return make_sequence(content, name, suffix, job=own, **{"anchor": 2, **more})

    return make


def read(path, names=None):
    source = oiio.ImageInput.open(str(path))
    channels, pixels = source.spec().channelnames, source.read_image("float")
    source.close()
    planes = dict(zip(channels, np.moveaxis(pixels, -1, 0), strict=True))
    if names is None:
        return np.stack([planes[c] for c in channels if c.split(".")[-1] in "RGB"][:3])
    return [np.stack([planes[f"Paint.{n}.{c}"] for c in "RGBA"]) for n in names]


def path_of(pattern, number):
    return Path(pattern.replace("####", f"{number:04d}"))


@pytest.mark.parametrize("motion", ["none", "dis"])
def test_layers_over_each_other_are_the_frame(write_png, painted, tmp_path, motion):
    sequence = painted(write_png(tmp_path / "in", 3), motion=motion)
    stylize_sequence(sequence)
    for number in (1, 2, 3):
        layers = read(path_of(sequence.job.paint_layers, number), LAYERS)
        seen = linear_to_srgb(lay_over(layers).clip(0, 1))
        frame = load_image(str(path_of(sequence.job.output, number))).rgb[0]
        assert np.abs(seen - frame).max() < 2e-3 + 1 / 255
        assert layers[1][3].mean() > 0.1


def test_a_render_s_light_is_that_of_its_layers(write_exr, painted, tmp_path):
    sequence = painted(write_exr(tmp_path / "in", 2), suffix=".exr")
    stylize_sequence(sequence)
    layers = read(path_of(sequence.job.paint_layers, 2), LAYERS)
    frame = read(path_of(sequence.job.output, 2))
    assert np.abs(lay_over(layers) - frame).max() < 4e-3 * max(1, frame.max())


def test_light_may_be_brighter_than_one():
    rng = np.random.default_rng(0)
    stages = [4 * rng.random((3, 9, 9), np.float32) for _ in range(3)]
    layers = part_light(stages)
    assert np.abs(lay_over(layers) - stages[-1]).max() < 1e-5
    assert all(layer.min() > -1e-6 and layer[3].max() <= 1 for layer in layers)


def test_a_frame_without_its_layers_is_not_finished(write_png, painted, tmp_path):
    sequence = painted(write_png(tmp_path / "in", 2))
    assert stylize_sequence(sequence).frames == 2
    frame = path_of(sequence.job.output, 2).read_bytes()
    lost = path_of(sequence.job.paint_layers, 2)
    layers = lost.read_bytes()
    lost.unlink()
    again = stylize_sequence(sequence)
    assert (again.frames, again.skipped) == (1, 1)
    assert lost.read_bytes() == layers
    assert path_of(sequence.job.output, 2).read_bytes() == frame
    plain = replace(sequence, job=replace(sequence.job, paint_layers=None))
    assert stylize_sequence(plain).skipped == 2, "the frames are the same without layers"


def test_layers_of_others_are_not_replaced(write_png, painted, tmp_path):
    sequence = painted(write_png(tmp_path / "in", 1))
    path_of(sequence.job.paint_layers, 1).write_bytes(b"mine")
    with pytest.raises(PictureError, match="was not made here"):
        stylize_sequence(sequence)
    assert path_of(sequence.job.paint_layers, 1).read_bytes() == b"mine"
    assert not path_of(sequence.job.output, 1).exists()


@pytest.mark.parametrize(
    ("more", "job", "said"),
    [
        ({}, {"paint_layers": "layers.exr"}, "no place for frames' numbers"),
        ({}, {"paint_layers": "layers_####.png"}, "end in .exr"),
        ({"source": "diffuse_color"}, {}, "not of a pass"),
        ({"motion": "dis"}, {"method": "engraving"}, "paint that is carried"),
        ({}, {"method": "watercolor"}, "no layers"),
    ],
)
def test_what_has_no_layers_says_so(write_png, painted, tmp_path, more, job, said):
    sequence = painted(write_png(tmp_path / "in", 1), job=job, **{"motion": "none", **more})
    with pytest.raises(ParamsError, match=said) as caught:
        check_sequence(sequence)
    assert caught.value.setting == "paint_layers"


def test_a_folder_that_is_not_there_is_said_before_the_work(write_png, painted, tmp_path):
    job = {"paint_layers": str(tmp_path / "none" / "l_####.exr")}
    with pytest.raises(PictureError, match="there is no folder"):
        stylize_sequence(painted(write_png(tmp_path / "in", 1), job=job))
