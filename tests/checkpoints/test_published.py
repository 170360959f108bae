import sys
from pathlib import Path

import pytest
import torch

from core.checkpoints import flow
from core.checkpoints.identify import identify, shapes_of
from core.checkpoints.vgg import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    flat_decoder,
    flat_encoder,
    torchvision_pairs,
)
from core.errors import WeightsError
from core.methods.adaptive_style import network as adaptive_network
from core.methods.adaptive_style import weights as adaptive_style
from core.methods.ccpl.network import HALVINGS, CovarianceTransform
from core.methods.ccpl.network import LEVELS as CCPL_LEVELS
from core.methods.ccpl.weights import transform_layers
from core.methods.cyclegan import network as cyclegan_network
from core.methods.cyclegan import weights as cyclegan
from core.methods.fast_multi_video import network as video_network
from core.methods.fast_multi_video import weights as fast_multi_video
from core.methods.johnson import weights as johnson
from core.methods.linear.network import LinearModule
from core.methods.linear.weights import (
    MODULE_NAMES,
    PROPAGATION_NAMES,
    decoder_names,
    encoder_names,
)
from core.methods.metanet import weights as metanet
from core.methods.metanet.network import PUBLISHED, MetaNet
from core.methods.microast import weights as microast
from core.methods.microast.network import MicroAST
from core.methods.msgnet import network as msgnet_network
from core.methods.msgnet import weights as msgnet
from core.methods.munit import network as munit_network
from core.methods.munit import weights as munit
from core.methods.pca_kd import weights as pca_kd
from core.methods.pca_kd.network import Student
from core.methods.photowct import weights as photowct
from core.methods.reconet import network as reconet_network
from core.methods.reconet import weights as reconet
from core.methods.style_swap import weights as style_swap
from core.methods.wct.weights import compressed_name
from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, FULL, LEVELS, Encoder, conv_names
from core.nn.flownet import FlowNet
from core.nn.propagation import PropagationNet
from core.nn.transform_net import TransformNet
from core.nn.vgg import VGG, VGG16, VGG19
from core.published import FORMATS

sys.path.insert(0, str(Path(__file__).resolve().parent))
from wanted import FIRST_STAGE, wanted_shapes

ALIKE = (
    ("adain-decoder", "ccpl-decoder-art", "ccpl-decoder-photo"),
    ("microast-content-encoder", "microast-style-encoder"),
)
"""Formats of the same tensors, between which the file's name decides."""
COMPUTED = (
    "vgg-torchvision", "metanet-port-frame", "johnson-examples", "johnson-urst", "style-swap-decoder",
    "reconet-paper", "reconet-frn", "reconet-safwan", "fast-multi-video", "fast-multi-image",
)  # fmt: skip  # a list
"""Formats whose conversion computes, and needs numbers."""


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


def counted(module, names):
    """Our module under TensorFlow's names, channels last."""
    own = module.state_dict()
    return {theirs: last(ours, own[ours]) for theirs, ours in names.items()}


def last(name, value):
    order = (2, 3, 0, 1) if "_dw_" in name else (2, 3, 1, 0)
    return value.permute(order) if value.ndim == 4 else value


def students():
    """A state of every format of PCA-KD."""
    found = {}
    for kind in ("vgg", "mobilenet"):
        student, layers = Student(kind), pca_kd.encoder_layers(kind)
        ours = pca_kd.sequence_names(layers)
        ours = ours if kind == "mobilenet" else pca_kd.checkpoint_names("encoder", layers)
        decoder = pca_kd.checkpoint_names("decoder", pca_kd.decoder_layers(kind))
        aux = {"conv_aux/0": torch.empty(64, 10)}
        found |= {
            f"pcakd-{kind}": counted(
                student, pca_kd.tensor_names(pca_kd.archive_names(kind), ":0")
            ),
            f"pcakd-{kind}-encoder": counted(student, pca_kd.tensor_names(ours)) | aux,
            f"pcakd-{kind}-decoder": counted(student, pca_kd.tensor_names(decoder)),
        }
    return found


