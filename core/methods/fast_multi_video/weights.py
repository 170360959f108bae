"""Networks of many styles for video, the names of their styles, and the two published files."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, has_none, rename_tensors, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import explain_wrong_network, fill
from ...checkpoints.store import Store
from ...checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ...contract import Style
from ...errors import ParamsError, WeightsError
from ...files.damage import explain_damage
from . import MEMORIES
from .network import PUBLISHED, PUBLISHED_IMAGE, Form, VideoNet, form_of, of_style

NAME = "fast_multi_video"
STYLE = "style."
"""Before the name of a style among a network's tensors: the number of its row in all norms."""
SLOTS = 120
"""Styles of the published files; those of fewer hold as many."""
MOST = 100_000
"""Styles of any file."""


def load_network(
    store: Store, backbone: str, styles: Sequence[Style], alpha: float = 1.0
) -> VideoNet:
    """Return the network for a mixture of named styles; see ``of_style``.

    Raises:
        ParamsError: if a style is a picture, or a name that is not known; known names are listed.
        WeightsError: if the network is missing, damaged, or another one.
    """
    name = f"{backbone}.{NAME}"
    state = store.load(name)
    with explain_wrong_network(name):
        rows = style_rows(state)
    shares = torch.zeros(1 + max(rows.values(), default=0))
    for style in styles:
        shares[_row(rows, style.source)] += style.weight / sum(s.weight for s in styles)
    own = {key: value for key, value in state.items() if not key.startswith(STYLE)}
    return network_of(_mix(own, shares, alpha, name), name)


def style_rows(state: State) -> dict[str, int]:
    """Return the row of every style by its name, in the order of the rows."""
    rows = {k.removeprefix(STYLE): int(v) for k, v in state.items() if k.startswith(STYLE)}
    if any(not 0 <= row < MOST for row in rows.values()):
        raise ValueError("a style has a row that no norm has")
    return dict(sorted(rows.items(), key=lambda item: item[1]))


def _row(rows: Mapping[str, int], style: Tensor | str) -> int:
    if isinstance(style, str) and style in rows:
        return rows[style]
    came = f"has no style {style!r}" if isinstance(style, str) else "takes no picture"
    known = f"choose one of: {', '.join(rows)}" if rows else "this network has none"
    raise ParamsError(f"{NAME} {came}; {known}")


def _mix(state: State, shares: Tensor, alpha: float, name: str) -> dict[str, Tensor]:
    with explain_damage(
        WeightsError, f"{name} has norms of other styles than it names; import or install it again"
    ):
        return of_style(state, shares, alpha)


def network_of(state: State, name: str) -> VideoNet:
    """Return the network for one style from its tensors; ``name`` is used in errors."""
    with explain_damage(
        WeightsError, f"{name} is no network of {NAME}; import or install it again"
    ):
        form = form_of(shapes_of(state))
    return fill(partial(VideoNet, form), state, name)


def published_convs(form: Form) -> dict[str, str]:
    """Return our names of convolutions by their published names."""
    blocks = range(1, form.sizes.blocks + 1)
    names = {f"style_conv{i}.conv2d": f"down.conv{i}" for i in (1, 2, 3)}
    names |= {f"style_res{k}.conv{i}.conv2d": f"block{k}.conv{i}" for k in blocks for i in (1, 2)}
    names |= {f"style_deconv{i}.conv2d": f"up.conv{i}" for i in (1, 2, 3)}
    for number, place in _list_memories(form):
        names[f"convlstm{number}.Gates"] = f"{place}.lstm.gates"
        names[f"catconv{number}.conv2d"] = f"{place}.conv"
    return names


def published_norms(form: Form) -> dict[str, str]:
    """Return our names of norms by their published names; each published norm has a part for every style."""
    blocks = range(1, form.sizes.blocks + 1)
    names = {f"style_conv{i}.instance": f"down.norm{i}" for i in (1, 2, 3)}
    names |= {f"style_res{k}.in{i}": f"block{k}.norm{i}" for k in blocks for i in (1, 2)}
    names |= {f"style_deconv{i}.instance": f"up.norm{i}" for i in (1, 2)}
    return names | {f"catconv{n}.instance": f"{place}.norm" for n, place in _list_memories(form)}


def _list_memories(form: Form) -> list[tuple[int, str]]:
    return [(n, place) for n, place in enumerate(MEMORIES, 1) if form.hidden[n - 1]]


def published_names(form: Form) -> dict[str, str]:
    """Return all published tensors with our names; tensors of style 7 have the suffix ``#7``."""
    kinds = ("weight", "bias")
    names = {f"{t}.{k}": f"{o}.{k}" for t, o in published_convs(form).items() for k in kinds}
    return names | {
        f"{t}.instance{n}.{k}": f"{o}.{k}#{n}"
        for t, o in published_norms(form).items()
        for k in kinds
        for n in range(SLOTS)
    }


def converter(form: Form) -> Callable[[State], dict[str, Tensor]]:
    """Return the conversion of a published network, whose input has ImageNet's range; styles are numbered."""
    take = rename_tensors(published_names(form))

    def convert(state: State) -> dict[str, Tensor]:
        parts = take(state)
        weights = {name: value for name, value in parts.items() if "#" not in name}
        for name in (
            f"{o}.{k}" for o in published_norms(form).values() for k in ("weight", "bias")
        ):
            weights[name] = torch.stack([parts[f"{name}#{n}"] for n in range(SLOTS)])
        mean, std = (
            weights["down.conv1.bias"].new_tensor(v)[:, None, None]
            for v in (IMAGENET_MEAN, IMAGENET_STD)
        )
        weight = weights["down.conv1.weight"] / std
        weights["down.conv1.bias"] = weights["down.conv1.bias"] - (weight * mean).sum((1, 2, 3))
        numbers = {f"{STYLE}{n}": torch.tensor(float(n)) for n in range(SLOTS)}
        return weights | {"down.conv1.weight": weight} | numbers

    return convert


MEMORY = "convlstm1.Gates.weight"
"""What only the network that remembers has."""
FIRST = "style_conv1.conv2d.weight", PUBLISHED.sizes.widths[0], 3, 9, 9
SOURCE, LICENCE = "github.com/gaow0007/Fast-Multi-Video-Style-Transfer", "none stated"
FORMATS = (
    Format(
        id="fast-multi-video",
        name=f"published.{NAME}",
        detect=has_all(*published_names(PUBLISHED)) & shape_is(*FIRST),
        convert=converter(PUBLISHED),
        source=SOURCE,
        licence=LICENCE,
    ),
    Format(
        id="fast-multi-image",
        name=f"published_image.{NAME}",
        detect=has_all(*published_names(PUBLISHED_IMAGE)) & has_none(MEMORY) & shape_is(*FIRST),
        convert=converter(PUBLISHED_IMAGE),
        source=SOURCE,
        licence=LICENCE,
    ),
)
