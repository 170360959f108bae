"""The pictures that translations learn from: made anew they are the same, and each side is what it says."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.npr.noise import generator
from core.npr.palette import to_lab
from core.train.domains import DOMAINS, draw
from core.train.domains.ground import grass, gravel, litter, moss, soil
from core.train.domains.metal import metal
from core.train.domains.rust import corrode
from core.train.domains.scenery import glow, landscape, street
from core.train.domains.snow import lay_snow
from core.train.domains.stone import asphalt, bark, cobbles, concrete, planks, rock, tiles, wall
from core.train.domains.surface import Surface, cells, occlude, shade, spots
from core.train.domains.water import soak

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import make_domains

MATERIALS = (
    *(
        asphalt,
        bark,
        cobbles,
        concrete,
        grass,
        gravel,
        litter,
        moss,
        planks,
        rock,
        soil,
        tiles,
        wall,
    ),
)
SIDE, COUNT = 40, 12


@pytest.fixture(scope="module")
def sides():
    """Lab of some pictures of each side, {(name, side): (COUNT, H, W, 3)}."""
    return {
        (name, side): to_lab(np.stack([draw(name, side, i, SIDE) for i in range(COUNT)]))
        for name in DOMAINS
        for side in "ab"
    }


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("name", DOMAINS)
def test_a_picture_is_the_same_twice_and_unlike_the_next(name, side):
    first, again, other = (draw(name, side, number, SIDE) for number in (3, 3, 4))
    assert first.shape == (SIDE, SIDE, 3)
    assert first.dtype == np.float32
    assert 0 <= first.min() < first.max() <= 1
    assert np.abs(first - again).mean() < 1e-4
    assert np.abs(first - other).mean() > 0.02
    assert np.abs(first - draw(name, side, 3, SIDE, seed=1)).mean() > 0.02


@pytest.mark.parametrize("name", ["rust", "wet"])
def test_a_pair_shows_the_same_thing_in_the_same_light(name):
    """Snow hides most of it."""
    alike, strange = [], []
    for number in range(6):
        a, pair, other = (
            draw(name, *which, SIDE) for which in (("a", number), ("pair_b", number), ("b", number))
        )
        alike.append(_likeness(a, pair))
        strange.append(abs(_likeness(a, other)))
    assert np.mean(alike) > 2 * np.mean(strange)


def _likeness(first, second):
    """Return the correlation of two pictures' lightness."""
    return np.corrcoef(to_lab(first)[..., 0].ravel(), to_lab(second)[..., 0].ravel())[0, 1]


def _share(lab, true):
    return float(np.mean(true(*np.moveaxis(lab, -1, 0))))


def _rusty(light, a, b):
    return (a > 8) & (b > 12) & (b < 3.5 * a) & (light < 70)


def _white(light, a, b):
    return (light > 72) & (np.hypot(a, b) < 12)


@pytest.mark.parametrize(("name", "most"), [("rust", 0.25), ("rust_all", 0.6)])
def test_rust_is_on_one_side_alone(sides, name, most):
    clean, rusted = (_share(sides[name, s], _rusty) for s in "ab")
    assert rusted > most
    assert clean < 0.2 * rusted


@pytest.mark.parametrize(("name", "most"), [("snow", 0.3), ("snow_all", 0.6)])
def test_snow_is_on_one_side_alone(sides, name, most):
    green, white = (_share(sides[name, s], _white) for s in "ab")
    assert white > most
    assert green < 0.25 * white


def test_what_is_snowed_under_has_nothing_bare_and_shows_its_forms():
    for number in range(4):
        bare, blanket = (
            to_lab(draw("snow_all", side, number, 2 * SIDE)) for side in ("a", "pair_b")
        )
        light = blanket[..., 0]
        assert np.quantile(light, 0.02) > 38
        assert light.std() < bare[..., 0].std()
        assert np.hypot(blanket[..., 1], blanket[..., 2]).max() < 30


@pytest.mark.parametrize("how", ["deep", "hollows", "ledges", "dust"])
def test_a_whole_cover_covers_all(how):
    rng = np.random.default_rng(0)
    height = rng.normal(0, 3, (48, 48)).astype(np.float32)
    assert lay_snow(height, how, 1.0, 0.5, rng)[0].min() == 1
    assert lay_snow(height, how, 0.9, 0.5, rng)[0].min() < 1


