"""Threads wait asleep in every process of ours, and that is said before torch is loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.threads import PASSIVE, SPINNING, passive_environment

WATCH = """
import json, os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            with open(os.environ["STYLIZE_SEEN"], "w") as file:
                json.dump({k: v for k, v in os.environ.items() if k in %r}, file)
            os._exit(0)

sys.meta_path.insert(0, Watch())
"""
"""Writes down what is set when torch is asked for."""
ENTRIES = {
    "command line": ["-m", "core", "parity", "."],
    "worker": ["-m", "core.worker"],
    "bench": ["-m", "core.bench", "--child", json.dumps({"kind": "machine"})],
    "tests": ["-m", "pytest", "-q", "tests/test_tiling.py", "-p", "no:cacheprovider"],
}


@pytest.fixture
def seen(tmp_path):
    """What a process of ours sees as it loads torch: (arguments, settings of a user) -> settings."""
    (tmp_path / "sitecustomize.py").write_text(WATCH % (SPINNING,))
    told = tmp_path / "seen.json"

    def look(arguments, **own):
        bare = {name: value for name, value in os.environ.items() if name not in SPINNING}
        paths = {"PYTHONPATH": str(tmp_path), "STYLIZE_SEEN": str(told)}
        subprocess.run(
            [sys.executable, *arguments], cwd=Path(__file__).resolve().parent.parent,
            env={**bare, **paths, **own}, input="", capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip  # one call
        return json.loads(told.read_text())

    return look


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_process_waits_asleep_before_torch_is_loaded(seen, entry):
    assert seen(ENTRIES[entry]) == PASSIVE


def test_a_users_own_setting_stands(seen):
    assert seen(ENTRIES["worker"], OMP_WAIT_POLICY="active") == {"OMP_WAIT_POLICY": "active"}
    assert passive_environment({"GOMP_SPINCOUNT": "9", "A": "b"}) == {
        "GOMP_SPINCOUNT": "9",
        "A": "b",
    }
    assert passive_environment({"A": "b"}) == {"A": "b", **PASSIVE}
