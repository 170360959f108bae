"""How long a toon look takes: python tools/toon_time.py RENDER.exr [LOOK...].

Writes seconds of the processor and of the clock for making a frame's layers and laying them over each other,
without reading and writing files; the least of some rounds, since other work on the machine only adds.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.request.toon_job import ToonJob, make_look
from core.request.toon_look import PRESETS
from core.toon.compose import compose, flatten
from core.toon.frame import read_frame
from core.toon.measures import measure

ROUNDS = 4


def main(render: Path, looks: list[str]) -> None:
    """Time looks."""
    for name in looks:
        job = ToonJob(content=str(render), output="out.png", preset=name)
        look = make_look(job)
        frame = read_frame(render, job, look)
        shared, times = measure([frame], job), []
        for _ in range(ROUNDS):
            began = time.process_time(), time.perf_counter()
            flatten(compose(frame, job, look, shared)[0])
            times.append((time.process_time() - began[0], time.perf_counter() - began[1]))
        core, clock = (min(part) for part in zip(*times, strict=True))
        first = times[0][0]
        print(
            f"{name}: {core:.2f} s of a core ({first:.2f} the first time), {clock:.2f} s by the clock"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(PRESETS))
