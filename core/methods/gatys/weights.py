"""Gatys' published network, and how the networks for losses are loaded."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, has_none, layer_names, rename, shape_is
from ...checkpoints.networks import load_encoder
from ...contract import RunContext
from ...errors import WeightsError
from ...nn.encoder import Encoder, conv_names
from ...nn.vgg import layer_radius, level_of

BEYOND = ("conv5_2.*", "conv5_3.*", "conv5_4.*")
MEAN = (0.48501961, 0.45795686, 0.40760392)
"""Of R, G and B, which the notebook takes off before it multiplies by 255."""
HEADS = {"compact": "compact.heads"}
"""Backbones whose features are compared behind heads that lead to VGG-19's channels."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """The network of the losses: an encoder, and the factors of its heads by layer, if it has any."""

    encoder: Encoder
    factors: dict[str, Tensor]


def load_eyes(run: RunContext, layers: tuple[str, ...]) -> Eyes:
    """Return the run's network up to the deepest of ``layers``, on its device and in its type.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    deepest = max(layers, key=layer_radius)
    encoder = load_encoder(run.store, run.backbone, level_of(deepest))
    encoder = encoder.to(run.device, run.dtype)
    return Eyes(encoder, _factors(run, encoder))


def _factors(run: RunContext, encoder: Encoder) -> dict[str, Tensor]:
    name = HEADS.get(run.backbone)
    if name is None:
        return {}
    state = run.store.load(name)
    sizes = {f"relu{k}_1": width + 1 for k, width in enumerate(encoder.widths, 1)}
    wrong = [k for k, n in sizes.items() if k not in state or state[k].shape != (n, n)]
    if wrong:
        raise WeightsError(
            f"{name} does not fit {run.backbone}.encoder: {wrong[0]} is missing or of another shape; "
            "reinstall Stylize"
        )
    return {layer: state[layer].to(run.device) for layer in sizes}


def from_notebook(state: State) -> dict[str, Tensor]:
    """Return the notebook's VGG-19 in our names, with BGR and its mean in the 1x1 convolution."""
    pairs = [(name, name) for name in conv_names()]
    weights = rename(pairs, ignore=BEYOND)(state)
    swap = 255 * torch.eye(3).flip(0)
    bias = -255 * torch.tensor(MEAN).flip(0)
    return {"input.weight": swap[:, :, None, None], "input.bias": bias} | weights


FORMATS = (
    Format(
        id="vgg-gatys",
        name="vgg19_gatys.encoder",
        detect=has_all(*layer_names("conv1_1", "conv3_4", "conv5_1", "conv5_4"))
        & has_none("input.weight")
        & shape_is("conv1_1.weight", 64, 3, 3, 3),
        convert=from_notebook,
        source="bethgelab.org/media/uploads/pytorch_models/vgg_conv.pth",
        licence="not stated",
    ),
)
