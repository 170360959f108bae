"""Label pictures: which colours become which regions, and what is said of those that do not fit."""

import numpy as np
import pytest
from PIL import Image

from core import cli
from core.errors import ParamsError, PictureError
from core.imaging.labels import MOST, number_labels, read_labels
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

SKY, LAND, SEA = (0, 0, 255), (0, 255, 0), (255, 0, 0)


def paint(path, size, above=SKY, below=LAND, rows=0.5):
    """Save a label picture of two regions, one above the other."""
    height, width = size
    pixels = np.full((height, width, 3), below, np.uint8)
    pixels[: round(rows * height)] = above
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.png"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (72, 64, 3), np.uint8)).save(path)
    return path


def test_the_same_colour_is_the_same_region(tmp_path):
    own = read_labels(paint(tmp_path / "c.png", (20, 30)), (20, 30))
    other = paint(tmp_path / "s.png", (12, 12), above=LAND, below=SKY, rows=0.25)
    labels, (of_style,) = number_labels(own, [read_labels(other, (12, 12))])
    assert labels.shape == (1, 1, 20, 30)
    sky, land = labels[0, 0, 0, 0], labels[0, 0, -1, 0]
    assert sky != land
    assert bool((labels[..., :10, :] == sky).all())
    assert bool((of_style[..., :3, :] == land).all())
    assert bool((of_style[..., 3:, :] == sky).all())


def test_a_smaller_label_picture_of_the_same_shape_is_widened(tmp_path):
    labelled = read_labels(paint(tmp_path / "c.png", (20, 30)), (80, 120))
    labels, _ = number_labels(labelled, [labelled])
    assert labels.shape == (1, 1, 80, 120)
    assert np.unique(labels).size == 2
    assert bool((labels[..., :40, :] == labels[..., :1, :1]).all())


def test_where_colours_mix_the_nearest_region_is_meant(tmp_path):
    path = paint(tmp_path / "c.png", (40, 60))
    pixels = np.array(Image.open(path))
    pixels[19, :, :] = (3, 120, 128)
    pixels[19, :30, 0] += np.arange(30, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    labelled = read_labels(path, (40, 60))
    assert len(np.unique(labelled.codes)) <= 3
    assert labelled.codes[19, 3] in np.unique(labelled.codes[[18, 20]])


@pytest.mark.parametrize("size", [(30, 20), (20, 20), (20, 90)])
def test_another_shape_is_refused(tmp_path, size):
    path = paint(tmp_path / "c.png", size)
    with pytest.raises(PictureError, match=rf"{size[1]} x {size[0]} pixels.*30 x 20"):
        read_labels(path, (20, 30))


def test_what_is_no_label_picture_is_refused(noise):
    with pytest.raises(PictureError, match=rf"no label picture.*at most {MOST}.*PNG"):
        read_labels(noise, (72, 64))


def test_a_region_that_no_style_has_is_named(tmp_path):
    own = read_labels(paint(tmp_path / "c.png", (20, 30), below=SEA), (20, 30))
    style = read_labels(paint(tmp_path / "s.png", (20, 30)), (20, 30))
    with pytest.raises(PictureError, match=r"#ff0000.*#0000ff, #00ff00.*same colours"):
        number_labels(own, [style])
    assert len(number_labels(style, [own, style])[1]) == 2


def job(content, style, tmp_path, labels=None, of_style=None, method="photowct"):
    return Job(
        content=str(content),
        output=str(tmp_path / "out.png"),
        styles=(StyleFile(str(style), labels=of_style and str(of_style)),),
        method=method,
        labels=labels and str(labels),
    )


def test_labels_on_one_side_alone_are_refused(content, style, tmp_path):
    path = paint(tmp_path / "c.png", (64, 80))
    with pytest.raises(ParamsError, match=r"style.png has none; give it one, too"):
        run(job(content, style, tmp_path, labels=path))
    with pytest.raises(ParamsError, match="a style has a label picture and the content has none"):
        run(job(content, style, tmp_path, of_style=path))


def test_a_method_that_knows_no_regions_says_which_do(content, style, tmp_path):
    path = paint(tmp_path / "c.png", (64, 80))
    with pytest.raises(ParamsError, match=r"adain knows no regions.*photowct"):
        run(job(content, style, tmp_path, path, path, method="adain"))


@pytest.mark.parametrize("wrong", ["shape", "colours", "noise", "missing"])
def test_on_the_command_line_it_is_one_sentence(capsys, content, style, tmp_path, noise, wrong):
    own = paint(tmp_path / "c.png", (64, 80))
    theirs, word = {
        "shape": (paint(tmp_path / "s1.png", (64, 20)), "20 x 64 pixels"),
        "colours": (paint(tmp_path / "s2.png", (72, 64), SEA, SEA), "no style has"),
        "noise": (noise, "no label picture"),
        "missing": (tmp_path / "none.png", "no such file"),
    }[wrong]
    output = tmp_path / "out.png"
    argv = ["stylize", content, "--style", style, "--method", "photowct", "-o", output]
    argv += ["--labels", own, "--style-labels", theirs]
    assert cli.main([str(word) for word in argv]) == 1
    err = capsys.readouterr().err
    assert err.startswith("stylize: ")
    assert word in err
    assert err.count("\n") == 1
    assert not output.exists()


def test_all_styles_are_numbered_alike(tmp_path):
    own = read_labels(paint(tmp_path / "c.png", (20, 30)), (20, 30))
    one = read_labels(paint(tmp_path / "a.png", (8, 8), below=SKY), (8, 8))
    two = read_labels(paint(tmp_path / "b.png", (8, 8), above=LAND, below=SEA), (8, 8))
    labels, (first, second) = number_labels(own, [one, two])
    assert np.array_equal(np.unique(first), labels[..., :1, :1].ravel())
    assert bool((second[..., :4, :] == labels[..., -1:, :1]).all())
