"""Temporary files say whose they are, and are swept when that process has ended, not before."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.files import durable, identity
from core.files.durable import is_abandoned, sweep, temporary_name, write_text
from core.files.identity import is_running
from core.formats.write import temporary_beside

ROOT = Path(__file__).resolve().parent.parent
SAY = "from core.files.identity import identity; print(identity(), flush=True); input()"


def old(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)
    return path


@pytest.fixture
def other():
    """Another process and its word."""
    with subprocess.Popen(
        [sys.executable, "-c", SAY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_process_is_known_until_it_ends(other):
    process, word = other
    assert word != identity.identity()
    assert is_running(identity.identity()) is True
    assert is_running(word) is True
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT) if hasattr(
        os, "waitid"
    ) else process.wait()
    assert is_running(word) is False  # though nobody has asked yet how it ended
    process.wait()
    assert is_running(word) is False


def test_an_id_that_was_given_out_again_is_another_process():
    host, process, began = identity.identity().split("-")
    assert is_running(f"{host}-{process}-{int(began, 16) - 1:x}") is False


def test_without_proc_the_system_is_asked(monkeypatch, tmp_path):
    for cached in (identity._identity, identity._host):
        cached.cache_clear()
    monkeypatch.setattr(identity, "PROC", tmp_path)
    word = identity.identity()
    assert is_running(word) is True
    assert is_running(word[:-1] + ("0" if word[-1] != "0" else "1")) is False
    for cached in (identity._identity, identity._host):
        cached.cache_clear()


@pytest.mark.parametrize(
    "word", ["", "x", "000000000000-1-1", f"{'f' * 12}-ffffffffffffffffffff-1"]
)
def test_of_others_nothing_is_known(word):
    assert is_running(word) is None


def test_what_ended_processes_left_is_swept(tmp_path, other):
    process, word = other
    left = tmp_path / f".stylize-{word}-01234567.png"
    own = tmp_path / temporary_name(".png")
    far = tmp_path / ".stylize-000000000000-1-1-01234567.exr"
    before = [tmp_path / ".stylize-0123456789ab.png", tmp_path / "o_0001.png.json.01234567.part"]
    kept = [tmp_path / name for name in ("o_0001.png", ".stylize-notes.txt", "a.part", ".stylize")]
    for path in (left, own, far, *before, *kept):
        path.touch()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 9
    process.kill()
    process.wait()
    sweep(tmp_path)
    assert not left.exists()
    for path in (own, far, *before, *kept):
        old(path, durable.DAY + 60)
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([own, *kept])


def test_a_picture_sweeps_its_folder(tmp_path, other):
    process, word = other
    process.kill()
    process.wait()
    left = tmp_path / f".stylize-{word}-01234567.png"
    left.touch()
    durable.sweep_once.cache_clear()
    with temporary_beside(tmp_path / "a.png") as temporary:
        temporary.write_bytes(b"a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_signs_of_life_count_where_nothing_else_is_known(tmp_path):
    path = tmp_path / "mark"
    path.touch()
    assert not is_abandoned(path, None, 10)
    assert is_abandoned(old(path, 11), None, 10)
    assert not is_abandoned(path, identity.identity(), 10)


def test_files_are_on_the_disk_before_they_have_their_name(tmp_path, monkeypatch):
    """Each is synced, then renamed, then its folder is synced; so a power cut finds the whole or none."""
    told, replace = [], Path.replace
    for module in (durable, sys.modules[temporary_beside.__wrapped__.__module__]):
        monkeypatch.setattr(module, "sync", lambda path: told.append(("sync", path.name)))
    monkeypatch.setattr(
        Path, "replace", lambda *both: told.append(("name", both[1].name)) or replace(*both)
    )
    write_text(tmp_path / "a.json", "{}")
    with temporary_beside(
        tmp_path / "b.png", lambda path: told.append(("sealed", path.name))
    ) as temporary:
        temporary.write_bytes(b"b")
    steps = [step for step, _ in told]
    assert steps == ["sync", "name", "sync", "sync", "sealed", "name", "sync"]
    assert told[0][1].startswith(".stylize-")
    assert told[2] == told[6] == ("sync", tmp_path.name)
    assert told[3][1] == told[4][1] == temporary.name


def test_syncing_does_no_harm(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    durable.sync(tmp_path / "a")
    durable.sync(tmp_path)
    assert (tmp_path / "a").read_bytes() == b"a"
