"""A sequence that is killed goes on: to the same bytes, with nothing left over, and nobody is refused.

Every place where a file gets its name is tried, before and after; then moments drawn by chance, STYLIZE_KILLS
of each kind: STYLIZE_KILLS=50 python -m pytest -m fault tests/sequence/test_kills.py
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.video.ledger import FOLDER

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(
        not hasattr(os, "fork"), reason="an engine that is loaded is copied by fork"
    ),
]
ROOT = Path(__file__).resolve().parents[2]
COUNT = 3
KILLS = int(os.environ.get("STYLIZE_KILLS", "3"))
RENAMES = 2 * COUNT
"""A record and a frame for each."""
ENGINE = """
import json, os, signal, sys, traceback
from pathlib import Path
import core.sequence.run, core.methods.transport.stylize
from core.cli import main

def die_at(rename, after):
    replace, count = Path.replace, iter(range(1000))
    def fatal(path, target):
        now = next(count) == rename
        if now and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        found = replace(path, target)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    Path.replace = fatal

print("ready", flush=True)
for line in sys.stdin:
    typed, death = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 99
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if death:
                die_at(*death)
            code = main(typed)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Loads the engine once and runs each command in a copy of itself; says the copy's id, then how it ended."""


@dataclass
class Engine:
    process: Any

    def begin(self, typed, death=None):
        """Run a command; ``death``: at which rename it kills itself, and whether after it."""
        self.process.stdin.write(json.dumps([typed, death]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        return int(self.process.stdout.readline())

    def run(self, typed, death=None):
        self.begin(typed, death)
        return self.end()


@pytest.fixture(scope="module")
def engine():
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "ready\n"
        yield Engine(process)
        process.stdin.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shots")
    drawn = np.random.default_rng(0)
    for number in range(1, COUNT + 1):
        pixels = drawn.integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"in_{number:04d}.png")
    return folder / "in_####.png"


@pytest.fixture(scope="module")
def good(engine, shots, tmp_path_factory):
    """What an undisturbed run writes, by the strength it was asked for."""
    made = {}
    for strength in ("1", "0.5"):
        folder = tmp_path_factory.mktemp("good")
        assert engine.run(words(shots, folder, strength)) == 0
        made[strength] = contents(folder)
    assert len(made["1"]) == COUNT
    assert made["1"] != made["0.5"]
    return made


def words(shots, folder, strength="1"):
    output = folder / "out_####.png"
    typed = ["sequence", shots, "-o", output, "--style", "builtin:oil", "--method", "transport"]
    typed += ["--motion", "none", "--strength", strength, "--precision", "float32", "--quiet"]
    return [str(word) for word in typed]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def check(engine, shots, good):
    """Run once more, and look that all is as if nothing had ever happened."""

    def run(folder, strength="1"):
        assert engine.run(words(shots, folder, strength)) == 0
        assert contents(folder) == good[strength]  # so no temporary file either
        records = {path.name for path in (folder / FOLDER).iterdir()}
        assert records == {f"{name}.json" for name in good[strength]}

    return run


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("rename", range(RENAMES))
def test_killed_around_a_name(engine, shots, check, tmp_path, rename, after):
    assert engine.run(words(shots, tmp_path), (rename, after)) == -signal.SIGKILL
    check(tmp_path)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("rename", range(2))
def test_killed_while_frames_of_other_settings_are_replaced(
    engine, shots, check, tmp_path, rename, after
):
    """What is there stays ours, whichever settings come next, and nobody has to wait."""
    check(tmp_path, "0.5")
    for strength in ("1", "1", "0.25"):
        died = engine.run(words(shots, tmp_path, strength), (rename, after))
        assert died == -signal.SIGKILL
    check(tmp_path)
    check(tmp_path, "0.5")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_killed_at_any_moment(engine, shots, check, tmp_path, kind):
    draw = random.Random(int(kind))  # noqa: S311  # seeded, to be repeated
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    began = time.monotonic()
    check(folder)
    takes, codes = time.monotonic() - began, []
    for index in range(KILLS):
        folder = tmp_path / str(index)
        folder.mkdir()
        child = engine.begin(words(shots, folder))
        time.sleep(draw.uniform(0, 1) * takes)
        with suppress(ProcessLookupError):  # it was faster
            os.kill(child, kind)
        codes.append(engine.end())
        check(folder, draw.choice(("1", "0.5")))
    assert set(codes) <= {0, 130, -kind}


def test_a_process_of_its_own_is_killed(shots, check, tmp_path):
    started = subprocess.Popen(
        [sys.executable, "-m", "core", *words(shots, tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    while not list(tmp_path.glob("out_*")):
        assert started.poll() is None
        time.sleep(0.001)
    started.kill()
    assert started.wait() in (0, -signal.SIGKILL)  # the last frames may have been faster
    check(tmp_path)
