"""Broken files of every kind, by the thousand: each is read, or refused in one sentence, and soon.

``STYLIZE_FUZZ`` says how many; ``make test-faults`` asks for 20 000, ``make test`` for a few hundred. To see
one again, ``python tests/faults/test_fuzz.py png 1234`` keeps its file and prints what became of it.
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
COUNT = int(os.environ.get("STYLIZE_FUZZ", "600"))
CHILDREN = 2
HANGS = 40.0
"""Seconds without an answer; the child counts those of the processor, so that a busy machine is no fault."""
SHARES = {
    "png": 4, "jpg": 4, "tif": 4, "webp": 4, "exr": 4, "hdr": 4, "npy": 4, "mask": 1, "labels": 1, "depth": 1,
    "relief": 1,
    "passes": 4, "safetensors": 3, "pth": 5, "t7": 4, "tensorflow": 4, "npz": 4, "stored": 2,
    "mesh": 4, "glb": 4, "catalog": 2, "job": 8, "film": 6, "worker": 5, "cameras": 3, "record": 3,
    "pattern": 2,
}  # fmt: skip  # a table
"""Of all inputs, by reader."""
NATIVE = "native crash"


class Child:
    """A process that reads; started again when it dies or hangs."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.process: subprocess.Popen[str] | None = None

    def ask(self, name: str, number: int) -> dict[str, str]:
        """Return what became of an input."""
        if self.process is None:
            self._start()
        self.process.stdin.write(f"{name} {number}\n")
        self.process.stdin.flush()
        line = self._line(HANGS)
        if line is None:
            self.stop()
            return {"kind": "bad", "words": f"no answer in {HANGS:.0f} s"}
        if not line:
            code = self.process.wait()
            self.stop()
            return {"kind": NATIVE, "words": f"the interpreter ended with {code}"}
        return json.loads(line)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.reader.join()
            self.process.stdout.close()
            self.process = None

    def _start(self) -> None:
        self.work.mkdir(exist_ok=True)
        for name in ("tmp", "home"):
            (self.work / name).mkdir(exist_ok=True)
        own = {"TMPDIR": self.work / "tmp", "HOME": self.work / "home", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", HERE / "child.py", self.work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self.work,
            env={**os.environ, **{name: str(value) for name, value in own.items()}},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(
            target=self._read, args=(self.process.stdout, self.lines), daemon=True
        )
        self.reader.start()
        assert self._line(300) == "ready\n"

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put("")

    def _line(self, seconds: float) -> str | None:
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return None


def inputs(count: int) -> list[tuple[str, int]]:
    """Return reader and number of all inputs: seeds first, at least four of each reader."""
    whole = sum(SHARES.values())
    return [
        (name, n) for name, share in SHARES.items() for n in range(max(4, count * share // whole))
    ]


def fuzz(wanted: list[tuple[str, int]], work: Path) -> dict[tuple[str, int], dict[str, str]]:
    """Return what became of inputs; two children share them."""
    todo: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    for one in wanted:
        todo.put(one)
    found: dict[tuple[str, int], dict[str, str]] = {}

    def serve(number: int) -> None:
        child = Child(work / f"child{number}")
        try:
            while True:
                one = todo.get_nowait()
                found[one] = child.ask(*one)
        except queue.Empty:
            pass
        finally:
            child.stop()

    threads = [threading.Thread(target=serve, args=(n,)) for n in range(CHILDREN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def table(found: dict[tuple[str, int], dict[str, str]]) -> str:
    """Return how many inputs of each reader were read, refused, and else."""
    lines = [f"{'reader':<12}{'inputs':>8}{'read':>8}{'refused':>8}{'crash':>8}{'faults':>8}"]
    for name in SHARES:
        kinds = Counter(answer["kind"] for (reader, _), answer in found.items() if reader == name)
        row = (kinds.total(), kinds["ok"], kinds["said"], kinds[NATIVE], kinds["bad"])
        lines.append(f"{name:<12}" + "".join(f"{n:>8}" for n in row))
    return "\n".join(lines)


@pytest.mark.fault
def test_every_broken_file_is_read_or_refused(tmp_path, capsys):
    wanted = inputs(COUNT)
    found = fuzz(wanted, tmp_path)
    with capsys.disabled():
        print(f"\n{table(found)}" if COUNT > 5000 else "", end="\n")  # noqa: T201  # the figures are wanted
    assert set(found) == set(wanted)
    faults = [
        (*one, answer["words"])
        for one, answer in sorted(found.items())
        if answer["kind"] in ("bad", NATIVE)
    ]
    for name, number, words in faults[:20]:
        print(name, number, words)  # noqa: T201  # pytest shows it of a failed test
    assert not faults, f"{len(faults)} of {len(found)} inputs"
    for child in tmp_path.iterdir():
        assert not [*(child / "tmp").iterdir(), *(child / "home").iterdir()]
        assert {p.name for p in child.iterdir()} <= {
            "tmp",
            "home",
            "in",
            "seed.exr",
            "seed.tif",
            "seed.hdr",
        }


@pytest.mark.fault
def test_the_seeds_themselves_are_read(tmp_path):
    """A reader that refuses all would pass the other test."""
    found = fuzz([(name, 0) for name in SHARES if name not in UNREAD], tmp_path)
    assert {one: a for one, a in found.items() if a["kind"] != "ok"} == {}


UNREAD = (
    "labels", "depth", "relief", "safetensors", "pth", "t7", "npz", "stored", "job", "film", "pattern",
    "passes",
)  # fmt: skip  # a list
"""Readers whose seeds are of no format that is known, or want files that are not there: refused, in words."""


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp())
    print(fuzz([(sys.argv[1], int(sys.argv[2]))], place), place)  # noqa: T201  # a tool
