"""Time and memory of every method, compared with matrix products on this machine and AdaIN on VGG-19.

``python -m core.bench`` prints a line on stderr as soon as a figure is known, and all figures as one JSON
object at the end. Small pictures come first; figures for which there is no time are named, and
``--minutes 0`` has no limit. Every figure comes from a process of its own, so that memory of one measurement
does not affect another.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..catalog import CARDS, DEFAULT, find_card
from ..threads import wait_passively

SIZES = (1, 4, 16, 64)
"""Megapixels, of 1024 x 1024."""
MINUTES = 18.0
"""What a whole bench may take, unless it is told otherwise."""
SHARE = 0.15
"""Of the time, what a single figure may take."""
WINDOWS = (0.25, 1.0)
"""Megapixels of two pictures that no limit of memory cuts into tiles."""
SURFACES = ("seamless", "atlas", "equirect")

Facts = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure as the options say; return the exit code."""
    options = _options(argv)
    wait_passively()
    if options.child:
        from .tasks import measure  # torch: only the child processes load it

        _print(json.dumps(measure(json.loads(options.child))))
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then nothing is left behind
    try:
        with TemporaryDirectory(prefix="stylize-bench-") as folder:
            _print(json.dumps(Bench(options, Path(folder)).measure_all(), indent=1))
    except KeyboardInterrupt:
        sys.stderr.write("stylize: cancelled\n")
        return 130
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.bench", description=__doc__)
    ids = [card.id for card in CARDS]
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="MEGAPIXELS")
    parser.add_argument("--methods", nargs="+", choices=ids, default=ids, metavar="ID")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--max-memory", type=int, metavar="MB")
    help_minutes = "what it may take in all, 0: as long as it takes (default: %(default)s)"
    parser.add_argument("--minutes", type=float, default=MINUTES, metavar="MIN", help=help_minutes)
    help_surfaces = (
        "also compare surfaces with flat pictures of the same size, by the default method"
    )
    parser.add_argument("--surfaces", action="store_true", help=help_surfaces)
    help_memory = "only measure what a pixel of a tile's window takes: a card's bytes_per_pixel"
    parser.add_argument("--memory", action="store_true", help=help_memory)
    parser.add_argument("--skip-vgg19", action="store_true", help="leave the full width out")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


