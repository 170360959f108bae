"""The engine's process: jobs in, answers out, one JSON object a line."""

import io
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import PictureError
from core.progress import Progress
from core.request.result import Result
from core.request.toon_job import ToonJob, ToonResult
from core.worker import read_lines, serve

ROOT = Path(__file__).resolve().parent.parent
JOB = {"content": "a.png", "output": "b.png", "styles": [{"path": "s.png"}]}
RESULT = Result(
    output="b.png",
    method="m",
    width=1,
    height=1,
    engine_seconds=0,
    peak_memory_mb=1,
    device="cpu",
    precision="float32",
)


class Lines:
    """Requests that come when the test says so."""

    def __init__(self):
        self._waiting = queue.Queue()

    def say(self, message):
        self._waiting.put(message if isinstance(message, str | bytes) else json.dumps(message))

    def close(self):
        self._waiting.put(None)

    def __iter__(self):
        return iter(self._waiting.get, None)


def answers(run, *messages):
    """All that is said to requests that are there from the start."""
    lines, said = Lines(), []
    for message in messages:
        lines.say(message)
    serve(_then_close(lines, said, len(messages)), said.append, run)
    return said


def _then_close(lines, said, count):
    """Yield the requests, and end when each has its last word: a closed stdin would stop them."""
    for _ in range(count):
        yield lines._waiting.get()
    while (
        sum(any(k in message for k in ("result", "error", "cancelled")) for message in said) < count
    ):
        threading.Event().wait(0.005)


def last(said, number):
    return next(m for m in reversed(said) if m["id"] == number)


def test_jobs_are_done_in_order():
    seen = []

    def run(job, report):
        seen.append(job.output)
        return RESULT

    said = answers(run, *({"id": n, "job": JOB | {"output": f"{n}.png"}} for n in (1, 2, 3)))
    assert seen == ["1.png", "2.png", "3.png"]
    assert [m["id"] for m in said if "result" in m] == [1, 2, 3]
    assert last(said, 1)["result"]["method"] == "m"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PictureError("a.png is no picture"), "a.png is no picture"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "not enough memory"),
        (OSError(28, "No space left on device", "b.png"), "b.png: No space left on device"),
        (ZeroDivisionError("a\nb"), "the engine failed unexpectedly (ZeroDivisionError: a b)"),
    ],
)
def test_errors_are_one_sentence_and_the_next_job_runs(error, words):
    def run(job, report):
        if job.output == "1.png":
            raise error
        return RESULT

    said = answers(run, *({"id": n, "job": JOB | {"output": f"{n}.png"}} for n in (1, 2)))
    assert words in last(said, 1)["error"]
    assert "\n" not in last(said, 1)["error"]
    assert "result" in last(said, 2)


DEEP = b"[" * 200_000
NO_REQUESTS = [
    "rubbish", "3", "[]", '{"id": 1}', '{"job": {}}', "{}", '"cancel"', '{"cancel": []}', '{"cancel": null}',
    '{"id": {}, "job": {}}', '{"id": [1], "job": {}}', '{"id": 1.5, "job": {}}', "9" * 5000,
    b'{"id": 1, "job": {"content": "\xff\xfe"}}', b"\xff", b"\0", DEEP, b'{"a":' * 100_000,
]  # fmt: skip  # a list


@pytest.mark.parametrize("line", NO_REQUESTS, ids=range(len(NO_REQUESTS)))
def test_what_is_no_request_is_answered(line):
    (said,) = answers(None, line)
    assert said["id"] is None
    assert "not a request" in said["error"]
    assert "\n" not in said["error"]
    assert len(said["error"]) < 300


def test_lines_that_are_too_long_are_cut():
    stream = io.BytesIO(b"short\n" + b"x" * 95 + b"\n" + b"y" * 10 + b"\nlast")
    assert list(read_lines(stream, 10)) == [b"short\n", b"x" * 11, b"y" * 10 + b"\n", b"last"]


def test_a_stream_that_breaks_ends_the_work():
    def broken():
        yield json.dumps({"id": 1, "job": JOB})
        raise OSError(5, "the pipe is broken")

    said = []
    serve(broken(), said.append, lambda job, report: RESULT)
    assert [m["id"] for m in said] == [1]


def test_a_job_that_is_none():
    said = answers(None, {"id": 1, "job": {"content": 1, "nonsense": 2}})
    assert "no field nonsense" in last(said, 1)["error"]


def test_cancel_acts_at_the_next_report():
    lines, said, busy = Lines(), [], threading.Event()

    def run(job, report):
        for done in range(1000000):
            busy.set()
            report(Progress("stylize", done, 1000000))
        return RESULT

    thread = threading.Thread(target=serve, args=(lines, said.append, run))
    thread.start()
    lines.say({"id": 1, "job": JOB})
    busy.wait(10)
    lines.say({"cancel": 1})
    lines.say({"id": 2, "job": JOB})
    busy.clear()
    busy.wait(10)
    lines.close()
    thread.join(20)
    assert not thread.is_alive()
    assert last(said, 1) == {"id": 1, "cancelled": True}
    assert last(said, 2) == {"id": 2, "cancelled": True}, "a closed stdin stops what is running"


def test_cancelled_before_its_turn():
    ran = []

    def run(job, report):
        ran.append(job)
        return RESULT

    lines, said = Lines(), []
    lines.say({"cancel": 1})
    lines.say({"id": 1, "job": JOB})
    serve(_until(lines, said), said.append, run)
    assert said == [{"id": 1, "cancelled": True}]
    assert ran == []


