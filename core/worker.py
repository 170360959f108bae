"""The engine as a process: jobs come in on stdin, answers go out on stdout, one JSON object a line.

In:  ``{"id": 1, "job": {...}}``, or ``"film"`` for frames, ``"toon"`` for a toon look, ``"hand"`` for the
     hand of a picture; ``{"cancel": 1}``; a closed stdin stops the running job and quits.
Out: ``{"ready": true, "version": ..., "torch": ...}`` once, then for each job any number of
``{"id": 1, "progress": {"stage", "done", "total", "loss"}}`` and one of ``{"id": 1, "result": {...}}``,
``{"id": 1, "error": "a sentence"}``, ``{"id": 1, "cancelled": true}``.

A line that is no request is answered with ``{"id": null, "error": "a sentence"}``, whatever bytes it holds.
What libraries print goes to stderr, and so do tracebacks of unexpected errors.
"""

import json
import os
import queue
import reprlib
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TextIO, cast

from .errors import (
    OUT_OF_MEMORY,
    Cancelled,
    ParamsError,
    StylizeError,
    is_out_of_memory,
    readable,
)
from .files.damage import explain_damage
from .files.typed import read_json, read_typed
from .progress import Progress, Report
from .request.hand_job import HandJob, HandResult
from .request.picture_job import Job
from .request.result import Result
from .request.sequence_job import SequenceJob, SequenceResult
from .request.toon_job import ToonJob, ToonResult
from .threads import wait_passively

INTERVAL = 0.1
"""Seconds between two progress lines of one stage."""
LONGEST = 1 << 26
"""Bytes that a request may have; a longer one is refused."""
LAST = 60.0
"""Seconds after stdin was closed until the process ends itself, even if a job is still running."""

Send = Callable[[Mapping[str, Any]], None]
Task = Job | SequenceJob | ToonJob | HandJob
Done = Result | SequenceResult | ToonResult | HandResult
RunTask = Callable[[Task, Report], Done]
KINDS: Mapping[str, type[Task]] = MappingProxyType(
    {"film": SequenceJob, "toon": ToonJob, "hand": HandJob, "job": Job}
)
"""What a request may ask for, by its name there."""


def main() -> int:
    """Serve jobs until stdin is closed; the exit code is 1 if the engine cannot start.

    Ctrl-C in a terminal reaches the whole process group: it is for the parent to act on.
    """
    wait_passively()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _redirect_stdout() as stream:
        send = partial(_send, stream, threading.Lock())
        try:
            hello = _make_hello()
            run = _make_runner()
        except (ImportError, OSError) as error:
            traceback.print_exc()
            send({"ready": False, "error": f"the engine cannot start: {_format_error(error)}"})
            return 1
        send(hello)
        serve(_read_until_closed(sys.stdin.buffer), send, run)
    return 0


def read_lines(stream: BinaryIO, longest: int = LONGEST) -> Iterator[bytes]:
    """Yield the lines of a stream; a line longer than ``longest`` is cut to one byte more than that."""
    while line := stream.readline(longest + 1):
        yield line
        while len(line) > longest and not line.endswith(b"\n"):
            line = stream.readline(longest + 1)


def serve(lines: Iterable[str | bytes], send: Send, run: RunTask) -> None:
    """Do the jobs that ``lines`` bring, in order, and return when they end.

    Lines are read in a thread of their own, so that a cancel is seen at the running job's next report.
    """
    inbox = Inbox()
    threading.Thread(target=inbox.read, args=(lines, send), daemon=True).start()
    for number, job in inbox.jobs():
        send({"id": number} | _answer(number, job, inbox, send, run))


