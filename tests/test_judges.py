"""Judges that no network of ours has learnt from: where their weights are, and what they see."""

from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest
import torch

from core.errors import PictureError, WeightsError
from core.evaluation.judges import load_judge
from core.evaluation.metrics import content_distance, gram_distance, grams
from core.train import tolerant
from core.train.tolerant import FILES, Layer, halve, run_layers


def picture(photo, seed=1, size=(96, 128)):
    return torch.from_numpy(photo(*size, seed)).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize(
    ("at", "cells"), [(3, {(2, 2): 4}), (4, dict.fromkeys(((2, 2), (2, 3), (3, 2), (3, 3)), 1))]
)
def test_half_the_size_is_blurred_by_1_2_1(at, cells):
    dot = torch.zeros(1, 2, 9, 9)
    dot[:, :, at, at] = 16
    wanted = torch.zeros(6, 6)
    for place, value in cells.items():
        wanted[place] = value
    assert torch.equal(halve(dot), wanted.expand(1, 2, 6, 6))
    assert torch.allclose(halve(torch.full((1, 3, 8, 10), 0.7)), torch.tensor(0.7))


def test_layers_of_a_hand_made_network():
    """x → 2x - 1, cut off below 0; then the largest of four, at half the size, doubled."""
    one = torch.ones(1, 1, 1, 1)
    layers = [
        (Layer("a", "first", padding=0), 2 * one, torch.tensor([-1.0])),
        (Layer("b", "second", pool=2, padding=0), 2 * one, torch.tensor([0.0])),
    ]
    found = run_layers(torch.full((1, 1, 8, 8), 0.75), layers)
    assert found["first"].shape == (1, 1, 8, 8)
    assert found["second"].shape == (1, 1, 5, 5)
    assert torch.allclose(found["first"], torch.tensor(0.5))
    assert torch.allclose(found["second"], torch.tensor(1.0))
    assert not run_layers(torch.zeros(1, 1, 8, 8), layers)["first"].any()


@pytest.mark.parametrize("name", ["vgg16", "alexnet"])
def test_a_judge_tells_pictures_apart(name, photo):
    judge = load_judge(name)
    content, style = (judge.features(picture(photo, seed)) for seed in (1, 2))
    brighter = judge.features((1.1 * picture(photo)).clamp(0, 1))
    own, *others = (grams(features) for features in (content, brighter, style))
    assert set(judge.content) < set(content)
    assert len(content) == 5
    assert gram_distance(own, own) == 0
    near, far = (gram_distance(other, own) for other in others)
    assert 0 < near < far
    assert content_distance(content, content, judge.content) == 0
    assert (
        0
        < content_distance(brighter, content, judge.content)
        < content_distance(style, content, judge.content)
    )


@pytest.mark.parametrize("name", ["vgg16", "alexnet"])
def test_content_levels_have_cells_of_four_and_eight_pixels(name, photo):
    judge = load_judge(name)
    found = judge.features(picture(photo, size=(128, 256)))
    sizes = [found[level].shape[-1] for level in judge.content]
    assert sizes == [pytest.approx(64, abs=3), pytest.approx(32, abs=3)]


def test_a_picture_that_is_too_small_is_refused(photo):
    with pytest.raises(PictureError, match=r"48 x 48.*this has 100 x 40"):
        load_judge("alexnet").features(picture(photo, size=(40, 100)))


def test_a_judge_that_is_not_installed_says_how_to_get_it(monkeypatch):
    def nothing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(tolerant, "distribution", nothing)
    with pytest.raises(WeightsError, match=r"stlpips-pytorch.*make setup.*cd16x"):
        load_judge("vgg16")


def installed(folder, monkeypatch):
    """Pretend that the package has the files of a folder."""
    files = [
        SimpleNamespace(name=path.name, locate=lambda path=path: path) for path in folder.iterdir()
    ]
    monkeypatch.setattr(tolerant, "distribution", lambda name: SimpleNamespace(files=files))


def test_a_package_without_the_weights_is_named(tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch)
    with pytest.raises(WeightsError, match="alex_shift_tolerant"):
        load_judge("alexnet")


def test_weights_of_another_network_are_refused(tmp_path, monkeypatch):
    torch.save({"net.slice1.0.weight": torch.zeros(4, 3, 3, 3)}, tmp_path / FILES["vgg16"])
    installed(tmp_path, monkeypatch)
    with pytest.raises(WeightsError, match=r"vgg_shift_tolerant.*net\.slice1\.0\.bias"):
        load_judge("vgg16")
    (tmp_path / FILES["vgg16"]).write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="vgg_shift_tolerant"):
        load_judge("vgg16")
