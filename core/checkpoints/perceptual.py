"""LPIPS's published files: torchvision's AlexNet, SqueezeNet 1.1 and VGG-16, and the heads learnt on them."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import WeightsError
from ..nn.lpips import TAPS, WIDTHS, Perceptual, backbone, perceptual_of
from ..nn.vgg import VGG16
from .formats import Format, State, has_all, has_none, rename_tensors, shape_is
from .store import Store
from .vgg import torchvision_pairs

HEADS, LICENCE = "github.com/richzhang/PerceptualSimilarity", "BSD-2-Clause"
TORCHVISION = {"alex": "alexnet", "squeeze": "squeezenet1_1"}
"""What torchvision calls the networks; VGG-16 has a format of its own, which other parts use as well."""


def load_perceptual(store: Store, net: str = "alex") -> Perceptual:
    """Return LPIPS on a network of ``nn.lpips.NETS``.

    Raises:
        WeightsError: if the network or its heads are missing, saying what to fetch.
    """
    network = "vgg16.encoder" if net == "vgg" else f"lpips.{net}"
    heads = f"lpips.{net}_heads"
    missing = [name for name in (network, heads) if not store.has(name)]
    if missing:
        raise WeightsError(
            f"LPIPS needs {' and '.join(missing)}: fetch torchvision's {TORCHVISION.get(net, 'vgg16')} and "
            f"lpips/weights/v0.1/{net}.pth of {HEADS}, and run for each: python -m core weights import FILE"
        )
    state = store.load(network)
    if net == "vgg":
        pairs = torchvision_pairs(VGG16)
        names = {ours: theirs.removeprefix("features.") for theirs, ours in pairs}
        state = {f"{names[k.rsplit('.', 1)[0]]}.{k.rsplit('.', 1)[1]}": v for k, v in state.items()}
    found = store.load(heads)
    return perceptual_of(net, state, [found[f"head{k}"] for k in range(len(TAPS[net]))])


def heads_names(net: str) -> dict[str, str]:
    """Return our names of the heads by the published ones."""
    return {f"lin{k}.model.1.weight": f"head{k}" for k in range(len(TAPS[net]))}


def _heads(net: str) -> Format:
    names, widths = heads_names(net), WIDTHS[net]
    others = (f"lin{len(widths)}.model.1.weight",)
    return Format(
        id=f"lpips-{net}",
        name=f"lpips.{net}_heads",
        detect=has_all(*names)
        & has_none(*others)
        & shape_is("lin1.model.1.weight", 1, widths[1], 1, 1),
        convert=_flat(rename_tensors(names, ignore=("lins.*",))),
        source=HEADS,
        licence=LICENCE,
    )


def _flat(take: Callable[[State], dict[str, Tensor]]) -> Callable[[State], dict[str, Tensor]]:
    return lambda state: {name: value.flatten() for name, value in take(state).items()}


def _network(net: str) -> Format:
    with torch.device("meta"):  # names and shapes are all that is wanted
        own = backbone(net).state_dict()
    names = {f"features.{key}": key for key in own}
    last = max(names, key=lambda name: int(name.split(".")[1]))
    return Format(
        id=f"{TORCHVISION[net]}-torchvision",
        name=f"lpips.{net}",
        detect=has_all(*names) & shape_is(last, *own[names[last]].shape),
        convert=rename_tensors(names, ignore=("classifier.*",)),
        source="pytorch.org/vision",
        licence="BSD-3-Clause",
    )


FORMATS = (*(_network(net) for net in TORCHVISION), *(_heads(net) for net in TAPS))
