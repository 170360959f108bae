"""What is true of painters alone: borders that meet, any brush, angles, pictures without a style."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from core.card import make_params
from core.catalog import CARDS, PAINTER_IDS, find_card
from core.contract import RunContext, lay_in
from core.errors import ParamsError
from core.nn.tiles import map_tiles
from core.picture.run import run
from core.picture.surfaces import find_rings
from core.request.check import check_job
from core.request.picture_job import Job
from core.surface.seamless import seamless
from core.tiling import Grid

PAINTERS = [card for card in CARDS if card.id in PAINTER_IDS]
each_painter = pytest.mark.parametrize("card", PAINTERS, ids=lambda card: card.id)


def has_angle(card):
    return any(declared.name == "angle" for declared in fields(card.params))


def forms(height, width, seed=0):
    """Waves that fit the picture's size, so that it goes on around."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] * 2 * np.pi
    y, x = y / height, x / width
    waves = [np.sin(2 * x + y), np.cos(3 * y - x), np.where(np.sin(x) > np.cos(y), 0.9, -0.9)]
    picture = 0.5 + 0.4 * np.stack(waves) + rng.normal(0, 0.02, (3, height, width))
    return torch.from_numpy(np.clip(picture, 0, 1).astype(np.float32))[None]


def paint(card, x, **params):
    """Return a painting without a style, made tile by tile, if ``tile`` is given."""
    about = {name: params.pop(name) for name in ("rings", "brush", "seed") if name in params}
    context = RunContext(grid=Grid(params.pop("tile", 0)), **about)
    prepared = card.load().prepare(x, [], make_params(card, params), context)
    seen = lay_in(prepared, x)
    return map_tiles(
        prepared.apply, seen, context.tiles, halo=prepared.halo, multiple=prepared.multiple
    )  # fmt: skip  # one call


@each_painter
def test_tiled_equals_whole_bit_for_bit(card):
    x = forms(90, 130)
    assert torch.equal(paint(card, x), paint(card, x, tile=48))


@each_painter
@pytest.mark.parametrize("size", [(61, 83), (20, 17), (3, 5)])
def test_strokes_go_on_over_borders_that_meet(card, size):
    x = forms(*size)
    surface = seamless(size, margin=card.halo)
    canvas = paint(card, surface.unwrap(x), rings=find_rings(surface))
    rows, columns = surface.rows, surface.columns
    for ring, axis in ((rows, -2), (columns, -1)):
        first, again = (canvas.narrow(axis, k, 2 * ring.margin) for k in (0, ring.size))
        assert torch.equal(first, again), "both ends of the canvas are one place"
    inside = canvas[..., rows.margin : -rows.margin, columns.margin : -columns.margin]
    assert torch.allclose(surface.wrap(canvas), inside, atol=1e-6), "nothing is left to fade"


@each_painter
def test_a_border_that_meets_looks_like_any_other_place(card):
    size = (96, 128)
    surface = seamless(size, margin=card.halo)
    x = forms(*size)
    around = surface.wrap(paint(card, surface.unwrap(x), rings=find_rings(surface)))
    step = (around[..., 0] - around[..., -1]).abs().mean()
    inside = (around[..., 1:] - around[..., :-1]).abs().mean()
    assert step < 1.5 * inside
    flat = paint(card, x)
    assert not torch.equal(flat, around)


@each_painter
@pytest.mark.parametrize("brush", [0.25, 8.0])
def test_a_brush_of_a_texel_and_one_larger_than_the_picture(card, brush):
    for size in ((24, 24), (5, 64)):
        out = paint(card, forms(*size), brush=brush)
        assert bool(torch.isfinite(out).all())
        assert 0 <= float(out.min()) <= float(out.max()) <= 1


@each_painter
def test_a_larger_brush_leaves_less_detail(card):
    x = forms(160, 160, seed=2)
    fine, broad = (paint(card, x, brush=size) for size in (0.5, 4.0))
    assert (fine - x).abs().mean() < (broad - x).abs().mean()


@each_painter
def test_a_strip_of_twenty_thousand_pixels(card):
    out = paint(card, forms(8, 20000))
    assert out.shape == (1, 3, 8, 20000)
    assert bool(torch.isfinite(out).all())


