import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.surface.atlas import make_atlas
from core.surface.fill import fill_outward
from core.surface.gutter import sample
from core.surface.measure import seam_error
from core.surface.mesh import Mesh, load_mesh, place_in_square

LOWER_LEFT = np.array([[[0, 0], [0.5, 0], [0, 0.5]]], np.float32)


def strip(cuts, turned=(), height=0.5):
    """Return a strip of surface, 1 long, cut into islands, those ``turned`` upside down."""
    uv, position = [], []
    ends = np.linspace(0, 1, len(cuts) + 1)
    for k, (left, right, bottom) in enumerate(cuts):
        x0, x1 = ends[k], ends[k + 1]
        surface = np.array([[x0, 0, 0], [x1, 0, 0], [x1, height, 0], [x0, height, 0]])
        flat = np.array([[left, bottom], [right, bottom]])
        up = (right - left) / (x1 - x0) * height
        flat = np.concatenate([flat, np.add(flat[::-1], (0, up))])
        if k in turned:
            flat = flat.min(0) + flat.max(0) - flat
        for corners in ((0, 1, 2), (0, 2, 3)):
            uv.append(flat[list(corners)])
            position.append(surface[list(corners)])
    return Mesh(np.array(uv, np.float32), np.array(position, np.float32))


HALVES = strip([(0.1, 0.4, 0.1), (0.6, 0.9, 0.6)], turned=(1,))


def painted(mesh, size, paint):
    """Return a texture (1, 3, H, W) whose covered texels show ``paint`` of the surface, and which."""
    height, width = size
    picture, known = np.zeros((3, height, width), np.float32), np.zeros((height, width), bool)
    y, x = np.mgrid[:height, :width]
    u, v = (x + 0.5) / width, 1 - (y + 0.5) / height
    for corners, position in zip(mesh.uv, mesh.position, strict=True):
        a, b, c = corners.astype(np.float64)
        base = np.linalg.inv(np.stack([b - a, c - a], 1))
        s, t = np.tensordot(base, np.stack([u - a[0], v - a[1]]), 1)
        inside = (s >= -1e-9) & (t >= -1e-9) & (s + t <= 1 + 1e-9)
        at = position[0, :, None, None] + sum(
            (position[k] - position[0])[:, None, None] * w for k, w in ((1, s), (2, t))
        )
        picture[:, inside] = paint(at[0], at[1])[:, inside]
        known |= inside
    return torch.from_numpy(picture)[None], torch.from_numpy(known)


def ramp(x, y):
    return np.stack([x, y * 2, 0.5 + 0.4 * np.sin(9 * x)]).astype(np.float32)


def test_fill_keeps_covered_texels_and_continues_them():
    x = torch.zeros(1, 3, 32, 48)
    x[:, 0, :, :10] = 1
    coverage = torch.zeros(1, 1, 32, 48)
    coverage[..., :10] = 1
    filled = fill_outward(x, coverage)
    assert torch.equal(filled[..., :10], x[..., :10])
    assert torch.allclose(filled[:, 0], torch.ones(1, 32, 48), atol=1e-5)
    assert float(filled[:, 1:].abs().max()) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 17)])
def test_fill_works_at_any_size(size):
    x, coverage = torch.rand(1, 3, *size), torch.zeros(1, 1, *size)
    coverage[..., 0, 0] = 1
    filled = fill_outward(x, coverage)
    assert torch.allclose(filled, x[..., :1, :1].expand_as(x), atol=1e-5)


def test_islands_cover_what_their_triangles_show():
    atlas = make_atlas(Mesh(LOWER_LEFT), (16, 16))
    weight = atlas.coverage(None)[0, 0]
    assert weight[15, 0] == 1
    assert weight[0].sum() == 0
    assert weight[:, 12:].sum() == 0
    assert 28 <= weight.sum() <= 40


def test_given_weights_count_inside_islands_alone():
    atlas = make_atlas(Mesh(LOWER_LEFT), (16, 16))
    given = torch.full((1, 1, 16, 16), 0.5)
    assert torch.equal(atlas.coverage(given), atlas.coverage(None) / 2)


