"""The locks: in step with pyproject.toml, hashed, and what is installed is what they say."""

import ast
import base64
import hashlib
import importlib
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
TEXT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS, DEPENDENCIES = TEXT["dependency-groups"], TEXT["project"]["dependencies"]


@pytest.fixture(scope="module")
def tools():
    """The modules of tools/ that the Makefile runs."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        names = ("setup_env", "update_locks")
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="module")
def read(tools):
    return lambda name: tools.setup_env.locked_pip.read_lock(LOCKS / f"{name}.txt")


def wanted_in(name):
    """What pyproject.toml wants of a lock."""
    found = list(DEPENDENCIES) if name in ("dev", "engine", "engine-cpu") else []
    for entry in GROUPS.get(name, ()):
        found += GROUPS[entry["include-group"]] if isinstance(entry, dict) else [entry]
    return [Requirement(text) for text in found]


@pytest.mark.parametrize(
    "name", ["dev", "engine", "engine-cpu", "blender-4.2", "blender-4.5", "blender-5.2"]
)
def test_lock_is_in_step_with_the_project(name, tools, read):
    """On every system and Python: each dependency is there once, in a version that is admitted."""
    update = tools.update_locks
    pythons = update.LOCKS[name.removesuffix("-cpu")][1]
    assert wanted_in(name)
    for system in update.SYSTEMS if name != "engine-cpu" else ("linux-x86_64",):
        for python in pythons:
            words = update.environment_of(system, python)
            there = [line for line in read(name) if not line[2] or Marker(line[2]).evaluate(words)]
            versions = {line[0]: line[1] for line in there}
            assert len(versions) == len(there)
            for wanted in wanted_in(name):
                version = versions[canonicalize_name(wanted.name)]
                assert wanted.specifier.contains(version, prereleases=True), f"{wanted}: {version}"


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_line_is_exact_and_hashed(path, read):
    lines = read(path.stem)
    assert lines
    for name, _, _, hashes in lines:
        assert hashes, name
        assert all(len(known) == len("sha256:") + 64 for known in hashes), name
    assert "://" not in path.read_text(encoding="utf-8"), "where files come from is not the lock's"


def test_there_is_one_version_of_each_for_engine_and_development(read):
    everything = {line[:3]: line[3] for line in read("dev")}
    for line in read("engine"):
        assert everything[line[:3]] == line[3]


def test_lock_without_gpu_is_the_engines_but_for_what_a_gpu_needs(tools, read):
    gpu = tools.update_locks.GPU
    plain = [line for line in read("engine") if not gpu.match(line[0] + "==")]
    small = read("engine-cpu")
    assert [line for line in small if line[0] != "torch"] == plain
    assert [version[-4:] for name, version, _, _ in small if name == "torch"] == ["+cpu"]


def test_sizes_are_this_locks():
    table = json.loads((LOCKS / "engine.json").read_text(encoding="utf-8"))
    text = (LOCKS / "engine.txt").read_bytes().replace(b"\r\n", b"\n")
    assert table["lock"] == hashlib.sha256(text).hexdigest()
    assert {"3.11", "3.13"} <= set(table["pythons"])
    assert {"linux-x86_64", "win32-amd64", "darwin-arm64"} <= set(table["systems"])
    for size in table["systems"].values():
        assert 50e6 < size["download"] < size["disk"] < 10e9
        assert size["packages"] > 10


HASHES = ["sha256:" + c * 64 for c in "abc"]
WHEELS = {
    HASHES[0]: ("thing-1.0-cp311-cp311-manylinux_2_28_x86_64.whl", 1),
    HASHES[1]: ("thing-1.0-cp311-abi3-win_amd64.whl", 1),
    HASHES[2]: ("pure-2.0-py3-none-any.whl", 1),
}


def test_update_chooses_the_wheel_of_a_system(tools):
    choose = tools.update_locks.choose_wheels
    lines = [
        ("thing", "1.0", "", HASHES[:2]),
        ("pure", "2.0", "sys_platform == 'win32'", HASHES[2:]),
    ]
    assert choose(lines, WHEELS, "linux-x86_64", "3.11") == [("thing", "1.0", HASHES[0])]
    both = [("thing", "1.0", HASHES[1]), ("pure", "2.0", HASHES[2])]
    assert choose(lines, WHEELS, "win32-amd64", "3.13") == both
    for system, python in (("linux-x86_64", "3.13"), ("darwin-arm64", "3.11")):
        with pytest.raises(tools.update_locks.LockError, match=rf"no wheel for {system}.*{python}"):
            choose(lines, WHEELS, system, python)


def test_update_says_what_changed(tools, tmp_path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    rest = f" \\\n    --hash={HASHES[0]}\n"
    same = f"b==1 ; python_version < '3.12'{rest}"
    old.write_text(f"a==1.0{rest}{same}gone==3{rest}")
    new.write_text(f"a==1.1{rest}{same}new==2{rest}")
    changes = tools.update_locks.changes
    assert changes(old, new) == ["a 1.0 -> 1.1", "gone 3 -> (gone)", "new (new) -> 2"]
    assert changes(old, old) == []
    assert changes(tmp_path / "nowhere.txt", old)[0] == "a (new) -> 1.0"


def write_wheel(folder, name, version, text=""):
    """Make a wheel of one module; return its line in a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n{text}",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},sha256={_digest(body)},{len(body)}\n" for file, body in files.items())
    files[f"{info}/RECORD"] = record
    with zipfile.ZipFile(path, "w") as archive:
        for file, body in files.items():
            archive.writestr(file, body)
    return (
        f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
    )


