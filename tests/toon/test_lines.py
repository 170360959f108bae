"""Lines: found where things end, turn and change, placed between pixels, drawn as wide as said."""

from dataclasses import replace

import numpy as np
import pytest

from core.npr.shading import (
    BORDER,
    CREASE,
    SILHOUETTE,
    Crossings,
    Pen,
    Scene,
    draw_hatches,
    draw_lines,
    fade_specks,
    find_crossings,
    fit_lines,
    join,
    make_tonal_art,
    three_sides,
    weigh_lines,
)

from .conftest import BALL, BOX, SIZE, WIDE


@pytest.fixture(scope="module")
def found(rendered):
    return find_crossings(rendered.scene, 40)


def near_ball(places):
    return np.abs(np.hypot(places[:, 0] - BALL[0], places[:, 1] - BALL[1]) - BALL[2])


def test_a_silhouette_is_found_to_a_fraction_of_a_pixel(found):
    fitted, _ = fit_lines(found, SIZE)
    left = (fitted.kind == SILHOUETTE) & (fitted.place[:, 0] < BALL[0])
    assert left.sum() > 2 * BALL[2]
    assert near_ball(fitted.place[left]).mean() < 0.12
    assert near_ball(fitted.place[left]).max() < 0.4


def test_a_crease_is_found_where_it_is_and_a_sharper_one_is_asked_for(rendered, found):
    creases = found.place[found.kind == CREASE]
    assert len(creases) >= 2 * BOX[2] - 8
    assert np.abs(creases[:, 0] - BOX[0]).max() < 0.35
    assert not (find_crossings(rendered.scene, 130).kind == CREASE).any()  # it is one of 90 degrees


def test_nothing_is_found_on_smooth_surfaces_and_aslant_planes(found):
    inside = found.place[near_ball(found.place) > 2]
    inside = inside[np.hypot(inside[:, 0] - BALL[0], inside[:, 1] - BALL[1]) < BALL[2]]
    inside = inside[inside[:, 0] < BOX[0] - WIDE - 2]  # there the box is before it
    assert not len(inside)
    x, y = (found.place - (BOX[0], BOX[1])).T
    face = (np.abs(x) > 2) & (np.abs(x) < WIDE - 2) & (np.abs(y) < BOX[2] - 2)
    assert not face.any()


def plane(height=40, width=60, slope=30.0):
    """Return a plane that falls away steeply, in one object."""
    depth = np.tile(100 + slope * np.arange(width, dtype=np.float32), (height, 1))
    normal = np.broadcast_to(np.array([-0.999, -0.04, 0], np.float32), (height, width, 3)).copy()
    one = np.ones((height, width), int)
    return Scene(depth, normal, one, one, np.ones((height, width), np.float32))


def test_a_step_of_depth_within_a_thing_is_a_silhouette():
    steep = plane()
    assert not len(find_crossings(steep, 40))
    depth = steep.depth.copy()
    depth[:, 30:] += 50
    stepped = find_crossings(replace(steep, depth=depth), 40)
    assert set(stepped.kind) == {SILHOUETTE}
    assert np.allclose(stepped.place[:, 0], 29.5, atol=0.5)
    assert (stepped.owner % 60 == 29).all()  # the nearer side
    depth = steep.depth.copy()
    depth[:, 30:] += 1.0  # of a pixel's size: no step
    assert not len(find_crossings(replace(steep, depth=depth), 40))


