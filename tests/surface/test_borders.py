import pytest
import torch
from PIL import Image as Pillow

from core.evaluation.pictures import read
from core.imaging.image import load_image
from core.imaging.lazy import Lazy
from core.picture.surfaces import find_surface
from core.request.picture_job import Job
from core.surface.borders import border, borders
from core.surface.flat import Flat


def noise(height, width, seed=0, passes=3):
    """Noise that tiles, some texels wide: (1, 3, H, W) in [0, 1]."""
    x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    for dim in (-1, -2):
        x = torch.stack([x.roll(k, dim) for k in range(-passes, passes + 1)]).mean(0)
    return (0.5 + passes * (x - 0.5)).clamp(0, 1)


def fits(x):
    return tuple(one.fits for one in borders(x))


def on_ground(level, thing=None):
    """A thing in the middle of a plain ground."""
    x = torch.full((1, 3, 256, 256), level)
    x[..., 64:192, 64:192] = noise(128, 128) if thing is None else thing
    return x


def vignetted():
    """A thing lit in the middle, dark toward all borders."""
    away = torch.linspace(-1, 1, 256).square()
    light = (1 - (away[:, None] + away)).clamp_min(0)
    return noise(300, 300)[..., :256, :256] * light


def framed():
    x = noise(300, 300)[..., :256, :256].clone()
    for dim in (-1, -2):
        x.narrow(dim, 0, 12)[:], x.narrow(dim, 244, 12)[:] = 0.1, 0.1
    return x


def sure(x, tmp_path):
    """Whether a job takes a picture for one that tiles, and what it says."""
    pixels = (x[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Pillow.fromarray(pixels).save(tmp_path / "in.png")
    image = load_image(tmp_path / "in.png")
    surface, notes = find_surface(Job(content="", output="", styles=()), image, 16)
    return not isinstance(surface, Flat), notes


@pytest.mark.parametrize("size", [(128, 128), (100, 300)])
def test_noise_that_tiles_is_told_from_parts_of_it(size):
    x = noise(*size)
    assert fits(x) == (True, True)
    assert fits(x[..., : size[0] * 2 // 3, :]) == (True, False)
    assert fits(x[..., : size[1] * 2 // 3]) == (False, True)


def test_wherever_a_texture_is_cut_it_tiles():
    x = noise(160, 160)
    x[..., :60] *= torch.linspace(1, 0.3, 60)  # strong veins in one half, calm in the other
    x[..., 60:120] *= torch.linspace(0.3, 1, 60)
    assert all(fits(x.roll((k, k), (-2, -1))) == (True, True) for k in range(0, 160, 16))


def test_a_border_in_the_liveliest_part_is_held_against_that_part():
    """As rock with its veins there, which all steps of the picture together would call a seam."""
    x, place = noise(256, 256), torch.arange(256)
    lively = 0.15 + 0.85 * ((0.5 + 0.5 * torch.cos(place * 2 * torch.pi / 256)) ** 4)
    x = 0.5 + (x - 0.5) * lively
    assert fits(x) == (True, True)
    assert border(x, -1).joint > border(x.roll(128, -1), -1).joint


def test_calm_sides_that_differ_do_not_fit_however_lively_the_middle():
    x = torch.full((1, 3, 128, 128), 0.4)
    x[..., 64:] = 0.5
    x[..., 40:88] = noise(128, 48, passes=2)
    assert border(x, -1).step > 5
    assert fits(x) == (False, True)


def test_a_slope_does_not_tile_along_it():
    slope = torch.linspace(0.2, 0.8, 128).expand(1, 3, 128, 128)
    assert fits(slope) == (False, True)
    assert fits(torch.rand(1, 3, 8, 200)) == (True, False)


@pytest.mark.parametrize("width", [1, 2, 3, 6, 12])
def test_a_frame_does_not_make_a_photo_tile(photo, width):
    x = torch.from_numpy(photo(200, 240, 1)).permute(2, 0, 1)[None].float() / 255
    for dim, size in ((-1, 240), (-2, 200)):
        x.narrow(dim, 0, width)[:], x.narrow(dim, size - width, width)[:] = 0, 0
    assert not any(one.fits and not one.plain for one in borders(x))


@pytest.mark.parametrize("shift", [0, -2, 5])
def test_a_floor_tiles_wherever_its_joints_lie(shift):
    x = noise(128, 128)
    for k in range(8):
        x[..., 16 * k : 16 * k + 4, :] *= 0.2
    assert fits(x.roll(shift, -2)) == (True, True)


def test_an_edge_as_strong_as_a_joint_is_none_in_an_uneven_picture():
    x = noise(128, 128)
    for k in range(1, 8):
        x[..., 16 * k : 16 * k + 4, :] *= 0.2
    x[..., 100:, :] *= 0.3
    assert border(x, -2).uneven > 0.16
    assert not border(x, -2).fits


@pytest.mark.parametrize(
    "x",
    [on_ground(0.0), on_ground(1.0), on_ground(0.5, 0.9), framed(), vignetted()],
    ids=["black", "white", "plain", "framed", "vignetted"],
)
def test_a_thing_on_a_plain_ground_is_no_texture(x, tmp_path):
    """Its borders fit, so it is said; its mesh would have to show it repeatedly."""
    assert fits(x) == (True, True)
    tiled, notes = sure(x, tmp_path)
    assert not tiled
    assert "may tile, which is not sure" in notes[0]


@pytest.mark.parametrize("x", [torch.full((1, 3, 64, 64), 0.3), noise(96, 128)])
def test_one_colour_and_noise_are_textures(x, tmp_path):
    tiled, notes = sure(x, tmp_path)
    assert tiled
    assert "the picture tiles" in notes[0]


def test_a_picture_read_by_windows_is_judged_alike():
    x = noise(300, 1500)
    lazy = Lazy(x.shape, lambda at: x[..., at.top : at.bottom, at.left : at.right])
    assert borders(lazy) == borders(x)


def test_textures_tile_and_photos_do_not(shared):
    def taken(paths):
        return [all(one.fits and not one.plain for one in borders(read(path))) for path in paths]

    assert all(taken(sorted(shared.glob("data/textures/*/*_basecolor.jpg"))))
    assert not any(taken(sorted(shared.glob("data/photos/*.jpg"))[:40]))
    round_about = [borders(read(path)) for path in sorted(shared.glob("data/panoramas/*.jpg"))]
    assert all(sides.fits and not ends.fits for sides, ends in round_about)