def test_rain_all_over_leaves_nothing_dry_and_no_puddles():
    """It is darker nearly everywhere, and looks like what it was."""
    for number in range(4):
        dry, wet = (draw("wet_all", side, number, 2 * SIDE).mean(-1) for side in ("a", "pair_b"))
        assert (wet < dry).mean() > 0.75


def test_wet_stone_is_darker(sides):
    dry, wet = (float(sides["wet", s][..., 0].mean()) for s in "ab")
    assert wet < dry - 6


def test_night_is_darker_and_bluer(sides):
    by_day, by_night = (sides["night", s].reshape(-1, 3).mean(0) for s in "ab")
    assert by_night[0] < by_day[0] - 25
    assert by_night[2] < by_day[2] - 3


def test_in_the_moons_light_nothing_shines():
    """No spot of it is brighter than its place was by day."""
    for number in range(4):
        light, moon = (draw("night_all", side, number, 2 * SIDE) for side in ("a", "pair_b"))
        assert moon.max() < 0.6
        assert (moon.mean(-1) > light.mean(-1) + 0.05).mean() < 0.01


def test_the_lights_of_the_night_are_many():
    """Warm and cold ones, and all are darker than the day."""
    pairs = [[draw("night_lights", side, n, SIDE) for side in ("a", "pair_b")] for n in range(16)]
    change = np.array([(b.mean((0, 1)) + 0.02) / (a.mean((0, 1)) + 0.02) for a, b in pairs])
    assert (change.mean(1) < 0.9).all()
    assert np.log(change[:, 0] / change[:, 2]).std() > 0.3, "red over blue"
    assert np.log(change.mean(1)).std() > 0.15, "how bright"


def test_there_are_many_ways_to_be_wet():
    """From damp to soaked: all are darker, by much or little, and keep their tint."""
    pairs = [[draw("wet_ways", side, n, SIDE) for side in ("a", "pair_b")] for n in range(16)]
    dry, wet = (np.array([pair[k].mean((0, 1)) for pair in pairs]) for k in range(2))
    share = (wet / dry).mean(1)
    assert (share < 1).all()
    assert share.max() - share.min() > 0.2
    assert np.abs(wet / wet.sum(1, keepdims=True) - dry / dry.sum(1, keepdims=True)).max() < 0.08


def test_what_has_no_pores_hardly_darkens():
    color, damp = np.full((8, 8, 3), 0.6, np.float32), np.ones((8, 8), np.float32)
    dense, porous = (soak(color, damp, np.random.default_rng(0), pores) for pores in (0.1, 1.0))
    assert porous.mean() < 0.5 < dense.mean()


@pytest.mark.parametrize("make", MATERIALS, ids=lambda make: make.__name__)
def test_a_material_has_colour_and_relief(make):
    made = make((64, 72), 0.5, np.random.default_rng(2))
    assert made.color.shape == (64, 72, 3)
    assert made.height.shape == (64, 72)
    assert made.color.std() > 0.01
    assert made.height.std() > 0.05
    lit = shade(made, np.random.default_rng(0))
    assert np.isfinite(lit).all()
    assert 0 <= lit.min() <= lit.max() <= 1


def test_every_kind_of_metal_can_rust():
    for number in range(24):
        rng = generator(number, 5)
        made = metal((40, 48), 0.4, rng)
        bare = made.surface.color
        rust = corrode(made, 0.4, 0.5, rng)
        assert np.abs(rust.color - bare).mean() > 0.02
        assert np.isfinite(rust.height).all()


def test_cells_lie_around_their_middles():
    labels, distance = cells((60, 80), 20, np.random.default_rng(0), wander=0)
    assert 8 < len(np.unique(labels)) < 20
    assert distance.max() > 6
    same = labels[:, 1:] == labels[:, :-1]
    assert distance[:, 1:][~same].max() < 1.5


def test_spots_cover_what_they_should():
    none, some = (spots((200, 200), share, (2, 8), np.random.default_rng(1)) for share in (0, 0.1))
    assert none.max() == 0
    assert 0.06 < some.mean() < 0.13


