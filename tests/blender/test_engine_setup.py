"""Installing the engine: what is said before, while and after, and what each failure says that cures it."""

import hashlib
import re
import sys
import zipfile
from types import SimpleNamespace

import bpy
import pytest

MAKE_FOLDERS = "import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir(parents=True)"
PIPS_WORDS = "Collecting torch, Downloading https, ━━━━ 12.3/99.9 MB eta 0:00:07"


@pytest.fixture
def plan_module(module, monkeypatch, tmp_path):
    """What is planned, for a folder of the test's own on a disk of 100 GB, whatever this machine's is."""
    plan = module("installation.plan")
    monkeypatch.setattr(plan, "own_folder", lambda: tmp_path / "engine")
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**11))
    return plan


@pytest.fixture
def setup(module, plan_module, monkeypatch, tmp_path):
    """The installer, into a folder of the test's own."""
    setup = module("installation.install")
    monkeypatch.setattr(setup, "own_folder", lambda: tmp_path / "engine")
    return setup


@pytest.fixture
def fake_pip(setup, monkeypatch):
    """Stand-ins for venv and pip, as processes of their own: (code of venv, code of pip)."""
    monkeypatch.setattr(setup, "pip_environment", lambda python: {})

    def stand_in(venv, pip):
        monkeypatch.setattr(
            setup, "environment_command", lambda part: (sys.executable, "-c", venv, str(part))
        )
        monkeypatch.setattr(
            setup, "install_command", lambda python, *what: (sys.executable, "-c", pip)
        )

    return stand_in


def saying(text):
    """Code that says something and fails."""
    return f"print({text!r}); raise SystemExit(1)"


def test_installing_needs_the_network():
    if bpy.app.online_access:
        pytest.skip("this Blender is online")
    with pytest.raises(RuntimeError, match=r"poll|Online Access"):
        bpy.ops.stylize.install_engine()


def test_installation_that_is_cancelled(setup, tmp_path):
    steps = setup.install(cpu_only=False)
    while not (tmp_path / "engine.part").exists():
        next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


DEBIAN = """The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv
package using the following command.

    apt install python3.13-venv

Failing command: /work/engine.part/bin/python3
"""
RETRYING = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
NOTHING = "\nERROR: No matching distribution found for filelock==4.3.1"
CERTIFICATE = (
    "\nCould not fetch URL: There was a problem confirming the ssl certificate: Max "
    "retries exceeded (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
    "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)'))) - skipping"
)
FAILURES = {
    "certificate": (RETRYING + CERTIFICATE + NOTHING, r"certificate is not trusted.*PIP_CERT"),
    "proxy": (
        f"{RETRYING}'ProxyError('Cannot connect to proxy.', NewConnectionError('refused'))'{NOTHING}",
        r"proxy.*HTTPS_PROXY",
    ),
    "network": (
        f"{RETRYING}'NewConnectionError('[Errno -2] Name or service not known')'{NOTHING}",
        r"network was not reached.*online",
    ),
    "lost": (
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out.",
        r"network.*was lost.*try again",
    ),
    "disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        r"disk of .*engine is full: make room \(\d\.\d GB",
    ),
    "disk on Windows": (
        "ERROR: OSError: [WinError 112] There is not enough space on the disk",
        r"is full: make room",
    ),
    "hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        r"not what this version of Stylize names",
    ),
    "no wheel": (
        "ERROR: No matching distribution found for torch==2.14.1",
        r"There is no torch==2\.14\.1 for this system.*update it",
    ),
    "long path": (
        "ERROR: [Errno 2] No such file\nHINT: This error might have occurred since this system does not have "
        "Windows Long Path support enabled.",
        r"too long for Windows: turn on long paths",
    ),
    "permission": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
        r"cannot be written",
    ),
    "unknown": ("Looking\nERROR: No such thing\nbye", r"Installing failed \(No such thing\)"),
    "killed": ("", r"Installing failed \(code 1\)"),
}


@pytest.mark.parametrize(("said", "cure"), FAILURES.values(), ids=FAILURES)
def test_failure_says_its_cure(setup, fake_pip, tmp_path, said, cure):
    """In one sentence; what was there before stays, nothing else does, and the bar has no word of pip's."""
    (tmp_path / "engine").mkdir()
    fake_pip(MAKE_FOLDERS, saying(said))
    shown = []
    with pytest.raises(setup.EngineError, match=cure) as failure:
        shown.extend(setup.install(cpu_only=False))
    assert "\n" not in str(failure.value)
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


@pytest.mark.parametrize(
    "said", [DEBIAN, "python: No module named venv", "No module named ensurepip"]
)
def test_python_that_makes_no_environments_says_its_cure(setup, fake_pip, tmp_path, said):
    fake_pip(saying(said), "")
    with pytest.raises(setup.EngineError, match=r"ensurepip is missing.*python3-venv"):
        list(setup.install(cpu_only=False))
    assert list(tmp_path.iterdir()) == []


TALKING_PIP = f"""
import os, pathlib, time
def until(name):
    for _ in range(6000):
        if pathlib.Path(name).exists():
            return
        time.sleep(0.01)
    raise SystemExit("the bar never showed it")
print({PIPS_WORDS!r}, flush=True)
downloads = pathlib.Path(os.environ["TMPDIR"])
(downloads / "a.whl").write_bytes(bytes(1_000_000))
(downloads / "b.whl").write_bytes(bytes(2_000_000))
until("loaded")
modules = downloads.parent / ("Lib" if os.name == "nt" else "lib")
modules.mkdir()
(modules / "torch").write_bytes(bytes(200_000_000))
until("unpacked")
"""
SEEN = {"Downloading package 2 of 5: 3 of 4 MB": "loaded", "Unpacking: 0.2 of 0.4 GB": "unpacked"}
"""What the bar says, and the file by which the stand-in learns that it was seen."""


