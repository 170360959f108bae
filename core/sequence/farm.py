"""A sequence stylized by several machines or processes: Dask distributes chunks of frames.

Every machine needs the same files under the same paths, and this project in its Python path. A chunk is an
ordinary sequence of fewer frames. A chunk that is lost is made again: with the same bytes where machines have
the same number of threads, else within rounding.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from importlib import import_module
from types import ModuleType
from typing import Any

from ..errors import ParamsError, StylizeError
from ..progress import Progress, Report, ignore
from ..request.check import check_sequence
from ..request.sequence_job import SequenceJob, SequenceResult
from ..video.frames import Pattern, wanted_frames

LOCAL = "local"
"""The address that stands for a cluster on this machine, started and stopped with the sequence."""
KEYFRAMES_PER_CHUNK = 4
"""Keyframes in a chunk by default: two keyframes before a chunk must be painted besides."""
RETRIES = 3
"""How often a chunk is tried again after its worker died."""


def stylize_on_farm(
    sequence: SequenceJob,
    address: str,
    *,
    chunk: int | None = None,
    workers: int = 2,
    report: Report = ignore,
) -> SequenceResult:
    """Stylize a sequence on a Dask cluster, and return the chunks' results added up.

    Args:
        sequence: What was asked. On CUDA, workers must offer a GPU (``dask worker --resources GPU=1``).
        address: Of the scheduler, ``tcp://host:8786``; or ``local``.
        chunk: Frames in a chunk; None: ``KEYFRAMES_PER_CHUNK`` times the frames between keyframes.
        workers: Processes of a local cluster.
        report: Is told of every chunk that is finished.

    Raises:
        ParamsError: if Dask is missing.
        StylizeError: if there is no scheduler, or a chunk fails.
        Cancelled: from ``report``; chunks that have not run are withdrawn.
    """
    check_sequence(sequence)
    dask = _import_dask()
    _, wanted = wanted_frames(Pattern.read(sequence.job.content), sequence.frames)
    chunks = split(wanted, chunk or KEYFRAMES_PER_CHUNK * sequence.anchor)
    with ExitStack() as stack:
        client = stack.enter_context(_connect(dask, address, workers))
        needs = {"GPU": 1} if sequence.job.device.startswith("cuda") else None
        how = {"pure": False, "retries": RETRIES, "resources": needs}
        text = sequence.to_json()
        tasks = [client.submit(make_chunk, text, first, last, **how) for first, last in chunks]
        stack.callback(client.cancel, tasks)
        return _add_up(sequence, list(_collect(dask, client, tasks, report)))


def make_chunk(sequence: str, first: int, last: int) -> dict[str, Any]:
    """Stylize the frames of one chunk; this runs on a worker."""
    from .run import stylize_sequence

    return asdict(stylize_sequence(replace(SequenceJob.from_json(sequence), frames=(first, last))))


def split(numbers: Sequence[int], chunk: int) -> list[tuple[int, int]]:
    """Return first and last frame of chunks that begin at multiples of ``chunk``.

    Raises:
        ParamsError: if the chunk is empty.
    """
    if chunk < 1:
        raise ParamsError(f"a chunk has {chunk} frames; it must have one at least")
    chunks: dict[int, list[int]] = {}
    for number in numbers:
        chunks.setdefault(number // chunk, []).append(number)
    return [(part[0], part[-1]) for part in chunks.values()]


def _import_dask() -> ModuleType:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise ParamsError(
            "a farm needs Dask: install the package distributed into the engine's Python"
        ) from error


@contextmanager
def _connect(dask: ModuleType, address: str, workers: int) -> Iterator[Any]:
    with ExitStack() as stack:
        target: Any = address
        if address == LOCAL:
            target = stack.enter_context(local_cluster(dask, workers))
        security = target.security if address == LOCAL else None
        try:
            client = dask.Client(target, timeout="10s", set_as_default=False, security=security)
        except (OSError, ValueError, TypeError, RuntimeError) as error:  # the last two: of TLS
            raise StylizeError(
                f"there is no Dask scheduler at {address} ({error}); start one with: dask scheduler"
            ) from error
        yield stack.enter_context(client)


@contextmanager
def local_cluster(dask: ModuleType, workers: int) -> Iterator[Any]:
    """Run a Dask cluster on this machine that nobody else can use, until the block ends.

    Whoever can connect to a scheduler can run programs through it. This one listens on this machine alone and
    accepts only clients with its certificate, which is kept in memory. It serves no web pages.

    Raises:
        ParamsError: if the package for certificates is missing.
    """
    try:
        security = dask.Security.temporary()
    except ImportError as error:
        raise ParamsError(
            "a farm on this machine needs the package cryptography: install it into the engine's Python"
        ) from error
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    alone = {
        "distributed.nanny.environ.OMP_NUM_THREADS": threads,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    with (
        import_module("dask.config").set(alone),
        dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            security=security,
            dashboard_address="127.0.0.1:0",  # any free port, for what has no pages
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,
        ) as cluster,
    ):
        yield cluster


def _collect(
    dask: ModuleType, client: Any, tasks: Sequence[Any], report: Report
) -> Iterator[Mapping[str, Any]]:
    report(Progress("chunks", 0, len(tasks)))
    finished = dask.as_completed(tasks, loop=client.loop, with_results=True)
    try:
        for done, (_, result) in enumerate(finished, 1):
            report(Progress("chunks", done, len(tasks)))
            yield result
    except dask.scheduler.KilledWorker as error:
        raise StylizeError(
            f"a chunk was given up after its worker died {RETRIES + 1} times; is there memory enough for it?"
        ) from error
    except ModuleNotFoundError as error:
        raise StylizeError(
            f"a worker cannot load {error.name}: start it with this project's folder in PYTHONPATH"
        ) from error


def _add_up(sequence: SequenceJob, results: Sequence[Mapping[str, Any]]) -> SequenceResult:
    first = results[0]
    frames = sum(result["frames"] for result in results)
    seconds = sum(result["engine_seconds"] for result in results)
    return SequenceResult(
        output=str(Pattern.read(sequence.job.output)),
        method=first["method"],
        width=first["width"],
        height=first["height"],
        frames=frames,
        skipped=sum(result["skipped"] for result in results),
        cuts=tuple(sorted({cut for result in results for cut in result["cuts"]})),
        motion=first["motion"],
        engine_seconds=round(seconds, 3),
        seconds_per_frame=round(seconds / max(1, frames), 3),
        peak_memory_mb=max(result["peak_memory_mb"] for result in results),
        device=first["device"],
        precision=first["precision"],
        notes=tuple(dict.fromkeys(note for result in results for note in result["notes"])),
    )