def _digest(body):
    digest = hashlib.sha256(body.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder of wheels that pip is told to take all from."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def version_in(tools, folder, name):
    python, code = tools.setup_env.python_of(folder), f"import {name}; print({name}.VERSION)"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_environment_is_what_the_lock_says(tools, wheels, tmp_path, monkeypatch, capfd):
    """Not pip's variables, not pip.conf, not the user site, nor a pip.py that lies about lead it away."""
    lock, folder = tmp_path / "lock.txt", tmp_path / "made"
    lock.write_text(write_wheel(wheels, "first_thing", "1.0"))
    write_wheel(wheels, "first_thing", "2.0")
    mislead(tmp_path, monkeypatch)
    tools.setup_env.make(folder, sys.executable, lock)
    assert "setting up" in capfd.readouterr().out
    assert version_in(tools, folder, "first_thing") == "1.0"
    assert not (tmp_path / "elsewhere").exists()

    tools.setup_env.make(folder, sys.executable, lock)
    assert capfd.readouterr().out == "", "the stamp says that it is done"

    lock.write_text(write_wheel(wheels, "second_thing", "1.0"))
    write_wheel(wheels, "second_thing", "1.0", "print('changed on its way')\n")
    with pytest.raises(tools.setup_env.SetupError):
        tools.setup_env.make(folder, sys.executable, lock)
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert not (folder / tools.setup_env.STAMP).exists(), "it is not taken as done"
    for name in ("first_thing", "second_thing"):
        assert version_in(tools, folder, name) == "", "another lock begins anew"


def mislead(folder, monkeypatch):
    """Say to pip and to Python all that could make another environment."""
    (folder / "constraints.txt").write_text("first_thing==2.0\n")
    settings = f"[global]\nuser = true\n[install]\nprefix = {folder / 'elsewhere'}\n"
    (folder / "pip.conf").write_text(settings)
    for name in ("pip.py", "venv.py", "ensurepip.py"):
        (folder / name).write_text("raise SystemExit('the wrong module')\n")
    for name, value in {
        "PIP_TARGET": folder / "elsewhere",
        "PIP_CONSTRAINT": folder / "constraints.txt",
        "PIP_CONFIG_FILE": folder / "pip.conf",
        "PIP_NO_BINARY": ":all:",
        "PIP_DRY_RUN": "1",
        "PYTHONPATH": folder,
        "PYTHONUSERBASE": folder / "elsewhere",
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(folder)


def test_of_pips_configuration_where_files_come_from_is_kept(tools, tmp_path, monkeypatch):
    """A company's mirror, certificate and proxy are needed; nothing else is taken over."""
    path = tmp_path / "pip.conf"
    path.write_text(
        "[global]\nindex-url = https://mirror.invalid/simple\nproxy = http://old.invalid\nuser = true\n"
        "[install]\nproxy = http://proxy.invalid:3128\nconstraint = c.txt\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    monkeypatch.setenv("PIP_CERT", "company.pem")
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    words = tools.setup_env.locked_pip.pip_environment(sys.executable)
    found = {name: value for name, value in words.items() if name.startswith("PIP_")}
    assert found["PIP_INDEX_URL"] == "https://mirror.invalid/simple"
    assert found["PIP_PROXY"] == "http://proxy.invalid:3128"
    assert found["PIP_CERT"] == "company.pem"
    assert found["PIP_CONFIG_FILE"] != str(path)
    assert not {"PIP_TARGET", "PIP_USER", "PIP_CONSTRAINT"} & set(found)


def test_setup_runs_on_any_python_3(tools):
    """What the Makefile starts is read by Python 3.8."""

    for path in ("tools/setup_env.py", "stylize_addon/installation/locked_pip.py"):
        ast.parse((ROOT / path).read_text(encoding="utf-8"), feature_version=(3, 8))
