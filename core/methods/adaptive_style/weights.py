"""Networks by the artist's name or from a file, and the authors' TensorFlow checkpoints."""

from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, rename_tensors, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import fill
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...contract import Style
from ...errors import WeightsError
from ...files.damage import explain_damage
from . import CARD
from .network import BLOCKS, PUBLISHED, Generator, sizes_of

NETWORKS = StyledNetworks(
    "adaptive_style",
    CARD.backbones,
    "adaptive_style",
    "train one: python -m core train adaptive_style --a PHOTOS --b PAINTINGS",
)
"""Where the networks are."""
DEPTH = len(PUBLISHED.down)
"""Convolutions of the published encoder."""
OLD = (
    "discriminator/*",
    "*/Adam",
    "*/Adam_1",
    "*_power*",
    "global_step*",
    "*/ExponentialMovingAverage",
)
"""What checkpoints hold besides: the discriminator, and the state of the training."""


def load_network(store: Store, backbone: str, style: Style) -> Generator:
    """Return the network of an artist's name, or of the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if it is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return generator_of(*NETWORKS.load(store, backbone, style.source))


def generator_of(state: State, name: str) -> Generator:
    """Return the network whose tensors these are, of any size; ``name`` is said in errors."""
    with explain_damage(
        WeightsError,
        f"{name} is no network of adaptive_style; python -m core identify says what it is",
    ):
        sizes = sizes_of(shapes_of(state))
    return fill(partial(Generator, sizes), state, name)


def published_convolutions() -> dict[str, str]:
    """Return our name of each convolution by theirs, without what follows."""
    blocks = range(1, BLOCKS + 1)
    return {
        **{f"encoder/g_e{n}_c/Conv": f"encoder.conv{n}" for n in range(1, DEPTH + 1)},
        **{f"decoder/g_r{n}_c{k}/Conv": f"block{n}.conv{k}" for n in blocks for k in (1, 2)},
        **{f"decoder/g_d{n}_dc/conv2d/Conv": f"up{n}.conv" for n in range(1, 5)},
        "decoder/g_pred_c/Conv": "last.conv",
    }


def published_norms() -> dict[str, str]:
    """Return our name of each norm by theirs, without what follows."""
    blocks = range(1, BLOCKS + 1)
    return {
        **{f"encoder/g_e{n}_bn": f"encoder.norm{n}" for n in range(DEPTH + 1)},
        **{f"decoder/g_r{n}_bn{k}": f"block{n}.norm{k}" for n in blocks for k in (1, 2)},
        **{f"decoder/g_d{n}_bn": f"up{n}.norm" for n in range(1, 5)},
    }


def published_names() -> dict[str, str]:
    """Return our name of every tensor by theirs."""
    kinds = {"scale": "weight", "offset": "bias"}
    return {f"{t}/weights": f"{o}.weight" for t, o in published_convolutions().items()} | {
        f"{t}/{k}": f"{o}.{v}" for t, o in published_norms().items() for k, v in kinds.items()
    }


def convert(state: State) -> dict[str, Tensor]:
    """Convert a checkpoint to our names and PyTorch's order of axes."""
    found = rename_tensors(published_names(), ignore=OLD)(state)
    return {k: v.permute(3, 2, 0, 1).contiguous() if v.ndim == 4 else v for k, v in found.items()}


FORMATS = (
    Format(
        id="adaptive-style",
        name="published.adaptive_style_*",
        detect=has_all(*published_names())
        & shape_is("encoder/g_e1_c/Conv/weights", 3, 3, 3, PUBLISHED.down[0]),
        convert=convert,
        source="github.com/CompVis/adaptive-style-transfer",
        licence="GPL-3.0",
    ),
)
