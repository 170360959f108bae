from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from core.card import make_params
from core.checkpoints.networks import load_encoder
from core.checkpoints.store import SHIPPED, Store
from core.contract import RunContext, Style
from core.errors import Cancelled
from core.methods.nnst import CARD
from core.methods.nnst.bank import compare, make_bank
from core.methods.nnst.columns import CELL, HALO, LEVELS, Eye, columns, measure_units
from core.methods.nnst.descend import descend
from core.methods.nnst.match import Rules, match
from core.methods.nnst.paste import hold, paste
from core.methods.nnst.problem import (
    HELD,
    Problem,
    content_distance,
    content_sums,
    normalise,
)
from core.methods.nnst.stylize import recolor, stylize
from core.nn.laplacian import join, split
from core.tiling import Grid, cut


@pytest.fixture
def eye(store):
    encoder = load_encoder(store, "compact", LEVELS[-1]).requires_grad_(requires_grad=False)
    return Eye(encoder, torch.float32)


def drawn(seed=0):
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def banked(eye, *styles, shares=None, turned=False):
    shares = shares or [1 / len(styles)] * len(styles)
    return make_bank(eye, styles, shares, turned=turned, generator=drawn())


@torch.no_grad()
def asked(eye, x, bank):
    return F.conv2d(columns(x, eye.look(x), bank.units), bank.basis.T[:, :, None, None])


def rules(reuse=1000.0, coherence=0.0):
    return Rules(reuse, coherence, drawn(), lambda: None)


def painted(content, styles, store, run=None, **params):
    chosen = make_params(CARD, {"iterations": 3} | params)
    return stylize(content, styles, chosen, run or RunContext(store))


def problem(eye, bank, index, content, *, tile=0, loyalty=0.25, weights=None, smoothness=0.0):
    weights = weights or dict.fromkeys(HELD.values())
    with torch.no_grad():
        seen = eye.look(content)
    return Problem(
        eye=eye,
        bank=bank,
        index=index,
        content={k: normalise(seen[k], weights[scale]) for k, scale in HELD.items()},
        weights=weights,
        loyalty=loyalty,
        smoothness=smoothness,
        tiles=cut(content.shape[-2], content.shape[-1], Grid(tile), halo=64, multiple=8),
        noise=drawn(7),
    )


def test_a_picture_finds_itself_and_is_put_together_again(eye, picture):
    style = picture(64, 80, 2)
    bank = banked(eye, style)
    index = match(asked(eye, style, bank), None, bank, rules())
    assert torch.equal(index, torch.arange(16 * 20).view(16, 20))
    assert torch.allclose(paste(index, bank), style, atol=1e-5)


def test_a_picture_turned_finds_the_patches_turned(eye, picture):
    style = picture(64, 64, 2)
    bank = banked(eye, style, turned=True)
    index = match(asked(eye, torch.rot90(style, 1, (2, 3)), bank), None, bank, rules())
    there = torch.arange(16 * 16).view(16, 16) + 16 * 16
    assert float((index == there).float().mean()) > 0.9  # all four turns share one mean


def test_what_lies_beside_a_patch_is_known(eye, picture):
    bank = banked(eye, picture(24, 32, 2), picture(16, 16, 3))
    above, below, left, right = bank.beside
    assert above[:8].tolist() == [-1] * 8
    assert above[8:48].tolist() == list(range(40))
    assert below[40:48].tolist() == [-1] * 8
    assert [int(left[k]) for k in (0, 1, 8)] == [-1, 0, -1]
    assert [int(right[k]) for k in (7, 46, 47, 48)] == [-1, 47, -1, 49]
    assert bank.owner.tolist() == [0] * 48 + [1] * 16


def test_a_flat_content_takes_what_is_flat_in_the_style(eye, picture):
    """Half of the style is one colour; a content of one colour, with the least of noise, takes from there."""
    style = picture(96, 96, 2).clone()
    style[..., 48:] = 0.5
    flat = 0.5 + 1e-4 * torch.randn(1, 3, 64, 64, generator=drawn(4))
    bank = banked(eye, style)
    index = match(asked(eye, flat, bank), None, bank, rules())
    assert float(((index % 24) >= 11).float().mean()) > 0.9


