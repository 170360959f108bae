"""Where and how precisely to compute, and how much memory that may take."""

import ctypes
import os
import sys
from pathlib import Path

import psutil
import torch

from .errors import ParamsError, StylizeError
from .tiling import Grid

ONE_TILE = 1152
"""A picture whose sides are no longer than this is one tile.

Processor time of 1024 x 1024 by transport as one tile, as four of 512, as 640 and 384, on one core: 2.45,
2.46, 2.70 s with AVX2 in float32 (one round), 1.04, 1.06, 1.20 s with AVX-512 in bfloat16 (slower of two).
Time on two cores, tiles of 640 and of 512 over one tile, medians of 12 pairs: 0.96 and 0.94 with AVX2 (single
pairs 0.76 to 1.16), 1.11 and 1.10 with AVX-512: AVX2 would gain what is noise, AVX-512 lose more.
"""
TILES = (640, 512, 384, 256, 128, 64)
"""Sides of a tile's core, the fastest first: larger ones take more memory, smaller ones overlap more."""
KEPT_FREE = 128
"""Megabytes of freed activations that the process keeps for the next ones."""
ROOM = KEPT_FREE + 52
"""Megabytes besides pictures and windows: what is kept free, the networks, and oneDNN's own copies of them.

Measured as peak, less what was resident before, the result and a window's due, on 4096 x 4096 pixels by
transport: 75 in bfloat16 with AVX-512, 165 in float32 with AVX2.
"""
IMAGE_BYTES_PER_PIXEL = 2 * 3 * 4
"""Bytes that a pixel of content and result takes, both as floats."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(name: str) -> torch.device:
    """Return the device: ``auto`` prefers CUDA, then Apple's, then the CPU."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ParamsError(
            f"device {name!r} cannot be used here ({reason}); try auto or cpu"
        ) from error
    return device


def pick_dtype(precision: str, device: torch.device, *, half: bool) -> torch.dtype:
    """Return the type of convolutions: ``auto`` takes a half type where the chip is fast at it."""
    if precision != "auto":
        if precision not in DTYPES:
            raise ParamsError(
                f"precision is {precision!r}; choose one of: auto, {', '.join(DTYPES)}"
            )
        return DTYPES[precision]
    if not half:
        return torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if device.type == "cpu" and has_bf16() else torch.float32


def has_bf16() -> bool:
    """Return whether the processor multiplies bfloat16, and torch's convolutions may use it."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    if not any(getattr(torch.cpu, check, bool)() for check in checks):
        return False
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def pick_grid(  # noqa: PLR0913  # all but the first are named by the caller
    size: tuple[int, int],
    *,
    bytes_per_pixel: int,
    halo: int,
    kept_bytes_per_pixel: int,
    kept_megabytes: int = 0,
    max_memory: int | None,
    image_bytes_per_pixel: int = IMAGE_BYTES_PER_PIXEL,
    loaded_bytes: int = 0,
) -> Grid:
    """Return the tile grid that keeps the process within ``max_memory`` megabytes.

    ``bytes_per_pixel`` is for a tile's window, ``kept_bytes_per_pixel`` for every pixel of the
    picture besides, ``kept_megabytes`` whatever its size, ``image_bytes_per_pixel`` for every pixel of
    content and result; ``loaded_bytes`` of these are in memory by now. The memory that Python, torch and its
    libraries take differs from machine to machine, so it is measured here.

    Raises:
        StylizeError: if even the smallest tile does not fit.
    """
    tiles = (ONE_TILE, *TILES) if max(size) <= ONE_TILE else TILES
    if max_memory is None:
        return Grid(tiles[0])
    pictures = (image_bytes_per_pixel + kept_bytes_per_pixel) * size[0] * size[1] / 2**20
    base = resident_megabytes() - loaded_bytes / 2**20 + ROOM + kept_megabytes
    free = max_memory - base - pictures
    for tile in tiles:
        if _megabytes(tile + 2 * halo, bytes_per_pixel) <= free:
            return Grid(tile)
    least = _megabytes(TILES[-1] + 2 * halo, bytes_per_pixel)
    needed = round(base + pictures + least) + 1
    raise StylizeError(
        f"{size[1]} x {size[0]} pixels need at least {needed} MB, and {max_memory} MB are allowed: "
        "raise the memory limit or make the picture smaller",
        "max_memory",
    )


def _megabytes(side: int, bytes_per_pixel: int) -> float:
    return side**2 * bytes_per_pixel / 2**20


def resident_megabytes() -> float:
    """Return the memory that this process uses now, in megabytes, without freed memory that it only keeps."""
    trim_memory()
    return psutil.Process().memory_info().rss / 2**20


def peak_memory_mb() -> int:
    """Return the most memory that this process has used so far, in megabytes."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset // 2**20
    status = Path("/proc/self/status")
    if status.exists():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    import resource  # macOS; the module does not exist on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


def set_up(device: torch.device) -> None:
    """Let torch use every core that this process may run on, and keep freed memory for reuse."""
    _keep_memory()
    if device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        process = psutil.Process()
        cores = (
            len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count()
        )
        torch.set_num_threads(cores or 1)


def trim_memory() -> None:
    """Return freed memory to the operating system (glibc alone keeps it)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def _keep_memory(kept: int = KEPT_FREE * 2**20, largest: int = 64 * 2**20) -> None:
    """Tell glibc to keep freed memory for the next activation: to get it anew from the system is slow."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        trim_threshold, mmap_threshold = -1, -3
        mallopt(trim_threshold, kept)
        mallopt(mmap_threshold, largest)
