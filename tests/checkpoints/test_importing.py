"""Published files are imported whole or not at all, and recognised."""

import pytest
import torch

from core.checkpoints.formats import has_all, has_none, shape_is
from core.checkpoints.store import Store
from core.checkpoints.vgg import (
    flat_decoder,
)
from core.errors import WeightsError
from core.methods.microast import weights as microast
from core.nn.decoder import Decoder, mirrored_names
from core.nn.encoder import FULL
from core.published import identify_file, import_file, verify


def published(module, pairs):
    """Our module under its published names."""
    own = module.state_dict()
    return {f"{t}.{k}": own[f"{ours}.{k}"] for t, ours in pairs for k in ("weight", "bias")}


def test_conditions_say_what_is_wanting():
    shapes = {"a": (1, 2), "b": (3,)}
    assert (has_all("a", "b") & shape_is("a", None, 2)).holds(shapes)
    assert (has_all("a", "c") & has_none("b")).unmet(shapes) == ("c", "no b")
    assert (has_all("x", "y") | has_all("z")).unmet(shapes) == ("z",)
    assert (has_all("x") | has_all("a")).holds(shapes)
    assert not shape_is("a", 1, 2, 3).holds(shapes)


def test_import_keeps_values_and_facts(tmp_path):
    decoder = Decoder(FULL, "relu1_1")
    path, folder = tmp_path / "decoder.pth", tmp_path / "mine"
    torch.save(published(decoder, flat_decoder("relu1_1", "t7.")), path)
    found, target = import_file(path, folder)
    assert (found.format, found.name) == ("wct-decoder1-t7", "vgg19.decoder_relu1_1")
    assert target == folder / "vgg19.decoder_relu1_1.safetensors"
    loaded = Store((folder,)).load("vgg19.decoder_relu1_1")
    assert torch.equal(loaded["conv1_1.weight"], decoder.conv1_1.weight)
    assert verify(Store((folder,))) == {"vgg19.decoder_relu1_1": ""}
    assert [p.name for p in folder.iterdir()] == [target.name]


def test_a_format_can_be_named(tmp_path):
    path = tmp_path / "decoder.pth"
    torch.save(published(Decoder(FULL, "relu1_1"), flat_decoder("relu1_1", "t7.")), path)
    assert identify_file(path, "wct-decoder1-t7").name == "vgg19.decoder_relu1_1"
    with pytest.raises(WeightsError, match="there is no format"):
        identify_file(path, "no-such")
    with pytest.raises(WeightsError, match="nearest is lst-spn"):
        identify_file(path, "lst-spn")


def test_what_cannot_be_imported_leaves_nothing(tmp_path):
    path, folder = tmp_path / "net.pth", tmp_path / "mine"
    torch.save({"some.weight": torch.ones(3)}, path)
    with pytest.raises(WeightsError, match="no known format: 1 tensors"):
        import_file(path, folder)
    assert not folder.exists()


def test_verify_names_the_fault(tmp_path):
    (tmp_path / "vgg19.encoder.safetensors").write_bytes(b"no")
    assert "cut short" in verify(Store((tmp_path,)))["vgg19.encoder"]


@pytest.mark.parametrize("kind", ["vgg", "mobilenet"])
def test_the_published_students_are_recognised(shared, kind):
    found = identify_file(shared / "teachers" / "pcakd" / f"pcakd_{kind}.npz")
    assert found.name == f"published.pca_kd_{kind}"


@pytest.mark.parametrize("part", microast.PARTS)
def test_the_published_microast_is_recognised(shared, part):
    found = identify_file(shared / "teachers" / "microast" / f"{part}_iter_160000.pth.tar")
    assert found.name == f"published.microast_{part}"


@pytest.mark.parametrize("number", range(1, 6))
def test_the_published_compressed_networks_are_recognised(shared, number):
    for kind in ("encoder", "decoder"):
        found = identify_file(shared / "teachers" / "cd16x" / f"{kind}{number}.pth")
        assert found.name == f"cd16x.{kind}_relu{number}_1"


def test_mirrored_names_are_the_encoders_backwards():
    assert mirrored_names("relu3_1") == ["conv3_1", "conv2_2", "conv2_1", "conv1_2", "conv1_1"]
