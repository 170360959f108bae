import pytest
import torch

from core.checkpoints.formats import has_all, has_none, shape_is
from core.checkpoints.identify import identify, shapes_of
from core.checkpoints.published import FORMATS, identify_file, import_file, verify
from core.checkpoints.store import Store
from core.checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD, flat_decoder, flat_encoder
from core.errors import WeightsError
from core.methods.linear.network import LinearModule
from core.methods.linear.weights import (
    MODULE_NAMES,
    PROPAGATION_NAMES,
    decoder_names,
    encoder_names,
)
from core.methods.wct.weights import compressed_name
from core.nn.decoder import Decoder, mirrored_names
from core.nn.encoder import COMPACT, FULL, LEVELS, Encoder, conv_names
from core.nn.propagation import PropagationNet

FIRST_STAGE = (24,)


def published(module, pairs):
    """Our module under its published names."""
    own = module.state_dict()
    return {f"{t}.{k}": own[f"{ours}.{k}"] for t, ours in pairs for k in ("weight", "bias")}


def compressed(module):
    return published(module, [(compressed_name(name), name) for name, _ in module.named_children()])


def torchvision():
    places = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)
    names = zip((f"features.{place}" for place in places), conv_names(), strict=True)
    extra = {
        "features.30.weight": torch.empty(512, 512, 3, 3),
        "classifier.0.bias": torch.empty(4096),
    }
    return published(Encoder(FULL), list(names)) | extra


def examples():
    """One state of every format."""
    found = {
        "vgg-normalised": published(Encoder(FULL), flat_encoder("relu5_1"))
        | {"45.weight": torch.empty(512, 512, 3, 3), "51.bias": torch.empty(512)},
        "vgg-torchvision": torchvision(),
        "adain-decoder": published(Decoder(FULL, "relu4_1"), flat_decoder("relu4_1")),
        "lst-r31": published(LinearModule(256), MODULE_NAMES),
        "lst-r41": published(LinearModule(512), MODULE_NAMES),
        "lst-spn": published(PropagationNet(), PROPAGATION_NAMES),
    }
    for level in LEVELS:
        k = level[4]
        widths = FIRST_STAGE if k == "1" else COMPACT
        encoder, decoder = Encoder(FULL, level), Decoder(FULL, level)
        aux = {f"conv{k}1_aux.weight": torch.empty(512, COMPACT[int(k) - 1], 1, 1)}
        found[f"cd16x-encoder{k}"] = compressed(Encoder(widths, level)) | aux
        found[f"cd16x-decoder{k}"] = compressed(Decoder(widths, level))
        found[f"wct-encoder{k}-t7"] = published(encoder, flat_encoder(level, "t7."))
        found[f"wct-decoder{k}-t7"] = published(decoder, flat_decoder(level, "t7."))
        if k in "345":
            found[f"lst-vgg-r{k}1"] = published(encoder, encoder_names(level))
        if k in "34":
            found[f"lst-dec-r{k}1"] = published(decoder, decoder_names(level))
    return found


with torch.device("meta"):
    EXAMPLES = examples()


def test_every_format_has_an_example():
    assert set(EXAMPLES) == {known.id for known in FORMATS}


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_exactly_its_own_format_claims_a_file(known):
    shapes = shapes_of(EXAMPLES[known.id])
    assert [other.id for other in FORMATS if other.detect.holds(shapes)] == [known.id]
    assert identify(shapes, FORMATS) is known


def wanted_shapes(name):
    """Shapes of the network that a store's name stands for."""
    backbone, part = name.split(".")
    role, _, level = part.partition("_")
    widths = COMPACT if backbone == "cd16x" else FULL
    widths = FIRST_STAGE if (backbone, level) == ("cd16x", "relu1_1") else widths
    with torch.device("meta"):
        module = {
            "encoder": lambda: Encoder(widths, level or "relu5_1"),
            "decoder": lambda: Decoder(widths, level),
            "adain": lambda: Decoder(widths, level),
            "linear": lambda: LinearModule(widths[LEVELS.index(level)]),
            "propagation": PropagationNet,
        }[role]()
    return shapes_of(module.state_dict())


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_conversion_ends_in_our_names(known):
    state = dict(EXAMPLES[known.id])
    if known.id == "vgg-torchvision":  # it computes with one tensor's kind
        state["features.0.weight"] = torch.zeros(64, 3, 3, 3)
    assert shapes_of(known.convert(state)) == wanted_shapes(known.name)


def test_an_unused_tensor_is_an_error_that_names_it():
    known = next(known for known in FORMATS if known.id == "adain-decoder")
    with pytest.raises(WeightsError, match=r"conv9\.weight"):
        known.convert(EXAMPLES["adain-decoder"] | {"conv9.weight": torch.empty(1)})


def test_an_unknown_file_is_described_with_the_nearest_format():
    shapes = shapes_of(EXAMPLES["adain-decoder"])
    del shapes["28.bias"]
    with pytest.raises(
        WeightsError, match=r"17 tensors, first '1\.weight'.*adain-decoder.*28\.bias"
    ):
        identify(shapes, FORMATS)
    with pytest.raises(WeightsError, match="0 tensors"):
        identify({}, FORMATS)


def test_two_claims_are_an_error():
    both = [known for known in FORMATS if known.id == "adain-decoder"] * 2
    with pytest.raises(WeightsError, match="several formats"):
        identify(shapes_of(EXAMPLES["adain-decoder"]), both)


def test_conditions_say_what_is_wanting():
    shapes = {"a": (1, 2), "b": (3,)}
    assert (has_all("a", "b") & shape_is("a", None, 2)).holds(shapes)
    assert (has_all("a", "c") & has_none("b")).unmet(shapes) == ("c", "no b")
    assert (has_all("x", "y") | has_all("z")).unmet(shapes) == ("z",)
    assert (has_all("x") | has_all("a")).holds(shapes)
    assert not shape_is("a", 1, 2, 3).holds(shapes)


def test_torchvisions_normalisation_is_folded_in():
    known = next(known for known in FORMATS if known.id == "vgg-torchvision")
    state = {name: torch.zeros(value.shape) for name, value in EXAMPLES[known.id].items()}
    found, x = known.convert(state), torch.rand(1, 3, 4, 5)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    y = torch.nn.functional.conv2d(x, found["input.weight"], found["input.bias"])
    assert torch.allclose(y, (x - mean) / std, atol=1e-5)


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


@pytest.mark.parametrize("number", range(1, 6))
def test_the_published_compressed_networks_are_recognised(shared, number):
    for kind in ("encoder", "decoder"):
        found = identify_file(shared / "teachers" / "cd16x" / f"{kind}{number}.pth")
        assert found.name == f"cd16x.{kind}_relu{number}_1"


def test_mirrored_names_are_the_encoders_backwards():
    assert mirrored_names("relu3_1") == ["conv3_1", "conv2_2", "conv2_1", "conv1_2", "conv1_1"]