def test_a_hollow_is_darker_than_its_rim():
    height = np.zeros((40, 40), np.float32)
    height[15:25, 15:25] = -6
    dark = occlude(np.full((40, 40, 3), 0.5, np.float32), height, 5, 1.0)
    assert dark[20, 20, 0] < 0.4
    assert dark[2, 2, 0] == pytest.approx(0.5, abs=1e-3)


def _step():
    """A relief that is high in its lower half: the step's face looks to the picture's top."""
    height = np.zeros((60, 60), np.float32)
    height[20:40] = np.linspace(0, 20, 20, dtype=np.float32)[:, None]
    height[40:] = 20
    return height


@pytest.mark.parametrize("how", ["deep", "hollows", "ledges", "dust"])
def test_snow_lies_on_as_much_as_was_wanted(how):
    bumps = 3 * generator(3, 1).standard_normal((120, 120)).astype(np.float32)
    for cover in (0.3, 0.7):
        mask, top = lay_snow(bumps, how, cover, 1.0, np.random.default_rng(4))
        assert mask.mean() == pytest.approx(cover, abs=0.12)
        assert top.shape == mask.shape


def test_snow_on_ledges_lies_on_what_looks_up():
    falling = lay_snow(-_step(), "ledges", 0.4, 1.0, np.random.default_rng(5))[0][22:38].mean()
    rising = lay_snow(_step(), "ledges", 0.4, 1.0, np.random.default_rng(5))[0][22:38].mean()
    assert abs(falling - rising) > 0.8


def test_a_deep_blanket_is_pierced_by_what_is_tall():
    height = np.zeros((80, 80), np.float32)
    height[30:50:6, 30:50:6] = 60
    mask, _ = lay_snow(height, "deep", 0.9, 1.0, np.random.default_rng(6))
    assert mask[30:50:6, 30:50:6].max() < 0.1
    assert mask.mean() > 0.8


def test_soaked_stone_is_darker_where_it_is_wet():
    grey = np.full((4, 4, 3), 0.6, np.float32)
    damp = np.zeros((4, 4), np.float32)
    damp[:2] = 1
    seen = soak(grey, damp, np.random.default_rng(0))
    assert seen[0, 0, 0] < 0.45
    assert np.allclose(seen[3, 3], 0.6, atol=0.01)


def test_lamps_light_what_is_near():
    light = glow((50, 60), [(20.0, 10.0, 30.0)])
    assert light[10, 20] == 1
    assert light[10, 20] > light[10, 30] > light[40, 55] > 0
    assert glow((5, 6), []).max() == 0


@pytest.mark.parametrize("view", [street, landscape], ids=lambda view: view.__name__)
def test_a_view_says_where_its_sky_is(view):
    made = view((96, 96), np.random.default_rng(7))
    assert made.sky[2].mean() > 0.5
    assert made.sky[-2].max() == 0
    assert 0 <= made.panes.min() <= made.panes.max() <= 1


def test_a_flat_surface_is_evenly_lit():
    flat = Surface(np.full((30, 30, 3), 0.4, np.float32), np.zeros((30, 30), np.float32))
    lit = shade(flat, np.random.default_rng(8))
    assert lit.std(axis=(0, 1)).max() < 0.03


def test_the_tool_writes_folders_and_keeps_what_is_there(tmp_path, monkeypatch, capsys):
    run = ["make_domains", str(tmp_path / "set"), "wet", "--count", "2", "--size", "32"]
    monkeypatch.setattr(sys, "argv", [*run, "--sheet", str(tmp_path / "sheets")])
    make_domains.main()
    kept = tmp_path / "set" / "wet" / "b" / "0001.png"
    with Image.open(kept) as picture:
        assert picture.size == (32, 32)
    assert len(list((tmp_path / "set").rglob("*.png"))) == 4
    before = kept.stat().st_mtime_ns
    make_domains.main()
    assert kept.stat().st_mtime_ns == before
    assert (tmp_path / "sheets" / "wet.jpg").is_file()
    assert "4 pictures" in capsys.readouterr().out


def test_the_tool_names_what_it_knows(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["make_domains", str(tmp_path), "mud"])
    with pytest.raises(SystemExit):
        make_domains.main()
    assert "rust, snow" in capsys.readouterr().err.replace("night, painted, ", "")
