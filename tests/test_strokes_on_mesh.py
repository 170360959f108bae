"""Strokes on a mesh: along it, never from one piece of it to another, finer where it says so."""

import numpy as np
import pytest
from PIL import Image

from core.catalog import CARDS
from core.errors import ParamsError
from core.imaging.image import load_image
from core.npr import painters
from core.npr.layers import Hand, given
from core.npr.picture import Picture
from core.picture.run import run
from core.request.check import check_job, check_sequence
from core.request.directions import lays_strokes
from core.request.picture_job import Job
from core.request.sequence_job import SequenceJob

SIDE = 192
QUAD = np.float32([(0, 0), (1, 0), (1, 1), (0, 1)])
CORNERS = np.array([(0, 1, 2), (0, 2, 3)])


def quads(*places, **more):
    """Arrays of squares side by side on a texture, from left to right, each at a place: (4, 3)."""
    count = len(places)
    uv = [(QUAD + np.float32((k, 0))) / (count, 1) for k in range(count)]
    every = {"uv": np.concatenate([u[CORNERS] for u in uv]).astype(np.float32)}
    every["position"] = np.concatenate([np.float32(p)[CORNERS] for p in places])
    return every | more


FLOOR = np.float32([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
WALL = np.float32([(1, 0, 0), (1, 0, -1), (1, 1, -1), (1, 1, 0)])


@pytest.fixture
def job(tmp_path):
    """A job of a painter on cloth of even grain, worn by squares: (method, arrays of them, fields) -> Job."""
    rng = np.random.default_rng(0)
    cloth = np.clip(120 + 25 * rng.standard_normal((SIDE, SIDE, 1)), 0, 255).repeat(3, 2)
    Image.fromarray(cloth.astype(np.uint8)).save(tmp_path / "in.png")

    def make(method, arrays, name="out", **more):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        about = {"styles": (), "method": method, "lit": "never", **more}
        own = {"content": str(tmp_path / "in.png"), "output": str(tmp_path / f"{name}.png")}
        return Job(**own, uv=str(tmp_path / f"{name}.npz"), **about)

    return make


def paint(asked):
    result = run(asked)
    return load_image(asked.output).rgb[0].mean(0), result


def lean(picture):
    """How far the strokes of a picture (H, W) go level (1) or upright (-1)."""
    down, along = (np.diff(picture, axis=axis).std() for axis in (0, 1))
    return float((down - along) / (down + along))


@pytest.mark.parametrize("method", [c.id for c in CARDS if lays_strokes(c) and c.id != "mosaic"])
def test_strokes_go_down_a_slope(job, method):
    level = quads([(0, 0, 1), (1, 0, 0), (1, 1, 0), (0, 1, 1)])
    upright = quads([(0, 0, 0), (1, 0, 0), (1, 1, 1), (0, 1, 1)])
    one, _ = paint(job(method, level, "level", along_slope=1.0))
    other, _ = paint(job(method, upright, "upright", along_slope=1.0))
    assert lean(one) > lean(other) + 0.1


STROKES = {
    "oil": painters.Oils(),
    "gouache": painters.Gouaches(contour=None),
    "pastel": painters.Pastels(),
    "pointillism": painters.Dots(purity=0),
    "mosaic": painters.Mosaics(),
}


def stray(painter, pieces):
    """The share of texels of a red half beside a blue one that are blue."""
    two = np.full((SIDE, SIDE, 3), (0.8, 0.1, 0.1), np.float32)
    two[:, SIDE // 2 :] = (0.1, 0.1, 0.8)
    picture = Picture(
        (SIDE, SIDE), lambda box: two[box.top : box.bottom, box.left : box.right], pieces=pieces
    )
    canvas = painter.paint(picture, Hand(3))
    left = canvas.color[:, : SIDE // 2].astype(int)
    return float(((left[..., 2] > left[..., 0]) & (canvas.cover[:, : SIDE // 2] > 128)).mean())


@pytest.mark.parametrize("name", STROKES)
def test_no_stroke_runs_from_one_piece_to_another(name):
    pieces = np.zeros((SIDE, SIDE), np.int32)
    pieces[:, SIDE // 2 :] = 1
    assert stray(STROKES[name], None) > 0
    assert stray(STROKES[name], pieces) == 0


def test_narrow_pieces_get_strokes_of_their_own():
    pieces = np.broadcast_to(np.arange(SIDE) // 6, (SIDE, SIDE)).astype(np.int32)
    flat = Picture(
        (SIDE, SIDE),
        lambda box: np.full((box.height, box.width, 3), 0.5, np.float32),
        pieces=pieces,
    )
    canvas = painters.Oils().paint(flat, Hand(0))
    assert (canvas.cover > 128).mean() > 0.9


def test_hard_edges_part_strokes_and_soft_ones_are_one_surface(job):
    """Beside an edge the halves of the texture are joined over their seam, if it is not hard."""
    up = np.broadcast_to(np.float32((0, 0, 1)), (4, 3, 3))
    aside = np.concatenate([up[:2], np.broadcast_to(np.float32((1, 0, 0)), (2, 3, 3))])
    flat = quads(FLOOR, FLOOR + np.float32((1, 0, 0)), normal=up)
    bent = quads(FLOOR, WALL, normal=aside)
    apart = {name: a.copy() for name, a in flat.items()}
    for arrays in (flat, bent, apart):
        arrays["uv"][2:, :, 0] += 0.02 * (1 - arrays["uv"][2:, :, 0])
    notes = [paint(job("oil", arrays, f"n{k}"))[1].notes for k, arrays in enumerate((flat, bent))]
    assert any("run on over the seams" in note for note in notes[0])
    assert not any("run on over the seams" in note for note in notes[1])


def test_a_mesh_says_where_detail_is(job, tmp_path):
    sign = np.full((SIDE, SIDE, 3), 200, np.uint8)
    sign[::6] = 20
    Image.fromarray(sign).save(tmp_path / "in.png")
    none, left = np.zeros((4, 3), np.float32), np.float32([[1] * 3] * 2 + [[0] * 3] * 2)
    places = (FLOOR, FLOOR + np.float32((3, 0, 0)))
    plain, _ = paint(job("oil", quads(*places, detail=none), "plain", style_scale=2.0))
    fine, _ = paint(job("oil", quads(*places, detail=left), "fine", style_scale=2.0))
    wanted = load_image(str(tmp_path / "in.png")).rgb[0].mean(0)
    half = SIDE // 2

    def off(picture, columns):
        return float(np.abs(picture - wanted)[:, columns].mean())

    assert off(fine, slice(0, half - 8)) < 0.8 * off(plain, slice(0, half - 8))
    assert np.array_equal(fine[:, half + 16 :], plain[:, half + 16 :])


def test_what_cannot_go_along_a_mesh_is_said(job):
    mesh = quads(FLOOR)
    with pytest.raises(ParamsError, match="none was named"):
        run(Job(**{**job_fields(job("oil", mesh)), "uv": None, "along_bends": 1.0}))
    with pytest.raises(ParamsError, match="no strokes to direct"):
        run(job("watercolor", mesh, along_axis=0.5))
    with pytest.raises(ParamsError, match="no direction"):
        run(job("oil", mesh, along_light=1.0, light_from="0,0,0"))
    with pytest.raises(ParamsError, match="seamless"):
        check_job(job("oil", mesh, along_light=1.0, surface="seamless"))
    frames = Job(**{**job_fields(job("oil", mesh, along_slope=1.0)), "uv": None})
    with pytest.raises(ParamsError, match="single pictures"):
        check_sequence(SequenceJob(job=frames))


def job_fields(asked):
    return {name: getattr(asked, name) for name in asked.__dataclass_fields__}


def test_a_mesh_that_repeats_its_picture_is_said_and_painted_all_the_same(job):
    mesh = quads(FLOOR)
    mesh["uv"] = mesh["uv"] * 4
    plain, _ = paint(job("oil", mesh, "plain"))
    along, result = paint(job("oil", mesh, "along", along_slope=1.0))
    assert any("its mesh is not known" in note for note in result.notes)
    assert np.array_equal(plain, along)


@pytest.mark.parametrize("light", ["a,b", "1,2", "nan,0,1", "inf,0,0", ""])
def test_light_that_is_no_direction(job, light):
    with pytest.raises(ParamsError, match="direction"):
        check_job(job("oil", quads(FLOOR), along_light=1.0, light_from=light))


def overrun(across):
    """Texels of red beyond the border of a red half and a blue one that level strokes run across."""
    two = np.full((SIDE, SIDE, 3), (0.8, 0.1, 0.1), np.float32)
    two[:, SIDE // 2 :] = (0.1, 0.1, 0.8)
    picture = Picture((SIDE, SIDE), lambda box: two[box.top : box.bottom, box.left : box.right])
    level = given(np.tile(np.float32((1, 0)), (SIDE, SIDE, 1)))
    oil = painters.Oils(size=10.0, brushes=painters.OILS[:1])
    color = oil.paint(picture, Hand(3, level, across=across)).color
    return int((color[..., 0] > color[..., 2])[:, SIDE // 2 + 4 :].sum())


def test_strokes_across_what_is_drawn_end_there():
    assert overrun(across=True) < 0.8 * overrun(across=False)