def small_networks():
    """A state of every format of MicroAST, CCPL and the meta network."""
    whole, meta = MicroAST(), MetaNet(1920, PUBLISHED)
    decoder = published(Decoder(FULL, "relu4_1"), flat_decoder("relu4_1"))
    found = {
        "microast-content-encoder": published(whole.content_encoder, microast.encoder_pairs()),
        "microast-style-encoder": published(whole.style_encoder, microast.encoder_pairs()),
        "microast-modulator": published(whole.modulator, microast.modulator_pairs()),
        "microast-decoder": published(whole.decoder, microast.decoder_pairs()),
        "metanet-port": published(meta, metanet.meta_names()),
        "metanet-port-frame": published(meta, metanet.frame_names()),
    }
    for mode, level in CCPL_LEVELS.items():
        transform = CovarianceTransform(FULL[LEVELS.index(level)], HALVINGS[mode])
        found[f"ccpl-decoder-{mode}"] = decoder
        found[f"ccpl-sct-{mode}"] = published(
            transform, [(layer, layer) for layer in transform_layers(mode)]
        )
    return found


def styled_networks():
    """A state of every format of Johnson's networks, MSG-Net and Style-Swap."""
    network, many = (
        TransformNet(johnson.PUBLISHED),
        msgnet_network.Network(msgnet_network.PUBLISHED),
    )
    old = {"in1.running_mean": torch.empty(32), "in1.running_var": torch.empty(32)}
    found = published(many, msgnet.published_layers())
    match = {name: torch.empty(1, 512, 512) for name in ("model.1.weight", "ins.weight")}
    doubled = {k.replace("model.0", "model1"): v for k, v in found.items() if "model.0" in k}
    return {
        "johnson-examples": published(network, johnson.examples_layers()) | old,
        "johnson-urst": published(network, johnson.urst_layers()),
        "msgnet": found | match | doubled,
        "style-swap-decoder": published(Decoder(FULL, "relu3_1"), style_swap.decoder_layers()),
    }


def video_networks():
    """A state of every format of ReCoNet's and of fast multi-style video."""
    paper, safwan = (
        reconet_network.ReCoNet(form) for form in (reconet_network.PAPER, reconet_network.SAFWAN)
    )
    convs, norms = reconet.paper_layers()
    plain = published(paper, [*convs, *norms])
    wide = {
        f"{theirs}.{k}": plain[f"{theirs}.{k}"][:, None, None][None]
        for theirs, _ in norms
        for k in ("weight", "bias")
    }
    ours = {ours: f"{theirs}.bias" for theirs, ours in norms}
    taus = {tau: wide[ours[norm]] for norm, tau in reconet.thresholds().items()}
    found = {
        "reconet-paper": plain,
        "reconet-frn": {**plain, **wide, **taus, f"{norms[0][0]}.eps": torch.empty(1)},
        "reconet-safwan": published(safwan, reconet.safwan_layers()),
    }
    for kind in ("video", "image"):
        form = video_network.PUBLISHED if kind == "video" else video_network.PUBLISHED_IMAGE
        own = video_network.VideoNet(form).state_dict()
        names = fast_multi_video.published_names(form)
        found[f"fast-multi-{kind}"] = {t: own[o.split("#")[0]] for t, o in names.items()}
    return found


def flow_networks():
    """A state of every format of FlowNet and RAFT."""
    found = {}
    for name, sizes in (("flownets", flow.S), ("flownets-bn", flow.S), ("flownetc", flow.C)):
        own = FlowNet(sizes).state_dict()
        found[name] = {theirs: own[ours] for theirs, ours in flow.published_names(sizes).items()}
    for conv in flow.convolutions(flow.S):
        bias = found["flownets-bn"].pop(f"{conv}.0.bias")
        kinds = ("weight", "bias", "running_mean", "running_var")
        found["flownets-bn"] |= {f"{conv}.1.{kind}": bias for kind in kinds}
        found["flownets-bn"][f"{conv}.1.num_batches_tracked"] = torch.empty(())
    found["raft-large"] = {name: torch.empty(1) for name in (flow.RAFT_FIRST, *flow.MASKS)}
    found["raft-small"] = {flow.RAFT_FIRST: torch.empty(1), flow.SMALL: torch.empty(96, 196, 1, 1)}
    return found


