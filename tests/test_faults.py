"""What can break, breaks in one sentence with the right exit code, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import cli
from core.checkpoints.store import CATALOG, SHIPPED
from core.evaluation.untrained import write_untrained

pytestmark = pytest.mark.fault
ROOT = Path(__file__).resolve().parent.parent
POSIX = os.name == "posix"
ROOTED = POSIX and os.geteuid() == 0


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_untrained(folder)
    return folder


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "out.png"


def pixels(path):
    with Image.open(path) as opened:
        return np.array(opened)


@pytest.fixture
def stylize(capsys, weights, content, style, out):
    """Run the command line; return exit code and words, having checked the form of both."""

    def start(*more, content=content, style=style, out=out, code=1):
        argv = [
            "stylize",
            str(content),
            "--style",
            str(style),
            "-o",
            str(out),
            "--weights",
            str(weights),
        ]
        got = cli.main([*argv, "--quiet", *more])
        said = capsys.readouterr().err
        assert got == code, said
        if code:
            assert said.startswith("stylize: ")
            assert said.count("\n") == 1
            assert not list(out.parent.glob("*"))
        return said

    return start


def test_nothing_is_wrong_with_the_job_itself(stylize, out):
    stylize(code=0)
    assert [p.name for p in out.parent.iterdir()] == ["out.png"]
    assert pixels(out).shape == (64, 80, 3)


@pytest.mark.parametrize("role", ["content", "style"])
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "cut short", "folder"])
def test_a_picture_that_is_none(stylize, tmp_path, content, role, kind):
    path = tmp_path / "bad.png"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        whole = content.read_bytes()
        path.write_bytes(
            {"empty": b"", "text": b"hello", "cut short": whole[: len(whole) // 2]}[kind]
        )
    assert "bad.png" in stylize(**{role: path})


def test_a_picture_that_claims_to_be_huge(stylize, tmp_path):
    path = tmp_path / "bomb.png"
    Image.fromarray(np.zeros((1200, 1200), np.uint8)).save(path)
    said = stylize("--max-pixels", "1000000", content=path)
    assert "1200" in said
    assert "max" in said.lower()
    stylize("--max-pixels", "2000000", "--strength", "0", content=path, code=0)


@pytest.mark.parametrize("size", [(1, 1), (3, 700)])
def test_odd_sizes_are_done(stylize, tmp_path, out, size):
    path = tmp_path / "odd.png"
    Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(path)
    stylize(content=path, code=0)
    assert pixels(out).shape == (*size, 3)


def test_a_style_equal_to_the_content_is_no_fault(stylize, content):
    stylize(style=content, code=0)


def test_a_content_that_vanishes_mid_job_does_no_harm(stylize, content, monkeypatch):
    import core.picture.run

    prepare = core.picture.run.prepare_run

    def vanish(*arguments):
        content.unlink()
        return prepare(*arguments)

    monkeypatch.setattr(core.picture.run, "prepare_run", vanish)
    stylize(code=0)


def test_a_style_that_vanishes_mid_job(stylize, style, monkeypatch):
    import core.picture.run

    load = core.picture.run.load_image

    def vanish(path, **more):
        found = load(path, **more)
        style.unlink(missing_ok=True)  # the content was read, the style is gone before its turn
        return found

    monkeypatch.setattr(core.picture.run, "load_image", vanish)
    assert "style.png" in stylize()


def test_a_folder_that_is_not_there(stylize, tmp_path):
    said = stylize(out=tmp_path / "nowhere" / "out.png")
    assert "nowhere" in said


@pytest.mark.skipif(not POSIX or ROOTED, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(stylize, out):
    out.parent.chmod(0o500)
    try:
        assert "out" in stylize()
    finally:
        out.parent.chmod(0o700)


def test_a_suffix_that_is_no_picture(stylize, out):
    assert ".xyz" in stylize(out=out.with_suffix(".xyz"))


@pytest.mark.skipif(not ROOTED or sys.platform != "linux", reason="needs a small disk of its own")
def test_a_full_disk(stylize, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "stylize-test", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        stylize(out=disk / "out.png")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("damage", ["flipped", "cut short", "empty", "text"])
def test_damaged_weights(stylize, weights, tmp_path, damage):
    folder = tmp_path / "damaged"
    shutil.copytree(weights, folder)
    path = folder / "compact.encoder.safetensors"
    whole = path.read_bytes()
    flipped = b"\xff" * 64 + whole[64:]
    path.write_bytes(
        {"flipped": flipped, "cut short": whole[:5000], "empty": b"", "text": b"hi"}[damage]
    )
    assert "compact.encoder" in stylize("--weights", str(folder))


@pytest.mark.skipif(
    not (SHIPPED / CATALOG).is_file(), reason="no weights are shipped in this checkout"
)
def test_one_changed_bit_of_shipped_weights_is_found(stylize, tmp_path):
    folder = tmp_path / "shipped"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.checkpoint", "*.part"))
    path = folder / "compact.encoder.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "compact.encoder" in stylize("--weights", str(folder))


def test_too_little_memory_is_said_before_the_work(stylize):
    assert "MB" in stylize("--max-memory", "10")


def test_a_device_that_is_not_there(stylize):
    assert "nonsense" in stylize("--device", "nonsense")


def test_strength_zero_is_the_content_bit_for_bit(stylize, content, out):
    stylize("--strength", "0", code=0)
    assert np.array_equal(pixels(out), pixels(content))


def started(weights, content, style, out):
    """Start a job that takes long, and wait until it has begun."""
    big = content.with_name("big.png")
    Image.fromarray(np.tile(pixels(content), (40, 40, 1))).save(big)
    command = [
        sys.executable,
        "-m",
        "core",
        "stylize",
        big,
        "--style",
        style,
        "-o",
        out,
        "--weights",
        weights,
    ]
    # a shell's & leaves SIGINT ignored, and the child would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip  # one call
    begun = process.stderr.readline()
    time.sleep(0.2)
    return process, begun


@pytest.mark.skipif(not POSIX, reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_ctrl_c_leaves_nothing_behind(weights, content, style, out, kind):
    process, begun = started(weights, content, style, out)
    try:
        assert "/" in begun, begun + process.stderr.read()
        process.send_signal(getattr(signal, kind))
        said = process.communicate(timeout=120)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not list(out.parent.iterdir())
