"""A painting in layers: what it looks like with each of them, and the layers of an EXR that give it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..color import Floats, srgb_to_linear
from ..contract import Staged
from ..errors import ParamsError
from ..formats.exr import write_channels
from ..formats.write import Sealed
from ..nn.tiles import TileRun, fill_tiles
from ..tiling import Windows

MOST = 24_000_000
"""Pixels of a picture whose layers are kept, at most: all of them are in memory at once."""


@dataclass(slots=True)
class Stages:
    """What a picture's canvas looks like with each of its method's layers, (1, 3 n, h, w)."""

    shape: tuple[int, int]
    count: int
    given: Tensor | None = field(default=None, init=False)

    def ask(self, prepared: object, seen: Windows, run: TileRun) -> None:
        """Have a prepared method split what it saw."""
        if not isinstance(prepared, Staged):
            raise TypeError(prepared)
        self.given = torch.empty(1, 3 * self.count, *self.shape)
        halo, multiple = prepared.halo, prepared.multiple
        fill_tiles(self.given, prepared.split, seen, run, halo=halo, multiple=multiple)

    def split(self) -> Sequence[Tensor]:
        """Return the canvas with each layer, (1, 3, h, w) each."""
        return () if self.given is None else self.given.split(3, 1)


def check_size(shape: tuple[int, ...]) -> None:
    """Check that a picture's layers fit into memory.

    Raises:
        ParamsError: if they do not.
    """
    if shape[-1] * shape[-2] > MOST:
        raise ParamsError(
            f"layers are kept of {MOST // 1_000_000} megapixels at most and this picture has "
            f"{shape[-1]} x {shape[-2]} pixels; leave paint_layers out, or paint a smaller one",
            "paint_layers",
        )


def part(stages: Sequence[Floats]) -> list[Floats]:
    """Return layers (4, H, W) of pictures (3, H, W) from the lowest up, each with one layer more.

    Colours are scene-linear and premultiplied, as in an EXR. Laid over each other they give each again.
    A layer is as transparent as its colours allow; the lowest hides all.
    """
    return part_light([srgb_to_linear(np.clip(stage, 0, 1)).astype(np.float32) for stage in stages])


def part_light(stages: Sequence[Floats]) -> list[Floats]:
    """Return the layers of ``part`` of pictures (3, H, W) in scene-linear light, however bright."""
    peak = np.float32(max(1.0, *(float(stage.max(initial=0)) for stage in stages)))
    linear = [np.clip(stage, 0, None) / peak for stage in stages]
    layers = [np.concatenate([linear[0], np.ones_like(linear[0][:1])])]
    for below, above in pairwise(linear):
        lighter = (above - below) / np.maximum(1 - below, 1e-6)
        darker = (below - above) / np.maximum(below, 1e-6)
        alpha = np.clip(np.maximum(lighter, darker).max(0, keepdims=True), 0, 1)
        layers.append(np.concatenate([above - (1 - alpha) * below, alpha]))
    for layer in layers:
        layer[:3] *= peak
    return layers


def lay_over(layers: Sequence[Floats]) -> Floats:
    """Return what layers (4, H, W) of ``part`` look like over each other, (3, H, W), scene-linear."""
    seen = layers[0][:3]
    for layer in layers[1:]:
        seen = layer[:3] + (1 - layer[3:]) * seen
    return seen


def write_stages(path: str, names: Sequence[str], stages: Sequence[Floats]) -> None:
    """Write a painting's layers as an EXR: *Paint* with Combined and each layer by its name.

    Args:
        path: Where to.
        names: Of the layers, from the lowest up.
        stages: (1, 3, H, W), what it looks like with each of them; the last is the painting.

    Raises:
        PictureError: if the folder or disk does not take it.
    """
    write_layers(Path(path), dict(zip(names, part([stage[0] for stage in stages]), strict=True)))


def write_layers(path: Path, layers: Mapping[str, Floats], sealed: Sealed | None = None) -> None:
    """Write layers (4, H, W) by their names as an EXR, from the lowest up, with what they are together.

    Args:
        path: Where to.
        layers: As of ``part``.
        sealed: Is told of the finished file just before it gets its name.

    Raises:
        PictureError: if the folder or disk does not take it.
    """
    combined = lay_over(list(layers.values()))
    whole = {"Combined": np.concatenate([combined, np.ones_like(combined[:1])])}
    write_channels(path, _name_channels({**whole, **layers}), sealed)


def _name_channels(layers: Mapping[str, Floats]) -> dict[str, Floats]:
    return {
        f"Paint.{name}.{letter}": layer[index]
        for name, layer in layers.items()
        for index, letter in enumerate("RGBA")
    }
