"""Renders put together from their light, and with another colour."""

import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.passes import has_pass, light, read_matte, read_pass, recombine, relight, write_passes


def half(height=6, width=8):
    """Light passes that add up to Combined but for half floats."""
    rng = np.random.default_rng(3)
    names = [f"{lobe}_{part}" for lobe in ("diffuse",) for part in ("color", "direct", "indirect")]
    names += ["glossy_color", "glossy_direct", "volume_direct", "emission", "environment"]
    made = {name: rng.random((height, width, 3), np.float32).astype(np.float16) for name in names}
    made = {name: x.astype(np.float32) for name, x in made.items()}
    lit = made["diffuse_color"] * (made["diffuse_direct"] + made["diffuse_indirect"])
    lit = lit + made["glossy_color"] * made["glossy_direct"]
    lit = lit + made["volume_direct"] + made["emission"] + made["environment"]
    made["combined"] = np.concatenate([lit, np.ones_like(lit[..., :1])], -1)
    return made


@pytest.mark.parametrize("version", ["4.2", "5.2"])
def test_the_formula(opened, version):
    passes = opened(half(), version)
    error = np.abs(recombine(passes) - read_pass(passes, "combined")[:, :3])
    assert error.max() < 4e-3


def test_a_real_render_of_cycles_is_the_sum_of_its_passes(real):
    if not has_pass(real, "transmission_color"):
        return
    combined = read_pass(real, "combined")[:, :3]
    error = np.abs(recombine(real) - combined)
    assert (error / combined.clip(0.01)).max() < 2e-3
    assert error.mean() < 2e-4


def test_a_transparent_film_holds_no_environment(opened):
    given = half()
    given["combined"][..., :3] -= given["environment"]
    given["combined"][0, 0, 3] = 0
    passes = opened(given)
    assert np.abs(recombine(passes) - read_pass(passes, "combined")[:, :3]).max() < 4e-3


def test_the_same_colour_gives_the_same_bits(real, tmp_path):
    lit = relight(real, read_pass(real, "diffuse_color"))
    assert np.array_equal(lit, read_pass(real, "combined"))
    write_passes(tmp_path / "same.exr", real, {"combined": lit})


def test_another_colour_is_lit_as_before(opened):
    passes = opened(half())
    albedo = np.random.default_rng(0).random((1, 3, 6, 8), np.float32)
    wanted = recombine(passes) + (albedo - read_pass(passes, "diffuse_color")) * light(
        passes, "diffuse"
    )
    lit = relight(passes, albedo)
    torch.testing.assert_close(lit[:, :3], wanted, atol=4e-3, rtol=0)
    assert np.array_equal(lit[:, 3:], read_pass(passes, "combined")[:, 3:])


def test_only_the_painted_object_changes(real):
    albedo = read_pass(real, "diffuse_color")
    fox = read_matte(real, ["Füchslein"])
    painted = albedo * (1 - fox) + np.array([0.1, 0.2, 0.9], np.float32).reshape(1, 3, 1, 1) * fox
    before, after = read_pass(real, "combined"), relight(real, painted)
    outside = np.broadcast_to((fox == 0), before.shape)
    inside = fox > 0.9
    assert np.array_equal(after[outside], before[outside])
    shift = (after - before)[:, :3] * inside
    lit = light(real)[:, 2:] * inside
    assert shift[:, 2].sum() > 0.3 * lit.sum() > 0
    assert shift[:, 0].sum() < 0
    assert after.min() >= 0


def test_no_light_makes_nothing_darker_than_black(opened):
    passes = opened(half())
    assert relight(passes, np.full((1, 3, 6, 8), -9.0, np.float32)).min() == 0


def test_missing_light_is_told(opened):
    given = half()
    del given["diffuse_indirect"]
    eevee = opened(given)
    assert np.array_equal(light(eevee), read_pass(eevee, "diffuse_direct"))
    cycles = opened(given, texts={"cycles.ViewLayer.samples": "8"})
    albedo = read_pass(cycles, "diffuse_color")
    with pytest.raises(PictureError, match=r"no pass diffuse_indirect.*Diffuse > Indirect"):
        relight(cycles, albedo)
    with pytest.raises(PictureError, match=r"\(1, 3, 2, 2\).*\(1, 3, 6, 8\)"):
        relight(cycles, albedo[..., :2, :2])
    with pytest.raises(PictureError, match="no passes of light"):
        recombine(opened({"combined": given["combined"]}))
