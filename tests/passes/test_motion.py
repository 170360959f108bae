"""Vectors with their signs, and motion that follows from the cameras alone."""

import math

import numpy as np
import pytest
import torch

from core.errors import ParamsError, PictureError
from core.nn.warp import places
from core.passes import (
    FAR,
    Camera,
    camera_flow,
    fill_background,
    find_still_frame,
    open_passes,
    read_depth,
    read_matte,
    read_pass,
    read_vectors,
    wrap_flow,
)

SIZE = (12, 16)


@pytest.fixture
def cameras(truth):
    """The cameras one frame before, at, and one frame after the real frame."""

    def camera(frame):
        matrices = (np.array(truth(frame)[name], float) for name in ("world", "projection"))
        return Camera(*matrices)

    return [camera(frame) for frame in ("2", "3", "4")]


def lens(slope=0.5, aspect=4 / 3):
    """A perspective projection that sees slopes up to so much to the right."""
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = 1 / slope, aspect / slope
    matrix[2, 2], matrix[2, 3], matrix[3, 2] = -1.002, -0.2002, -1
    return matrix


def placed(x=0.0, y=0.0, z=0.0, turn=0.0):
    """A camera's matrix at a place, turned to the left by so many radians."""
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, 0, s, x], [0, 1, 0, y], [-s, 0, c, z], [0, 0, 0, 1]])


def test_units_and_signs(opened, contents):
    given = contents()
    given["vector"][:] = (
        -4,
        -2,
        -8,
        -4,
    )  # a plane that moved 4 right and 2 up, and will by 8 and 4
    vectors = read_vectors(opened({"vector": given["vector"]}))
    assert vectors.backward[0, :, 5, 7].tolist() == [-4, 2]
    assert vectors.forward[0, :, 5, 7].tolist() == [8, -4]
    assert vectors.backward.shape == (1, 2, 12, 20)


def test_what_is_not_a_number_does_not_move(opened, contents):
    x = contents()["vector"]
    x[0, 0] = (math.nan, math.inf, -math.inf, 1)
    vectors = read_vectors(opened({"vector": x}))
    assert vectors.backward[0, :, 0, 0].tolist() == [0, 0]
    assert vectors.forward[0, :, 0, 0].tolist() == [0, 1]


def test_half_a_vector_is_told(opened, contents):
    with pytest.raises(PictureError, match="3 of its 4 channels, as File Output nodes"):
        read_vectors(opened({"vector": contents()["vector"][..., :3]}))
    with pytest.raises(PictureError, match=r"Data > Vector, with Motion Blur off"):
        read_vectors(opened({"depth": contents()["depth"]}))


def test_a_panorama_takes_the_shorter_way(opened, contents):
    x = contents()["vector"]
    x[:] = (-19, 1, 18, 0)
    vectors = read_vectors(opened({"vector": x}), panorama=True)
    assert vectors.backward[0, :, 0, 0].tolist() == [1, -1]
    assert vectors.forward[0, :, 0, 0].tolist() == [2, 0]
    flow = np.linspace((-60, -60), (60, 60), 40, dtype=np.float32).T[None, :, None]
    short = wrap_flow(flow)
    assert np.abs(short[:, 0]).max() <= 20
    torch.testing.assert_close(
        np.remainder(short[:, 0] - flow[:, 0] + 1, 40), np.ones((1, 1, 40), np.float32)
    )
    assert np.array_equal(short[:, 1], flow[:, 1])


def test_a_still_shot_is_noticed(passes_file, contents):
    still, moving = contents()["vector"] * 0, contents()["vector"]
    frames = [
        open_passes(passes_file({"vector": x}, name=f"{k}.exr"))
        for k, x in enumerate((still, still, moving))
    ]
    notice = find_still_frame(frames[:2])
    assert notice is not None
    assert "from 0.exr to 1.exr" in notice
    assert "Motion Blur" in notice
    assert find_still_frame(frames) is None
    assert find_still_frame([]) is None


@pytest.mark.parametrize("which", ["backward", "forward"])
def test_the_camera_moves_what_stands_still(real, cameras, which):
    depth = read_pass(real, "depth")
    there = cameras[0] if which == "backward" else cameras[2]
    by_camera = camera_flow(cameras[1], there, real.size, depth)
    still = read_matte(real, ["Floor", "Füchslein"]) > 0.999
    assert still.sum() > 10
    given = getattr(read_vectors(real), which)
    error = np.linalg.norm((given - by_camera), axis=1, keepdims=True)
    assert np.linalg.norm(by_camera, axis=1, keepdims=True)[still].mean() > 0.2
    assert np.median(error[still]) < 0.01


@pytest.mark.parametrize("which", ["backward", "forward"])
def test_the_box_moves_as_it_was_told_to(real, cameras, truth, which):
    other = 0 if which == "backward" else 2
    moved = np.subtract(truth(str(2 + other))["box"], truth("3")["box"])
    ride = cameras[other].world.copy()
    ride[:3, 3] -= moved  # the world seen from a camera that moves the other way
    flow = camera_flow(
        cameras[1], Camera(ride, cameras[other].projection), real.size, read_pass(real, "depth")
    )
    box = read_matte(real, ["Box"]) > 0.97
    assert box.sum() > 3
    error = np.linalg.norm((getattr(read_vectors(real), which) - flow), axis=1, keepdims=True)[box]
    assert np.median(error) < 0.02
    assert np.linalg.norm(flow, axis=1, keepdims=True)[box].mean() > 0.1


