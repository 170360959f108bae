"""How the add-on and the Makefile run pip: from a lock with hashes, with few of the user's settings.

Needs only the standard library and Python 3.8: ``tools/setup_env.py`` loads this file by its path.
"""

import configparser
import hashlib
import locale
import os
import re
import subprocess
from pathlib import Path

REACH = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
    "client-cert",
    "proxy",
    "trusted-host",
    "keyring-provider",
    "timeout",
    "default-timeout",
    "retries",
)
"""What is taken over from the user's pip: where files come from and how they are reached.

A company's mirror and certificate are needed, and the hashes see to it that they bring the same files.
All else in variables and in pip.conf (a constraint, a target, the user site) would make another environment.
"""
KINDS = ("global", "user", "site", "env")
"""Of pip.conf, each overruling the one before it."""
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*(.*?))?\s*\\?$")


def install_command(python, *what):
    """Return the command that installs into an environment; ``what`` are pip's arguments like ``-r FILE``.

    ``-I`` keeps the user site, ``PYTHON*`` and the current folder out.
    """
    options = ("--no-input", "--disable-pip-version-check", "--only-binary", ":all:")
    return [str(python), "-I", "-m", "pip", "install", *options, *what]


def lock_options(lock):
    """Return pip's options to install all of a lock, and only files that match its hashes."""
    return ("--require-hashes", "-r", str(lock))


def pip_environment(python, environment=None):
    """Return the variables for pip: of the user's, only those that say how files are reached."""
    given = dict(os.environ if environment is None else environment)
    kept = {
        name: value
        for name, value in given.items()
        if not name.upper().startswith(("PIP_", "PYTHON", "__PYVENV"))
        and name.upper() not in ("VIRTUAL_ENV", "CONDA_PREFIX")
    }
    kept["PIP_CONFIG_FILE"] = os.devnull
    for option, value in reach(python, given).items():
        kept["PIP_" + option.upper().replace("-", "_")] = value
    return kept


def reach(python, environment):
    """Return the user's pip settings (pip.conf, variables) on where files are and how they are reached."""
    files = [_read_settings(path) for path in config_files(python, environment)]
    sections = [
        file[section] for section in ("global", "install") for file in files if section in file
    ]
    sections.append({option: environment.get(variable_of(option), "") for option in REACH})
    settings_kept = {}
    for settings in sections:
        settings_kept.update((name, settings[name]) for name in REACH if settings.get(name))
    return settings_kept


def variable_of(option):
    """Return the environment variable of a pip option."""
    return "PIP_" + option.upper().replace("-", "_")


def config_files(python, environment):
    """Return the files of settings that pip reads; the last one has precedence.

    `pip config list` could list them, but it applies ``user = true`` in them to itself.
    """
    if environment.get("PIP_CONFIG_FILE") == os.devnull:
        return []
    done = subprocess.run(
        [str(python), "-I", "-m", "pip", "config", "debug"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    kind, files = "", {}
    for line in done.stdout.splitlines():
        heading, file = re.match(r"(\w+):$", line), re.match(r"  (.+), exists: True$", line)
        kind = heading[1] if heading else kind
        if file:
            files.setdefault(kind, []).append(file[1])
    return [path for kind in KINDS for path in files.get(kind, ())]


def _read_settings(path):
    """Return one file of settings as pip reads it; empty if pip would not read it."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding=locale.getpreferredencoding(False))
    except (configparser.Error, UnicodeDecodeError):
        parser.clear()
    return parser


def read_lock(path):
    """Return a lock's lines: (name, version, marker or "", hashes)."""
    pins = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        text = line.strip().rstrip("\\").strip()
        pinned = PINNED.match(line)
        if pinned:
            pins.append((pinned[1], pinned[2], pinned[3] or "", []))
        elif text.startswith("--hash="):
            pins[-1][3].append(text[len("--hash=") :])
        elif text and not text.startswith("#"):
            raise ValueError("{}: not a line of a lock: {}".format(path, line))
    return pins


def digest_of(*paths):
    """Return a digest of files: when a lock changes, a new environment is made."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(Path(path).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