def four_stages():
    """A state of PhotoWCT's file: encoders and decoders of four stages."""
    found = {}
    for k in photowct.STAGES:
        level = f"relu{k}_1"
        encoder, decoder = Encoder(FULL, level), Decoder(FULL, level)
        found |= {
            f"e{k}.{name}": value
            for name, value in published(encoder, photowct.encoder_names(level)).items()
        }
        found |= {
            f"d{k}.{name}": value
            for name, value in published(decoder, photowct.decoder_names(level)).items()
        }
    return found


def translations():
    """A state of every format of MUNIT, CycleGAN and adaptive style transfer."""
    own, names = (
        munit_network.Generator(munit_network.PUBLISHED).state_dict(),
        munit.published_names(),
    )
    old = {"a.enc_content.model.0.norm.running_mean": torch.empty(64)}
    found = {"munit": {f"{s}.{t}": own[o] for s in "ab" for t, o in names.items()} | old}
    for known in cyclegan.FORMATS:
        sizes, dropout = known.convert.args[0], known.convert.keywords["dropout"]
        own = cyclegan_network.Generator(sizes).state_dict()
        names = cyclegan.published_names(sizes, dropout=dropout)
        found[known.id] = {t: own[o] for t, o in names.items()}
    artist = adaptive_network.Generator(adaptive_network.PUBLISHED)
    own = counted(artist, adaptive_style.published_names())
    return found | {
        "adaptive-style": own | {"discriminator/d_h0_conv/Conv/weights": torch.empty(1)}
    }


def examples():
    """One state of every format."""
    found = {
        "photowct": four_stages(),
        "vgg-normalised": published(Encoder(FULL), flat_encoder("relu5_1"))
        | {"45.weight": torch.empty(512, 512, 3, 3), "51.bias": torch.empty(512)},
        "vgg-torchvision": torchvision(),
        "vgg-gatys": VGG(VGG19).state_dict(),
        "vgg16-torchvision": published(VGG(VGG16), torchvision_pairs(VGG16))
        | {"classifier.0.bias": torch.empty(4096)},
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
    found |= small_networks() | styled_networks() | video_networks() | students() | translations()
    return found | flow_networks()


with torch.device("meta"):
    EXAMPLES = examples()


def test_every_format_has_an_example():
    assert set(EXAMPLES) == {known.id for known in FORMATS}


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_exactly_its_own_format_claims_a_file(known):
    shapes = shapes_of(EXAMPLES[known.id])
    alike = next((ids for ids in ALIKE if known.id in ids), (known.id,))
    assert [other.id for other in FORMATS if other.detect.holds(shapes)] == list(alike)
    if len(alike) == 1:
        assert identify(shapes, FORMATS) is known


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("decoder.pth", "adain-decoder"),
        ("ccpl_photo_decoder.pth", "ccpl-decoder-photo"),
        ("content_encoder_iter_160000.pth.tar", "microast-content-encoder"),
        ("style_encoder_iter_160000.pth.tar", "microast-style-encoder"),
    ],
)
def test_between_equals_the_files_name_decides(file, wanted):
    shapes = shapes_of(EXAMPLES[wanted])
    assert identify(shapes, FORMATS, file).id == wanted
    with pytest.raises(WeightsError, match=f"several formats.*{wanted}.*say which it is"):
        identify(shapes, FORMATS, "decoder_iter_160000.pth.tar")


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_conversion_ends_in_our_names(known):
    state = dict(EXAMPLES[known.id])
    if known.id in COMPUTED:
        state = {name: torch.zeros(value.shape) for name, value in state.items()}
    assert shapes_of(known.convert(state)) == wanted_shapes(known, EXAMPLES)


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
    both = [known for known in FORMATS if known.id == "lst-r31"] * 2
    with pytest.raises(WeightsError, match="several formats"):
        identify(shapes_of(EXAMPLES["lst-r31"]), both)


def test_torchvisions_normalisation_is_folded_in():
    known = next(known for known in FORMATS if known.id == "vgg-torchvision")
    state = {name: torch.zeros(value.shape) for name, value in EXAMPLES[known.id].items()}
    found, x = known.convert(state), torch.rand(1, 3, 4, 5)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    y = torch.nn.functional.conv2d(x, found["input.weight"], found["input.bias"])
    assert torch.allclose(y, (x - mean) / std, atol=1e-5)