def test_the_background_is_filled(real, cameras):
    flow = camera_flow(cameras[1], cameras[0], real.size)
    given = read_vectors(real).backward
    filled = fill_background(given, read_depth(real), flow)
    empty = np.broadcast_to(read_pass(real, "depth") >= 900, flow.shape)
    assert np.array_equal(filled[empty], flow[empty])
    assert np.array_equal(filled[~empty], given[~empty])
    if "eevee" in real.path.name:
        torch.testing.assert_close(given[empty], flow[empty], atol=0.01, rtol=0)
    else:
        assert np.abs((filled - given)[empty]).max() > 0.02, "Cycles' own is wrong there"


def test_a_camera_that_stays_moves_nothing():
    for projection in (lens(), None):
        camera = Camera(placed(1, 2, 3, 0.4), projection)
        assert np.abs(camera_flow(camera, camera, SIZE)).max() < 1e-5
        assert (
            np.abs(camera_flow(camera, camera, SIZE, np.full((1, 1, *SIZE), 3.0, np.float32))).max()
            < 1e-5
        )


def test_a_step_to_the_right_by_hand():
    here, there = Camera(placed(), lens()), Camera(placed(x=1), lens())
    flow = camera_flow(here, there, SIZE, np.full((1, 1, *SIZE), 8.0, np.float32))
    torch.testing.assert_close(
        flow[:, 0], np.full((1, *SIZE), -2.0, np.float32)
    )  # 1 / 8 of a unit, 16 pixels a unit
    assert np.abs(flow[:, 1]).max() < 1e-5
    assert np.abs(camera_flow(here, there, SIZE)).max() < 1e-5, "what is infinitely far stays"
    far = np.full((1, 1, *SIZE), FAR, np.float32)
    assert np.abs(camera_flow(here, there, SIZE, far)).max() < 1e-5


def test_a_turn_to_the_left_by_hand():
    flow = camera_flow(Camera(placed(), lens()), Camera(placed(turn=0.1), lens()), (13, 17))
    middle = flow[0, :, 6, 8]
    assert middle[0].item() == pytest.approx(17 * math.tan(0.1), rel=1e-5)
    assert abs(middle[1].item()) < 1e-5
    assert flow[0, 0, 6, 16] > middle[0]


def test_there_and_back_is_nowhere():
    here, there = Camera(placed(), lens()), Camera(placed(turn=0.1), lens())
    out, back = camera_flow(here, there, (40, 50)), camera_flow(there, here, (40, 50))
    row, column = 20, 10
    x, y = places(torch.from_numpy(out))[0, :, row, column].tolist()
    near = back[0, :, round(y), round(x)] + out[0, :, row, column]
    assert np.abs(near).max() < 0.1


def test_a_panorama_turns_around_its_seam():
    here, there = Camera(placed(), None), Camera(placed(turn=math.pi / 8), None)
    flow = camera_flow(here, there, (16, 32))
    torch.testing.assert_close(flow[:, 0], np.full((1, 16, 32), 2.0, np.float32), atol=1e-4, rtol=0)
    assert np.abs(flow[:, 1]).max() < 1e-4
    ahead = camera_flow(
        here, Camera(placed(z=-1), None), (16, 32), np.full((1, 1, 16, 32), 4.0, np.float32)
    )
    assert ahead[0, 0, 8, 18] > 0, "what lies to the right of the way drifts to the right"
    assert ahead[0, 0, 8, 13] < 0
    assert np.isfinite(ahead).all()


def test_an_orthographic_camera_slides():
    matrix = np.diag(np.array([0.25, 0.25, -0.02, 1.0]))
    here, there = Camera(placed(), matrix), Camera(placed(x=2, y=1), matrix)
    flow = camera_flow(here, there, (16, 16), np.full((1, 1, 16, 16), 5.0, np.float32))
    torch.testing.assert_close(flow[:, 0], np.full((1, 16, 16), -4.0, np.float32))
    torch.testing.assert_close(flow[:, 1], np.full((1, 16, 16), 2.0, np.float32))
    assert (camera_flow(here, there, (16, 16)) == 0).all()


def test_what_is_at_the_cameras_back_leaves_the_picture():
    here, there = Camera(placed(), lens()), Camera(placed(z=-9), lens())
    flow = camera_flow(here, there, SIZE, np.full((1, 1, *SIZE), 5.0, np.float32))
    assert (places(torch.from_numpy(flow))[:, 0] == 2 * SIZE[1]).all()


def test_cameras_that_do_not_belong_together_are_told():
    with pytest.raises(ParamsError, match="one camera is a panorama"):
        camera_flow(Camera(placed(), None), Camera(placed(), lens()), SIZE)
    with pytest.raises(ParamsError, match=r"\(3, 3\) and the frame \(12, 16\)"):
        camera_flow(
            Camera(placed(), None), Camera(placed(), None), SIZE, np.ones((1, 1, 3, 3), np.float32)
        )