def bent(*angles, wide=60, high=40):
    """Return a flat thing whose normals lean sideways by angles, degrees, in columns from the middle on."""
    lean = np.zeros(wide)
    lean[wide // 2 : wide // 2 + len(angles)] = np.deg2rad(angles)
    row = np.stack([np.sin(lean), -np.cos(lean), np.zeros(wide)], -1).astype(np.float32)
    flat = plane(high, wide, slope=0)
    return replace(flat, normal=np.tile(row, (high, 1, 1)))


@pytest.mark.parametrize("angles", [(40,), (30, 35), (28, 40, 28)])
def test_a_groove_too_narrow_for_two_creases_is_one_line(angles):
    for scene, axis in ((bent(*angles), 0), (turned(bent(*angles)), 1)):
        found = find_crossings(scene, 40)
        assert set(found.kind) == {CREASE}
        middle = 30 + (len(angles) - 1) / 2
        assert np.abs(found.place[:, axis] - middle).max() < 0.3
        assert sorted(found.place[:, 1 - axis]) == list(range(40))
        assert (found.strength == 1).all()


def turned(scene):
    """Return a scene with rows and columns changed for each other."""
    names = ("depth", "objects", "materials", "footprint")
    parts = {name: getattr(scene, name).T for name in names}
    return replace(scene, normal=scene.normal.transpose(1, 0, 2), **parts)


@pytest.mark.parametrize("angles", [(15,), (10, 12), (20,) * 12])
def test_shallow_grooves_and_facets_are_none(angles):
    assert not len(find_crossings(bent(*angles), 40))


def test_both_sides_of_a_band_are_creases_though_one_turns_back():
    found = find_crossings(bent(50, 50, 50), 40)
    assert set(np.rint(2 * found.place[:, 0]) / 2) == {29.5, 32.5}
    assert set(found.kind) == {CREASE}


def test_nothing_is_found_where_things_cover_little_of_a_pixel():
    """There the normals are means of a thing's and of nothing: short, and of any direction."""
    flat = plane(slope=0)
    for length, found in ((1.0, {CREASE}), (0.3, set())):
        normal = flat.normal.copy()
        normal[:, 20:] = (length, 0, 0)
        assert set(find_crossings(replace(flat, normal=normal), 40).kind) == found


def test_a_plane_in_perspective_is_no_step():
    y, x = np.mgrid[:40, :60].astype(np.float32)
    depth = 1 / (0.05 - 0.0008 * x)
    scene = replace(plane(), depth=depth, footprint=depth / 500, straight=False)
    assert not len(find_crossings(scene, 40))
    assert y.shape == depth.shape


def test_materials_meet_in_a_border():
    flat = plane(slope=0)
    materials = flat.materials.copy()
    materials[10:] = 2
    found = find_crossings(replace(flat, materials=materials), 40)
    assert set(found.kind) == {BORDER}
    assert np.allclose(found.place[:, 1], 9.5, atol=0.5)


def straight(angle, count=300, length=100.0, at=(70, 60)):
    """Return crossings along a straight line."""
    t = np.linspace(-length / 2, length / 2, count)
    way = np.array([np.cos(angle), np.sin(angle)])
    place = (np.array(at) + t[:, None] * way).astype(np.float32)
    owner = np.rint(place[:, 1]).astype(np.int64) * SIZE[1] + np.rint(place[:, 0]).astype(np.int64)
    kinds, sure = np.zeros(count, np.uint8), np.ones(count, np.float32)
    return Crossings(place, kinds, sure, owner), np.tile(way, (count, 1)).astype(np.float32)


@pytest.mark.parametrize("width", [0.4, 1.0, 2.5, 9.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.2])
def test_a_line_has_its_width(width, angle):
    line, ways = straight(angle)
    ink = draw_lines(line, ways, np.full(len(line), width, np.float32), SIZE)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    along = (x - 70) * np.cos(angle) + (y - 60) * np.sin(angle)
    area = float(ink.alpha[np.abs(along) < 30].sum())
    assert area / 60 == pytest.approx(width, rel=0.03)
    assert (ink.owner >= 0)[ink.alpha > 0].all()


def test_jags_are_smoothed_where_nothing_tells_shares():
    """A slanted border of two things by their pixels' middles alone: steps of a pixel become a line."""
    flat = plane(80, 120, slope=0)
    y, x = np.mgrid[:80, :120]
    objects = (y > 20 + 0.27 * x).astype(int)
    raw = find_crossings(replace(flat, objects=objects), 40)
    fitted, ways = fit_lines(raw, (80, 120))
    inner = (raw.place[:, 0] > 8) & (raw.place[:, 0] < 110)

    def miss(found):
        off = (found.place[:, 1] - 20.5 - 0.27 * found.place[:, 0]) / np.hypot(1, 0.27)
        return float(np.std(off[inner]))

    assert miss(fitted) < 0.6 * miss(raw)
    assert np.abs(ways[inner] @ [np.cos(0.2637), np.sin(0.2637)]).mean() > 0.98


def weigh(line, ways, pen, **more):
    given = {
        "footprint": np.ones(SIZE, np.float32),
        "depth": np.full(SIZE, 10, np.float32),
        "near": 10.0,
        "place": np.zeros((*SIZE, 3), np.float32),
    }
    return weigh_lines(line, ways, pen, SIZE, **given | more)


def test_lines_taper_toward_their_ends():
    line, ways = straight(0.2, count=130)
    widths = weigh(line, ways, Pen(2.0, taper=1.0))
    assert float(widths[55:75].min()) > 1.9
    assert float(widths[[0, -1]].max()) < 0.5
    assert np.allclose(weigh(line, ways, Pen(2.0)), 2)


def test_far_lines_and_lines_in_metres_are_thinner_far_off():
    line, ways = straight(0.0)
    far = np.full(SIZE, 10, np.float32)
    far[:, 70:] = 40
    behind = line.owner % SIZE[1] >= 70
    widths = weigh(line, ways, Pen(2.0, far=1.0), depth=far)
    assert np.allclose(widths[~behind], 2)
    assert np.allclose(widths[behind], 0.5)
    widths = weigh(line, ways, Pen(0.3, metres=True), footprint=far / 100)
    assert np.allclose(widths[~behind], 3, atol=1e-4)
    assert np.allclose(widths[behind], 0.75, atol=1e-4)


def test_kinds_have_widths_of_their_own_and_faint_lines_are_thin():
    line, ways = straight(0.0, count=4)
    kinds = replace(
        line,
        kind=np.array([0, 1, 2, 0], np.uint8),
        strength=np.array([1, 1, 1, 0.25], np.float32),
    )
    assert np.allclose(weigh(kinds, ways, Pen(2.0, kinds=(1.5, 0.5, 0))), [3, 1, 0, 1.5])


def test_brushed_lines_are_uneven_on_the_thing_and_not_on_the_picture():
    line, ways = straight(0.0)
    x = np.tile(np.arange(SIZE[1], dtype=np.float32), (SIZE[0], 1))
    place = np.stack([x, np.zeros_like(x), np.zeros_like(x)], -1)
    widths = weigh(line, ways, Pen(3.0, brush=1.0), place=place)
    assert float(np.std(widths)) > 0.3
    moved = weigh(line, ways, Pen(3.0, brush=1.0), place=place - np.float32([10, 0, 0]))
    step = 99 / 299 * 100 / 99
    shift = round(10 / step)
    assert np.abs(moved[shift:] - widths[:-shift]).mean() < 0.2 * np.abs(moved - widths).mean()


def test_no_crossings_draw_nothing():
    none = find_crossings(plane(slope=0), 40)
    fitted, ways = fit_lines(none, (40, 60))
    widths = np.zeros(0, np.float32)
    assert not draw_lines(fitted, ways, widths, (40, 60)).alpha.any()
    one = Scene(*(np.ones((1, 1, *s), np.float32) for s in ((), (3,), (), (), ())))
    assert not len(find_crossings(one, 40))


@pytest.fixture(scope="module")
def art():
    return make_tonal_art()


def hatch(art, dark, shift=0.0, away=1.0):
    y, x = np.mgrid[:200, :200].astype(np.float32)
    place = np.stack([(x + shift) * away, np.zeros_like(x), -y * away], -1)
    normal = np.broadcast_to(np.float32([0, -1, 0]), place.shape)
    dark = np.full((200, 200), dark, np.float32)
    return draw_hatches(art, dark, three_sides(place, normal), gap=8.0, nearest=1.0)


@pytest.mark.parametrize("away", [1.0, 2.0, 5.0])
def test_hatches_cover_what_the_tone_says_at_any_distance(art, away):
    for dark in (0.1, 0.3, 0.6):
        assert abs(float(hatch(art, dark, away=away).mean()) - dark) < 0.06
    assert not hatch(art, 0.0).any()


def test_strokes_of_light_tones_stay_in_dark_ones(art):
    light, dark = hatch(art, 0.2), hatch(art, 0.5)
    assert float(dark[light > 0.9].mean()) > 0.95


def test_strokes_move_with_the_surface(art):
    one, moved = hatch(art, 0.3), hatch(art, 0.3, shift=7)
    assert np.allclose(one[5:-5, 12:-5], moved[5:-5, 5:-12], atol=0.02)


def test_specks_fade_and_lines_stay():
    line, _ = straight(0.1)
    speck, _ = straight(0.1, count=4, length=3, at=(20, 100))
    both = join(line, speck)
    faded = fade_specks(both, SIZE)
    assert (faded.strength[: len(line)] == 1).all()
    assert float(faded.strength[len(line) :].max()) == 0


def test_a_large_ball_has_no_steps_within_its_silhouette():
    """Depth falls off by many pixels a pixel there, ever more: that is no step."""
    y, x = np.mgrid[:80, :300].astype(np.float32)
    square = (
        2000.0**2 - (x - 150) ** 2 - (y + 2000 - 70.4) ** 2
    )  # its lower rim crosses the picture
    inside = square > 0
    rise = np.sqrt(np.maximum(square, 0))
    normal = (
        np.stack([(x - 150) / 2000, -rise / 2000, -(y + 1929.6) / 2000], -1) * inside[..., None]
    )
    depth = np.where(inside, 4000 - rise, 1e10).astype(np.float32)
    objects = inside.astype(int)
    scene = Scene(depth, normal.astype(np.float32), objects, objects, np.ones_like(depth))
    found = find_crossings(scene, 40)
    ends = objects.ravel()[found.owner] == 1
    assert ends.all()
    beyond = np.hypot(found.place[:, 0] - 150, found.place[:, 1] + 1929.6) - 2000
    assert np.abs(beyond).max() < 1.5
