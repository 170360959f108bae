"""Run the numeric tests and the parity as lesser processors would: ``make test-cpus``.

A truth that depends on one processor is none. Each level caps the instructions that torch, oneDNN, MKL, NumPy
and OpenCV use; what a level cannot switch on because this machine has no such instructions is as it is.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    "tests/image", "tests/methods", "tests/nn", "tests/npr", "tests/passes", "tests/surface", "tests/video",
    "tests/test_color.py", "tests/test_contract.py", "tests/test_depth.py", "tests/test_lazy.py",
    "tests/test_metrics.py", "tests/test_parity.py", "tests/test_run.py", "tests/test_thumbnail.py",
    "tests/test_tiling.py",
)  # fmt: skip  # folders, then files
"""What computes with pictures."""
LEVELS = {
    "default": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENCV_CPU_DISABLE": "SSE4.1,SSE4.2,AVX,AVX2,FMA3,AVX512-SKX",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENCV_CPU_DISABLE": "AVX512-SKX",
    },
    "native": {},
}
"""What each level sets; NumPy's features have other names in every version and are asked for."""
BEYOND = {"default": ("",), "avx2": ("AVX512", "X86_V4")}
"""How the names of NumPy's features begin that a level does not have."""
FEATURES = """
import numpy
core = getattr(numpy, "_core", None) or numpy.core  # before NumPy 2
print(*core._multiarray_umath.__cpu_dispatch__)
"""


def main() -> int:
    """Run every level that is asked for and say how each ended; the exit code is 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--cases", type=Path, help="folder of parity cases; left out if not there")
    parser.add_argument("tests", nargs="*", default=TESTS, help="instead of the numeric tests")
    options = parser.parse_args()
    failed = [level for level in options.levels if not passes(level, options)]
    print(f"test-cpus: {', '.join(options.levels)}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def passes(level: str, options: argparse.Namespace) -> bool:
    """Run tests and parity at one level; return whether all passed."""
    environment, began = environment_of(level), time.monotonic()
    commands = [["pytest", "-q", "-p", "no:cacheprovider", *options.tests]]
    if options.cases and options.cases.is_dir():
        commands.append(["core", "parity", str(options.cases)])
    ended = [
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False).returncode
        for command in commands
    ]  # fmt: skip  # one call
    names = [command[0] for command in commands]
    said = ", ".join(
        f"{n} {'failed' if code else 'passed'}" for n, code in zip(names, ended, strict=True)
    )
    print(f"{level}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return not any(ended)


def environment_of(level: str) -> dict[str, str]:
    """Return the environment in which libraries see a lesser processor."""
    bare = {k: v for k, v in os.environ.items() if k not in LEVELS["default"]}
    if level not in BEYOND:
        return bare
    done = subprocess.run(
        [sys.executable, "-c", FEATURES], env=bare, capture_output=True, text=True, check=True
    )
    beyond = [name for name in done.stdout.split() if name.startswith(BEYOND[level])]
    return {**bare, **LEVELS[level], "NPY_DISABLE_CPU_FEATURES": " ".join(beyond)}


if __name__ == "__main__":
    sys.exit(main())
