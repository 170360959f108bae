"""The bound of memory holds whatever Python, torch and its libraries take on a processor."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from core import device
from core.device import IMAGE_BYTES_PER_PIXEL, ROOM, pick_grid
from core.errors import StylizeError

SIZE = (2048, 2048)


def picked(monkeypatch, resident, limit, **more):
    monkeypatch.setattr(device, "resident_megabytes", lambda: float(resident))
    given = {"bytes_per_pixel": 600, "halo": 48, "kept_bytes_per_pixel": 0, **more}
    return pick_grid(SIZE, max_memory=limit, **given).tile


def test_what_the_process_holds_is_measured_not_assumed(monkeypatch):
    tiles = [picked(monkeypatch, resident, 1000) for resident in (400, 500, 700)]
    assert tiles == sorted(tiles, reverse=True)
    assert tiles[0] > tiles[-1]
    with pytest.raises(StylizeError, match="1000 MB are allowed"):
        picked(monkeypatch, 900, 1000)


def test_what_is_held_at_any_size_is_counted(monkeypatch):
    assert picked(monkeypatch, 500, 1000) == picked(monkeypatch, 300, 1000, kept_megabytes=200)


def test_a_picture_that_is_in_memory_counts_once(monkeypatch):
    content = IMAGE_BYTES_PER_PIXEL // 2 * SIZE[0] * SIZE[1]
    before = picked(monkeypatch, 500, 1000)
    after = picked(monkeypatch, 500 + content / 2**20, 1000, loaded_bytes=content)
    assert before == after


def test_the_least_that_is_said_is_enough(monkeypatch):
    with pytest.raises(StylizeError) as told:
        picked(monkeypatch, 500, ROOM)
    least = int(re.search(r"at least (\d+) MB", str(told.value))[1])
    assert picked(monkeypatch, 500, least) == device.TILES[-1]


def test_a_job_stays_within_the_least_that_it_asks_for(python, tmp_path):
    """At the smallest tile there is no slack but the base: what was measured is what is taken."""
    pixels = np.random.default_rng(0).integers(0, 256, (300, 1300, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")

    def stylize(limit):
        return python(
            "-m", "core", "stylize", tmp_path / "a.png", "-o", tmp_path / "out.png", "--style", "builtin:oil",
            "--method", "transport", "--max-memory", limit, "--json",
        )  # fmt: skip  # a command line

    refused = stylize(10)
    least = int(re.search(r"at least (\d+) MB", refused.stderr)[1]) + 20  # no two runs load alike
    done = stylize(least)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["peak_memory_mb"] <= least
