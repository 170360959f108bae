"""What is true of brushwork alone."""

from itertools import pairwise

import pytest
import torch

from core.card import make_params
from core.catalog import find_card
from core.checkpoints.store import SHIPPED, Store
from core.contract import RunContext, Style, lay_in
from core.methods.brushwork.bank import build_bank, find_components, keep_strokes
from core.methods.brushwork.colors import color_map, lightness, recolor
from core.methods.brushwork.measure import find_rim
from core.methods.brushwork.sources import find_sources
from core.methods.brushwork.stylize import without_outlines
from core.nn.neighbours import balance
from core.nn.smooth import blur, double
from core.nn.stats import Moments
from core.nn.tiles import map_tiles
from core.tiling import Box, Grid

CARD = find_card("brushwork")


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def moments(x):
    flat = x[0].flatten(1).double()
    return Moments(flat.shape[1], flat.mean(1), torch.cov(flat, correction=0))


def painted(content, *styles, grid=None, texture=False, **params):
    run = RunContext(Store((SHIPPED,)), grid=grid or Grid(0), texture=texture)
    made = CARD.load().prepare(content, [Style(s) for s in styles], make_params(CARD, params), run)
    seen = lay_in(made, content)
    return map_tiles(made.apply, seen, run.tiles, halo=made.halo, multiple=made.multiple)


def bank_of(*features, most=4096, light=None, rims=()):
    """A bank of features alone; ``light`` (1, 1, h, w): how light their cells are."""
    cells = [torch.zeros(1, 1, *f.shape[-2:]) if light is None else light for f in features]
    pictures = [
        c.repeat_interleave(4, 2).repeat_interleave(4, 3).expand(1, 3, -1, -1) for c in cells
    ]
    return build_bank(pictures, features, find_components(features), most, 0, rims)


def test_colors_get_the_styles_mean_and_lightness_keeps_its_order():
    content = 0.3 + 0.4 * noise(1, 3, 24, 24)
    style = (noise(1, 3, 24, 24, seed=1) * torch.tensor([0.3, 0.2, 0.6]).view(1, 3, 1, 1)) + 0.2
    moved = recolor(content, color_map(moments(content), moments(style)))
    assert torch.allclose(moved.mean((2, 3)), style.mean((2, 3)), atol=0.01)
    before, after = lightness(content).flatten(), lightness(moved).flatten()
    assert (after[before.argsort()].diff() > -1e-5).all()


def test_a_style_of_one_grey_leaves_forms():
    content, grey = noise(1, 3, 16, 16), torch.full((1, 3, 16, 16), 0.5)
    moved = recolor(content, color_map(moments(content), moments(grey)))
    assert lightness(moved).std() > 0.3 * lightness(content).std()
    assert (moved - lightness(moved)).abs().max() < 0.02


def test_strokes_pasted_where_they_come_from_are_the_style():
    style = noise(1, 3, 32, 48)
    places = torch.stack(
        torch.meshgrid(torch.arange(1), torch.arange(8), torch.arange(12), indexing="ij"), -1
    )[0]
    assert torch.allclose(keep_strokes([style], 6, 4).paste(places), style, atol=1e-6)


def test_the_style_itself_is_found_cell_for_cell():
    features = noise(1, 8, 10, 14)
    bank = bank_of(features)
    queries = bank.query(features, features.mean((0, 2, 3)))
    index = find_sources(queries, bank, (10, 14), (0, 0), None)
    assert (index.flatten() == torch.arange(140)).float().mean() > 0.9
    laid = bank.lay(torch.arange(140).view(10, 14))
    assert torch.allclose(laid[..., 1:-1, 1:-1], features[..., 1:-1, 1:-1], atol=1e-5)


def test_even_places_continue_strokes():
    """A content whose cells are all alike gets stretches of the style, and not one cell again and again."""
    features = noise(1, 8, 30, 30) * 0.02
    features[..., :15] += 1  # two halves, each of cells that are nearly alike
    bank = bank_of(features)
    queries = bank.keys[32:33].expand(400, -1)
    index = find_sources(queries, bank, (20, 20), (0, 0), None)
    assert len(index.unique()) > 100
    goes_on = bank.move(index[:, :-1], 0, 1)[0] == index[:, 1:]
    assert goes_on.float().mean() > 0.6


def plain(features, bank):
    """Show a picture all of whose cells are one of the style's; return their sources."""
    queries = bank.query(features[..., 5:6, 7:8].repeat(1, 1, 40, 40), features.mean((2, 3))[0])
    return find_sources(queries, bank, (40, 40), (0, 0), None)


def test_a_plain_place_repeats_no_cell():
    """One cell of the style alone is near it: all of it would show that one, as a pattern."""
    features = noise(1, 8, 24, 24, seed=3)
    found = plain(features, bank_of(features))
    assert found.flatten().bincount().max() < 0.06 * 40 * 40


