"""Values from outside are held against the annotations of their fields."""

import json
import random
from contextlib import suppress
from dataclasses import asdict, replace

import pytest

from core.errors import ParamsError
from core.files.typed import read_json, read_typed
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile, TileFile
from core.request.sequence_job import Region, SequenceJob, ViewTransform

JOB = Job(
    content="a",
    output="b",
    styles=(StyleFile("c", 0.5, None, "d"),),
    params={"level": 3},
    layers=(Layer(), Layer(params={"x": 1})),
    tiles=(TileFile("a", "b", 1001),),
    max_memory=900,
)
SEQUENCE = SequenceJob(
    job=JOB, frames=(1, 9), regions=(Region("object:Fox"),), view=ViewTransform("AgX")
)
MUTANTS = 2000
STRANGE = (None, True, 0, -1, 7, 1.5, 10**30, 10**400, "", "x", "nan", [], [1], [[1]], {}, {"a": 1})
ODD_NUMBERS = (float("nan"), float("inf"), float("-inf"))


def places(value, path=()):
    """Return the path of every value in plain data."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def put(values, path, new):
    if not path:
        return new
    copy = dict(values) if isinstance(values, dict) else list(values)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def plain(task):
    return json.loads(task.to_json())


@pytest.mark.parametrize("task", [JOB, SEQUENCE])
def test_what_is_right_comes_back(task):
    assert type(task).from_json(task.to_json()) == task


@pytest.mark.parametrize("task", [JOB, SEQUENCE])
def test_mutants_are_read_or_refused_in_a_sentence(task):
    """Whatever is read is again of its kind all the way down: nothing wrong goes on into the engine."""
    draw = random.Random(0)  # noqa: S311  # seeded, to be repeated
    whole = plain(task)
    everywhere = places(whole)
    read = 0
    for _ in range(MUTANTS):
        values = whole
        for _ in range(draw.choice((1, 1, 2))):
            known = places(values)
            path = draw.choice([p for p in everywhere if p in known])
            values = put(values, path, draw.choice((*STRANGE, *ODD_NUMBERS)))
        line = json.dumps(values)
        with suppress(ParamsError):
            found = type(task).from_json(line)
            read += 1
            assert read_typed(type(task), plain(found), "copy") == found
    assert 0 < read < MUTANTS


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("job", "strength"), "1", "job.strength is '1'; it must be a number"),
        (("job", "strength"), True, "job.strength is True; it must be a number"),
        (("job", "strength"), float("inf"), "job.strength is inf; it must be a number"),
        (("job", "strength"), 10**400, "it must be a number"),
        (("job", "seed"), 1.0, "job.seed is 1.0; it must be a whole number"),
        (("job", "keep_color"), 1, "job.keep_color is 1; it must be true or false"),
        (("job", "content"), None, "job.content is None; it must be a text"),
        (("job", "content"), "a\0b", "job.content is 'a.x00b'; it must be a text"),
        (("job", "content"), "\ud800", "it must be a text"),
        (("job", "styles"), "abc", "job.styles is 'abc'; it must be a list"),
        (("job", "styles", 0), "abc", r"job.styles\[0\] is 'abc'; it must be an object"),
        (("job", "styles", 0), {}, r"job.styles\[0\] lacks path"),
        (("job", "layers", 1), {"depth": 1}, r"job.layers\[1\] has no field depth"),
        (("job", "params", "level"), [[]], "job.params.level is .*; it must be one of: a text"),
        (("job", "params"), [], "job.params is \\[\\]; it must be an object"),
        (("frames",), [1], r"frames is \[1\]; it must be a list of 2"),
        (("frames",), [1, "2"], r"frames\[1\] is '2'; it must be a whole number"),
        (("view",), None, "view is None; it must be an object"),
        (("job",), "x" * 5000, "job is 'xxxxx"),
    ],
)
def test_the_field_is_named(path, value, said):
    with pytest.raises(ParamsError, match=f"^not a sequence: .*{said}") as caught:
        SequenceJob.from_json(json.dumps(put(plain(SEQUENCE), path, value)))
    assert len(str(caught.value)) < 200


def test_a_whole_number_is_a_number():
    job = read_typed(Job, {"content": "a", "output": "b", "styles": [], "strength": 1}, "job")
    assert isinstance(job.strength, float)


def test_names_that_are_not_utf8_come_through():
    job = replace(JOB, content="a\udcff.png")
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize("line", ["[" * 200_000, b"\xff", "9" * 5000, '{"a": }'])
def test_what_is_no_json(line):
    with pytest.raises(ParamsError, match=r"^not a job: it is"):
        read_json(line, "job")


def test_values_are_not_shared():
    values = asdict(JOB)
    job = read_typed(Job, values, "job")
    values["styles"][0]["path"] = "z"
    assert job.styles[0].path == "c"
