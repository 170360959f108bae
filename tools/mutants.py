"""Change the code in small ways, one at a time, and look whether a test fails: tools/mutants.py [MODULE ...].

Written here because constants of modules count (mutmut 3 changes functions alone) and a process that loads
torch for each of a thousand mutants takes hours (cosmic-ray): this one loads torch once and forks, and the
mutant is what the tests import. Of the tests declared for a module those are run that execute the changed
line, the fastest first, up to the first that fails. Where forks are not safe each is a new process.
"""

import argparse
import ast
import atexit
import gc
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutations import Mutant, mutants_of

SETTINGS = Path(__file__).with_suffix(".toml")
AIM = 0.9
SAMPLE = 60
"""Mutants of a module that are tried, unless all are asked for."""
PATIENCE, LEAST = 10, 5
"""A mutant may compute so many times as long as its tests, and so many seconds; then it hangs."""
IDLE = 10
"""It may take so many times as long as it may compute: others are at work on the machine."""
MEMORY = 8 << 30
"""Bytes that a mutant may ask for."""
FORKS = sys.platform == "linux"  # on macOS the system's own libraries do not survive it
HEAVY = ("pytest", "numpy", "torch", "cv2", "scipy.sparse", "PIL.Image", "OpenImageIO", "safetensors.torch",
         "psutil", "torch.nn.functional")  # fmt: skip  # a list
"""What is loaded once, where it is there."""
PYTEST = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain")
"""Nobody reads what a failed assertion compared, and to prepare for it takes longer than most tests."""
KILLED, SURVIVED, UNREACHED = "killed", "survived", "reached by no test"


@dataclass(frozen=True)
class Place:
    """Where the code is, and one module of it."""

    root: Path
    module: str
    """Path of its file, from there."""
    text: str
    """Its source, read once: who goes on working meanwhile does no harm."""
    tests: tuple[str, ...]
    """Files and folders of tests that should notice a change."""

    @property
    def name(self) -> str:
        """The name that it is imported by."""
        return self.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


class _Loader(SourceFileLoader):
    """Loads a mutant instead of what the file says."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # as the import system asks
        return compile(ast.fix_missing_locations(self.tree), self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, place: Place, tree: ast.Module) -> None:
        self.place, self.tree = place, tree

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname != self.place.name:
            return None
        file = str(self.place.root / self.place.module)
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, self.tree))


class Trace:
    """A plugin of pytest that notes which lines of a module each test executes, and how long it takes."""

    def __init__(self, file: Path) -> None:
        self.file, self.hit = str(file), set[int]()
        self.lines, self.seconds = dict[str, list[int]](), dict[str, float]()

    def _frame(self, frame: FrameType, *_: Any) -> Any:
        return self._line if frame.f_code.co_filename == self.file else None

    def _line(self, frame: FrameType, *_: Any) -> Any:
        self.hit.add(frame.f_lineno)
        return self._line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin with a test."""
        self.hit, self.seconds[nodeid] = set(), time.process_time()
        threading.settrace(self._frame)
        sys.settrace(self._frame)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """End with it."""
        sys.settrace(None)
        self.seconds[nodeid] = time.process_time() - self.seconds[nodeid]
        self.lines[nodeid] = sorted(self.hit)


def child(
    place: Place, number: int | None, tests: Sequence[str], scratch: Path, seconds: int
) -> None:
    """Run tests on a mutant by its number, in a process of its own; without one note the lines of each."""
    _settle(place, scratch, seconds)
    import pytest

    arguments = [*PYTEST, f"--basetemp={scratch / 'tmp'}"]
    if number is None:
        trace = Trace(place.root / place.module)
        code = pytest.main([*arguments, *tests], [trace])
        found = {"lines": trace.lines, "seconds": trace.seconds}
        (scratch / "trace.json").write_text(json.dumps(found), "utf-8")
    else:
        tree, mutants = mutants_of(place.module, place.text)
        mutants[number].apply()
        sys.meta_path.insert(0, _Finder(place, tree))
        code = pytest.main([*arguments, *tests])
        if code == pytest.ExitCode.USAGE_ERROR:  # it changes what tests there are
            code = pytest.main([*arguments, *place.tests])
    sys.stdout.flush()
    os._exit(int(code))


def _settle(place: Place, scratch: Path, seconds: int) -> None:
    """Let this process work for itself alone, in the folder of the code, and print into a file."""
    if hasattr(os, "setsid"):
        os.setsid()
    os.chdir(place.root)
    sys.path[:] = [str(place.root), *sys.path[1:]]
    log = os.open(scratch / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


@dataclass
class Task:
    """A process at work on a mutant."""

    number: int
    process: BaseProcess
    until: float
    scratch: tempfile.TemporaryDirectory[str]

    def is_over(self) -> bool:
        """Return whether it has ended, or has to."""
        return not self.process.is_alive() or time.monotonic() > self.until


def start(place: Place, number: int | None, tests: Sequence[str], seconds: int) -> Task:
    """Start a process; it is ended when it has computed for so many seconds."""
    scratch = tempfile.TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True)
    make = multiprocessing.get_context("fork" if FORKS else "spawn").Process
    process = make(target=child, args=(place, number, tests, Path(scratch.name), seconds))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads that sleep are no harm
        process.start()
    until = time.monotonic() + IDLE * seconds
    return Task(-1 if number is None else number, process, until, scratch)


def stop(task: Task) -> None:
    """End a process and all that it has started."""
    if hasattr(os, "killpg") and task.process.pid:
        with suppress(OSError):
            os.killpg(task.process.pid, 9)
    task.process.kill()
    task.process.join()
    task.scratch.cleanup()


