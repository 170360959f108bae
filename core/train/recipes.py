"""Every network that is trained here: its inputs, its schedule and its files."""

from collections.abc import Mapping
from functools import partial
from typing import cast

import torch
from torch import Tensor

from .. import styles
from ..errors import ParamsError
from ..imaging.image import load_image
from ..methods.ccpl.network import LEVELS as CCPL_LEVELS
from ..methods.pca_kd import STUDENTS
from ..nn.encoder import LEVELS
from ..nn.flownet import COMPACT as FLOWNET
from ..nn.flownet import COMPACT_S
from ..nn.flownet import Sizes as FlowSizes
from ..picture.tensors import to_tensor
from . import sources
from .ccpl import Coherent
from .chain import Inversion, tails
from .data import draw_crops
from .decoders import Reconstruction
from .encoder import Distillation
from .feedforward import FeedForward, Kind
from .flownet import Flow
from .heads import Projection, factors
from .johnson import OneStyle
from .loop import Schedule, Trainee
from .metanet import Written
from .microast import Micro
from .msgnet import ManyStyles
from .pca_kd import Distilled
from .photowct import Unpooling
from .propagation import Restoration
from .recipe import Recipe, Setup, States, averaged_state, below
from .style_swap import Swapped
from .translating import TRANSLATIONS
from .transport import StyleBank, Transport
from .video import VIDEO

__all__ = ["RECIPES", "Recipe", "Setup", "averaged_state", "find_recipe"]