def test_gutters_show_what_lies_behind_the_seam():
    """The second half lies upside down, far away; behind the first one's border comes its beginning."""
    size = (96, 128)
    texture, known = painted(HALVES, size, ramp)
    canvas = make_atlas(HALVES, size).unwrap(texture)
    assert torch.equal(canvas[..., known], texture[..., known])
    whole = Mesh(HALVES.uv.copy(), HALVES.position)
    edge = round(0.4 * 128)
    row = slice(round(96 * (1 - 0.35)), round(96 * (1 - 0.15)))
    scale = (0.5 / 0.3) / 128  # surface for a texel
    for step in range(1, 9):
        surface = 0.5 + (step - 0.5 + edge - 0.4 * 128) * scale
        shown = canvas[0, 0, row, edge + step - 1]
        assert torch.allclose(shown, torch.full_like(shown, surface), atol=0.6 * scale), step
    assert whole.uv.shape == HALVES.uv.shape


def test_an_edge_that_shows_both_sides_of_a_mirror_is_mirrored():
    """Two halves of a symmetric surface share their texels; behind their edge the picture turns back."""
    half = strip([(0.2, 0.5, 0.2)])
    mirrored = half.position * (-1, 1, 1) + (2 * half.position[..., 0].max(), 0, 0)
    mesh = Mesh(
        np.concatenate([half.uv] * 2), np.concatenate([half.position, mirrored]).astype("f4")
    )
    texture, _ = painted(half, (96, 96), ramp)
    atlas = make_atlas(mesh, (96, 96))
    canvas = atlas.unwrap(texture)
    edge, row = 48, slice(64, 74)
    for step in range(1, 6):
        behind, inside = canvas[0, 0, row, edge + step - 1], canvas[0, 0, row, edge - step]
        assert torch.allclose(behind, inside, atol=0.012)
    assert any("several triangles" in note for note in atlas.notes)


def test_what_two_islands_show_differently_is_levelled_and_blended():
    """Each island was stylized with an error of its own; on both sides of the seam they agree afterwards."""
    size = (128, 192)
    texture, _ = painted(HALVES, size, ramp)
    atlas = make_atlas(HALVES, size)
    canvas = atlas.unwrap(texture) * 0.5 + 0.2
    canvas[..., :96] += 0.1
    canvas[:, 1:, 64:] += torch.rand(128, 192)[64:] * 0.05
    out = atlas.wrap(canvas)
    assert seam_gap(HALVES, canvas, size) > 0.08
    assert seam_gap(HALVES, out, size) < 0.012
    middle = out[0, 0, round(128 * 0.75), round(0.25 * 192)]
    assert 0 <= middle <= 1


def test_of_two_pictures_of_a_place_the_one_with_more_room_counts():
    """Beside the first half's seam lies a stranger, whose colour a network has let bleed over."""
    size = (128, 192)
    stranger = np.float32([[[0.425, 0.05], [0.5, 0.05], [0.425, 0.5]]])
    far = np.float32([[[0, 0, 9], [1, 0, 9], [0, 1, 9]]])
    mesh = Mesh(np.concatenate([HALVES.uv, stranger]), np.concatenate([HALVES.position, far]))
    texture, _ = painted(HALVES, size, ramp)
    atlas = make_atlas(mesh, size)
    canvas = atlas.unwrap(texture)
    bled = (..., slice(84, 108), slice(71, 77))
    canvas[bled] += 0.5 * (1 - canvas[bled])
    before = (canvas[bled] - texture[bled]).abs().mean()
    assert (atlas.wrap(canvas)[bled] - texture[bled]).abs().mean() < 0.35 * before


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (16, 16), (7, 300)])
def test_a_texture_may_be_smaller_than_its_gutters(size):
    x, atlas = torch.rand(1, 3, *size), make_atlas(HALVES, size)
    out = atlas.wrap(atlas.unwrap(x))
    assert out.shape == x.shape
    assert torch.isfinite(out).all()


def seam_gap(mesh, picture, size):
    """Return the mean difference across the border between the two halves of ``HALVES``."""
    height, width = size
    along = np.linspace(0.02, 0.48, 40) * 0.6
    right = np.stack([np.full(40, 0.4), 0.1 + along], 1)
    left = np.stack([np.full(40, 0.9), 0.6 + 0.3 - along], 1)
    scale = np.array([width, -height])
    a, b = right * scale + (-1, height - 0.5), left * scale + (-1, height - 0.5)
    return float((sample(picture, a) - sample(picture, b)).abs().mean())


