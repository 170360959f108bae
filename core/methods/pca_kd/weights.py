"""PCA-KD's published files: TensorFlow checkpoints of an encoder and a decoder, or both in one archive.

In the archives that circulate (``pcakd_vgg.npz``) layers have their own names; in the checkpoints they are
numbered within each block. Channels are read from the shapes, so students of other widths load too.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, has_none, rename_tensors
from ...checkpoints.networks import explain_wrong_network, fill
from ...checkpoints.store import Store
from ...errors import WeightsError
from . import STUDENTS
from .network import BLOCKS, EXTRA, Student

SOURCE, LICENCE = "github.com/chiutaiyin/PCA-Knowledge-Distillation", "MIT"
FOLDERS = {"vgg": "VGG backbone/ckpts", "mobilenet": "MobileNet backbone/ckpts"}
"""Where the published checkpoints lie in that repository."""
UNUSED = ("eigenbasis.*", "conv_aux/*", "eigenbases/*", "save_counter")
"""Only training needs these."""
Pairs = list[tuple[str, str]]


def load_student(store: Store, backbone: str, kind: str) -> Student:
    """Return a student: the backbone's own if it is there, else the published one.

    Raises:
        WeightsError: if neither is there (the error says where it is published), or if a file is damaged.
    """
    names = [f"{backbone}.pca_kd_{kind}", f"published.pca_kd_{kind}"]
    halves = [f"{names[-1]}_{part}" for part in ("encoder", "decoder")]
    if any(store.has(name) for name in names):
        state = store.load(*names)
    elif all(store.has(half) for half in halves):
        state = {key: value for half in halves for key, value in store.load(half).items()}
    else:
        raise WeightsError(
            f"PCA-KD's {kind} student is not here: fetch {SOURCE}, and import "
            f"sencoder.index and sdecoder.index of its folder {FOLDERS[kind]!r} with: "
            "python -m core weights import FILE"
        )
    return student_of(state, kind)


def student_of(state: State, kind: str) -> Student:
    """Return the student from its tensors.

    Raises:
        WeightsError: if they belong to another network.
    """
    lasts = [f"encoder.{k}.{names[-1]}.weight" for k, names in enumerate(BLOCKS[kind])]
    name = f"the {kind} student of PCA-KD"
    with explain_wrong_network(name):
        widths = [len(state[last]) for last in lasts if last in state]
    known = widths if len(widths) == len(lasts) else None
    return fill(partial(Student, kind, known), state, name)


def encoder_layers(kind: str) -> list[list[str]]:
    """Return the names of each block's convolutions."""
    return [[name for name in names if name != "pool"] for names in BLOCKS[kind]]


def decoder_layers(kind: str) -> list[list[str]]:
    """Return our names of each block's convolutions, in the order they run."""
    more = [[f"more.{i}" for i in range(extra)] for extra in EXTRA[kind]]
    return [["narrow", *more[k], "last"] if k else ["last"] for k in range(4)]


def archive_names(kind: str) -> Pairs:
    """Return (theirs, ours) of every convolution in an archive; the decoder's have running numbers."""
    encoder = [
        (f"senc.{k}.{name}", f"encoder.{k}.{name}")
        for k, names in enumerate(encoder_layers(kind))
        for name in names
    ]
    decoder = [(k, name) for k, names in enumerate(decoder_layers(kind)) for name in names]
    return encoder + [
        (f"sdec.{k}.conv2d{f'_{i}' if i else ''}", f"decoder.{k}.{name}")
        for i, (k, name) in enumerate(decoder)
    ]


def checkpoint_names(part: str, layers: list[list[str]]) -> Pairs:
    """Return (theirs, ours) of a checkpoint that has its blocks under ``btnecks``."""
    return [
        (f"btnecks/{k}/layer_with_weights-{i}", f"{part}.{k}.{name}")
        for k, names in enumerate(layers)
        for i, name in enumerate(names)
    ]


def sequence_names(layers: list[list[str]]) -> Pairs:
    """Return (theirs, ours) of mobilenet's encoder, whose layers are saved as one sequence."""
    flat = [(k, name) for k, names in enumerate(layers) for name in names]
    return [
        (f"se_model/layer_with_weights-{i}", f"encoder.{k}.{name}")
        for i, (k, name) in enumerate(flat)
    ]


def tensor_names(pairs: Pairs, suffix: str = "") -> dict[str, str]:
    """Return our names of tensors by theirs for (theirs, ours) layers; TensorFlow's weight is ``kernel``."""
    names = {}
    for theirs, ours in pairs:
        kernel = "depthwise_kernel" if "_dw_" in ours else "kernel"
        names |= {
            f"{theirs}/{kernel}{suffix}": f"{ours}.weight",
            f"{theirs}/bias{suffix}": f"{ours}.bias",
        }
    return names


def _convert(names: Mapping[str, str]) -> Callable[[State], dict[str, Tensor]]:
    """Return a conversion that renames tensors and moves a kernel's channels to the front."""
    take = rename_tensors(names, ignore=UNUSED)

    def convert(state: State) -> dict[str, Tensor]:
        return {name: _move_channels(name, value) for name, value in take(state).items()}

    return convert


def _move_channels(name: str, value: Tensor) -> Tensor:
    """Return a kernel (height, width, in, out) as (out, in, height, width); a depthwise one has out 1."""
    if value.ndim != 4:
        return value
    return value.permute(2, 3, 0, 1) if "_dw_" in name else value.permute(3, 2, 0, 1)


def _make_format(part: str, names: Mapping[str, str], but_not: Sequence[str] = ()) -> Format:
    return Format(
        id=f"pcakd-{part.replace('_', '-')}",
        name=f"published.pca_kd_{part}",
        detect=has_all(*names) & has_none(*but_not),
        convert=_convert(names),
        source=SOURCE,
        licence=LICENCE,
    )


def _archive(kind: str) -> Format:
    return _make_format(kind, tensor_names(archive_names(kind), ":0"))


def _encoder(kind: str) -> Format:
    layers = encoder_layers(kind)
    pairs = sequence_names(layers) if kind == "mobilenet" else checkpoint_names("encoder", layers)
    return _make_format(f"{kind}_encoder", tensor_names(pairs))


def _decoder(kind: str) -> Format:
    pairs = checkpoint_names("decoder", decoder_layers(kind))
    deeper = [f"btnecks/{k}/layer_with_weights-{len(decoder_layers(kind)[k])}/bias" for k in (0, 3)]
    return _make_format(f"{kind}_decoder", tensor_names(pairs), deeper)


FORMATS = tuple(make(kind) for make in (_archive, _encoder, _decoder) for kind in STUDENTS)