def test_what_is_near_the_mean_takes_what_is_near_it():
    """Of keys in about one direction, a query takes that of its length; 0.05 of a cosine weighs less."""
    mean = torch.zeros(2)
    keys = torch.tensor([[3.0, 0.0], [0.3, 0.08], [0.0, 0.3]])
    queries = torch.tensor([[0.3, 0.0], [2.5, 0.1], [0.01, 0.28]])
    product = compare(queries, mean, 1.0, asks=True) @ compare(keys, mean, 1.0, asks=False).T
    assert product.argmax(1).tolist() == [1, 0, 2]


def test_the_descent_leaves_colour(eye, picture):
    """What differs between channels is that of the style's pixels, wherever nothing is clipped."""
    x, bank = 0.4 + 0.2 * picture(64, 64, 5), banked(eye, picture(64, 64, 2))
    index = torch.arange(16 * 16).view(16, 16)
    out = descend(x, problem(eye, bank, index, x), 5)
    assert torch.allclose(out - out.mean(1, keepdim=True), x - x.mean(1, keepdim=True), atol=1e-5)
    assert not torch.allclose(out, x, atol=1e-3)


def test_broad_lightness_goes_to_the_contents(picture):
    x, content = torch.full((1, 3, 64, 64), 0.7), 0.2 * picture(64, 64, 5) + 0.2
    out = hold(x, content, 0.5)
    assert float(out.mean()) == pytest.approx(0.35 + float(content.mean()) / 2, abs=0.02)


def test_reuse_is_limited(eye, picture):
    """A content of soft hills takes few of the style's patches, unless it may not."""
    style, content = picture(96, 96, 2), 0.3 * picture(160, 160, 5) + 0.35
    bank = banked(eye, style)
    free, held = (
        torch.bincount(
            match(asked(eye, content, bank), None, bank, rules(reuse)).flatten(), minlength=576
        )
        for reuse in (1000.0, 1.5)
    )
    assert held.max() < 0.7 * free.max()
    assert (held > 0).sum() > 1.2 * (free > 0).sum()


def test_coherence_brings_neighbours_together(eye, picture):
    bank, content = banked(eye, picture(96, 96, 2)), picture(96, 96, 5)
    agreed = []
    for coherence in (0.0, 1.0):
        index = match(asked(eye, content, bank), None, bank, rules(coherence=coherence))
        agreed.append(float((bank.beside[3][index[:, :-1]] == index[:, 1:]).float().mean()))
    assert agreed[1] > agreed[0] + 0.3


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_styles_get_their_shares(eye, picture, share):
    styles, content = (picture(96, 96, 2), picture(96, 96, 3)), picture(96, 96, 5)
    bank = banked(eye, *styles, shares=[1 - share, share])
    index = match(asked(eye, content, bank), None, bank, rules(4.0))
    assert float(bank.owner[index].float().mean()) == pytest.approx(share, abs=0.12)


def test_a_style_larger_than_its_room_gives_a_part(eye, monkeypatch, picture):
    monkeypatch.setattr("core.methods.nnst.bank.MOST", 256)
    bank = banked(eye, picture(200, 120, 2), turned=True)
    assert 128 <= len(bank.columns) <= 320


def test_the_loss_falls_and_is_that_of_its_gradient(eye, picture):
    style, content = picture(64, 64, 2), picture(64, 64, 1)
    bank = banked(eye, style)
    index = match(asked(eye, content, bank), None, bank, rules())
    posed = problem(eye, bank, index, content, smoothness=0.1)
    x = picture(64, 64, 4)

    def at(y):
        posed.noise.manual_seed(7)
        return posed(y)

    loss, slope = at(x)
    step = 0.01 * slope / slope.norm()
    ahead, behind = at(x + step)[0], at(x - step)[0]
    assert (ahead - behind) / 0.02 == pytest.approx(float(slope.norm()), rel=0.1)
    assert at(descend(x, posed, 20))[0] < 0.97 * loss