def test_a_texture_without_seams_is_left_as_it_is():
    mesh = strip([(0.1, 0.9, 0.1)])
    x = torch.rand(1, 3, 64, 64)
    atlas = make_atlas(mesh, (64, 64))
    assert torch.equal(atlas.wrap(x), x)


def test_without_positions_no_seams_are_known():
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(make_atlas(Mesh(HALVES.uv), (64, 64)).wrap(x), x)


def test_texels_count_by_the_surface_that_they_cover():
    mesh = strip([(0.1, 0.4, 0.1), (0.6, 0.7, 0.6)])
    weight = make_atlas(mesh, (128, 128), by_area=True).coverage(None)[0, 0]
    left, right = weight[:, :64].sum(), weight[:, 64:].sum()
    assert left / right == pytest.approx(1, abs=0.08)


def test_an_island_smaller_than_a_texel_covers_the_texel():
    tiny = np.float32([[[0.501, 0.501], [0.503, 0.501], [0.501, 0.503]]])
    mesh = Mesh(
        np.concatenate([LOWER_LEFT, tiny]), np.random.default_rng(0).random((2, 3, 3), np.float32)
    )
    weight = make_atlas(mesh, (64, 64)).coverage(None)[0, 0]
    assert weight[31, 32] == 1


def test_triangles_in_other_squares_show_the_same_texels():
    moved = place_in_square(Mesh(np.add(LOWER_LEFT, (3, -2))))
    assert np.allclose(moved.uv, LOWER_LEFT, atol=1e-6)


def test_a_texture_that_repeats_over_a_triangle_is_no_atlas():
    assert place_in_square(Mesh(LOWER_LEFT * 9)) is None


@pytest.mark.parametrize("uv", [np.zeros((0, 3, 2)), np.zeros((4, 3, 2)), np.full((2, 3, 2), 0.3)])
def test_triangles_without_area_cover_next_to_nothing(uv):
    mesh = Mesh(uv.astype(np.float32), np.zeros((len(uv), 3, 3), np.float32))
    atlas = make_atlas(mesh, (32, 32))
    assert atlas.covered.sum() <= 4
    x = torch.rand(1, 3, 32, 32)
    assert torch.isfinite(atlas.wrap(atlas.unwrap(x))).all()


def test_meshes_are_read_with_their_positions(tmp_path):
    np.savez(tmp_path / "mesh.npz", uv=HALVES.uv, position=HALVES.position, part=np.zeros(4, "i4"))
    mesh, notes = load_mesh(tmp_path / "mesh.npz")
    assert np.array_equal(mesh.uv, HALVES.uv)
    assert np.array_equal(mesh.position, HALVES.position)
    assert notes == ()


@pytest.mark.parametrize("position", [np.zeros((4, 3)), np.zeros((3, 3, 3))])
def test_wrong_shapes_are_refused(tmp_path, position):
    np.savez(tmp_path / "mesh.npz", uv=HALVES.uv, position=position)
    with pytest.raises(PictureError, match="shape"):
        load_mesh(tmp_path / "mesh.npz")


def test_wrong_triangles_are_refused(tmp_path):
    np.save(tmp_path / "uv.npy", np.zeros((4, 2)))
    with pytest.raises(PictureError, match="shape"):
        load_mesh(tmp_path / "uv.npy")


def test_a_file_that_is_no_mesh_is_refused(tmp_path):
    (tmp_path / "mesh.npz").write_bytes(b"PK\3\4 not really")
    with pytest.raises(PictureError, match="cannot read"):
        load_mesh(tmp_path / "mesh.npz")


def test_triangles_that_are_not_numbers_are_dropped_and_told(tmp_path):
    np.save(tmp_path / "uv.npy", np.full((2, 3, 2), np.nan))
    mesh, notes = load_mesh(tmp_path / "uv.npy")
    assert len(mesh.uv) == 0
    assert "2 triangles" in notes[0]


def test_seam_error_is_one_where_the_picture_goes_on():
    texture, known = painted(HALVES, (192, 192), ramp)
    filled = fill_outward(texture, known.float()[None, None])
    assert seam_error(filled, HALVES) == pytest.approx(1, abs=0.35)
    broken = filled.clone()
    broken[..., 96:] += 0.2
    assert seam_error(broken, HALVES) > 4
    assert np.isnan(seam_error(filled, Mesh(HALVES.uv)))