def test_a_plain_place_is_as_light_as_its_nearest_cell():
    """Directions know no lightness: a dark tree would stand in a bright sky."""
    features = noise(1, 8, 24, 24, seed=3)
    light = (torch.arange(24) // 12 * 0.8).expand(1, 1, 24, 24)
    bank = bank_of(features, light=light)
    assert len(bank.colors[plain(features, bank)].unique()) == 1


def test_the_rim_of_a_style_is_never_shown():
    """Photographs of paintings have bare canvas or a frame there: patches that end in it drew ladders."""
    features = noise(1, 8, 24, 24, seed=3)
    bank = bank_of(features, rims=(2,))
    rim = bank.query(features, features.mean((0, 2, 3)))
    for found in (plain(features, bank), find_sources(rim, bank, (24, 24), (0, 0), None)):
        place = bank.place[found][..., 1:]
        assert (place.amin(), place.amax()) == (2, 21)


def test_a_rim_is_of_whole_cells_at_half_the_size():
    """A cell there is four at the whole size: none of those may be missing."""
    for side in (96, 400, 640, 1333, 4096):
        rims = [find_rim(torch.zeros(1, 1, side // 2, side), level) for level in range(4)]
        assert rims[0] == 2 * rims[1]
        assert 4 * rims[0] == pytest.approx(0.01 * side, abs=4)
        assert all(a >= 2 * b for a, b in pairwise(rims))


def test_styles_share_a_picture_by_weight():
    bank = bank_of(noise(1, 8, 16, 16), noise(1, 8, 16, 16, seed=1) + 0.3)
    queries = bank.query(noise(1, 8, 32, 32, seed=2), torch.full((8,), 0.5))
    owner = bank.place[bank.sought, 0]
    price = balance(queries, bank.keys[bank.sought], owner, torch.tensor([0.7, 0.3]))
    chosen = (queries @ bank.keys[bank.sought].T - price).argmax(1)
    share = (bank.place[bank.sought][chosen, 0] == 0).float().mean()
    assert share == pytest.approx(0.7, abs=0.08)


def test_blurs_and_doubles_are_the_same_in_a_window():
    x, box = noise(1, 3, 40, 48), Box(8, 16, 40, 64)
    whole = double(x, Box(0, 0, 80, 96))
    assert torch.allclose(double(x, box), whole[..., 8:40, 16:64], atol=1e-6)
    assert torch.allclose(blur(x[..., 5:], 1.5)[..., 8:-8], blur(x, 1.5)[..., 13:-8], atol=1e-6)


def test_a_plain_colour_gets_strokes(photo):
    style = torch.from_numpy(photo(160, 160, 3)).permute(2, 0, 1)[None].float() / 255
    style = (style + 0.2 * (noise(1, 3, 160, 160) - 0.5)).clamp(0, 1)
    plain = torch.full((1, 3, 96, 96), 0.4)
    made = painted(plain, style)
    assert made.std((2, 3)).min() > 0.02
    assert painted(plain, style, strokes=0.0).std() < made.std()


def test_what_of_strokes_follows_an_outline_goes_and_the_rest_stays():
    """The style's own edges beyond their blur, laid along the content's, are a halo on both its sides."""
    light = (torch.arange(64) > 31).float().expand(1, 1, 64, 64) * 0.5 + 0.25
    rim = 0.5 * (light - blur(light, 4.0)).expand(1, 3, -1, -1)
    strokes = 0.1 * (noise(1, 1, 64, 64) - 0.5).expand(1, 3, -1, -1)
    beside, bright = slice(24, 40), slice(33, 36)
    left = without_outlines(strokes + rim, light, 0.1, 1.75)[..., beside] - strokes[..., beside]
    assert left.std() < 0.5 * rim[..., beside].std()
    over = without_outlines(rim, light, 0.1, 1.75)[..., bright].mean()
    assert over < 0.4 * rim[..., bright].mean()
    assert torch.equal(without_outlines(-rim, light, 0.1, 1.75), -rim)
    kept = without_outlines(strokes, light, 0.1, 1.75)
    assert (kept - strokes).std() < 0.25 * strokes.std()
    even = torch.full_like(light, 0.5)
    assert torch.equal(without_outlines(strokes, even, 0.1, 1.75), strokes)


def test_loyalty_keeps_the_content(photo):
    content, style = (
        torch.from_numpy(photo(128, 128, seed)).permute(2, 0, 1)[None].float() / 255
        for seed in (1, 2)
    )
    far = [
        (lightness(painted(content, style, loyalty=v)) - lightness(content)).std()
        for v in (0.1, 1.0)
    ]
    assert far[1] < far[0]


def test_a_pattern_as_light_as_its_ground_stays(photo):
    """Red on green of one lightness is all that a weave may have."""
    rows, columns = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    here = ((rows // 32 + columns // 32) % 2).float()[None, None]
    red, green = (torch.tensor(c).view(1, 3, 1, 1) for c in ((0.75, 0.19, 0.3), (0.1, 0.5, 0.35)))
    content = green + here * (red - green)
    style = torch.from_numpy(photo(256, 256, 3)).permute(2, 0, 1)[None].float() / 255
    made = painted(content, style, texture=True)
    chroma = (made - lightness(made))[..., 32:-32, 32:-32]
    inside = here[..., 32:-32, 32:-32] > 0.5
    apart = chroma[..., inside[0, 0]].mean(-1) - chroma[..., ~inside[0, 0]].mean(-1)
    share = float(apart.norm() / chroma.std((-1, -2)).norm())
    assert share > 0.7


def test_the_sketch_does_not_depend_on_tiles(photo):
    content = torch.from_numpy(photo(150, 210, 1)).permute(2, 0, 1)[None].float() / 255
    style = torch.from_numpy(photo(128, 128, 2)).permute(2, 0, 1)[None].float() / 255
    one, many = (painted(content, style, grid=Grid(tile)) for tile in (0, 64))
    assert (one - many).abs().max() < 1e-4


def test_what_a_scene_has_mapped_is_not_mapped_again(photo):
    content, style = (
        torch.from_numpy(photo(96, 96, seed)).permute(2, 0, 1)[None].float() / 255
        for seed in (1, 2)
    )
    run = RunContext(Store((SHIPPED,)), mapped=True)
    made = CARD.load().prepare(content, [Style(style)], make_params(CARD, {}), run)
    assert torch.equal(recolor(content, made.colors), content)