@pytest.mark.parametrize("covered", [False, True])
def test_tiles_pool_to_the_loss_and_gradient_of_the_whole(eye, picture, covered):
    content, x = picture(192, 160), picture(192, 160, 3)
    bank = banked(eye, picture(64, 80, 2))
    index = match(asked(eye, content, bank), None, bank, rules())
    weights = None
    if covered:
        coverage = torch.zeros(1, 1, 192, 160)
        coverage[..., 48:] = 1
        weights = {scale: F.avg_pool2d(coverage, scale) for scale in HELD.values()}
    (whole, slope), (tiled, tiled_slope) = (
        problem(eye, bank, index, content, tile=tile, weights=weights)(x) for tile in (0, 48)
    )
    assert tiled == pytest.approx(whole, rel=1e-4)
    assert (slope - tiled_slope).abs().max() < 1e-3 * slope.abs().max()


def test_the_content_is_at_no_distance_from_itself(eye, picture):
    f = torch.rand(1, 5, 6, 7, generator=drawn(1))
    wanted = normalise(f, None)
    means = {k: v / 42 for k, v in content_sums(3 * f + 2, wanted, None).items()}
    assert float(content_distance(means)) < 1e-3
    other = torch.rand(1, 5, 6, 7, generator=drawn(2))
    means = {k: v / 42 for k, v in content_sums(other, wanted, None).items()}
    assert float(content_distance(means)) == pytest.approx(
        float(F.mse_loss(normalise(other, None), wanted)), rel=1e-3
    )


def test_colors_come_from_the_style_and_a_flat_content_stays_flat(picture):
    content, style = picture(48, 48, 1), picture(48, 48, 2) * 0.5
    got = recolor(content, None, [style], [1.0])
    assert torch.allclose(got.mean((2, 3)), style.mean((2, 3)), atol=0.02)
    flat = torch.full((1, 3, 32, 32), 0.7) + 1e-4 * torch.randn(1, 3, 32, 32, generator=drawn(3))
    assert float(recolor(flat, None, [style], [1.0]).std((2, 3)).max()) < 2e-3


def test_levels_make_the_picture_again(picture):
    for x in (picture(64, 80), picture(37, 51), picture(3, 3)):
        parts = split(x, 5)
        assert torch.allclose(join(parts), x, atol=1e-6)
    assert [p.shape[-1] for p in split(picture(64, 80), 5)] == [80, 40, 20, 10]


def test_smoothness_weighs_the_mean_step_between_neighbours(eye, picture):
    content = picture(64, 64)
    bank = banked(eye, content)
    index = match(asked(eye, content, bank), None, bank, rules())
    ramp = (0.01 * torch.arange(64.0)).expand(1, 3, 64, 64).contiguous()
    (rough, slope), (free, other) = (
        problem(eye, bank, index, content, smoothness=weight)(ramp) for weight in (10.0, 0.0)
    )
    assert rough - free == pytest.approx(10 * 0.01 * 63 / 64, rel=1e-3)
    assert not torch.equal(slope, other)


@torch.no_grad()
def test_units_of_a_style_do_not_depend_on_its_windows(eye, picture):
    """A style that is made large for a wide brush is never looked at whole."""
    style, looked = picture(648, 96, 2), []

    def look(x, last):
        looked.append(x.shape[-2])
        return eye.encoder(x, last)

    units = measure_units(Eye(look, torch.float32), [style], [1.0])
    assert len(looked) == 2
    assert max(looked) <= 512 + HALO + 8
    for level, f in eye.look(style).items():
        assert units.levels[level] == pytest.approx(float(f.square().mean().sqrt()), rel=1e-4)


