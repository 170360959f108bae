"""Every method, given a file of weights that is another network than its name says: one sentence."""

import shutil
from contextlib import suppress

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.catalog import CARDS
from core.errors import StylizeError
from core.evaluation.untrained import NAMED, write_untrained
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

ABLE = [card for card in CARDS if "compact" in card.backbones and card.needed]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_untrained(folder)
    return folder


def other(state):
    return {"features.0.weight": torch.ones(3, 3)}


def cut(state):
    """All tensors begin as they should and are half as long."""
    return {k: v.flatten()[: max(1, v.numel() // 2)].contiguous() for k, v in state.items()}


def wide(state):
    """Shapes that promise a network of terabytes in a file of kilobytes."""
    return {
        k: torch.zeros(1 << 16, *([1] * (v.ndim - 1))) if v.ndim else v for k, v in state.items()
    }


def names(card, folder):
    """The card's networks that lie in the folder; ``name_`` stands for any that begins so."""
    found = sorted(path.stem for path in folder.glob("compact.*"))
    wanted = list(card.needed)
    return [
        name
        for name in found
        if any(name == w or (w.endswith("_") and name.startswith(w)) for w in wanted)
    ]


@pytest.mark.parametrize("harm", [other, cut, wide])
@pytest.mark.parametrize("card", ABLE, ids=lambda card: card.id)
def test_another_network_than_its_name_says(card, harm, untrained, content, style, tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(untrained, folder)
    source = str(style) if card.styles == "pictures" else NAMED[0]
    job = Job(
        content=str(content),
        output=str(tmp_path / "out.png"),
        styles=(StyleFile(source),),
        method=card.id,
        weights=str(folder),
    )
    unused = []
    for name in names(card, folder):
        path = folder / f"{name}.safetensors"
        whole = path.read_bytes()
        save_file(harm(load_file(path)), path)
        with suppress(StylizeError):  # and nothing else; a card's default may not need this one
            run(job)
            unused.append(name)
        path.write_bytes(whole)
    assert len(unused) < len(names(card, folder)), "a network that is needed is not looked at"