@dataclass
class Score:
    """What became of the mutants of a module."""

    module: str
    there: int
    """How many there are in all."""
    verdicts: dict[int, str] = field(default_factory=dict)
    equivalent: int = 0
    seconds: float = 0

    @property
    def killed(self) -> int:
        """How many were noticed."""
        return sum(verdict == KILLED for verdict in self.verdicts.values())

    def __str__(self) -> str:
        tried = len(self.verdicts)
        share = self.killed / tried if tried else 1
        return (
            f"{self.module:<28}{share:>6.1%}  {self.killed:>4} killed {tried - self.killed:>4} survived"
            f" {self.equivalent:>4} equivalent   {tried + self.equivalent} of {self.there} tried,"
            f" {self.seconds:.0f} s"
        )


def trace(place: Place) -> dict[str, tuple[float, set[int]]]:
    """Return the seconds and the lines of every test, which must pass; the fastest come first."""
    task = start(place, None, place.tests, 3600)
    task.process.join()
    scratch = Path(task.scratch.name)
    if task.process.exitcode != 0:
        sys.exit(
            (scratch / "log.txt").read_text("utf-8") + "\nthe tests must pass without a mutant"
        )
    found = json.loads((scratch / "trace.json").read_text("utf-8"))
    order = sorted(found["lines"], key=found["seconds"].__getitem__)
    return {test: (found["seconds"][test], set(found["lines"][test])) for test in order}


def try_mutants(place: Place, chosen: dict[int, Mutant], jobs: int) -> Iterator[tuple[int, str]]:
    """Yield the number and the verdict of each mutant, as they come."""
    traced, running, waiting = trace(place), list[Task](), list(chosen.items())
    try:
        while running or waiting:
            if waiting and len(running) < jobs:
                number, mutant = waiting.pop(0)
                tests = [test for test, (_, hit) in traced.items() if mutant.is_seen(hit)]
                seconds = round(LEAST + PATIENCE * sum(traced[test][0] for test in tests))
                if tests:
                    running.append(start(place, number, tests, seconds))
                else:
                    yield number, UNREACHED
                continue
            wait([task.process.sentinel for task in running], timeout=1)
            for task in [t for t in running if t.is_over()]:
                running.remove(task)
                stop(task)
                yield task.number, SURVIVED if task.process.exitcode == 0 else KILLED
    finally:
        for task in running:  # somebody pressed Ctrl-C
            stop(task)


def score(place: Place, equivalent: set[tuple[str, ...]], options: argparse.Namespace) -> Score:
    """Try the mutants of a module, telling of survivors and now and then of how far it is."""
    began = time.monotonic()
    mutants = mutants_of(place.module, place.text)[1]
    chosen = sorted(enumerate(mutants), key=lambda pair: pair[1].order)
    chosen = dict(chosen if options.all else chosen[: options.sample])
    same = {k for k, mutant in chosen.items() if mutant.key in equivalent}
    found = Score(place.module, len(mutants), equivalent=len(same))
    rest = {k: mutant for k, mutant in chosen.items() if k not in same}
    print(f"{place.module}: {len(rest)} of {len(mutants)} mutants", flush=True)
    for number, verdict in try_mutants(place, rest, options.jobs):
        found.verdicts[number], found.seconds = verdict, time.monotonic() - began
        if verdict != KILLED:
            mutant = mutants[number]
            print(f"  {place.module}:{mutant.line} {verdict}: {mutant.source}\n    {mutant.change}")
        if len(found.verdicts) % 20 == 0 or verdict != KILLED:
            print(f"  {len(found.verdicts)} of {len(rest)}, {found.killed} killed", flush=True)
    return found


def check_equivalent(settings: dict[str, Any], places: Sequence[Place]) -> set[tuple[str, ...]]:
    """Return the keys of the mutants that are equivalent; all must be there, so that the list stays true."""
    listed = {
        (entry["module"], entry["line"], change)
        for entry in settings.get("equivalent", ())
        for change in entry["changes"]
    }
    there = {m.key for place in places for m in mutants_of(place.module, place.text)[1]}
    gone = [key for key in listed if key not in there and key[0] in {p.module for p in places}]
    for key in gone:
        print(f"no such mutant any more, strike it from the list: {' | '.join(key)}")
    return listed


def read_options() -> argparse.Namespace:
    """Return the arguments."""
    half = max(1, (os.cpu_count() or 1) // 2)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", help="files; without any, all that are declared")
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="modules and their tests")
    parser.add_argument(
        "--root", type=Path, default=SETTINGS.parent.parent, help="folder of the code"
    )
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help="mutants of a module, %(default)s"
    )
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--jobs", type=int, default=half, help="processes at once, %(default)s")
    return parser.parse_args()


def main() -> int:
    """Try all mutants, print the scores and return 1 if fewer are noticed than should be."""
    options = read_options()
    settings = tomllib.loads(options.settings.read_text("utf-8"))
    root = options.root.resolve()
    places = [
        Place(root, module, (root / module).read_text("utf-8"), tuple(settings["modules"][module]))
        for module in options.modules or settings["modules"]
    ]
    for name in HEAVY if FORKS else ():
        with suppress(ImportError):
            import_module(name)
    gc.freeze()  # what is loaded need not be looked through by each
    atexit.register(gc.unfreeze)
    equivalent = check_equivalent(settings, places)
    scores = [score(place, equivalent, options) for place in places]
    print(*scores, sep="\n")
    tried, killed = (
        sum(x) for x in zip(*((len(s.verdicts), s.killed) for s in scores), strict=True)
    )
    print(
        f"{killed} of {tried} mutants that are not equivalent were killed: {killed / max(1, tried):.1%}"
    )
    return int(killed < AIM * tried)


if __name__ == "__main__":
    sys.exit(main())
