"""Measure sources of motion against exact vectors: python tools/flow_errors.py FOLDER [SOURCE ...].

FOLDER holds what tools/render_flow.py renders. Without names, all whose weights are here are measured.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.checkpoints.store import Store
from core.errors import StylizeError, WeightsError
from core.train.renders import load_shards
from core.video.flow import SOURCES, FlowSource, Motion, make_source
from core.video.metrics import mean_end_point_error
from core.video.occlusion import confidence


def pairs(folder: Path) -> Iterator[tuple[Tensor, Tensor, Motion, Tensor]]:
    """Yield previous and current frame, their motion, and where the current is hidden in the previous."""
    for shard in load_shards(folder):
        for number, frames in enumerate(shard["frames"]):
            for t in range(len(frames) - 1):
                previous, current = (frames[t + k][None].float() / 255 for k in (0, 1))
                flows = (shard[k][number, t][None].float() for k in ("backward", "forward"))
                yield previous, current, Motion(*flows), shard["occluded"][number, t][None] > 0


def errors(source: FlowSource, folder: Path) -> list[float]:
    """Return mean end-point errors seen, hidden and all, what the check keeps and misses, and seconds."""
    rows, began, spent = [], 0.0, 0.0
    for previous, current, true, hidden in pairs(folder):
        began = time.perf_counter()
        found = source(previous, current)
        spent += time.perf_counter() - began
        seen = (~hidden).float()
        error = [
            mean_end_point_error(found.backward, true.backward, m) for m in (seen, 1 - seen, None)
        ]
        kept = confidence(found.backward, found.forward) > 0.5
        share = (kept & ~hidden).sum() / (~hidden).sum(), (kept & hidden).sum() / hidden.sum()
        rows.append([*error, *(float(x) for x in share)])
    table = torch.tensor(rows)
    return [*table.nanmean(0).tolist(), spent / len(rows)]


def main() -> None:
    """Print a row for each source."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", nargs="*", choices=[*SOURCES, "none", []], metavar="SOURCE")
    parser.add_argument("--weights", type=Path, help="folder of weights besides those shipped")
    options = parser.parse_args()
    print(f"{'source':<10}{'seen':>8}{'hidden':>8}{'all':>8}{'kept':>8}{'missed':>8}{'seconds':>9}")
    for name in options.sources or ("none", *SOURCES):
        try:
            source = still if name == "none" else make_source(name, Store.at(options.weights))
        except WeightsError as error:
            print(f"{name:<10}{error}")
            continue
        seen, hidden, both, kept, missed, seconds = errors(source, options.folder)
        print(
            f"{name:<10}{seen:>8.2f}{hidden:>8.2f}{both:>8.2f}{kept:>8.1%}{missed:>8.1%}{seconds:>9.3f}"
        )


def still(previous: Tensor, current: Tensor) -> Motion:  # noqa: ARG001  # a source
    """Return no motion at all: the figures that a source starts from."""
    return Motion(*(torch.zeros_like(current[:, :2]) for _ in range(2)))


if __name__ == "__main__":
    try:
        main()
    except StylizeError as error:
        sys.exit(str(error))
