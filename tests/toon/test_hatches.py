"""Strokes follow what they are asked to: the things' sides, their UVs, or the way they bend."""

import numpy as np
import pytest

from core.errors import PictureError
from core.npr.shading import bent_sides, draw_hatches, make_tonal_art, three_sides, uv_sheet
from core.request.toon_job import ToonJob, make_look
from core.toon.compose import compose
from core.toon.frame import read_frame
from core.toon.measures import measure

from .conftest import SIZE, passes_of, write_exr

SIDE, RADIUS = 240, 400.0
DARK = np.full((SIDE, SIDE), 0.25, np.float32)


@pytest.fixture(scope="module")
def art():
    return make_tonal_art()


def tube(turn):
    """Return places and normals of a tube seen from the side, its axis turned in the picture (degrees)."""
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float32) - SIDE / 2
    a = np.deg2rad(turn)
    beside = np.array([-np.sin(a), 0, np.cos(a)])
    off = u * beside[0] - v * beside[2]
    rise = np.sqrt(RADIUS**2 - off**2)
    place = np.stack([u, -rise, -v], -1).astype(np.float32)
    normal = (off[..., None] * beside + rise[..., None] * np.array([0, -1, 0])) / RADIUS
    return place, normal.astype(np.float32)


def run_of(ink):
    """Return the way that strokes run in a picture, degrees from its rows, counted upward."""
    down, across = np.gradient(ink[8:-8, 8:-8])
    angle = 0.5 * np.arctan2(2 * (across * down).sum(), (across**2 - down**2).sum())
    return (90 - np.rad2deg(angle)) % 180


@pytest.mark.parametrize("turn", [0, 30, 90, 150])
def test_strokes_run_around_what_is_round(art, turn):
    place, normal = tube(turn)
    depth = 1000 + place[..., 1]
    sheets = bent_sides(place, normal, depth, 8.0)
    ink = draw_hatches(art, DARK, sheets, gap=9.0, nearest=1.0, degrees=0)
    away = (run_of(ink) - (turn + 90) + 90) % 180 - 90
    assert abs(away) < 6
    assert float(ink.mean()) == pytest.approx(0.25, abs=0.08)


def test_where_nothing_bends_more_one_way_strokes_are_as_without(art):
    place, normal = tube(0)
    flat = np.broadcast_to(np.float32([0, -1, 0]), normal.shape).copy()
    place[..., 1] = 0
    by_bend = draw_hatches(art, DARK, bent_sides(place, flat, DARK, 8.0), gap=9.0, nearest=1.0)
    assert np.allclose(
        by_bend, draw_hatches(art, DARK, three_sides(place, flat), gap=9.0, nearest=1.0)
    )


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_strokes_follow_uvs_whatever_their_size(art, scale):
    """Of a plane whose UVs are turned by 40 degrees, or a hundred times as small."""
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    place = np.stack([u, np.zeros_like(u), -v], -1)
    a = np.deg2rad(40)
    uv = scale * np.stack([u * np.cos(a) - v * np.sin(a), -u * np.sin(a) - v * np.cos(a)], -1)
    sheet = uv_sheet(uv.astype(np.float32), place, np.ones((SIDE, SIDE), int))
    ink = draw_hatches(art, DARK, [sheet], gap=9.0, nearest=1.0, degrees=0)
    assert run_of(ink) == pytest.approx(40, abs=3)
    lines = np.abs(np.diff((ink[SIDE // 2] > 0.5).astype(int))).sum() / 2
    assert lines > 5
    assert float(ink.mean()) == pytest.approx(0.25, abs=0.06)


def test_a_seam_of_uvs_is_no_line(art):
    """Its pixels are means of two islands; they get strokes of their neighbours."""
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    place = np.stack([u, np.zeros_like(u), -v], -1)
    uv = np.stack([u + 700 * (u > SIDE / 2), -v], -1) / 1000
    seam = np.arange(SIDE // 2 - 1, SIDE // 2 + 2)
    uv[:, seam[1]] = (uv[:, seam[0]] + uv[:, seam[2]]) / 2 + np.random.default_rng(3).normal(
        0, 0.1, (SIDE, 2)
    )
    sheet = uv_sheet(uv.astype(np.float32), place, np.ones((SIDE, SIDE), int))
    ink = draw_hatches(art, DARK, [sheet], gap=9.0, nearest=1.0, degrees=0)
    across = np.abs(np.diff(ink, axis=0)).mean(0)  # strokes lie along rows: few edges a column
    assert across[seam].mean() < 1.5 * np.median(across)


def test_uvs_that_the_file_lacks_are_asked_for_and_used_if_there(rendered, exr, tmp_path):
    look = {"hatching": 1.0, "hatch_along": "uv", "line_width": 18.0}
    job = ToonJob(content=str(exr), output="out.png", preset="ink", look=look)
    with pytest.raises(PictureError, match=r"no pass uv.*Data > UV"):
        read_frame(exr, job, make_look(job))
    v, u = np.mgrid[: SIZE[0], : SIZE[1]] / 100.0
    passes = passes_of(rendered) | {"UV.XYZ": np.stack([u, v, v * 0], -1).astype(np.float32)}
    path = write_exr(tmp_path / "uv.exr", passes)
    shades = []
    for along in ("uv", "object", "curvature"):
        asked = ToonJob(
            content=str(path), output="o.png", preset="ink", look=look | {"hatch_along": along}
        )
        frame = read_frame(path, asked, make_look(asked))
        layers, _ = compose(frame, asked, make_look(asked), measure([frame], asked))
        shades.append(layers.shades)
    assert all(np.isfinite(x).all() for x in shades)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(shades[one] - shades[other]).max() > 0.1