class Inbox:
    """Requests that have come in: jobs that wait, jobs that are cancelled, and whether stdin was closed."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Any, Any] | None] = queue.Queue()
        self._cancelled: set[Any] = set()
        self._closed = threading.Event()

    def read(self, lines: Iterable[str | bytes], send: Send) -> None:
        """Take requests until ``lines`` end; a line that is not a request is answered with an error."""
        try:
            with suppress(OSError):
                for line in lines:
                    if line.strip():
                        self._take(line, send)
        finally:
            self._closed.set()
            self._waiting.put(None)

    def jobs(self) -> Iterator[tuple[Any, Any]]:
        """Yield number and job, until the requests have ended."""
        while (item := self._waiting.get()) is not None:
            yield item

    def stopped(self, number: Any) -> bool:
        """Return whether a job is cancelled, by its number or because the requests have ended."""
        return self._closed.is_set() or number in self._cancelled

    def _take(self, line: str | bytes, send: Send) -> None:
        try:
            with explain_damage(ParamsError, "not a request: {reason}"):
                message = _parse_request(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                kind = next(kind for kind in KINDS if kind in message)
                self._waiting.put((message["id"], (kind, message[kind])))
        except ParamsError as error:
            send({"id": None, "error": str(error)})


def _parse_request(line: str | bytes) -> dict[str, Any]:
    """Return a request: an object with what to cancel, or with an id and a job or a sequence.

    Raises:
        ParamsError: if it is not a request.
    """
    if len(line) > LONGEST:
        raise ParamsError(f"not a request: it is longer than {LONGEST >> 20} MB")
    message = read_json(line, "request")
    if not isinstance(message, dict):
        raise ParamsError(f"not a request: {reprlib.repr(message)} is no object")
    request = cast("dict[str, Any]", message)
    number = request.get("cancel", request.get("id"))
    if not isinstance(number, int | str):
        raise ParamsError("not a request: it needs an id, or one to cancel: a number or a word")
    if not request.keys() & {"cancel", *KINDS}:
        raise ParamsError(
            "not a request: it has no job, no film, no toon, no hand, and nothing to cancel"
        )
    return request


def _read_until_closed(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream; ``LAST`` seconds after its end this process ends, whatever it is doing."""
    try:
        yield from read_lines(stream)
    finally:
        end = threading.Timer(LAST, os._exit, (1,))
        end.daemon = True
        end.start()


def _answer(number: Any, job: Any, inbox: Inbox, send: Send, run: RunTask) -> dict[str, Any]:
    try:
        report = _make_reporter(number, inbox, send)
        report(Progress("starting", 0, 1))
        kind, facts = job
        task = read_typed(KINDS[kind], facts, kind)
        return {"result": asdict(run(task, report))}
    except Cancelled:
        return {"cancelled": True}
    except StylizeError as error:
        return {"error": readable(str(error))}
    except Exception as error:  # noqa: BLE001  # the process must outlive any fault of one job
        traceback.print_exc()
        return {"error": _explain(error)}


def _make_runner() -> RunTask:
    """Import the engine, and return the function that runs a job or a sequence."""
    from .hand.find import find_hand
    from .picture.run import run
    from .sequence.run import stylize_sequence
    from .toon.run import run_toon

    def done(task: Task, report: Report) -> Done:
        if isinstance(task, HandJob):
            return find_hand(task, report)
        if isinstance(task, ToonJob):
            return run_toon(task, report)
        return (
            stylize_sequence(task, report) if isinstance(task, SequenceJob) else run(task, report)
        )

    return done


def _make_reporter(number: Any, inbox: Inbox, send: Send) -> Report:
    """Return a report that sends at most one line per ``INTERVAL`` and stage, and raises once cancelled."""
    last: tuple[str, float] = ("", 0.0)

    def report(progress: Progress) -> None:
        nonlocal last
        if inbox.stopped(number):
            raise Cancelled
        now = time.monotonic()
        finished = progress.done >= progress.total
        if progress.stage != last[0] or finished or now - last[1] >= INTERVAL:
            last = (progress.stage, now)
            send({"id": number, "progress": asdict(progress)})

    return report


def _explain(error: Exception) -> str:
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return f"the engine failed unexpectedly ({_format_error(error)}); the console has the details"


def _format_error(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _make_hello() -> dict[str, Any]:
    import torch

    manifest = Path(__file__).resolve().parent.parent / "blender_manifest.toml"
    version = tomllib.loads(manifest.read_text(encoding="utf-8"))["version"]
    return {"ready": True, "version": version, "torch": str(torch.__version__)}


def _send(stream: TextIO, lock: threading.Lock, message: Mapping[str, Any]) -> None:
    """Write one line; if the reader has gone, nothing happens: the closed stdin will end the process."""
    with lock, suppress(OSError):
        stream.write(json.dumps(message) + "\n")
        stream.flush()


@contextmanager
def _redirect_stdout() -> Generator[TextIO]:
    """Yield the real stdout, and redirect file descriptor 1 to stderr for everything else."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n") as stream:
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        yield stream


if __name__ == "__main__":
    sys.exit(main())
