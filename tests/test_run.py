import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from core.errors import Cancelled, ParamsError, PictureError
from core.evaluation.untrained import write_untrained
from core.picture.run import run
from core.request.picture_job import Job, StyleFile


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    write_untrained(folder)
    return folder


@pytest.fixture
def folder(tmp_path, networks):
    """A content, two styles, and untrained networks."""
    rng = np.random.default_rng(0)
    for name, size in (("content", (70, 90)), ("style", (60, 60)), ("other", (50, 80))):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(tmp_path / f"{name}.png")
    shutil.copytree(networks, tmp_path / "weights")
    return tmp_path


def job(folder, **changes):
    made = {
        "content": str(folder / "content.png"),
        "output": str(folder / "out.png"),
        "styles": (StyleFile(str(folder / "style.png")),),
        "weights": str(folder / "weights"),
        "precision": "float32",
    }
    return Job(**made | changes)


def pixels(folder, name="out.png"):
    return np.array(Pillow.open(folder / name))


def save_mask(folder, mask):
    Pillow.fromarray((mask * 255).astype(np.uint8)).save(folder / "mask.png")
    return str(folder / "mask.png")


def left_half():
    mask = np.zeros((70, 90))
    mask[:, :45] = 1
    return mask


def test_a_picture_is_written_and_described(folder):
    result = run(job(folder))
    assert pixels(folder).shape == (70, 90, 3)
    assert (result.width, result.height, result.method) == (90, 70, "brushwork")
    assert result.engine_seconds > 0
    assert result.peak_memory_mb > 10
    assert (pixels(folder) != pixels(folder, "content.png")).mean() > 0.5


def test_no_strength_gives_the_content_back(folder):
    run(job(folder, strength=0.0))
    assert np.array_equal(pixels(folder), pixels(folder, "content.png"))


def test_half_strength_is_half_way(folder):
    run(job(folder))
    full = pixels(folder).astype(float)
    run(job(folder, strength=0.5))
    expected = (full + pixels(folder, "content.png")) / 2
    assert np.abs(pixels(folder) - expected).max() <= 1.01


def test_outside_the_mask_nothing_changes(folder):
    run(job(folder, mask=save_mask(folder, left_half())))
    content, out = pixels(folder, "content.png"), pixels(folder)
    assert np.array_equal(out[:, 45:], content[:, 45:])
    assert (out[:, :45] != content[:, :45]).mean() > 0.5


def test_styles_with_masks_keep_to_their_regions(folder):
    mask = save_mask(folder, left_half())
    run(job(folder, styles=(StyleFile(str(folder / "style.png"), 1.0, mask),)))
    assert np.array_equal(pixels(folder)[:, 45:], pixels(folder, "content.png")[:, 45:])


def test_two_styles_differ_from_one(folder):
    run(job(folder))
    one = pixels(folder)
    styles = (StyleFile(str(folder / "style.png")), StyleFile(str(folder / "other.png")))
    run(job(folder, styles=styles))
    assert not np.array_equal(one, pixels(folder))


def test_the_same_job_twice_is_the_same(folder):
    run(job(folder))
    first = pixels(folder)
    run(job(folder, output=str(folder / "again.png")))
    assert np.array_equal(first, pixels(folder, "again.png"))


def test_alpha_is_untouched_and_transparency_does_not_count(folder):
    content = np.zeros((64, 64, 4), np.uint8)
    content[:, :32] = (200, 120, 40, 255)
    content[:, 32:] = (0, 255, 0, 0)
    Pillow.fromarray(content).save(folder / "content.png")
    run(job(folder))
    first = pixels(folder)
    assert np.array_equal(first[..., 3], content[..., 3])
    content[:, 32:] = (255, 0, 255, 0)
    Pillow.fromarray(content).save(folder / "content.png")
    run(job(folder))
    assert np.array_equal(first[:, :32], pixels(folder)[:, :32])


