from math import pi

import pytest
import torch

from core.errors import PictureError
from core.imaging.lazy import materialize
from core.surface.cube import LAYOUTS, cube
from core.surface.globe import Globe
from core.surface.sphere import Equirect
from core.tiling import Box

each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids="{0[0]}x{0[1]}".format)
SIDE = 64


def compass(layout: tuple[int, int], side: int = SIDE) -> tuple[torch.Tensor, torch.Tensor]:
    """A cube map whose colours are directions, (1, 3, H, W), and where it shows anything, (H, W)."""
    size = (layout[0] * side, layout[1] * side)
    directions = cube(size).picture.directions(Box(0, 0, *size))
    shown = (directions != 0).any(-1)
    unit = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    return ((unit + 1) / 2 * shown[..., None]).permute(2, 0, 1)[None].float(), shown


@each_layout
def test_six_faces_are_shown(layout):
    _, shown = compass(layout)
    assert int(shown.sum()) == 6 * SIDE**2


@each_layout
def test_every_layout_has_the_canvas_of_the_panorama(layout):
    surface = cube((layout[0] * SIDE, layout[1] * SIDE))
    canvas = surface.unwrap(compass(layout)[0])
    unit = Equirect((128, 256)).directions(Box(0, 0, 128, 256)).permute(2, 0, 1)[None].float()
    panorama = Globe(Equirect((128, 256)), surface.around, surface.margin)
    assert (canvas - panorama.unwrap((unit + 1) / 2)).abs().max() < 0.02


@each_layout
@pytest.mark.parametrize("side", [64, 37])
def test_nothing_stylized_comes_back(layout, side):
    x, shown = compass(layout, side)
    surface = cube(x.shape[-2:])
    out = surface.wrap(surface.unwrap(x))
    assert (out - x)[..., shown].abs().max() < 0.02
    assert bool((out[..., ~shown] == 0).all())


def test_crosses_go_on_from_face_to_face():
    """Neighbours in a cross are neighbours on the cube, so colours hardly change from one to the other."""
    for layout, last in (((3, 4), (1, 3)), ((4, 3), (3, 1))):
        x, _ = compass(layout)
        middle = [(0, 1), (1, 1), (2, 1), *([last] if last[1] == 1 else [])]
        column = torch.cat([x[..., r * SIDE : (r + 1) * SIDE, 96] for r, _ in middle], -1)
        assert (column.diff(dim=-1)).abs().max() < 0.04
        row = x[..., 96, : (last[1] + 1) * SIDE if last[1] == 3 else 3 * SIDE]
        assert (row.diff(dim=-1)).abs().max() < 0.04


def test_faces_are_in_the_order_of_a_strip():
    x, _ = compass((1, 6))
    middles = x[0, :, 31:33, :].mean(1).unflatten(1, (6, SIDE))[:, :, 31:33].mean(2) * 2 - 1
    wanted = [(1, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1)]
    assert torch.allclose(middles.T, torch.tensor(wanted).float(), atol=1e-3)


def test_weights_are_the_area():
    surface = cube((2 * SIDE, 3 * SIDE))
    area = (
        float(materialize(surface.coverage(None)).double().sum()) * (2 * pi / surface.around) ** 2
    )
    assert area == pytest.approx(4 * pi, rel=1e-4)


def test_numbers_of_regions_stay_whole():
    labels = torch.randint(0, 4, (1, 1, 40, 60)).float()
    canvas = cube((40, 60)).unwrap(labels, nearest=True)
    assert set(canvas.unique().tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("layout", [(4, 3), (2, 3)])
def test_tiled_equals_whole(canvas_of, layout):
    x, _ = compass(layout, 35)
    surface = cube(x.shape[-2:])
    whole, tiled = (canvas_of(surface, x, "transport", tile) for tile in (0, 64))
    assert (surface.wrap(whole) - surface.wrap(tiled)).abs().max() < 1e-4


@pytest.mark.parametrize("size", [(100, 100), (64, 128), (64, 383), (65, 96), (1, 7), (0, 0)])
def test_what_is_no_cube_map_is_refused(size):
    with pytest.raises(PictureError, match=f"{size[1]} x {size[0]} pixels"):
        cube(size)
