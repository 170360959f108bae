import re

import pytest
import torch
from PIL import Image as Pillow
from torch.nn import functional as F

from core.evaluation.metrics import wrap_error
from core.imaging.image import load_image
from core.imaging.lazy import Lazy, materialize
from core.picture.surfaces import find_surface
from core.request.picture_job import Job
from core.surface.flat import Flat
from core.surface.seamless import seamless
from core.tiling import Box
from core.tiling import read as read_flat

SIZES = [(64, 80), (37, 101), (5, 3), (1, 1), (200, 16)]
DIRECTIONS = [(True, True), (True, False), (False, True), (False, False)]


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Noise that tiles, some texels wide: (1, 3, H, W) in [0, 1]."""
    x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    for dim in (-1, -2):
        x = torch.stack([x.roll(k, dim) for k in range(-3, 4)]).mean(0)
    return (0.5 + 3 * (x - 0.5)).clamp(0, 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("in_x", "in_y"), DIRECTIONS)
def test_nothing_stylized_comes_back_bit_for_bit(size, in_x, in_y):
    x, surface = torch.rand(1, 3, *size), seamless(size, in_x=in_x, in_y=in_y, margin=20)
    canvas = surface.unwrap(x)
    assert canvas.shape[-2:] == surface.shape
    assert torch.equal(surface.wrap(canvas), x)


def test_the_canvas_goes_round():
    x = torch.arange(12.0).view(1, 1, 3, 4)
    surface = seamless((3, 4), in_y=False, margin=1)
    assert surface.unwrap(x)[0, 0, 0].tolist() == [1, 2, 3, 0, 1, 2, 3, 0, 1, 2]
    assert surface.shape == (3, 10)


@pytest.mark.parametrize("box", [Box(0, 0, 9, 7), Box(30, 41, 77, 120), Box(60, 100, 90, 170)])
def test_windows_are_windows_of_the_canvas(box):
    x, surface = torch.rand(2, 3, 41, 90), seamless((41, 90), margin=8)
    assert torch.equal(surface.read(x, box), read_flat(surface.unwrap(x), box))


def test_numbers_of_regions_stay_whole():
    labels = torch.randint(0, 5, (1, 1, 20, 30))
    surface = seamless((20, 30))
    assert torch.equal(surface.wrap(surface.unwrap(labels, nearest=True).float()), labels.float())


@pytest.mark.parametrize("box", [Box(0, 0, 5, 9), Box(3, 20, 41, 66), Box(20, 60, 41, 90)])
def test_windows_of_the_result_are_windows_of_it(box):
    surface = seamless((41, 90), margin=8)
    canvas = torch.rand(1, 3, *surface.shape)
    lazy = Lazy(canvas.shape, lambda at: canvas[..., at.top : at.bottom, at.left : at.right])
    assert torch.equal(surface.restore(lazy, box), read_flat(surface.wrap(canvas), box))


@pytest.mark.parametrize(("in_x", "in_y"), DIRECTIONS)
def test_each_texel_counts_once(in_x, in_y):
    surface, given = seamless((33, 50), in_x=in_x, in_y=in_y), torch.rand(1, 1, 33, 50)
    assert float(materialize(surface.coverage(None)).sum()) == 33 * 50
    weights = materialize(surface.coverage(given))
    assert weights.shape[-2:] == surface.shape
    shown = weights[surface.unwrap(torch.ones(1, 1, 33, 50)) * weights > 0]
    assert torch.equal(shown.sort()[0], given.flatten().sort()[0])


@pytest.mark.parametrize("size", [(41, 67), (64, 64)])
def test_a_blur_of_the_canvas_is_a_circular_blur(size):
    x, surface = torch.rand(1, 3, *size), seamless(size, margin=3)
    blurred = F.avg_pool2d(F.pad(surface.unwrap(x), (3, 3, 3, 3), mode="reflect"), 7, stride=1)
    wanted = F.avg_pool2d(F.pad(x, (3, 3, 3, 3), mode="circular"), 7, stride=1)
    assert torch.allclose(surface.wrap(blurred), wanted, atol=1e-6)


@pytest.mark.parametrize(("in_x", "in_y"), DIRECTIONS[:3])
@pytest.mark.parametrize(("size", "method"), [((101, 133), "transport"), ((47, 61), "adain")])
def test_tiled_equals_whole(canvas_of, picture, size, method, in_x, in_y):
    x, surface = picture(*size), seamless(size, in_x=in_x, in_y=in_y, margin=48)
    whole, tiled = (canvas_of(surface, x, method, tile) for tile in (0, 64))
    assert (surface.wrap(whole) - surface.wrap(tiled)).abs().max() < 1e-4


@pytest.mark.parametrize(("method", "margin"), [("adain", 80), ("transport", 48)])
def test_where_the_pooling_grid_fits_nothing_is_faded(canvas_of, picture, method, margin):
    x, surface = picture(96, 64), seamless((96, 64), margin=margin)
    canvas = canvas_of(surface, x, method)
    top, left = surface.rows.margin, surface.columns.margin
    own = canvas[..., top : top + 96, left : left + 64]
    assert (surface.wrap(canvas) - own).abs().max() < 1e-5


def test_a_moved_texture_gives_the_moved_result(canvas_of):
    x, surface = noise(64, 96), seamless((64, 96), margin=80)
    moved = surface.wrap(canvas_of(surface, x.roll((16, 40), (-2, -1))))
    wanted = surface.wrap(canvas_of(surface, x)).roll((16, 40), (-2, -1))
    assert (moved - wanted).abs().max() < 1e-4


def test_the_result_tiles_where_plain_stylizing_does_not(canvas_of, picture):
    x = noise(83, 101)
    surface, flat = seamless((83, 101), margin=80), seamless((83, 101), in_x=False, in_y=False)
    assert wrap_error(surface.wrap(canvas_of(surface, x)), -1) < 1.3
    assert wrap_error(flat.wrap(canvas_of(flat, x)), -1) > 1.5


@pytest.mark.parametrize("dim", [-1, -2])
def test_two_pictures_of_a_border_are_faded(dim):
    surface = seamless((80, 80), margin=16)
    length = surface.shape[0]
    ramp = torch.linspace(0, 1, length).view((1, 1, 1, -1) if dim == -1 else (1, 1, -1, 1))
    out = surface.wrap(ramp.expand(1, 3, length, length).clone())
    jump = 80 / (length - 1)
    assert (out - out.roll(1, dim)).abs().max() < jump / 16


@pytest.mark.parametrize(
    ("width", "height", "sure", "said"),
    [
        (96, 96, True, "the picture tiles, and so does the result"),
        (96, 64, False, "may tile from left to right.*choose surface seamless-x"),
        (64, 96, False, "may tile from top to bottom.*choose surface seamless-y"),
        (64, 64, False, ""),
    ],
)
def test_one_pair_of_borders_that_fits_is_no_proof(tmp_path, width, height, sure, said):
    """A photograph's left and right may fit by chance; what is not sure stays flat and is said."""
    pixels = (noise(96, 96)[0, :, :height, :width].permute(1, 2, 0).numpy() * 255).astype("uint8")
    Pillow.fromarray(pixels).save(tmp_path / "in.png")
    image = load_image(tmp_path / "in.png")
    job = Job(content="", output="", styles=())
    surface, notes = find_surface(job, image, 16)
    assert isinstance(surface, Flat) is not sure
    assert len(notes) == bool(said)
    assert not said or re.search(said, notes[0])