def test_another_seed_searches_other_patches(eye, picture, monkeypatch):
    monkeypatch.setattr("core.methods.nnst.match.SEARCHED", 64)
    content, bank = picture(64, 64), banked(eye, picture(96, 96, 2))
    one, same, other = (
        match(asked(eye, content, bank), None, bank, replace(rules(), generator=drawn(seed)))
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert len(one.unique()) <= 64
    assert not torch.equal(one, other)


def test_the_same_seed_gives_the_same_picture(store, picture):
    """All patches of so small a style are searched: the seed changes the veil alone, and so the result."""
    content, styles = picture(48, 48), [Style(picture(64, 64, 2))]
    one, same, other = (
        painted(content, styles, store, RunContext(store, seed=seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("side", [1, 2, 16])
def test_a_tiny_style_paints(store, picture, side):
    out = painted(picture(48, 48), [Style(picture(side, side, 2))], store)
    assert bool(torch.isfinite(out).all())


@pytest.fixture(scope="module")
def shipped():
    return Store((SHIPPED,))


@pytest.mark.parametrize("level", [0.1, 0.8])
def test_a_style_of_one_color_paints_in_that_color(shipped, picture, level):
    flat = torch.tensor([level, 0.5, 0.3])[None, :, None, None].expand(1, 3, 64, 64)
    out = painted(picture(64, 64), [Style(flat)], shipped, iterations=20, loyalty=0.25)
    assert (out.mean((2, 3)) - flat.mean((2, 3))).abs().max() < 0.05


def test_a_gray_style_makes_a_gray_picture(shipped, picture):
    gray = picture(96, 96, 2).mean(1, keepdim=True).expand(-1, 3, -1, -1)
    out = painted(picture(96, 96), [Style(gray)], shipped, iterations=20)
    assert float((out - out.mean(1, keepdim=True)).abs().mean()) < 0.02


def test_loyalty_keeps_the_content(shipped, picture):
    content, style = picture(96, 96), Style(picture(96, 96, 2))
    grey = recolor(content, None, [style.picture], [1.0])
    free, loyal = (
        painted(content, [style], shipped, iterations=20, loyalty=loyalty) for loyalty in (0, 1)
    )
    assert (loyal - grey).square().mean() < 0.7 * (free - grey).square().mean()


def test_a_run_is_asked_at_every_block_whether_to_go_on(store, picture):
    """Between two reports of steps there are others, from matching and from tiles."""
    seen = []

    def listen(step):
        seen.append(step)
        if len(seen) == 40:
            raise Cancelled

    with pytest.raises(Cancelled):
        painted(
            picture(96, 96), [Style(picture(96, 96, 2))], store, RunContext(store, report=listen)
        )
    assert all(step.done == 1 for step in seen[:30])


def test_the_network_asks_within_a_look_and_on_the_way_back(eye, picture):
    """A style's patches are made, and a step is made, by looks: each may end there."""
    asked_ = []
    patient = replace(eye, pulse=lambda: asked_.append(1))
    banked(patient, picture(64, 80, 2), turned=True)
    assert len(asked_) >= 2 * (1 + 4)
    x = picture(64, 80).requires_grad_()
    loss = sum(level.sum() for level in patient.look(x).values())
    asked_.clear()
    loss.backward()
    assert len(asked_) == len(LEVELS)

    def stop():
        asked_.append(1)
        if len(asked_) == 4:
            raise Cancelled

    asked_.clear()
    loss = sum(level.sum() for level in replace(eye, pulse=stop).look(x).values())
    assert len(asked_) == 2
    with pytest.raises(Cancelled):
        loss.backward()


def test_what_is_not_covered_has_no_say(store, picture):
    coverage = torch.zeros(1, 1, 64, 128)
    coverage[..., :64] = 1
    content = picture(64, 128)
    changed = content.clone()
    changed[..., 120:] = 0.9
    one, two = (
        recolor(x, coverage, [picture(64, 64, 2)], [1.0])[..., :64] for x in (content, changed)
    )
    assert torch.equal(one, two)
    run = replace(RunContext(store), coverage=coverage)
    assert bool(torch.isfinite(painted(content, [Style(picture(64, 64, 2))], store, run)).all())


def test_a_cell_is_four_pixels(eye, picture):
    x = picture(64, 80)
    bank = banked(eye, x)
    assert asked(eye, x, bank).shape[-2:] == (64 // CELL, 80 // CELL)
