"""Depth: what shows nothing is as far as can be, whichever engine wrote it."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import PictureError
from core.passes import FAR, open_passes, read_depth, read_pass
from core.sequence.masks import read_region

from .conftest import FILES


def without(passes, *names):
    """Return a file as if it had been rendered without some passes."""
    layers = {
        layer: {name: pieces for name, pieces in named.items() if name not in names}
        for layer, named in passes.layers.items()
    }
    return replace(passes, layers=layers)


@pytest.mark.parametrize("missing", [(), ("position",), ("position", "normal")])
def test_nothing_is_far_and_surfaces_keep_their_bits(real, missing):
    given, depth = read_pass(real, "depth"), read_depth(without(real, *missing))
    nothing = given >= 900
    assert 50 < nothing.sum() < 100
    assert (depth[nothing] == FAR).all()
    assert np.array_equal(depth[~nothing], given[~nothing])


def test_without_a_pass_that_tells_depth_is_as_it_was_written(real):
    bare = without(real, "position", "normal", "cryptomatte_object")
    assert np.array_equal(read_depth(bare), read_pass(real, "depth"))
    with pytest.raises(PictureError, match="no pass depth"):
        read_depth(without(real, "depth"))


def test_a_surface_without_an_object_is_one(opened, contents):
    """Other renderers' Cryptomattes may leave things out: theirs have no id of nobody that covers."""
    passes = {name: contents()[name] for name in ("combined", "depth", "cryptomatte_object")}
    passes["cryptomatte_object"][:, :9] = 0
    given = opened(passes)
    assert np.array_equal(read_depth(given), read_pass(given, "depth"))


def test_what_is_no_number_or_behind_the_camera_is_nothing(opened, contents):
    passes = {name: contents()[name] for name in ("combined", "depth")}
    passes["depth"][5, :4, 0] = (np.nan, np.inf, 0, -2)
    assert (read_depth(opened(passes))[0, 0, 5, :4] == FAR).all()


def test_the_far_end_of_the_camera_is_no_part_of_the_picture():
    eevee = open_passes(FILES / "eevee_4.5.exr")
    assert not read_region("depth:900..2000", 3, eevee.size, eevee).any()
    assert read_region("depth:900..", 3, eevee.size, eevee).sum() > 50
