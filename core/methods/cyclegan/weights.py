"""Networks by name or from a file, and the authors' published forms."""

from collections.abc import Iterator
from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, has_none, rename_tensors, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import fill
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...contract import Style
from ...errors import WeightsError
from ...files.damage import explain_damage
from . import CARD
from .network import PUBLISHED, Generator, Sizes, sizes_of

NETWORKS = StyledNetworks(
    "cyclegan",
    CARD.backbones,
    "cyclegan",
    "train one: python -m core train cyclegan --a DIR --b DIR",
)
"""Where the networks are."""
OLD = ("*.running_mean", "*.running_var", "*.num_batches_tracked")
"""What files hold besides: numbers of instance norms that are each picture's own, and counters."""
MOMENTS = {"running_mean": "mean", "running_var": "var", "weight": "weight", "bias": "bias"}


def load_network(store: Store, backbone: str, style: Style) -> Generator:
    """Return the network of a name, or of the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if it is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return generator_of(*NETWORKS.load(store, backbone, style.source))


def generator_of(state: State, name: str) -> Generator:
    """Return the generator whose tensors these are, of any size; ``name`` is said in errors."""
    with explain_damage(
        WeightsError, f"{name} is no network of cyclegan; python -m core identify says what it is"
    ):
        sizes = sizes_of(shapes_of(state))
    return fill(partial(Generator, sizes), state, name)


def published_layers(blocks: int = 9, *, dropout: bool = False) -> list[tuple[str, str]]:
    """Return (theirs, ours): the layers' names, of networks with ``dropout`` one further on."""
    up = 10 + blocks
    return [
        *((f"model.{n}", f"down.conv{k}") for k, n in enumerate((1, 4, 7), 1)),
        *(
            (f"model.{9 + n}.conv_block.{place}", f"block{n}.conv{k}")
            for n in range(1, blocks + 1)
            for k, place in ((1, 1), (2, 6 if dropout else 5))
        ),
        (f"model.{up}", "up.conv1"),
        (f"model.{up + 3}", "up.conv2"),
        (f"model.{up + 7}", "up.last"),
    ]


def published_norms(blocks: int = 9, *, dropout: bool = False) -> list[tuple[str, str]]:
    """Return (theirs, ours): the names of batch norms, each of which follows its layer."""
    pairs: list[tuple[str, str]] = []
    for theirs, ours in published_layers(blocks, dropout=dropout)[:-1]:
        head, number = theirs.rsplit(".", 1)
        pairs.append((f"{head}.{int(number) + 1}", ours.replace("conv", "norm")))
    return pairs


def published_names(sizes: Sizes, *, dropout: bool = False) -> dict[str, str]:
    """Return our name of every tensor by theirs; with batch norms only the last layer has a bias."""
    layers = published_layers(sizes.blocks, dropout=dropout)
    names = {f"{t}.weight": f"{o}.weight" for t, o in layers}
    if not sizes.batch:
        return names | {f"{t}.bias": f"{o}.bias" for t, o in layers}
    last, ours = layers[-1]
    norms = published_norms(sizes.blocks, dropout=dropout)
    moments = {f"{t}.{k}": f"{o}.{v}" for t, o in norms for k, v in MOMENTS.items()}
    return names | moments | {f"{last}.bias": f"{ours}.bias"}


def convert(sizes: Sizes, state: State, *, dropout: bool = False) -> dict[str, Tensor]:
    """Convert a file to our names; layers before a batch norm get a bias of nothing."""
    names = published_names(sizes, dropout=dropout)
    counters = ("*.num_batches_tracked",) if sizes.batch else OLD
    found = rename_tensors(names, ignore=counters)(state)
    biases = {
        f"{ours}.bias": found[f"{ours}.weight"].new_zeros(_outputs(ours, found))
        for _, ours in published_layers(sizes.blocks)
        if f"{ours}.bias" not in found
    }
    return found | biases


def _outputs(layer: str, state: dict[str, Tensor]) -> int:
    """Return a layer's number of outputs, which transposed convolutions have second."""
    return state[f"{layer}.weight"].shape[1 if layer in ("up.conv1", "up.conv2") else 0]


def _formats() -> Iterator[Format]:
    for blocks in (9, 6):
        for batch in (False, True):
            for dropout in (False, True):
                yield _format(PUBLISHED._replace(blocks=blocks, batch=batch), dropout=dropout)


def _format(sizes: Sizes, *, dropout: bool) -> Format:
    names = published_names(sizes, dropout=dropout)
    kind = f"cyclegan-{sizes.blocks}" + "-batch" * sizes.batch + "-dropout" * dropout
    fits = has_all(*names) & shape_is("model.1.weight", sizes.width, 3, 7, 7)
    return Format(
        id=kind,
        name="published.cyclegan_*",
        detect=fits if sizes.batch else fits & has_none("model.2.weight"),
        convert=partial(convert, sizes, dropout=dropout),
        source="github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
        licence="BSD-2-Clause",
    )


FORMATS = tuple(_formats())
