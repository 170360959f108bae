from math import pi

import pytest
import torch
from torch.nn import functional as F

from core.errors import PictureError
from core.evaluation.metrics import stroke_size, wrap_error
from core.imaging.lazy import Lazy, materialize
from core.surface.sphere import Equirect, is_panorama, sphere, view
from core.tiling import Box, read

SIZES = [(64, 128), (75, 150), (101, 202)]


def world(height: int, waves: int = 40, finest: float = 12.0) -> torch.Tensor:
    """A panorama of plane waves cut by the sphere: alike in all directions, smooth; (1, 3, H, 2 H)."""
    generator = torch.Generator().manual_seed(0)
    directions = Equirect((height, 2 * height)).directions(Box(0, 0, height, 2 * height)).float()
    x = torch.zeros(3, height, 2 * height)
    for _ in range(waves):
        k, phase, colour = (torch.randn(3, generator=generator) for _ in range(3))
        wave = torch.cos(directions @ (k / k.norm() * finest) + phase[0])
        x += colour[:, None, None] * wave
    return (0.5 + 0.12 * x / x.std())[None].clamp(0, 1)


def psnr(x: torch.Tensor, y: torch.Tensor) -> float:
    return float(-10 * (x - y).pow(2).mean().log10())


@pytest.mark.parametrize("size", SIZES)
def test_nothing_stylized_comes_back(size):
    x, surface = world(size[0]), sphere(size)
    canvas = surface.unwrap(x)
    assert canvas.shape[-2:] == surface.shape
    assert psnr(surface.wrap(canvas), x) > 45


def test_a_flat_colour_stays(picture):
    x = torch.tensor([0.2, 0.5, 1.0]).view(1, 3, 1, 1).expand(1, 3, 40, 80)
    surface = sphere((40, 80))
    assert torch.allclose(surface.wrap(surface.unwrap(x)), x, atol=1e-6)


def test_parts_look_where_they_should():
    x = Equirect((128, 256)).directions(Box(0, 0, 128, 256)).permute(2, 0, 1)[None].float()
    surface = sphere((128, 256))
    canvas = surface.unwrap((x + 1) / 2) * 2 - 1
    for part in surface.parts():
        wanted = part.directions(Box(0, 0, part.box.height, part.box.width)).permute(2, 0, 1)
        rows, columns = part.box.within(Box(0, 0, *surface.shape))
        assert torch.allclose(canvas[0, :, rows, columns], wanted.float(), atol=5e-3)


