"""MicroAST's four published files, and how its network is loaded.

The files of the two encoders hold the same tensors; only the files' names tell them apart.
"""

from pathlib import Path

from torch import Tensor

from ...checkpoints.formats import Format, has_all, layer_names, rename, shape_is
from ...checkpoints.identify import identify, shapes_of
from ...checkpoints.networks import fill
from ...checkpoints.read import read_state
from ...checkpoints.store import Store
from ...errors import WeightsError
from .network import MODULATOR, MicroAST

SOURCE, LICENCE = "github.com/EndyWon/MicroAST", "MIT"
PARTS = ("content_encoder", "style_encoder", "modulator", "decoder")
NAME = "microast"
PUBLISHED = f"published.{NAME}"
Pairs = list[tuple[str, str]]


def load_network(store: Store, backbone: str) -> MicroAST:
    """Return the network: the backbone's own if it is there, else that of the four published files.

    Raises:
        WeightsError: if neither is there (the error says where it is published), or if a file is damaged.
    """
    whole, parts = f"{backbone}.{NAME}", {part: f"{PUBLISHED}_{part}" for part in PARTS}
    if store.has(whole):
        return fill(MicroAST, store.load(whole), whole)
    missing = [part for part, name in parts.items() if not store.has(name)]
    if missing:
        files = ", ".join(f"{part}_iter_160000.pth.tar" for part in missing)
        raise WeightsError(
            f"the {backbone} network of MicroAST is not here: fetch {files} from the folder models of "
            f"{SOURCE} and import each with: python -m core weights import FILE"
        )
    return _join_parts({part: store.load(name) for part, name in parts.items()})


def read_published(folder: Path) -> MicroAST:
    """Return the network of the four published files in a folder.

    Raises:
        WeightsError: if one is missing or another file.
    """
    return _join_parts({part: _read(folder, part) for part in PARTS})


def _read(folder: Path, part: str) -> dict[str, Tensor]:
    found = sorted(folder.glob(f"{part}_iter_*.pth.tar"))
    if not found:
        raise WeightsError(
            f"no MicroAST {part} in {folder}: give the folder of the four published files"
        )
    state = read_state(found[-1])
    return identify(shapes_of(state), FORMATS, found[-1].name).convert(state)


def _join_parts(states: dict[str, dict[str, Tensor]]) -> MicroAST:
    state = {f"{part}.{k}": v for part, tensors in states.items() for k, v in tensors.items()}
    return fill(MicroAST, state, PUBLISHED)


def _list_block(theirs: str, ours: str) -> Pairs:
    return [(f"{theirs}.conv{i}.conv_layer", f"{ours}.conv{i}") for i in (1, 2)]


def encoder_pairs() -> Pairs:
    """Return (theirs, ours)."""
    places = {0: "conv1", 2: "down1", 4: "mix1", 6: "down2", 8: "mix2"}
    return [
        *((f"enc1.{i}.conv_layer", name) for i, name in places.items()),
        *_list_block("enc1.10", "block1"),
        *_list_block("enc2.0", "block2"),
    ]


def modulator_pairs() -> Pairs:
    """Return (theirs, ours)."""
    return [(f"{name}.0.conv_layer", name) for name in MODULATOR]


def decoder_pairs() -> Pairs:
    """Return (theirs, ours)."""
    places = {1: "up1", 3: "mix1", 6: "up2", 8: "mix2", 10: "last"}
    return [
        *_list_block("dec1", "block1"),
        *_list_block("dec2", "block2"),
        *((f"dec3.{i}.conv_layer", f"tail.{name}") for i, name in places.items()),
    ]


def _make_format(part: str, pairs: Pairs, weight: str, *shape: int) -> Format:
    return Format(
        id=f"microast-{part.replace('_', '-')}",
        name=f"{PUBLISHED}_{part}",
        detect=has_all(*layer_names(*(theirs for theirs, _ in pairs))) & shape_is(weight, *shape),
        convert=rename(pairs),
        source=SOURCE,
        licence=LICENCE,
        file=f"{part}*",
    )


FORMATS = (
    *(
        _make_format(part, encoder_pairs(), "enc1.0.conv_layer.weight", 16, 3, 9, 9)
        for part in PARTS[:2]
    ),
    _make_format("modulator", modulator_pairs(), "weight1.0.conv_layer.weight", 64, 1, 3, 3),
    _make_format("decoder", decoder_pairs(), "dec3.10.conv_layer.weight", 3, 16, 9, 9),
)
