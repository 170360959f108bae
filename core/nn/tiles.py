"""Running a network tile by tile: windows are copied to its device, results to the picture's device."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..progress import Progress, Report, ignore
from ..tiling import Box, Canvas, Grid, Tile, Windows, cut, read

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class TileRun:
    """How a picture is worked through: how it is cut, where its tiles are computed, who is told of each."""

    grid: Grid = field(default_factory=Grid)
    device: torch.device = CPU
    report: Report = ignore


def each_window(
    x: Windows, tiles: list[Tile], run: TileRun, stage: str
) -> Iterator[tuple[Tile, Tensor]]:
    """Yield every tile with its window of the picture on the run's device; report each when it is done."""
    for done, tile in enumerate(tiles, 1):
        window = _send(read(x, tile.window), run.device)
        yield tile, window.contiguous(memory_format=torch.channels_last)
        run.report(Progress(stage, done, len(tiles)))


def _send(window: Tensor, device: torch.device) -> Tensor:
    """Return a window on ``device``; the copy to a GPU runs without blocking."""
    if device.type == "cuda" and window.device.type == "cpu":
        window = window.pin_memory()  # the allocator keeps it until the copy is complete
    return window.to(device, torch.float32, non_blocking=True)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A tile's result that is being copied to the picture's device."""

    box: Box
    picture: Tensor
    home: torch.device
    done: torch.cuda.Event | None

    def write(self, out: Canvas) -> None:
        """Write it once the copy is complete."""
        if self.done is not None:
            self.done.synchronize()
        rows, columns = slice(self.box.top, self.box.bottom), slice(self.box.left, self.box.right)
        out[..., rows, columns] = self.picture.to(self.home, torch.float32)


def _fetch(core: Tensor, box: Box, home: torch.device) -> _Arrival:
    """Start copying a result back; from a GPU it goes to pinned memory while the next tile is computed."""
    if core.device.type != "cuda" or home.type == "cuda":
        return _Arrival(box, core, home, None)
    picture = torch.empty(core.shape, dtype=core.dtype, pin_memory=True)
    picture.copy_(core, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(core.device))
    return _Arrival(box, picture, home, done)


def map_tiles(
    apply: Callable[[Tensor], Tensor],
    x: Windows,
    run: TileRun,
    *,
    halo: int,
    multiple: int,
) -> Tensor:
    """Return ``apply`` of the whole picture, computed tile by tile: (B, 3, H, W) float32, on x's device."""
    held = x.device if isinstance(x, Tensor) else CPU
    out = torch.empty(x.shape[0], 3, *x.shape[-2:], dtype=torch.float32, device=held)
    fill_tiles(out, apply, x, run, halo=halo, multiple=multiple)
    return out


def fill_tiles(  # the last two are named by the caller
    out: Canvas,
    apply: Callable[[Tensor], Tensor],
    x: Windows,
    run: TileRun,
    *,
    halo: int,
    multiple: int,
) -> None:
    """Write ``apply`` of the whole picture to ``out``, which has the picture's size, tile by tile.

    A GPU computes the next tile while the result of the last one is written.
    """
    height, width = x.shape[-2:]
    home = out.device if isinstance(out, Tensor) else CPU
    tiles = cut(height, width, run.grid, halo=halo, multiple=multiple)
    late: _Arrival | None = None
    for tile, window in each_window(x, tiles, run, "stylize"):
        core, visible = tile.core, _inside(tile.core, height, width)
        if visible.height <= 0 or visible.width <= 0:
            continue  # it holds only pixels that fill the pooling grid
        rows, columns = core.within(tile.window)
        result = apply(window)[..., rows, columns][..., : visible.height, : visible.width]
        arrival = _fetch(result, visible, home)
        if late is not None:
            late.write(out)
        late = arrival if arrival.done is not None else None
        if late is None:
            arrival.write(out)
    if late is not None:
        late.write(out)


def _inside(box: Box, height: int, width: int) -> Box:
    return Box(box.top, box.left, min(box.bottom, height), min(box.right, width))
