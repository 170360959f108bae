"""What lies thick: no specks, dark rims, a shadow beside it; nothing far from it."""

import numpy as np
import pytest

from core.imaging.relief import blur
from core.picture.thickness import seep, thicken

SIDE = 500
BLOCK = np.s_[100:400, 150:350]
RNG = np.random.default_rng(0)
GRAIN = blur(RNG.normal(0, 1, (SIDE, SIDE)).astype(np.float32), 2)


@pytest.fixture(scope="module")
def block():
    lies = np.zeros((SIDE, SIDE), np.float32)
    lies[BLOCK] = 1
    return lies


def lit(changes, light, ground=0.6, snow=0.9):
    """Snow of one colour over ground of one colour, (H, W)."""
    return ground + (snow * light - ground) * changes


def test_a_block_is_dark_at_its_rim_and_beside_it(block):
    seen = lit(*thicken(block, None, np.zeros_like(block)))
    assert seen[250, 250] == pytest.approx(0.9, abs=1e-3)
    assert seen[250, 152] < 0.88
    assert seen[250, 148] < 0.59
    inward = seen[250, 152:170]
    assert (np.diff(inward) > -1e-3).all()


def test_far_away_nothing_changes(block):
    changes, light = thicken(block, RNG.normal(0, 1, block.shape).astype(np.float32), GRAIN)
    assert (changes[:, 380:] == 0).all()
    assert np.isfinite(light).all()
    assert (changes[150:350, 170:330] == 1).all()


def test_specks_and_pinholes_vanish_and_patches_stay(block):
    specks = block.copy()
    specks[50, 50] = specks[450:452, 450] = 1
    specks[250, 250] = specks[300, 200:202] = 0
    specks[40:60, 400:420] = 1
    changes, _ = thicken(specks, None, GRAIN)
    assert changes[45:56, 45:56].max() == changes[445:457, 445:456].max() == 0
    assert changes[240:260, 240:260].min() == 1
    assert changes[50, 410] == 1


def test_edges_are_ragged_and_areas_stay(block):
    straight, ragged = (thicken(block, None, grain)[0] > 0.5 for grain in (0 * GRAIN, GRAIN))
    assert (straight != ragged).any()
    assert ragged.mean() == pytest.approx(straight.mean(), rel=0.02)


def test_under_a_blanket_forms_are_seen():
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE * 2 * np.pi
    hills = (np.cos(6 * x) * np.cos(6 * y)).astype(np.float32)
    changes, light = thicken(np.ones_like(hills), hills, GRAIN)
    assert (changes == 1).all()
    assert light[hills > 0.9].mean() > 1.03
    assert light[hills < -0.9].mean() < 0.97
    assert (thicken(np.ones_like(hills), None, GRAIN)[1] == 1).all()


def test_what_seeps_leaves_stains_that_fade_and_stays_where_it_lies(block):
    stained = seep(block, GRAIN)
    assert (stained[BLOCK] == 1).all()
    beside, near, far = (stained[250, 350 + x] for x in (1, 6, 20))
    assert 0.6 > beside > near > far > 0.01
    assert stained.max() == 1
    assert (seep(0 * block, GRAIN) == 0).all()
    assert stained[150:350, 353].std() > 0.01


def test_stains_tile(block):
    by = (90, 220)
    there = seep(np.roll(block, by, (0, 1)), np.roll(GRAIN, by, (0, 1)))
    assert np.allclose(there, np.roll(seep(block, GRAIN), by, (0, 1)), atol=1e-4)


def test_it_tiles(block):
    lies = blur(block, 3)
    rolled = thicken(*(np.roll(plane, (90, 220), (0, 1)) for plane in (lies, GRAIN, GRAIN)))
    for there, here in zip(rolled, thicken(lies, GRAIN, GRAIN), strict=True):
        assert np.allclose(there, np.roll(here, (90, 220), (0, 1)), atol=2e-3)
