"""Our own constants and those of four published programs, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
WIDTHS = (64, 128, 256, 512, 512)
"""Channels of VGG-19 at ``STYLE``, which the notebook divides its weights by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The losses that are added up, and how they are minimised.

    Attributes:
        style: Weight of each layer's Gram distance.
        content: Weight of each layer's feature distance.
        gram: Gram matrices are F F^T divided by H W (``space``) or by C H W (``all``).
        relative: Distances are squared Frobenius norms over those of the target, and the content's features
            are instance-normalised; else they are mean squares.
        variation: Weight of total variation.
        squared: Total variation is of mean squared differences, not of the sum of absolute ones.
        outside: Weight of the mean square of values' excess over [0, 1].
        scale: Factor of pixel values in the optimiser.
        optimiser: ``lbfgs`` or ``adam``.
        rate: Its step; for L-BFGS, of the first step only.
        history: Steps that L-BFGS remembers.
        clamp: Whether the picture is clamped to [0, 1] at every evaluation.
        veil: Deviation of the noise that is added before the network, new at every evaluation.
        octaves: Number of octaves of the optimisation (``octaves.py``); 0: it is in pixels.
    """

    style: Mapping[str, float]
    content: Mapping[str, float]
    gram: str = "space"
    relative: bool = False
    variation: float = 0.0
    squared: bool = False
    outside: float = 0.0
    scale: float = 255.0
    optimiser: str = "lbfgs"
    rate: float = 1.0
    history: int = 100
    clamp: bool = False
    veil: float = 0.0
    octaves: int = 0

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that is compared."""
        return tuple(dict.fromkeys((*self.style, *self.content)))


OURS = Recipe(
    style=dict.fromkeys(STYLE, 200.0),
    content={"relu3_1": 65.0, "relu4_1": 65.0},
    relative=True,
    outside=1e4,
    scale=1.0,
    history=10,
    veil=0.04,
    octaves=5,
)
"""Relative distances, behind noise, and a walk in octaves.

A small network is easily fooled by pixels made for it alone: figures fall, and the picture fills with
grain. Noise in front of it at every evaluation takes that way out (randomised smoothing: Cohen, Rosenfeld &
Kolter 2019).
"""
GATYS = Recipe(
    style={layer: 1e3 / width**2 for layer, width in zip(STYLE, WIDTHS, strict=True)},
    content={"relu4_2": 1.0},
)
"""Gatys' own notebook, github.com/leongatys/PytorchNeuralStyleTransfer."""
NEURAL_STYLE = Recipe(
    style=dict.fromkeys(STYLE, 100.0),
    content={"relu4_2": 5.0},
    gram="all",
    variation=1e-3,
)
"""github.com/ProGamerGov/neural-style-pt, after jcjohnson's neural-style."""
ANISHATHALYE = Recipe(
    style=dict.fromkeys(STYLE, 500.0 / 5),
    content={"relu4_2": 5.0},
    gram="all",
    variation=100.0,
    squared=True,
    optimiser="adam",
    rate=10.0,
)
"""github.com/anishathalye/neural-style."""
TUTORIAL = Recipe(
    style=dict.fromkeys(("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"), 1e6),
    content={"conv2_2": 1.0},
    gram="all",
    scale=1.0,
    clamp=True,
)
"""PyTorch's tutorial; its five style layers are VGG-19's first five convolutions, before the ReLU."""
RECIPES: Mapping[str, Recipe] = {
    "ours": OURS,
    "gatys": GATYS,
    "neural_style": NEURAL_STYLE,
    "anishathalye": ANISHATHALYE,
    "tutorial": TUTORIAL,
}
