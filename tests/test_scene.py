"""What is known of a scene: its palette, and samples of its pictures."""

import numpy as np
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.palette.oklab import to_oklab
from core.picture.scene import OWN, PATCH, PATCHES, RIM, read_scene
from core.request.picture_job import SceneFile

GREEN, RED = (0.1, 0.4, 0.2), (0.8, 0.1, 0.1)
MOST = 10**9


@pytest.fixture
def write(tmp_path):
    """Write a picture of two colors, the first on its left half: (name, *colors, side, alpha) -> path."""

    def make(name, one, other, side=160, alpha=None):
        pixels = np.ones((side, 2 * side, 3)) * np.array(one)
        pixels[:, side:] = other
        if alpha is not None:
            pixels = np.dstack([pixels, np.broadcast_to(alpha, pixels.shape[:2])])
        Pillow.fromarray((pixels * 255).round().astype(np.uint8)).save(tmp_path / name)
        return str(tmp_path / name)

    return make


@pytest.fixture
def shown_left(tmp_path):
    """Triangles that show the left half of a picture."""
    corners = np.array([[(0, 0), (0.5, 0), (0.5, 1)], [(0, 0), (0.5, 1), (0, 1)]], np.float32)
    position = np.concatenate([corners, np.zeros((2, 3, 1), np.float32)], -1)
    np.savez(tmp_path / "left.npz", uv=corners, position=position)
    return str(tmp_path / "left.npz")


def is_color(lab, color):
    return np.linalg.norm(lab - to_oklab(np.array(color, float)), axis=-1) < 0.02


def count_parts(scene):
    """Return how much each sample of a scene counts; all together 1."""
    columns = scene.sheet.weight[0, 0].sum(0).numpy().reshape(-1, PATCH).sum(1)
    return columns / columns.sum()


def test_what_nothing_shows_is_in_no_palette_and_no_sample(write, shown_left):
    path = write("half.png", GREEN, RED)
    everywhere, left = (read_scene([SceneFile(path, uv=uv)], [], MOST) for uv in (None, shown_left))
    assert is_color(everywhere.palette.lab, RED).any()
    assert is_color(left.palette.lab, GREEN).all()
    assert (count_parts(left) > 0).all()
    counts = left.sheet.picture[..., left.sheet.weight[0, 0] > 0]
    assert counts[0, 0].max() < 0.2


def test_what_is_transparent_does_not_count_but_where_alpha_is_data(write):
    alpha = np.arange(320) < 160
    path = write("clear.png", GREEN, RED, alpha=alpha)
    found = [read_scene([SceneFile(path, alpha=a)], [], MOST) for a in ("opacity", "data")]
    assert is_color(found[0].palette.lab, GREEN).all()
    assert is_color(found[1].palette.lab, RED).any()


def test_pictures_count_by_their_areas(write):
    files = [SceneFile(write("a.png", GREEN, GREEN), 3), SceneFile(write("b.png", RED, RED), 1)]
    scene = read_scene(files, [], MOST)
    green, red = (is_color(scene.palette.lab, color) for color in (GREEN, RED))
    assert scene.palette.share[green].sum() == pytest.approx(0.75, abs=0.01)
    assert scene.palette.share[red].sum() == pytest.approx(0.25, abs=0.01)
    parts = count_parts(scene)
    assert parts[: len(parts) // 2].sum() == pytest.approx(0.75, abs=0.01)


def test_a_small_picture_counts_half_where_it_is_the_one_that_is_painted(write):
    small = SceneFile(write("small.png", RED, RED), 1)
    files = [SceneFile(write("large.png", GREEN, GREEN), 99), small]
    of_others, of_its_own = (read_scene(files, own, MOST) for own in ([], [small.path]))
    assert count_parts(of_others)[-1:] < 0.01
    parts = count_parts(of_its_own)
    assert parts[len(parts) // 2 :].sum() == pytest.approx(OWN, abs=0.01)
    assert (of_others.palette.share == of_its_own.palette.share).all()


def test_samples_are_few_and_their_borders_do_not_count(write):
    files = [SceneFile(write(f"{k}.png", GREEN, RED, side=300)) for k in range(8)]
    sheet = read_scene(files, [], MOST).sheet
    assert sheet.picture.shape == (1, 3, PATCH, PATCHES * PATCH)
    assert sheet.weight.max() == 1
    first = sheet.weight[0, 0, :, :PATCH]
    assert (first[RIM:-RIM, RIM:-RIM] > 0).all()
    assert first.count_nonzero() == (PATCH - 2 * RIM) ** 2


def test_pictures_that_cannot_be_read_count_only_if_they_must(write, tmp_path):
    there = SceneFile(write("there.png", GREEN, RED))
    lost = SceneFile(str(tmp_path / "lost.png"), 1000, needed=False)
    scene = read_scene([there, lost], [], MOST)
    assert scene.palette.share == pytest.approx(read_scene([there], [], MOST).palette.share)
    assert read_scene([lost], [], MOST) is None
    with pytest.raises(PictureError, match="lost"):
        read_scene([there, SceneFile(lost.path)], [], MOST)


def test_a_picture_that_was_changed_is_measured_anew(write):
    files = [SceneFile(write("paint.png", GREEN, GREEN))]
    read_scene(files, [], MOST)
    write("paint.png", RED, GREEN, side=200)
    assert is_color(read_scene(files, [], MOST).palette.lab, RED).any()
