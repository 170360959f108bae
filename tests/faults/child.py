"""One interpreter that reads many broken files: told a reader and a number a line, it answers a line each.

``ok`` was read, ``said`` is an error of ours, ``bad`` is anything else, with its traceback. It runs in a
folder of its own, which is emptied before each file.
"""

import contextlib
import json
import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
SPARE = 2 << 30
"""Bytes of address space that reading may take beside what it begins with."""
SLOW = 10.0
"""Seconds of processor time for a file of kilobytes."""


def limit_memory() -> None:
    """Hold this process to what it has and ``SPARE``, where the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + SPARE
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import mutate
    import readers
    import seeds

    work = Path(sys.argv[1])
    found = seeds.all_seeds(work)
    readers.picture  # noqa: B018  # all is imported before memory is limited
    limit_memory()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        name, number = line.split()
        path = write(work / "in", name, int(number), found, (mutate, readers, seeds))
        print(json.dumps(attempt(readers.READERS[name][0], path)), file=answers, flush=True)


def write(folder, name, number, found, modules):
    """Write the broken file of a number; number 0 of a reader is a seed itself."""
    mutate, readers, seeds = modules
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    rng = Random(f"{name} {number}")  # noqa: S311  # of broken files
    own = found[name]
    data = own[number % len(own)]
    if number >= len(own):
        change = mutate.mutate_json if name in readers.JSON else mutate.mutate
        if name in readers.ZIPPED and rng.random() < 0.5:
            data = seeds.repacked(data, lambda part: mutate.mutate(part, rng, own))
        else:
            data = change(data, rng, own)
        if name == "png" and rng.random() < 0.6:
            data = mutate.checked_png(data)
    path = folder / f"input{readers.READERS[name][1]}"
    path.write_bytes(data)
    return path


def attempt(read, path):
    started = time.process_time()
    try:
        import core.errors

        try:
            read(path)
            answer = {"kind": "ok"}
        except core.errors.StylizeError as error:
            answer = {"kind": "said", "words": str(error)}
            if "\n" in str(error) or not str(error).strip():
                answer = {"kind": "bad", "words": f"no one sentence: {error!r}"}
    except BaseException:  # noqa: BLE001  # whatever it is, it is a fault
        answer = {"kind": "bad", "words": traceback.format_exc()[-2500:]}
    spent = time.process_time() - started
    if spent > SLOW:
        answer = {"kind": "bad", "words": f"it took {spent:.0f} s of the processor"}
    return answer


if __name__ == "__main__":
    main()
