"""Masks by name, number and depth."""

import math

import numpy as np
import pytest
import torch

from core.errors import ParamsError, PictureError
from core.passes import (
    depth_mask,
    index_mask,
    matte_names,
    object_map,
    pass_names,
    read_matte,
    read_pass,
)
from core.passes.matte import matte_id, murmur3

VERSIONS = ("4.2", "5.2")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", 0),
        ("a", 0x3C2569B2),
        ("hello", 0x248BFA47),
        ("hello, world", 0x149BBB7F),
        ("The quick brown fox jumps over the lazy dog", 0x2E4FF723),
        ("Box", 0x803B1009),
        ("Füchslein", 0x6679A237),
    ],
)
def test_the_hash_is_murmur3(text, wanted):
    assert murmur3(text.encode()) == wanted


def test_every_id_is_an_ordinary_float():
    names = [f"Object.{k:04d}" for k in range(3000)]
    raw = np.array([murmur3(name.encode()) for name in names], np.uint32)
    ids = np.array([matte_id(name) for name in names], np.uint32)
    odd = np.isin(raw >> 23 & 255, (0, 255))
    assert odd.any()
    assert np.array_equal(ids[odd], raw[odd] ^ (1 << 23))
    assert np.array_equal(ids[~odd], raw[~odd])
    assert np.isfinite(ids.view(np.float32)).all()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_mask_adds_up_the_ranks(opened, contents, version):
    passes = opened(version=version)
    x = contents()["cryptomatte_object"]
    names = matte_names(passes)
    assert names == ("Floor", "Box", "Füchslein", 'a "quoted" one')
    masks = [read_matte(passes, [name]) for name in names]
    for name, mask in zip(names, masks, strict=True):
        mine = x[..., 0::2].view(np.uint32) == matte_id(name)
        np.testing.assert_allclose(mask[0, 0], (x[..., 1::2] * mine).sum(-1), atol=1e-6)
    torch.testing.assert_close(sum(masks), np.ones((1, 1, 12, 20), np.float32))
    torch.testing.assert_close(read_matte(passes, names[1:3]), masks[1] + masks[2])
    assert np.array_equal(read_matte(passes, ["Box", "Box"]), masks[1])
    assert (read_matte(passes, []) == 0).all()


def test_coverage_that_is_more_than_all_is_brought_down(opened, contents):
    x = contents()["cryptomatte_object"]
    x[..., 1::2] *= 1.25
    passes = opened({"cryptomatte_object": x})
    total = sum(read_matte(passes, [name]) for name in matte_names(passes))
    torch.testing.assert_close(total, np.ones((1, 1, 12, 20), np.float32))


def test_names_that_cycles_did_not_escape_are_read(opened, contents):
    text = '{"Cu"be\\x":"f7cbbbd1","Box":"803b1009"}'
    passes = opened(contents(), listed={"text": text})
    assert matte_names(passes) == ('Cu"be\\x', "Box")
    assert matte_id('Cu"be\\x') == 0xF7CBBBD1
    assert read_matte(passes, ["Box"]).sum() > 1


def test_an_unknown_name_is_told_with_its_neighbours(opened):
    passes = opened()
    with pytest.raises(ParamsError, match=r"no object fuchslein; did you mean Füchslein\?"):
        read_matte(passes, ["Box", "fuchslein"])
    with pytest.raises(ParamsError, match=r"none of a similar name.*knows Floor, Box"):
        read_matte(passes, ["Zzz"])
    assert np.array_equal(
        read_matte(passes, ["Box", "Zzz"], absent=True), read_matte(passes, ["Box"])
    )
    with pytest.raises(
        PictureError, match=r"no pass cryptomatte_material.* Cryptomatte > Material"
    ):
        read_matte(passes, ["Box"], "material")
    with pytest.raises(PictureError, match="no pass cryptomatte_asset"):
        matte_names(passes, "asset")


def test_a_file_without_a_list_is_searched_by_hash(opened, contents):
    passes = opened(contents(), listed={"text": "", "key": "fedcba9"})
    assert matte_names(passes) is None
    assert read_matte(passes, ["Füchslein"]).sum() > 1
    with pytest.raises(ParamsError, match="lists no names, and no pixel shows object Foxlet"):
        read_matte(passes, ["Foxlet"])
    assert (read_matte(passes, ["Foxlet"], absent=True) == 0).all()


def test_the_names_of_a_real_frame_cover_its_surfaces(real):
    names = matte_names(real)
    assert {"Floor", "Box", "Füchslein", "Mirror", "Glass", "Lamp"} <= set(names)
    total = read_matte(real, names)
    empty = read_pass(real, "depth") >= 900
    assert total.max() <= 1 + 1e-6
    assert total[~empty].mean() > 0.9
    assert total[empty].mean() < 0.1
    soft = (total > 0.1) & (total < 0.9)
    assert soft.any(), "masks are antialiased"
    skins = read_matte(real, [f"{name} skin" for name in ("Floor", "Box", "Füchslein")], "material")
    things = read_matte(real, ["Floor", "Box", "Füchslein"])
    torch.testing.assert_close(skins, things, atol=0.02, rtol=0)


def test_indices_agree_with_names(real):
    if "object_index" not in pass_names(real):
        with pytest.raises(PictureError, match="no pass object_index"):
            index_mask(real, [2])
        return
    hard, soft = index_mask(real, [2]), read_matte(real, ["Box"])
    assert np.unique(hard).tolist() == [0, 1]
    assert np.abs(hard - soft).mean() < 0.06
    assert (hard[soft > 0.99] == 1).all()
    assert np.array_equal(hard, index_mask(real, [20], "material"))
    assert np.array_equal(index_mask(real, [2, 1]), hard + index_mask(real, [1]))
    assert (index_mask(real, [77]) == 0).all()


def test_objects_are_numbered_alike(real, opened, contents):
    numbers = object_map(real)
    assert numbers.shape == (1, 1, *real.size)
    assert np.unique(numbers[read_matte(real, ["Box"]) > 0.6]).size == 1
    bare = contents()
    del bare["cryptomatte_object"]
    passes = opened(bare)
    assert np.array_equal(object_map(passes), read_pass(passes, "object_index"))


def test_depths_are_cut_out():
    depth = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 1e10], np.float32)
    assert depth_mask(depth, 2.5, 6).tolist() == [0, 0, 1, 1, 0, 0]
    assert depth_mask(depth, 4, math.inf).tolist() == [0, 0, 0, 1, 1, 1]
    soft = depth_mask(np.linspace(0, 10, 101, dtype=np.float32), 4, 8, 2.0)
    assert soft[40].item() == pytest.approx(0.5)
    assert soft[80].item() == pytest.approx(0.5, abs=1e-5)
    assert (soft[:30] == 0).all()
    assert (soft[50:70] == 1).all()
    assert (np.diff(soft[:61]) >= 0).all()
    with pytest.raises(ParamsError, match="from 5 to 2"):
        depth_mask(depth, 5, 2)
