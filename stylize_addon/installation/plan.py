"""The plan of an engine's installation: its lock, folder, size and duration."""

import json
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import StylizeError
from ..engine import ROOT, EngineError, own_folder

LOCKS = ROOT / "requirements"
"""Exact versions with hashes; the Makefile's environments are made from the same versions."""
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""Where PyTorch's build without GPU support lies. The lock's hashes hold for it too."""
GIGABYTE = 1e9
LINE = 50e6 / 8
"""Bytes per second of a typical connection, 50 Mbit/s."""
DISK = 50e6
"""Bytes a second at which wheels are unpacked and compiled."""
SPARE = 200e6
"""Bytes that must stay free besides."""
SMALL_HINT = ", or choose 'Without GPU Support'"


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned installation; sizes in bytes."""

    lock: Path
    folder: Path
    packages: int
    download: int
    disk: int
    index: str = ""
    """A second place to look for files."""
    smaller: bool = False
    """Whether there is a smaller one for this system."""

    @property
    def minutes(self) -> int:
        """Minutes on a typical connection."""
        return max(1, round((self.download / LINE + self.disk / DISK) / 60))


def plan_engine(*, cpu_only: bool) -> Plan:
    """Return the plan for this computer.

    Raises:
        EngineError: if there is no lock for Blender's Python or for this system.
    """
    table = json.loads((LOCKS / "engine.json").read_text(encoding="utf-8"))
    _check_python(table["pythons"])
    system = f"{sys.platform}-{platform.machine().lower()}"
    if system not in table["systems"]:
        raise EngineError(
            f"The engine cannot be installed on this system ({system}): it is made for Linux and Windows "
            f"on x86-64 and macOS on Apple silicon; choose a Python that has PyTorch in the preferences"
        )
    small = f"{system}-cpu"
    if cpu_only and small in table["systems"]:
        sizes = table["systems"][small]
        return Plan(LOCKS / "engine-cpu.txt", own_folder(), **sizes, index=CPU_INDEX)
    return Plan(
        LOCKS / "engine.txt",
        own_folder(),
        **table["systems"][system],
        smaller=small in table["systems"],
    )


def _check_python(known: list[str]) -> None:
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if running not in known:
        raise EngineError(
            f"Blender's Python is {running}, and this version of Stylize has the engine for {known[0]} to "
            f"{known[-1]}: update Stylize, or choose a Python that has PyTorch in the preferences"
        )


def free_space(folder: Path) -> int:
    """Return the free bytes on the disk of a folder, which need not exist."""
    return shutil.disk_usage(
        next(place for place in (folder, *folder.parents) if place.exists())
    ).free


def check_space(plan: Plan) -> None:
    """Check that the disk has space for the downloaded and the unpacked files together.

    Raises:
        EngineError: if it has not.
    """
    needed, free = plan.download + plan.disk + SPARE, free_space(plan.folder)
    if free < needed:
        raise EngineError(
            f"The disk of {plan.folder} has {_format_gigabytes(free)} free and the engine needs "
            f"{_format_gigabytes(needed)} while it is installed: "
            f"make room{SMALL_HINT if plan.smaller else ''}"
        )


def describe(*, cpu_only: bool) -> tuple[str, ...]:
    """Return the engine's folder, size and time, one line each; or why it cannot be installed."""
    try:
        plan = plan_engine(cpu_only=cpu_only)
        check_space(plan)
    except StylizeError as error:
        return (str(error),)
    disk, free = _format_gigabytes(plan.disk), _format_gigabytes(free_space(plan.folder))
    return (
        f"Folder: {plan.folder}",
        f"Download: {_format_gigabytes(plan.download)}; on the disk: {disk} of {free} that are free",
        f"Time: about {plan.minutes} min with 50 Mbit/s; it can be cancelled, and leaves nothing behind",
    )


def _format_gigabytes(size: float) -> str:
    return f"{size / GIGABYTE:.1f} GB"