@pytest.mark.parametrize("card", PAINTERS[:4], ids=lambda card: card.id)
def test_what_is_far_away_changes_no_stroke(card):
    """So frames of a film and neighbouring parts of a texture keep their strokes."""
    x = forms(64, 1024)
    other = x.clone()
    other[..., 700:] = 1 - other[..., 700:]
    assert torch.equal(paint(card, x)[..., :256], paint(card, other)[..., :256])


@each_painter
def test_numbers_that_are_none_do_no_harm(card):
    x = forms(40, 40)
    x[..., 10:20, 10:20] = float("nan")
    assert bool(torch.isfinite(paint(card, x)).all())


@pytest.mark.parametrize(
    "card",
    [card for card in PAINTERS if has_angle(card) and card.id != "mosaic"],
    ids=lambda c: c.id,
)
def test_strokes_go_at_the_angle_where_they_do_not_follow_forms(card):
    """The steps across strokes are larger than those along them; stones are as wide as they are long."""
    x = torch.full((1, 3, 160, 160), 0.5) + 0.05 * forms(160, 160)
    level, upright = (paint(card, x, follow=0, angle=angle) for angle in (0.0, 90.0))
    assert lean(level) > 1.1 * lean(upright)


def test_without_a_style_colours_stay(tmp_path, photo):
    import cv2

    content, out = tmp_path / "content.png", tmp_path / "out.png"
    cv2.imwrite(str(content), photo(96, 96, 1))
    run(Job(content=str(content), output=str(out), styles=(), method="gouache"))
    before, after = (cv2.imread(str(p)).astype(float).mean((0, 1)) for p in (content, out))
    assert abs(before - after).max() < 16


def test_painters_need_no_network():
    assert all(find_card(name).needed == () for name in PAINTER_IDS)


def lean(y):
    """How much larger steps downward are than those to the right."""
    return float(y.diff(dim=-2).abs().mean() / y.diff(dim=-1).abs().mean())


def test_strokes_go_along_a_painted_picture(tmp_path, photo):
    """Of any size; where it says nothing, and where it is no number, strokes go as they would."""
    import cv2

    content = tmp_path / "content.png"
    cv2.imwrite(str(content), photo(120, 160, 1) // 8 + 100)

    def painted(name, flow=None):
        out = tmp_path / f"{name}.png"
        path = None
        if flow is not None:
            path = str(tmp_path / f"{name}_flow.npy")
            np.save(path, flow.astype(np.float32))
        run(Job(content=str(content), output=str(out), styles=(), method="oil", flow=path))
        return torch.from_numpy(cv2.imread(str(out)).astype(np.float32)).permute(2, 0, 1)[None]

    level, upright = np.full((2, 31, 17, 3), 0.5)
    level[..., 0], upright[..., 1] = 1, 1
    assert lean(painted("level", level)) > 1.2 * lean(painted("upright", upright))
    plain = painted("plain")
    assert torch.equal(plain, painted("nothing", np.full((9, 9, 3), 0.5)))
    assert torch.equal(plain, painted("nan", np.full((9, 9, 3), np.nan)))


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"method": "watercolor"}, "watercolor has no strokes to direct; methods that have: oil"),
        ({"surface": "equirect"}, "leave flow out for tiles and panoramas"),
    ],
)
def test_what_cannot_be_directed_is_said(job, words):
    asked = {"content": "c.png", "output": "o.png", "styles": (), "method": "oil", "flow": "f.png"}
    with pytest.raises(ParamsError, match=words):
        check_job(Job(**asked | job))


@pytest.mark.parametrize("method", ["oil", "gouache", "pastel"])
def test_without_variety_strokes_of_one_colour_agree(method):
    """What is one colour is painted in one, but for its relief, its ground and the paper between."""
    x = torch.full((1, 3, 128, 128), 0.5)
    spreads = []
    for variety in (0.0, 1.0, 2.0):
        more = {} if method == "pastel" else {"impasto": 0.0}
        y = paint(find_card(method), x, variety=variety, **more)
        spreads.append(float((y - y.mean(1, keepdim=True)).std()))
    assert spreads[0] < 0.5 * spreads[1] < 0.5 * spreads[2]


@pytest.mark.parametrize("method", ["oil", "gouache", "pastel"])
def test_longer_strokes_run_on(method):
    """Along level strokes a picture resembles itself over a longer way."""
    x = torch.full((1, 3, 160, 160), 0.5)
    leans = []
    for length in (0.25, 1.0, 4.0):
        y = paint(find_card(method), x, length=length, follow=0, angle=0.0)
        leans.append(lean(y))
    assert leans[0] < leans[1] < leans[2]
