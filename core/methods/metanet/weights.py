"""The meta network's weights: our own, and what the PyTorch port saves after training.

The port publishes no weights. Training it gives two files: the meta network, and the first and last layer of
the network that it generates; torchvision's VGG-16 is needed too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, has_none, layer_names, rename, shape_is
from ...checkpoints.networks import fill, load_encoder
from ...checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ...contract import RunContext
from ...errors import WeightsError
from ...files.damage import explain_damage
from ...nn.encoder import radius_of, scale_of
from ...nn.transform_net import Sizes
from ...nn.vgg import VGG, VGG16, layer_radius
from .network import MetaNet

LEVELS: Mapping[str, tuple[str, ...]] = {
    "compact": ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
    "vgg16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3"),
}
"""Whose means and deviations describe a style, by backbone."""
VGG16_WIDTHS = (64, 128, 256, 512)
SOURCE, LICENCE = "github.com/CortexFoundation/StyleTransferTrilogy", "none stated"
PORT_LAYERS = 14


@dataclass(frozen=True, slots=True)
class Networks:
    """The meta network, and the encoder of the style's features."""

    meta: MetaNet
    features: Callable[[Tensor], Mapping[str, Tensor]]
    """Maps a picture (1, 3, H, W) to its ``levels``."""
    levels: tuple[str, ...]
    radius: int
    """Radius of the features' receptive field, in pixels."""

    @property
    def scales(self) -> dict[str, int]:
        """Pixels per cell of each level."""
        return {level: scale_of(level) for level in self.levels}


def load_networks(run: RunContext) -> Networks:
    """Return a backbone's networks on the run's device.

    Raises:
        WeightsError: if one is missing or damaged.
    """
    name, levels = f"{run.backbone}.metanet", LEVELS[run.backbone]
    state = run.store.load(name)
    if run.backbone == "vgg16":
        state |= run.store.load(f"{name}_frame")
    meta = metanet_of(state, name).to(run.device)
    if run.backbone == "vgg16":
        vgg = fill(
            partial(VGG, VGG16[:4], VGG16_WIDTHS), run.store.load("vgg16.encoder"), "vgg16.encoder"
        )
        features = partial(extract_features, vgg.to(run.device), layers=levels)
        return Networks(meta, features, levels, layer_radius(levels[-1], VGG16))
    encoder = load_encoder(run.store, run.backbone, levels[-1]).to(run.device)
    return Networks(meta, encoder, levels, radius_of(levels[-1]))


def extract_features(vgg: VGG, x: Tensor, *, layers: tuple[str, ...]) -> dict[str, Tensor]:
    """Return layers of a picture (B, 3, H, W) in [0, 1], normalised as torchvision's networks require."""
    mean, std = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return vgg((x - mean) / std, layers)


def metanet_of(state: State, name: str) -> MetaNet:
    """Return the meta network of any size from its tensors; ``name`` is used in errors.

    Raises:
        WeightsError: if they belong to another network.
    """
    with explain_damage(WeightsError, f"{name} is no meta network; import or install it again"):
        fine, _, _, first = state["first.weight"].shape
        count = sum(key.startswith("fc") and key.endswith("bias") for key in state)
        rank = len(state["fc1.0.weight"]) if "fc1.0.weight" in state else 0
        hidden, inputs = state["hidden.weight"].shape
        last = state["last.weight"].shape[-1]
    sizes = Sizes((fine, 2 * fine, 4 * fine), max(0, count - 4) // 2, first, last)
    return fill(partial(MetaNet, inputs, sizes, hidden // max(1, count), rank), state, name)


def frame_names() -> list[tuple[str, str]]:
    """Return (theirs, ours) of the layers that are learned directly, not generated."""
    return [("downsampling.1", "first"), ("upsampling.11", "last")]


def meta_names() -> list[tuple[str, str]]:
    """Return (theirs, ours) of the meta network, which has the same names in both."""
    return [(name, name) for name in ("hidden", *(f"fc{i + 1}" for i in range(PORT_LAYERS)))]


def port_name(layer: str) -> str:
    """Return the port's name of one of our generated layers."""
    if layer.startswith("block"):
        block, conv = int(layer[5 : layer.index(".")]) - 1, int(layer[-1])
        return f"residuals.{block}.conv.{4 * conv - 3}"
    return {
        "down.conv2": "downsampling.5",
        "down.conv3": "downsampling.9",
        "up.conv1": "upsampling.2",
        "up.conv2": "upsampling.7",
    }[layer]


def from_port(state: State) -> dict[str, Tensor]:
    """Convert the port's first and last layer, normalised as ImageNet at both ends, to ours on [0, 1]."""
    weights = rename(frame_names())(state)
    weight, last = weights["first.weight"], weights["last.weight"]
    mean, std = (weight.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    weight = weight / std
    return {
        "first.weight": weight,
        "first.bias": weights["first.bias"] - (weight * mean).sum((1, 2, 3)),
        "last.weight": last * std[..., None],
        "last.bias": weights["last.bias"] * std.flatten() + mean.flatten(),
    }


FORMATS = (
    Format(
        id="metanet-port",
        name="vgg16.metanet",
        detect=has_all(*layer_names(*(theirs for theirs, _ in meta_names())))
        & shape_is("hidden.weight", None, 1920),
        convert=rename(meta_names()),
        source=SOURCE,
        licence=LICENCE,
    ),
    Format(
        id="metanet-port-frame",
        name="vgg16.metanet_frame",
        detect=has_all(*layer_names(*(theirs for theirs, _ in frame_names())))
        & has_none("hidden.weight", "residuals.0.conv.1.weight")
        & shape_is("downsampling.1.weight", None, 3, 9, 9),
        convert=from_port,
        source=SOURCE,
        licence=LICENCE,
    ),
)