def _encoder(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Distillation(setup.judge, pool, seed=setup.seed)


def _heads(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Projection(setup.encoder(), setup.judge, pool, seed=setup.seed)


def _chain(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Inversion(setup.encoder(), pool, seed=setup.seed)


def _decoders(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    decoders = {level: setup.decoder(level) for level in LEVELS}
    return Reconstruction(setup.encoder(), decoders, setup.judge, pool)


def _feedforward(kind: Kind, level: str, setup: Setup) -> Trainee:
    pools = (setup.contents(384), setup.styles(480))
    encoder, decoder = setup.encoder(), setup.decoder(level)
    return FeedForward(kind, level, encoder, decoder, setup.judge, pools, seed=setup.seed)


def _transport(setup: Setup) -> Trainee:
    encoder = setup.encoder()
    draw = partial(_style_crops, setup.paintings(480))
    bank = StyleBank(encoder, setup.judge, draw, 1200, setup.seed + 1)
    return Transport(encoder, setup.judge, bank, setup.contents(384), seed=setup.seed)


def _johnson(setup: Setup) -> Trainee:
    if setup.style is None:
        raise ParamsError("johnson learns one style: give its picture", "style")
    contents = sources.any_contents(setup.data, 320, setup.report)
    return OneStyle(setup.judge, setup.style, contents, seed=setup.seed)


def _msgnet(setup: Setup) -> Trainee:
    pictures = {name: to_tensor(load_image(styles.path(name)).rgb) for name in styles.names()}
    return ManyStyles(setup.judge, pictures, setup.contents(320), seed=setup.seed)


def _ccpl(mode: str, setup: Setup) -> Trainee:
    contents, start = setup.contents(384), setup.decoder(CCPL_LEVELS[mode])
    style_pool = setup.paintings(480) if mode == "art" else contents * 2 + setup.styles(384)
    pools = (contents, style_pool)
    return Coherent(mode, setup.encoder(), start, setup.judge, pools, seed=setup.seed)


def _photowct(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    decoders = {level: setup.decoder(level) for level in LEVELS[:4]}
    return Unpooling(setup.encoder(), decoders, setup.judge, pool, seed=setup.seed)


def _propagation(setup: Setup) -> Trainee:
    pool = setup.contents(320)
    return Restoration(setup.encoder(), setup.decoder("relu4_1"), pool, seed=setup.seed)


def _metanet(setup: Setup) -> Trainee:
    draw = partial(_style_crops, setup.paintings(480))
    bank = StyleBank(setup.encoder(), setup.judge, draw, 1200, setup.seed + 1)
    return Written(setup.judge, bank, setup.contents(384), seed=setup.seed)


def _microast(setup: Setup) -> Trainee:
    return Micro(setup.judge, (setup.contents(384), setup.paintings(480)), seed=setup.seed)


def _pca_kd(kind: str, setup: Setup) -> Trainee:
    return Distilled(kind, setup.judge, setup.contents(320) + setup.styles(320), seed=setup.seed)


def _flownet(sizes: FlowSizes, setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Flow(sizes, pool, setup.rendered(), seed=setup.seed)


def _style_swap(setup: Setup) -> Trainee:
    pools = (setup.contents(320), setup.styles(384))
    return Swapped(setup.encoder(), setup.decoder("relu3_1"), setup.judge, pools)


def _style_crops(pool: list[Tensor], count: int, generator: torch.Generator) -> Tensor:
    """Return crops, every eighth with noise: users' styles can have finer grain than any painting."""
    crops = draw_crops(pool, count, 256, generator, zoom=1.8, recolor=0.15)
    strength = 0.3 * torch.rand(count, 1, 1, 1, generator=generator)
    strength *= torch.rand(count, 1, 1, 1, generator=generator) < 1 / 8
    return (crops + strength * torch.randn(crops.shape, generator=generator)).clamp(0, 1)


def _export_encoder(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.encoder": below("encoder.", state)}


def _export_heads(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.heads": factors(dict(state))}


def _export_chain(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {f"compact.decoder_{level}": tail for level, tail in tails(dict(state))}


def _export_decoders(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {f"compact.decoder_{level}": below(f"{level}.", state) for level in LEVELS}


def _export_named(name: str, _: Trainee, state: Mapping[str, Tensor]) -> States:
    return {name: dict(state)}


def _export_photowct(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    units = cast("Unpooling", trainee).units
    return {"compact.photowct": {**state, **{f"unit.{k}": v for k, v in units.items()}}}


def _export_transport(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    transport = cast("Transport", trainee)
    constants = {f"scale.{k}": torch.tensor(v) for k, v in transport.scale.items()}
    low, high = transport.bank.code_range(transport.scale)
    return {"compact.transport": {**state, **constants, "code.low": low, "code.high": high}}


def _export_msgnet(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.msgnet": {**state, **trainee.named(state)}}  # pyright: ignore[reportAttributeAccessIssue]


def _export_ccpl(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    return trainee.parts(state)  # pyright: ignore[reportAttributeAccessIssue]  # it is a Coherent


def _export_metanet(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.metanet": trainee.folded(state)}  # pyright: ignore[reportAttributeAccessIssue]  # it is a Written


def _in_mode(mode: str, summary: str) -> Recipe:
    return Recipe(
        f"ccpl-{mode}",
        summary,
        Schedule(1200, rate=1e-3),
        partial(_ccpl, mode),
        _export_ccpl,
    )


def _on_level(kind: Kind, level: str, schedule: Schedule) -> Recipe:
    return Recipe(
        f"{kind}-{level}",
        f"{kind} at {level} on the compact encoder",
        schedule,
        partial(_feedforward, kind, level),
        partial(_export_named, f"compact.{kind}_{level}"),
    )


RECIPES = (
    Recipe(
        "encoder",
        "the compact encoder, distilled from a published VGG-19 (first)",
        Schedule(5600, rate=3e-3),
        _encoder,
        _export_encoder,
    ),
    Recipe(
        "heads",
        "linear heads of the compact encoder, behind which Gatys compares styles (after encoder)",
        Schedule(40, rate=1e-4, warm_up=10),
        _heads,
        _export_heads,
    ),
    Recipe(
        "transport", "the default method's decoder", Schedule(7000), _transport, _export_transport
    ),
    Recipe(
        "chain",
        "a first version of the auto-encoding decoders, block by block",
        Schedule(1200),
        _chain,
        _export_chain,
    ),
    Recipe(
        "decoders",
        "auto-encoding decoders relu1_1 to relu5_1, for WCT and Linear (after chain)",
        Schedule(400, rate=1e-3),
        _decoders,
        _export_decoders,
    ),
    _on_level("adain", "relu3_1", Schedule(500)),
    _on_level("adain", "relu4_1", Schedule(500)),
    _on_level("linear", "relu3_1", Schedule(500, rate=1e-3)),
    _on_level("linear", "relu4_1", Schedule(500, rate=1e-3)),
    Recipe(
        "johnson",
        "a small network of one style, of a picture that is given",
        Schedule(3000, warm_up=50, save_after=60),
        _johnson,
        partial(_export_named, "compact.johnson"),
        styled=True,
    ),
    Recipe(
        "msgnet",
        "one small network of all built-in styles, at several widths of the brush",
        Schedule(5000),
        _msgnet,
        _export_msgnet,
    ),
    Recipe(
        "style_swap",
        "Style-Swap's decoder from relu3_1, on swapped features (after decoders)",
        Schedule(1200, rate=1e-3),
        _style_swap,
        partial(_export_named, "compact.style_swap_relu3_1"),
    ),
    _in_mode("art", "CCPL's transform and decoder for painting, at relu4_1 (after decoders)"),
    _in_mode("photo", "CCPL's transform and decoder for photographs, at relu3_1 (after decoders)"),
    Recipe(
        "photowct",
        "PhotoWCT's unpooling decoders relu1_1 to relu4_1 (after decoders)",
        Schedule(3000),
        _photowct,
        _export_photowct,
    ),
    Recipe(
        "propagation",
        "the propagation network that makes Linear's results photographs (after decoders)",
        Schedule(1500, rate=1e-3),
        _propagation,
        partial(_export_named, "compact.propagation_relu4_1"),
    ),
    Recipe(
        "metanet",
        "a network that writes the weights of small painting networks",
        Schedule(8000),
        _metanet,
        _export_metanet,
    ),
    Recipe(
        "microast",
        "our own MicroAST, from nothing",
        Schedule(4000),
        _microast,
        partial(_export_named, "compact.microast"),
    ),
    *(
        Recipe(
            f"pca_kd-{kind}",
            f"PCA-KD's {kind} student",
            Schedule(2000),
            partial(_pca_kd, kind),
            partial(_export_named, f"compact.pca_kd_{kind}"),
        )
        for kind in STUDENTS
    ),
    Recipe(
        "flownet",
        "our FlowNetC, the motion between two frames, from rendered sequences",
        Schedule(16000),
        partial(_flownet, FLOWNET),
        partial(_export_named, "compact.flownet"),
    ),
    Recipe(
        "flownet_s",
        "our FlowNetS, which learns slower, from rendered sequences",
        Schedule(40000),
        partial(_flownet, COMPACT_S),
        partial(_export_named, "compact.flownet_s"),
    ),
    *VIDEO,
    *TRANSLATIONS,
)


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its id.

    Raises:
        ParamsError: if it is not known; known ids are listed.
    """
    for recipe in RECIPES:
        if recipe.id == name:
            return recipe
    known = ", ".join(recipe.id for recipe in RECIPES)
    raise ParamsError(f"there is no recipe {name!r}; choose one of: {known}")
