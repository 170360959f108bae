"""A sequence in chunks: by Dask with a worker that is killed, by OpenJD's runner, by Flamenco's job type."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import torch

from core.cli import main
from core.errors import ParamsError, StylizeError
from core.sequence.farm import local_cluster, split, stylize_on_farm
from core.sequence.run import stylize_sequence

ROOT = Path(__file__).resolve().parents[2]
COUNT = 24


def frames(sequence):
    return {p.name: p.read_bytes() for p in Path(sequence.job.output).parent.glob("o_*")}


def test_chunks_are_contiguous_and_begin_at_multiples():
    assert split([1, 2, 3, 4, 5, 8, 9], 4) == [(1, 3), (4, 5), (8, 9)]
    with pytest.raises(ParamsError, match="one at least"):
        split([1], 0)


def test_a_local_cluster_is_for_this_user_alone():
    """Without its certificate nobody gets in, and nobody is shown anything."""
    pytest.importorskip("cryptography")
    dask = pytest.importorskip("distributed")
    with local_cluster(dask, 1) as cluster:
        assert cluster.scheduler_address.startswith("tls://127.0.0.1:")
        stranger = dask.Security.temporary().get_connection_args("client")["ssl_context"]
        for context in (None, stranger):
            assert _answer(cluster.scheduler.port, context) == b""
        host, port = cluster.scheduler.http_server.address, cluster.scheduler.http_server.port
        assert host == "127.0.0.1"
        for page in ("/", "/status", "/info/main/workers.html", "/json/identity.json", "/metrics"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://{host}:{port}{page}")
        with dask.Client(cluster, set_as_default=False, security=cluster.security) as client:
            assert client.submit(sum, (1, 2)).result() == 3


def _answer(port, context):
    """What a scheduler says to somebody with this certificate, or none."""
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain) if context else plain as stream,
    ):
        stream.sendall(bytes(64))
        return stream.recv(64)
    return b""


@pytest.fixture
def one_thread(monkeypatch):
    """As many threads as each of two workers has: rounding depends on them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_two_workers_of_which_one_is_killed(write_png, make_sequence, tmp_path):
    pytest.importorskip("cryptography")
    content = write_png(tmp_path / "in", COUNT)
    alone, shared = make_sequence(content, "alone"), make_sequence(content, "shared")
    stylize_sequence(alone)
    killed = threading.Event()

    def kill_one(progress):
        if progress.done == 0:
            threading.Thread(target=_kill_a_worker, args=(shared, killed), daemon=True).start()

    result = stylize_on_farm(shared, "local", chunk=4, workers=2, report=kill_one)
    assert killed.is_set()
    assert result.frames + result.skipped == COUNT
    assert frames(shared) == frames(alone)


def _kill_a_worker(sequence, killed):
    """Kill the process that has just written a first frame, in the middle of its chunk."""
    folder = Path(sequence.job.output).parent
    while not list(folder.glob("o_*")):
        time.sleep(0.01)
    busy = [
        p for p in psutil.Process().children(recursive=True) if "spawn_main" in str(p.cmdline())
    ]
    max(busy, key=lambda p: sum(p.cpu_times()[:2])).kill()
    killed.set()


def test_no_scheduler_is_a_sentence(write_png, make_sequence, tmp_path):
    sequence = make_sequence(write_png(tmp_path / "in", 2))
    with pytest.raises(StylizeError, match="no Dask scheduler"):
        stylize_on_farm(sequence, "tcp://127.0.0.1:9")


def test_the_command_takes_workers(write_png, tmp_path, capsys):
    pytest.importorskip("cryptography")
    content = write_png(tmp_path / "in", 6)
    typed = ["sequence", content, "--style", "builtin:oil", "--method", "transport"]
    typed += ["-o", str(tmp_path / "o_##.png"), "--dask", "--workers", "1", "--quiet", "--json"]
    assert main(typed) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 6
    assert main([*typed, "--chunk", "0"]) == 2


def test_openjd_runs_every_chunk(write_png, tmp_path):
    content, out = write_png(tmp_path / "in", 7), tmp_path / "out"
    out.mkdir()
    template = str(ROOT / "farm" / "stylize.openjd.yaml")
    params = {
        "Project": ROOT, "Python": sys.executable, "Content": content, "Output": out / "f_####.png",
        "Method": "transport", "Frames": "1-7", "ChunkSize": 4,
    }  # fmt: skip
    given = [word for name, value in params.items() for word in ("-p", f"{name}={value}")]
    openjd = Path(sys.executable).with_name("openjd")
    for command in (["check", template], ["run", template, "--step", "Stylize", *given]):
        done = subprocess.run([openjd, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(out.glob("f_*.png"))) == 7


@pytest.mark.skipif(shutil.which("node") is None, reason="no JavaScript here")
def test_flamenco_makes_a_task_of_every_chunk(write_png, tmp_path):
    content, out = write_png(tmp_path / "in", 5), tmp_path / "out"
    out.mkdir()
    settings = {
        "frames": "1-5", "chunk_size": 3, "content": content, "output": str(out / "f_####.png"),
        "style": "builtin:oil", "method": "transport", "motion": "flow", "strength": 1.0,
    }  # fmt: skip
    manager = f"""
      const tasks = [];
      const author = {{
        Task: (name, type) => ({{ name, type, commands: [], addCommand(c) {{ this.commands.push(c); }} }}),
        Command: (name, parameters) => ({{ name, parameters }}),
      }};
      const frameChunker = () => ["1-3", "4-5"];
      {(ROOT / "farm" / "stylize_sequence.js").read_text("utf-8")}
      compileJob({{ settings: {json.dumps(settings)}, addTask: (task) => tasks.push(task) }});
      console.log(JSON.stringify(tasks));
    """
    said = subprocess.run(["node", "-e", manager], capture_output=True, text=True, check=True)
    tasks = json.loads(said.stdout)
    assert [task["name"] for task in tasks] == ["stylize-1-3", "stylize-4-5"]
    for task in tasks:
        command = task["commands"][0]["parameters"]
        known = {"{stylizePython}": sys.executable, "{stylize}": str(ROOT)}
        typed = [known.get(word, word) for word in (command["exe"], *command["args"])]
        subprocess.run(typed, check=True, cwd=tmp_path, capture_output=True)
    assert len(list(out.glob("f_*.png"))) == 5
