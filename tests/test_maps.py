"""Maps of a painting's relief: what they hold, where they agree with each other, and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import ParamsError
from core.formats.read import read as read_pixels
from core.imaging.normals import TEXELS
from core.picture.run import run
from core.request.check import check_job
from core.request.maps import MAPS
from core.request.picture_job import Job, StyleFile

EVERY = ",".join(MAPS)
OIL = (StyleFile("builtin:oil"),)


@pytest.fixture
def painted(tmp_path, photo):
    """Paint a photograph; return the result, and its maps as floats."""

    def make(output="out.png", **job):
        content = tmp_path / "content.png"
        cv2.imwrite(str(content), photo(70, 90, 3))
        job = {"method": "oil", "maps": EVERY, "styles": ()} | job
        result = run(Job(content=str(content), output=str(tmp_path / output), **job))
        read = {n: read_pixels(Path(p), 10**6)[0].squeeze() for n, p in result.maps.items()}
        return result, {
            n: x / {"u2": 65535, "u1": 255}.get(x.dtype.str[1:], 1) for n, x in read.items()
        }

    return make


def slopes(height, border):
    wide = np.pad(height, 1, mode=border)
    return (
        cv2.Sobel(wide, cv2.CV_64F, i, 1 - i, scale=0.125)[1:-1, 1:-1] for i in (1, 0)
    )  # fmt: skip  # one line is longer


@pytest.mark.parametrize(("surface", "border"), [("flat", "edge"), ("seamless", "wrap")])
def test_normals_are_those_of_the_height_and_y_is_up(painted, surface, border):
    _, maps = painted(surface=surface)
    across, down = slopes(maps["height"] * TEXELS, border)
    x, y, z = np.moveaxis(2 * maps["normal"] - 1, -1, 0)
    assert np.abs(np.hypot(np.hypot(x, y), z) - 1).max() < 0.01
    assert np.abs(-x / z - across).max() < 0.05
    assert np.abs(-x / z - across).mean() < 0.005
    assert np.abs(y / z - down).mean() < 0.005
    assert across.std() > 0.02


def test_thick_paint_shines_and_chalk_does_not(painted):
    _, oil = painted()
    ends = np.quantile(oil["height"], (0.1, 0.9))
    low, high = oil["height"] < ends[0], oil["height"] > ends[1]
    assert oil["roughness"][high].mean() < oil["roughness"][low].mean() - 0.1
    _, chalk = painted(method="pastel")
    assert chalk["roughness"].min() > 0.9
    assert chalk["coverage"].min() < 0.9 < chalk["coverage"].max()


def test_nothing_lies_where_nothing_is_painted(painted, tmp_path):
    mask = np.zeros((70, 90), np.uint8)
    mask[:, 45:] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    _, maps = painted(mask=str(tmp_path / "mask.png"))
    assert not maps["height"][:, :45].any()
    assert not maps["coverage"][:, :45].any()
    assert np.abs(maps["normal"][:, :44] - (0.5, 0.5, 1)).max() < 0.002
    assert maps["coverage"][:, 46:].mean() > 0.9


def test_the_picture_is_lit_unless_the_relief_goes_elsewhere(painted):
    pictures = [
        cv2.imread(painted(**job)[0].output).astype(float)
        for job in ({"maps": ""}, {}, {"lit": "always"}, {"maps": "", "lit": "never"})
    ]
    lit, bare, always, never = pictures
    assert np.array_equal(lit, always)
    assert np.array_equal(bare, never)
    assert np.abs(lit - bare).mean() > 1


def test_an_exr_gets_maps_in_floats_and_names_are_told(painted):
    result, maps = painted(output="out.exr", maps=" height , normal ")
    assert [Path(path).name for path in result.maps.values()] == [
        "out.height.exr",
        "out.normal.exr",
    ]
    assert set(maps) == {"height", "normal"}


def test_no_paint_is_flat(painted):
    _, maps = painted(strength=0.0)
    assert not maps["height"].any()
    assert not maps["coverage"].any()
    assert np.abs(maps["normal"] - (0.5, 0.5, 1)).max() < 0.002


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"maps": "heights"}, "there is no map 'heights'; choose of: height, normal"),
        ({"method": "pca_kd", "styles": OIL}, "lays no paint on"),
        ({"surface": "equirect"}, "what surrounds a scene has no relief"),
        ({"maps": "height", "own_normal": "x.png"}, "add normal to maps"),
        ({"own_roughness": "x.png", "maps": ""}, "add roughness to maps"),
        ({"depth": "d.png"}, "a picture in layers has no one relief"),
        ({"output": "a.png", "content": "a.height.png"}, "originals are never overwritten"),
    ],
)
def test_what_cannot_be_is_said(job, words, tmp_path):
    own = {"content": "c.png", "output": "o.png", "method": "oil", "maps": EVERY}
    own |= {"styles": (), **job}
    with pytest.raises(ParamsError, match=words):
        check_job(Job(**own))