def test_bar_says_how_much_in_words_of_its_own(setup, fake_pip, plan_module, monkeypatch):
    """Packages and megabytes are read off the disk while pip talks."""
    plan = plan_module.plan_engine(cpu_only=False)
    table = plan_module.Plan(
        plan.lock, plan.folder, packages=5, download=4_000_000, disk=400_000_000
    )
    monkeypatch.setattr(setup, "plan_engine", lambda *, cpu_only: table)
    monkeypatch.setattr(setup, "_check", lambda part: None)
    fake_pip(MAKE_FOLDERS, TALKING_PIP)
    shown = []
    for status in setup.install(cpu_only=False):
        shown.append(status)
        if status.text in SEEN:
            (plan.folder.parent / SEEN[status.text]).touch()
    texts = {status.text for status in shown}
    assert set(SEEN) < texts
    assert not any(re.search(r"Collecting|eta|http|torch", text) for text in texts)
    done = [status.done for status in shown]
    assert done == sorted(done)
    assert done[-1] < 1


def test_full_disk_is_seen_before_anything_is_made(setup, plan_module, monkeypatch, tmp_path):
    monkeypatch.setattr(
        plan_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=200_000_000)
    )
    said = r"has 0\.2 GB free and the engine needs \d\.\d GB.*make room"
    with pytest.raises(setup.EngineError, match=said):
        next(setup.install(cpu_only=False))
    assert list(tmp_path.iterdir()) == []
    assert "make room" in plan_module.describe(cpu_only=False)[0]


@pytest.mark.parametrize(
    ("running", "said"),
    [
        (("linux", (3, 10)), r"Python is 3\.10.*3\.11 to 3\.\d+: update"),
        (("freebsd", (3, 11)), r"on this system \(freebsd-.*made for Linux"),
    ],
)
def test_computer_without_a_lock_is_told_so(
    setup, plan_module, monkeypatch, tmp_path, running, said
):
    """Nothing else is installed in its place."""
    system, version = running
    stand_in = SimpleNamespace(platform=system, version_info=version)
    monkeypatch.setattr(plan_module, "sys", stand_in)
    with pytest.raises(setup.EngineError, match=said):
        next(setup.install(cpu_only=False))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("system", "machine", "names"),
    [
        ("linux", "x86_64", ("engine.txt", "engine-cpu.txt")),
        ("win32", "AMD64", ("engine.txt", "engine.txt")),
        ("darwin", "arm64", ("engine.txt", "engine.txt")),
    ],
)
def test_place_size_and_time_are_told_before(
    plan_module, monkeypatch, tmp_path, system, machine, names
):
    running = SimpleNamespace(platform=system, version_info=sys.version_info)
    monkeypatch.setattr(plan_module, "sys", running)
    monkeypatch.setattr(plan_module.platform, "machine", lambda: machine)
    for cpu_only, name in zip((False, True), names, strict=True):
        plan = plan_module.plan_engine(cpu_only=cpu_only)
        assert plan.lock.name == name
        assert plan.lock.is_file(), "the extension's zip holds the locks"
        place, size, time = plan_module.describe(cpu_only=cpu_only)
        assert str(tmp_path / "engine") in place
        assert f"Download: {plan.download / 1e9:.1f} GB" in size
        assert f"{plan.disk / 1e9:.1f} of" in size.replace(" GB", "")
        assert f"about {plan.minutes} min" in time
    whole = plan_module.plan_engine(cpu_only=False)
    assert whole.smaller == (names[1] == "engine-cpu.txt")
    if whole.smaller:
        assert plan.download < whole.download / 5


def write_lock(folder, text):
    """A wheel, and the lock that names it."""
    path, info = folder / "locked_thing-1.0-py3-none-any.whl", "locked_thing-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("locked_thing.py", text)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: locked_thing\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    lock = folder / "engine.txt"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lock.write_text(f"locked_thing==1.0 \\\n    --hash=sha256:{digest}\n")
    return lock


def test_engine_is_what_the_lock_says(setup, plan_module, module, monkeypatch, tmp_path):
    """By the real pip, which is told otherwise by variables and lied to by the current folder."""
    engine, files = module("engine"), tmp_path / "files"
    files.mkdir()
    lock = write_lock(files, "")
    plan = plan_module.Plan(lock, tmp_path / "engine", packages=1, download=1000, disk=1000)
    monkeypatch.setattr(setup, "plan_engine", lambda *, cpu_only: plan)
    monkeypatch.setattr(setup, "LOCKS", files)
    (files / "engine-cpu.txt").write_text("")
    monkeypatch.setattr(
        setup, "missing_in", lambda python: engine.missing_in(python, ("locked_thing",))
    )
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(files),
        "PIP_TARGET": str(tmp_path / "elsewhere"),
        "PIP_CONSTRAINT": str(tmp_path / "nowhere.txt"),
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "pip.py").write_text("raise SystemExit('the wrong pip')")
    monkeypatch.chdir(tmp_path)
    list(setup.install(cpu_only=False))
    assert engine.missing_in(engine.python_in(tmp_path / "engine"), ("locked_thing",)) == ()
    assert setup.is_current()
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "engine" / setup.DOWNLOADS).exists()

    text = lock.read_text()
    write_lock(files, "changed = True")
    lock.write_text(text)
    with pytest.raises(setup.EngineError, match="not what this version of Stylize names"):
        list(setup.install(cpu_only=False))
    assert setup.is_current(), "what was there stays"
    lock.write_text(text + "# another\n")
    assert not setup.is_current()
