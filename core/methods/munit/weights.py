"""Translations by name or from a file, and the authors' published form."""

from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, rename_tensors, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import fill
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...errors import WeightsError
from ...files.damage import explain_damage
from . import CARD
from .network import PUBLISHED, Generator, Pair, Sizes, sizes_of

NETWORKS = StyledNetworks(
    "munit",
    CARD.backbones,
    "munit",
    "train one: python -m core train munit --a DIR --b DIR",
)
"""Where the networks are."""
OLD = (
    "*.norm.running_mean",
    "*.norm.running_var",
    "*.norm.num_batches_tracked",
    "*.norm.weight",
    "*.norm.bias",
)
"""What files hold besides: the norms' numbers that nothing reads."""


def load_networks(store: Store, backbone: str, style: str) -> Pair:
    """Return both generators of a translation, which is a name or the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if it is a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return pair_of(*NETWORKS.load(store, backbone, style))


def pair_of(state: State, name: str) -> Pair:
    """Return the generators whose tensors these are, of any size; ``name`` is said in errors."""
    sides = [{k[2:]: v for k, v in state.items() if k.startswith(f"{side}.")} for side in "ab"]
    return Pair(*(generator_of(side, name) for side in sides))


def generator_of(state: State, name: str) -> Generator:
    """Return one generator; ``name`` is said in errors."""
    with explain_damage(
        WeightsError, f"{name} is no network of munit; python -m core identify says what it is"
    ):
        sizes = sizes_of(shapes_of(state))
    return fill(partial(Generator, sizes), state, name)


def published_layers(sizes: Sizes = PUBLISHED) -> list[tuple[str, str]]:
    """Return (theirs, ours): the layers' names of a generator."""
    blocks = range(sizes.blocks)
    return [
        *((f"enc_style.model.{i}.conv", f"style.conv{i + 1}") for i in range(5)),
        ("enc_style.model.6", "style.last"),
        *((f"enc_content.model.{i}.conv", f"content.down.conv{i + 1}") for i in range(3)),
        *(
            (f"enc_content.model.3.model.{n}.model.{i}.conv", f"content.block{n + 1}.conv{i + 1}")
            for n in blocks
            for i in range(2)
        ),
        *((f"mlp.model.{i}.fc", f"mlp.fc{i + 1}") for i in range(3)),
        *(
            (f"dec.model.0.model.{n}.model.{i}.conv", f"block{n + 1}.conv{i + 1}")
            for n in blocks
            for i in range(2)
        ),
        ("dec.model.2.conv", "up.conv1"),
        ("dec.model.4.conv", "up.conv2"),
        ("dec.model.5.conv", "up.last"),
    ]


def published_names(sizes: Sizes = PUBLISHED) -> dict[str, str]:
    """Return our name of every tensor of a generator by theirs."""
    kinds = ("weight", "bias")
    names = {f"{t}.{k}": f"{o}.{k}" for t, o in published_layers(sizes) for k in kinds}
    norms = {
        f"dec.model.{2 * n}.norm.{theirs}": f"up.norm{n}.{ours}"
        for n in (1, 2)
        for theirs, ours in (("gamma", "gain"), ("beta", "shift"))
    }
    return names | norms


def convert(state: State) -> dict[str, Tensor]:
    """Convert a file of both generators to our names."""
    names = {f"{s}.{t}": f"{s}.{o}" for s in "ab" for t, o in published_names().items()}
    return rename_tensors(names, ignore=OLD)(state)


FORMATS = (
    Format(
        id="munit",
        name="published.munit_*",
        detect=has_all(*(f"{side}.{name}" for side in "ab" for name in published_names()))
        & shape_is("a.enc_content.model.0.conv.weight", PUBLISHED.dim, 3, 7, 7),
        convert=convert,
        source="github.com/NVlabs/MUNIT",
        licence="CC-BY-NC-SA-4.0",
    ),
)
