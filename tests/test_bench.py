"""The bench tells each figure as it is known, and leaves out what there is no time for."""

import json
import subprocess
from types import SimpleNamespace

import pytest

from core.bench import __main__ as bench
from core.bench import tasks as bench_tasks
from core.bench.__main__ import Bench
from core.catalog import find_card
from core.device import IMAGE_BYTES_PER_PIXEL


@pytest.fixture
def told(monkeypatch, capsys):
    """Run the bench with made-up figures: (arguments, seconds a megapixel) -> facts, lines, steps."""

    def call(*arguments, seconds=1.0):
        steps, lines = [], []

        def start(self, task):
            lines.extend(capsys.readouterr().err.splitlines())
            steps.append((task["kind"], len(lines)))
            if task["kind"] == "machine":
                return {"machine": {}, "best_product_gflop_per_second": {"float32": 100.0}}
            if task["kind"] == "prepare":
                return {"job": "{}"}
            size = task.get("size", 1)
            return {"seconds": seconds * size, "precision": "float32", "gflop_per_second": 50.0}

        monkeypatch.setattr(Bench, "_start", start)
        assert bench.main(arguments) == 0
        return json.loads(capsys.readouterr().out), lines, steps

    return call


def test_each_figure_is_told_before_the_next_is_measured(told):
    found, lines, steps = told(
        "--methods", "transport", "adain", "--sizes", "4", "1", "--skip-vgg19"
    )
    assert [row["megapixels"] for row in found["methods"]] == [1, 1, 4, 4]  # the small ones first
    assert found["methods"][0]["share_of_best_product"] == 0.5
    before = [count for kind, count in steps if kind == "method"]
    assert before == [1, 2, 3, 4]
    assert lines[1].startswith("transport compact 1 MP: 1.0 s")


def test_what_there_is_no_time_for_is_named(told, monkeypatch):
    clock = iter(range(0, 10**6, 40))
    monkeypatch.setattr(bench, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    found, _, _ = told(
        "--methods", "transport", "--sizes", "1", "4", "--minutes", "10", "--skip-vgg19"
    )
    first, second = found["methods"]
    assert first["seconds"] == 1
    assert "would take about" in second["left_out"]


def test_a_process_that_takes_longer_than_is_left_is_ended(monkeypatch, tmp_path, capsys):
    def run(command, *, timeout, **more):
        assert 0 < timeout <= 0.15 * 60 * 10
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    options = bench._options(["--methods", "transport", "--sizes", "1", "--minutes", "10"])
    found = Bench(options, tmp_path).measure_all()
    assert all("no time" in row["left_out"] for row in found["methods"])
    assert "no time" in capsys.readouterr().err


def test_what_a_pixel_of_a_window_takes_is_the_difference_of_two_pictures(monkeypatch, tmp_path):
    def prepared(self, words, task):
        return {"peak_memory_mb": round(400 + 700 * task["size"])}

    monkeypatch.setattr(Bench, "_prepared", prepared)
    (row,) = Bench(bench._options(["--methods", "transport", "--memory"]), tmp_path).measure_all()[
        "methods"
    ]
    assert row["bytes_per_pixel"] == 700 - IMAGE_BYTES_PER_PIXEL
    assert row["declared"] == find_card("transport").bytes_per_pixel


@pytest.mark.parametrize("able", [True, False])
def test_a_type_that_the_processor_does_not_know_is_not_multiplied(monkeypatch, able):
    asked = []
    monkeypatch.setattr(bench_tasks, "has_bf16", lambda: able)
    monkeypatch.setattr(bench_tasks, "_rate", lambda kind: asked.append(str(kind)) or 1.0)
    found = bench_tasks.measure({"kind": "machine"})
    wanted = ["float32", "bfloat16"] if able else ["float32"]
    assert list(found["best_product_gflop_per_second"]) == wanted
    assert set(asked) == {f"torch.{kind}" for kind in wanted}


def test_a_job_is_made_and_measured(tmp_path):
    task = {
        "of": "method", "method": "transport", "backbone": "compact", "size": 0.0625,
        "folder": str(tmp_path), "precision": "float32", "max_memory": None,
    }  # fmt: skip  # a line a subject
    made = bench_tasks.measure({**task, "kind": "prepare"})
    found = bench_tasks.measure({**task, "kind": "method", "job": made["job"]})
    assert found["gflop"] > 0
    assert found["seconds"] > 0