def _until(lines, said):
    for _ in range(2):
        yield lines._waiting.get()
    while not said:
        threading.Event().wait(0.005)


def test_progress_is_not_a_flood():
    def run(job, report):
        for done in range(1, 10001):
            report(Progress("stylize", done, 10000))
        return RESULT

    said = [m for m in answers(run, {"id": 1, "job": JOB}) if "progress" in m]
    assert len(said) < 1000
    assert said[-1]["progress"] == {"stage": "stylize", "done": 10000, "total": 10000, "loss": None}


@pytest.fixture
def worker():
    """The process itself: (lines) -> answers, stderr, exit code."""

    def talk(lines, code=None):
        command = (
            [sys.executable, "-m", "core.worker"] if code is None else [sys.executable, "-c", code]
        )
        done = subprocess.run(
            command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False, cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=300,
        )  # fmt: skip  # one call
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode

    return talk


def test_process_says_that_it_is_ready_and_ends(worker):
    said, _, code = worker([])
    assert code == 0
    assert said[0]["ready"] is True
    assert said[0]["version"]
    assert said[0]["torch"]


LISTENING = """
import sys
import core.picture.run, core.worker
from core.request.result import Result
from core.request.toon_job import ToonJob, ToonResult
from core.progress import Progress
def run(job, report):
    report(Progress("begin", 0, 2))
    while job.output == "busy.png":
        report(Progress("stylize", 1, 2))
    words, numbers = ("output", "method", "device", "precision"), ("width", "height", "engine_seconds")
    return Result(**dict.fromkeys(words, ""), **dict.fromkeys(numbers, 1), peak_memory_mb=1)
core.picture.run.run = run
core.worker.LAST = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
sys.exit(core.worker.main())
"""
DEAF = LISTENING.replace('report(Progress("stylize", 1, 2))', "pass")


@pytest.fixture
def live():
    """Start a worker: (code, more arguments) -> the process, which has said that it is ready."""
    started = []

    def start(code, *more):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip  # one call
        started.append(process)
        assert json.loads(process.stdout.readline())["ready"]
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_process_lives_through_lines_that_are_none(live):
    process = live(LISTENING)
    for line in (b"\xff\xfe\xfa", DEEP, b'{"id": 1, "job": ' + b"[" * 900 + b"]" * 900 + b"}"):
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        assert "not a" in answered(process)["error"]
    process.stdin.write(json.dumps({"id": 2, "job": JOB}).encode() + b"\n")
    process.stdin.flush()
    assert answered(process)["id"] == 2
    process.stdin.close()
    assert process.wait(60) == 0


def answered(process):
    """The next answer that is no progress."""
    return next(m for m in map(json.loads, process.stdout) if "progress" not in m)


@pytest.mark.parametrize(("code", "seconds", "ends"), [(LISTENING, "60", 0), (DEAF, "0.2", 1)])
def test_process_ends_with_its_stdin_while_a_job_runs(live, code, seconds, ends):
    process = live(code, seconds)
    busy = {"id": 1, "job": JOB | {"output": "busy.png"}}
    process.stdin.write(json.dumps(busy).encode() + b"\n\xff\n")
    process.stdin.flush()
    begun = refused = (
        False  # a job that only waits would be cancelled, and the process would end well
    )
    while not (begun and refused):
        message = json.loads(process.stdout.readline())
        begun, refused = begun or "progress" in message, refused or message["id"] is None
    process.stdin.close()
    assert process.wait(60) == ends
    said = [json.loads(line) for line in process.stdout]
    assert any("cancelled" in m for m in said) == (ends == 0)


NOISY = """
import os, sys
import core.picture.run, core.worker
def run(job, report):
    print("a library speaks"); os.write(1, b"below Python too\\n"); os.system("echo a child too")
    raise ValueError("on purpose")
core.picture.run.run = run
inner = core.worker.serve
def serve(lines, send, run):
    import threading
    over = threading.Event()
    def watched(message):
        send(message)
        if "error" in message: over.set()
    def slow():
        yield from lines
        over.wait(30)
    inner(slow(), watched, run)
core.worker.serve = serve
sys.exit(core.worker.main())
"""


def test_nothing_else_is_on_stdout(worker):
    said, stderr, code = worker([json.dumps({"id": 1, "job": JOB})], NOISY)
    assert code == 0
    assert [m["id"] for m in said[1:]] == [1, 1]
    assert "on purpose" in said[-1]["error"]
    for words in ("a library speaks", "below Python too", "a child too", "Traceback"):
        assert words in stderr


NO_TORCH = (
    "import sys; sys.modules['torch'] = None; import core.worker; sys.exit(core.worker.main())"
)


def test_without_torch_it_says_so(worker):
    said, _, code = worker([], NO_TORCH)
    assert code == 1
    assert said[0]["ready"] is False
    assert "torch" in said[0]["error"]


def test_a_toon_look_is_a_request_too():
    seen = []

    def run(task, report):
        seen.append(task)
        return ToonResult(task.output, 1, 0, 4, 3, 0.1, 0.1)

    said = answers(
        run,
        {"id": 1, "toon": {"content": "a.exr", "output": "b.png", "look": {"bands": 4}}},
        {"id": 2, "toon": {"content": "a.exr"}},
    )
    assert last(said, 1)["result"]["width"] == 4
    assert seen == [ToonJob(content="a.exr", output="b.png", look={"bands": 4})]
    assert "output" in last(said, 2)["error"]