def test_cancel_leaves_nothing(folder):
    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        run(job(folder), stop)
    assert not list(folder.glob("out*"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strength": 2.0}, "between 0 and 1"),
        ({"method": "magic"}, "transport"),
        ({"params": {"level": "relu9_1"}, "method": "adain"}, "relu4_1"),
        ({"params": {"speed": 3}}, "no setting"),
        ({"styles": ()}, "no style"),
        ({"style_scale": 0.0}, "style scale"),
        ({"backbone": "vgg19"}, "compact"),
        ({"surface": "ball"}, "flat"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(folder, changes, words):
    with pytest.raises(ParamsError, match=words):
        run(job(folder, **changes))


@pytest.mark.parametrize("name", ["content", "output"])
def test_the_original_is_known_by_another_way_to_it_too(folder, name):
    (folder / "inner").mkdir()
    same = {"content": folder / "content.png", "output": folder / "content.png"}
    same[name] = folder / "inner" / ".." / "content.png"
    with pytest.raises(ParamsError, match="originals are never overwritten"):
        run(job(folder, **{key: str(path) for key, path in same.items()}))


def test_the_original_is_never_the_output(folder):
    with pytest.raises(ParamsError, match="never overwritten"):
        run(job(folder, output=str(folder / "content.png")))
    with pytest.raises(PictureError, match="no folder"):
        run(job(folder, output=str(folder / "nowhere" / "out.png")))


def test_uv_islands_rule_the_statistics(folder):
    triangles = np.array([[[0, 0], [0.5, 0], [0, 1]], [[0.5, 0], [0.5, 1], [0, 1]]], np.float32)
    np.save(folder / "uv.npy", triangles)
    content = pixels(folder, "content.png").copy()
    outputs = []
    for colour in ((255, 0, 0), (0, 0, 255)):
        content[:, 48:] = colour
        Pillow.fromarray(content).save(folder / "content.png")
        run(job(folder, uv=str(folder / "uv.npy")))
        outputs.append(pixels(folder))
    assert np.array_equal(outputs[0], outputs[1])


def test_jobs_cross_processes_as_json(folder):
    made = job(folder, styles=(StyleFile("a.png", 2.0, "m.png"),))
    assert Job.from_json(made.to_json()) == made
    with pytest.raises(ParamsError):
        Job.from_json(json.dumps({"content": "a"}))
    assert torch.get_default_dtype() == torch.float32


def test_a_style_may_be_the_name_of_a_trained_one(folder):
    network = str(folder / "weights" / "compact.johnson_oil.safetensors")
    made = {}
    for path in ("oil", "builtin:oil", network, "mosaic"):
        run(job(folder, method="johnson", styles=(StyleFile(path),)))
        made[path] = pixels(folder)
    assert np.array_equal(made["oil"], made["builtin:oil"])
    assert np.array_equal(made["oil"], made[network])
    assert not np.array_equal(made["oil"], made["mosaic"])


def test_a_method_of_both_takes_a_built_in_style_as_the_picture_that_it_is(folder):
    """So that the style's scale sets its brush."""
    made = []
    for path, scale in (("oil", 1.0), ("builtin:oil", 1.0), ("builtin:oil", 0.25)):
        run(job(folder, method="msgnet", styles=(StyleFile(path),), style_scale=scale))
        made.append(pixels(folder))
    assert not any(np.array_equal(made[i], made[j]) for i, j in ((0, 1), (1, 2), (0, 2)))


@pytest.mark.parametrize(
    ("method", "style", "words"),
    [
        ("johnson", "candy", "no style 'candy'; choose one of: .*mosaic, oil"),
        ("johnson", "builtin:engraving", "no style 'engraving'; choose one of"),
        ("johnson", "style.png", "takes no picture; choose one of: .*mosaic, oil"),
        ("msgnet", "candy", "no style named 'candy'; choose one of: mosaic, oil"),
    ],
)
def test_an_unknown_style_is_told_with_the_known_ones(folder, method, style, words):
    path = str(folder / style) if style.endswith(".png") else style
    with pytest.raises(ParamsError, match=words):
        run(job(folder, method=method, styles=(StyleFile(path),)))
    assert not (folder / "out.png").exists()


def test_a_name_is_a_file_to_a_method_of_pictures(folder):
    with pytest.raises(PictureError):
        run(job(folder, method="transport", styles=(StyleFile("oil"),)))
