"""Shapes of the networks that names in a store stand for."""

import torch

from core.checkpoints import flow
from core.checkpoints.identify import shapes_of
from core.methods.adaptive_style import network as adaptive_network
from core.methods.ccpl.network import FIRST, HALVINGS, CovarianceTransform
from core.methods.ccpl.network import LEVELS as CCPL_LEVELS
from core.methods.cyclegan import network as cyclegan_network
from core.methods.cyclegan import weights as cyclegan
from core.methods.fast_multi_video import network as video_network
from core.methods.johnson import weights as johnson
from core.methods.linear.network import LinearModule
from core.methods.metanet.network import PUBLISHED, MetaNet
from core.methods.microast import weights as microast
from core.methods.microast.network import MicroAST
from core.methods.msgnet import network as msgnet_network
from core.methods.munit import network as munit_network
from core.methods.pca_kd.network import Student
from core.methods.photowct import weights as photowct
from core.methods.reconet import network as reconet_network
from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, FULL, LEVELS, Encoder
from core.nn.flownet import FlowNet
from core.nn.propagation import PropagationNet
from core.nn.transform_net import TransformNet
from core.nn.vgg import VGG, VGG16

FIRST_STAGE = (24,)


def other_networks():
    """States of networks that have no encoder's level in their name."""
    whole, meta = MicroAST(), MetaNet(1920, PUBLISHED).state_dict()
    frame = {k: v for k, v in meta.items() if k.startswith(("first.", "last."))}
    found = {
        f"published.microast_{part}": whole.get_submodule(part).state_dict()
        for part in microast.PARTS
    }
    found |= {
        "published.johnson_*": TransformNet(johnson.PUBLISHED).state_dict(),
        "published.msgnet": msgnet_network.Network(msgnet_network.PUBLISHED).state_dict(),
        "vgg19_imagenet.style_swap_relu3_1": Decoder(FULL, "relu3_1").state_dict(),
        "vgg19.photowct": {
            f"{part}{k}.{name}": value
            for k in photowct.STAGES
            for part, kind in (("encoder", Encoder), ("decoder", Decoder))
            for name, value in kind(FULL, f"relu{k}_1").state_dict().items()
        },
        "vgg16.encoder": VGG(VGG16).state_dict(),
        "vgg16.metanet_frame": frame,
        "vgg16.metanet": {k: v for k, v in meta.items() if k not in frame},
    }
    for mode, level in CCPL_LEVELS.items():
        transform = CovarianceTransform(FULL[LEVELS.index(level)], HALVINGS[mode])
        found[f"vgg19.ccpl_{mode}"] = Decoder(FULL, level, first=FIRST[mode]).state_dict()
        found[f"vgg19.ccpl_sct_{mode}"] = transform.state_dict()
    for kind in ("vgg", "mobilenet"):
        state, name = Student(kind).state_dict(), f"published.pca_kd_{kind}"
        found[name] = state
        for part in ("encoder", "decoder"):
            found[f"{name}_{part}"] = {k: v for k, v in state.items() if k.startswith(part)}
    return found


def video_formats():
    """States of the networks for sequences, by format: some are of one name."""
    nets = reconet_network
    forms = {"paper": nets.PAPER, "frn": nets.PAPER._replace(filtered=True), "safwan": nets.SAFWAN}
    found = {f"reconet-{name}": nets.ReCoNet(form).state_dict() for name, form in forms.items()}
    for kind in ("video", "image"):
        form = video_network.PUBLISHED if kind == "video" else video_network.PUBLISHED_IMAGE
        own = video_network.VideoNet(form).state_dict()
        rows = {k: v.expand(120, -1) if ".norm" in k else v for k, v in own.items()}
        found[f"fast-multi-{kind}"] = rows | {f"style.{n}": torch.empty(()) for n in range(120)}
    return found


def seers(examples):
    """States of the networks that see motion."""
    sizes = {"flownets": flow.S, "flownets_bn": flow.S, "flownetc": flow.C}
    found = {f"published.{name}": FlowNet(size).state_dict() for name, size in sizes.items()}
    return found | {
        f"published.{name.replace('-', '_')}": examples[name]
        for name in ("raft-large", "raft-small")
    }


def translators():
    """States of the networks that translate, by format."""
    pair = {k: munit_network.Generator(munit_network.PUBLISHED) for k in "ab"}
    artist = adaptive_network.Generator(adaptive_network.PUBLISHED)
    found = {"munit": torch.nn.ModuleDict(pair), "adaptive-style": artist}
    for known in cyclegan.FORMATS:
        found[known.id] = cyclegan_network.Generator(known.convert.args[0])
    return {name: network.state_dict() for name, network in found.items()}


def wanted_shapes(known, examples):
    """Shapes of the network that a store's name stands for."""
    name = known.name
    with torch.device("meta"):
        others = other_networks() | video_formats() | seers(examples) | translators()
        if name in others or known.id in others:
            return shapes_of(others[name if name in others else known.id])
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
