"""How threads wait for work: asleep, so that other programs keep their cores.

OpenMP's threads spin for a while when they have nothing to do. Beside a program that renders, each spin takes
a core away from who has work: a picture took more than twice as long as with threads that sleep.
"""

import os
from collections.abc import Mapping

PASSIVE = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}
"""Read when torch is loaded: the first by every OpenMP, the second by Intel's and LLVM's (Windows, macOS)."""
SPINNING = (*PASSIVE, "GOMP_SPINCOUNT")
"""Variables by which users choose themselves how threads wait."""


def passive_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables with which threads sleep while they wait; a user's own setting is kept."""
    chosen = any(name in environment for name in SPINNING)
    return {**environment, **({} if chosen else PASSIVE)}


def wait_passively() -> None:
    """Let the threads of this process, and of those that it starts, sleep while they wait.

    To be called before torch is loaded: later it changes nothing here.
    """
    os.environ.update(passive_environment(os.environ))