def test_the_horizon_and_the_poles_lie_in_the_middle():
    middles = [
        part.directions(Box(part.box.height // 2, part.box.width // 2, part.box.height, part.box.width))[0, 0]
        for part in sphere((480, 960)).parts()
    ]  # fmt: skip  # one line each
    third = 3**0.5 / 2
    wanted = [(-third, 0, -0.5), (0, 0, 1), (third, 0, -0.5), (0, -1, 0), (0, 1, 0)]
    assert torch.allclose(torch.stack(middles).float(), torch.tensor(wanted), atol=0.01)


def test_places_are_where_directions_come_from():
    for part in sphere((100, 200)).parts():
        box = Box(3, 5, 40, 30)
        rows, columns = part.places(part.directions(box).flatten(0, 1))
        assert torch.allclose(rows.view(37, 25)[:, 0], torch.arange(3, 40).double(), atol=1e-9)
        assert torch.allclose(columns.view(37, 25)[0], torch.arange(5, 30).double(), atol=1e-9)


def test_angles_are_kept_and_sizes_nearly():
    for part in sphere((256, 512)).parts():
        directions = part.directions(Box(0, 0, part.box.height, part.box.width))
        own = part.share(directions)[1:-1, 1:-1] > 0.5
        down, right = (v[1:-1, 1:-1][own] for v in torch.gradient(directions, dim=(0, 1)))
        across, along = (v.norm(dim=1) for v in (down, right))
        assert ((down * right).sum(1) / across / along).abs().max() < 1e-3
        assert (across / along - 1).abs().max() < 1e-2
        assert float(along.min() * part.radius) == pytest.approx(0.8, abs=0.05)
        assert float(along.max() * part.radius) == pytest.approx(1, abs=0.01)
        area = part.area(directions)[1:-1, 1:-1][own]
        assert torch.allclose(area, (across * along) * part.radius**2, rtol=0.01)


def test_parts_count_together_once():
    surface = sphere((101, 202))
    directions = surface.picture.directions(Box(0, 0, 101, 202))
    shares = torch.stack([part.share(directions) for part in surface.parts()])
    assert torch.allclose(shares.sum(0), torch.ones(101, 202).double())
    assert float(shares.min()) >= 0


def test_neighbours_along_the_horizon_show_the_same_pixels(picture):
    """So a method with a halo within the margin gives the same in both."""
    surface = sphere((192, 384))
    x = picture(192, 384)
    canvas = surface.unwrap(x)
    first, second = (part.box for part in surface.parts()[:2])
    inner = second.width - 2 * surface.margin
    left = canvas[..., first.top : first.bottom, inner : first.width]
    right = canvas[..., second.top : second.bottom, : second.width - inner]
    assert torch.allclose(left, right, atol=1e-4)


@pytest.mark.parametrize(
    ("longitude", "latitude", "wanted"),
    [(0, 0, (0, 0, 1)), (90, 0, (1, 0, 0)), (180, 0, (0, 0, -1)), (30, 90, (0, -1, 0))],
)
def test_views_look_where_they_should(longitude, latitude, wanted):
    x = Equirect((64, 128)).directions(Box(0, 0, 64, 128)).permute(2, 0, 1)[None].float()
    seen = view(x, longitude, latitude, 20, 10)[0, :, 4:6, 4:6].mean((1, 2))
    assert torch.allclose(seen, torch.tensor(wanted).float(), atol=5e-3)


def test_a_view_is_what_a_camera_sees():
    """East is to the right, up is up, and the horizon is in the middle."""
    x = Equirect((128, 256)).directions(Box(0, 0, 128, 256)).permute(2, 0, 1)[None].float()
    seen = view(x, 0, 0, 90, 32)[0]
    assert bool((seen[0].diff(dim=1) > 0).all())
    assert bool((seen[1].diff(dim=0) > 0).all())
    assert seen[2, 0, 0] == pytest.approx(3**-0.5, abs=0.02)


@pytest.mark.parametrize("box", [Box(0, 0, 9, 7), Box(30, 41, 77, 120), Box(90, 130, 110, 160)])
def test_windows_are_windows_of_the_canvas(box, picture):
    x, surface = picture(64, 128), sphere((64, 128))
    assert torch.equal(surface.read(x, box), read(surface.unwrap(x), box))


def watched(x: torch.Tensor) -> tuple[Lazy, list[int]]:
    """A picture that is read by windows, and how many pixels each of them had."""
    sizes = []

    def window(box: Box) -> torch.Tensor:
        sizes.append(box.height * box.width)
        return x[..., box.top : box.bottom, box.left : box.right]

    return Lazy(x.shape, window), sizes


def test_only_the_parts_that_are_needed_are_read():
    x, surface = world(512), sphere((512, 1024))
    lazy, sizes = watched(x)
    canvas = surface.unwrap(lazy)
    assert torch.equal(canvas, surface.unwrap(x))
    assert max(sizes) < x.shape[-1] * x.shape[-2] / 3


@pytest.mark.parametrize("box", [Box(0, 0, 20, 30), Box(40, 100, 64, 128), Box(30, 0, 34, 128)])
def test_windows_of_the_result_are_windows_of_it(box):
    surface = sphere((64, 128))
    canvas = smooth(torch.rand(1, 3, *surface.shape))
    lazy, _ = watched(canvas)
    wanted = surface.wrap(canvas)[..., box.top : box.bottom, box.left : box.right]
    assert torch.allclose(surface.restore(lazy, box), wanted, atol=1e-5)


def test_numbers_of_regions_stay_whole():
    labels = torch.randint(0, 4, (1, 1, 50, 100)).float()
    canvas = sphere((50, 100)).unwrap(labels, nearest=True)
    assert set(canvas.unique().tolist()) == {0, 1, 2, 3}


def test_weights_are_the_area_of_the_sphere():
    surface = sphere((128, 256))
    weights = materialize(surface.coverage(None))
    pixel = surface.parts()[0].radius ** -2
    assert float(weights.double().sum()) * pixel == pytest.approx(4 * pi, rel=1e-4)
    assert float(weights.max()) == pytest.approx(1, abs=1e-2)
    assert float(weights.min()) == 0
    north = torch.zeros(1, 1, 128, 256)
    north[..., :64, :] = 1
    half = float(materialize(surface.coverage(north)).double().sum()) * pixel
    assert half == pytest.approx(2 * pi, rel=1e-2)


@pytest.mark.parametrize(("size", "method"), [((51, 102), "adain"), ((75, 150), "transport")])
def test_tiled_equals_whole(canvas_of, picture, size, method):
    x, surface = picture(*size), sphere(size)
    whole, tiled = (canvas_of(surface, x, method, tile) for tile in (0, 64))
    assert (surface.wrap(whole) - surface.wrap(tiled)).abs().max() < 1e-4


def blur(x: torch.Tensor) -> torch.Tensor:
    """A network in small, with a border of its own: it darkens where the picture ends."""
    return F.avg_pool2d(x, 7, stride=1, padding=3)


def test_a_turned_panorama_gives_the_turned_result():
    x, surface = world(128), sphere((128, 256))
    wanted = surface.wrap(blur(surface.unwrap(x)))
    for turn in (64, 37, 200):
        turned = surface.wrap(blur(surface.unwrap(x.roll(turn, -1)))).roll(-turn, -1)
        assert psnr(turned, wanted) > 40


def test_the_back_has_no_seam(canvas_of):
    x, surface = world(160, finest=40), sphere((160, 320))
    assert wrap_error(surface.wrap(canvas_of(surface, x)), -1) < 1.3


def test_strokes_have_one_size_from_the_equator_to_the_poles():
    """Strokes stand for a method: noise that knows nothing of what it is painted on."""
    noise = torch.rand(1, 3, 432, 864, generator=torch.Generator().manual_seed(0))
    surface = sphere((432, 864))
    canvas = torch.rand(1, 3, *surface.shape, generator=torch.Generator().manual_seed(1))
    around, flat = surface.wrap(smooth(canvas)), smooth(noise)
    sizes = {k: [stroke_size(x, k) for x in (around, flat)] for k in (0, 80, -80)}
    for pole in (80, -80):
        (wide, high), (flat_wide, _) = sizes[pole]
        (wide_0, high_0), (flat_wide_0, _) = sizes[0]
        assert (wide * high) ** 0.5 == pytest.approx((wide_0 * high_0) ** 0.5, rel=0.15)
        assert wide / high == pytest.approx(1, abs=0.15)
        assert flat_wide < 0.5 * flat_wide_0


def smooth(x: torch.Tensor) -> torch.Tensor:
    return (0.5 + 4 * (F.avg_pool2d(x, 7, stride=1, padding=3) - 0.5)).clamp(0, 1)


@pytest.mark.parametrize("size", [(100, 300), (100, 199), (100, 100), (1, 1)])
def test_what_is_no_panorama_is_refused(size):
    assert not is_panorama(size)
    with pytest.raises(PictureError, match=f"{size[1]} x {size[0]} pixels.*{2 * size[0]} x"):
        sphere(size)


@pytest.mark.parametrize("size", [(1, 2), (2, 4), (7, 14)])
def test_the_smallest_panoramas_work(size):
    x, surface = torch.rand(1, 3, *size), sphere(size)
    out = surface.wrap(surface.unwrap(x))
    assert out.shape == x.shape
    assert bool(out.isfinite().all())