class Bench:
    """The measurements in order, and the time left for them."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.limit = 60 * options.minutes or float("inf")
        self.began = time.monotonic()
        self.cost: dict[tuple[str, str], tuple[int, float]] = {}
        """The largest size that a method was measured at with a backbone, and what that took."""

    def measure_all(self) -> Facts:
        """Return every figure; each is printed as soon as it is known."""
        if self.options.memory:
            return {"methods": [self._measure_window(name) for name in self.options.methods]}
        facts = self._timed("this machine", {"kind": "machine"})
        best = facts.get("best_product_gflop_per_second", {})
        facts["methods"] = rows = [self._measure_method(*task) for task in self._tasks()]
        for row in rows:
            if "gflop_per_second" in row and row["precision"] in best:
                share = row["gflop_per_second"] / best[row["precision"]]
                row["share_of_best_product"] = round(share, 3)
        if self.options.surfaces:
            facts["surfaces"] = [self._measure_surface(name) for name in SURFACES]
        if not self.options.skip_vgg19:
            reference = self._timed("VGG-19's AdaIN as published", {"kind": "reference"})
            facts["vgg19_adain_as_published"] = reference
            own = [r for r in rows if r["method"] == DEFAULT and r["megapixels"] == 1]
            if own and "seconds" in own[0] and "seconds" in reference:
                facts["vgg19_adain_over_default"] = round(
                    reference["seconds"] / own[0]["seconds"], 1
                )
        return facts

    def _tasks(self) -> list[tuple[str, str, int]]:
        """Return method, backbone and size of every figure, small sizes first."""
        methods = self.options.methods
        wide = [card.id for card in CARDS if "vgg19" in card.backbones and card.id in methods]
        first, *more = sorted(self.options.sizes)
        tasks = [(method, "compact", first) for method in methods]
        if not self.options.skip_vgg19:
            tasks += [(method, "vgg19", 1) for method in wide]
        return tasks + [(method, "compact", size) for size in more for method in methods]

    def _measure_method(self, method: str, backbone: str, size: int) -> Facts:
        facts: Facts = {"method": method, "backbone": backbone, "size": size}
        before, seconds = self.cost.get((method, backbone), (size, 0.0))
        expected = seconds * size / before
        words = f"{method} {backbone} {size} MP"
        if expected > self._share():
            measured = _report_left_out(words, f"it would take about {expected:.0f} s")
        else:
            began = time.monotonic()
            measured = self._prepared(words, {"kind": "method", **facts})
            self.cost[method, backbone] = (size, time.monotonic() - began)
        return {"method": method, "backbone": backbone, "megapixels": size} | measured

    def _measure_window(self, method: str) -> Facts:
        """Measure a window's memory per pixel: the difference of two pictures of one tile each."""
        from ..device import IMAGE_BYTES_PER_PIXEL  # torch: only when it is needed

        card, task = find_card(method), {"kind": "method", "method": method, "backbone": "compact"}
        peaks: list[int] = []
        for size in WINDOWS:
            measured = self._prepared(f"{method} {size} MP", {**task, "size": size, "once": True})
            if "peak_memory_mb" not in measured:
                return {"method": method, **measured}
            peaks.append(measured["peak_memory_mb"])
        taken = (peaks[1] - peaks[0]) / (WINDOWS[1] - WINDOWS[0])
        declared = card.bytes_per_pixel
        facts = {
            "bytes_per_pixel": round(taken) - IMAGE_BYTES_PER_PIXEL - card.kept_bytes_per_pixel,
            "declared": declared,
        }
        return _report_figures(method, {"method": method, **facts})

    def _measure_surface(self, name: str) -> Facts:
        return self._prepared(
            f"surface {name}", {"kind": "surface", "surface": name, "method": DEFAULT}
        )

    def _prepared(self, words: str, task: Facts) -> Facts:
        """Measure a job with pictures and weights that another process has made."""
        given = {
            "folder": str(self.folder),
            "precision": self.options.precision,
            "max_memory": self.options.max_memory,
        }
        prepared = self._start({**task, **given, "kind": "prepare", "of": task["kind"]})
        if "job" not in prepared:
            return _report_figures(words, prepared)
        return self._timed(words, {**task, "folder": given["folder"], "job": prepared["job"]})

    def _timed(self, words: str, task: Facts) -> Facts:
        return _report_figures(words, self._start(task))

    def _left(self) -> float:
        return self.limit - (time.monotonic() - self.began)

    def _share(self) -> float:
        return min(SHARE * self.limit, self._left())

    def _start(self, task: Facts) -> Facts:
        """Measure in a process of its own; its errors are reported instead of figures."""
        command = [sys.executable, "-m", __package__, "--child", json.dumps(task)]
        root, left = Path(__file__).resolve().parents[2], self._share()
        try:
            done = subprocess.run(  # noqa: S603  # ourselves
                command,
                cwd=root,
                capture_output=True,
                text=True,
                check=False,
                timeout=None if left == float("inf") else max(left, 0),
            )
        except subprocess.TimeoutExpired:
            return {"left_out": "there is no time left for it"}
        if done.returncode:
            return {"error": (done.stderr.strip().splitlines() or ["no words"])[-1]}
        return json.loads(done.stdout)


def _report_left_out(words: str, reason: str) -> Facts:
    return _report_figures(words, {"left_out": reason})


def _report_figures(words: str, facts: Facts) -> Facts:
    """Print figures at once, and return them."""
    known = (("seconds", "s"), ("peak_memory_mb", "MB"), ("gflop_per_second", "GFLOP/s"))
    figures = [f"{facts[name]} {unit}" for name, unit in known if name in facts]
    lines = [f"{name}: {facts[name]}" for name in ("error", "left_out") if name in facts]
    sys.stderr.write(f"{words}: {', '.join([*figures, *lines]) or json.dumps(facts)}\n")
    sys.stderr.flush()
    return facts


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the bench speaks


if __name__ == "__main__":
    sys.exit(main())
