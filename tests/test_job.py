"""A job survives the way through JSON, and nonsense is refused in words."""

import json
from dataclasses import fields

import pytest

from core.errors import ParamsError
from core.job import Job, StyleFile

JOB = Job(
    content="a.png",
    output="b.png",
    styles=(StyleFile("s.jpg", 0.25, "mask.png"), StyleFile("builtin:x")),
    method="adain",
    params={"level": "relu3_1"},
    strength=0.5,
    max_memory=900,
    seed=3,
)


def test_json_both_ways():
    line = JOB.to_json()
    assert "\n" not in line
    assert Job.from_json(line) == JOB


def test_json_holds_every_field():
    assert set(json.loads(JOB.to_json())) == {f.name for f in fields(Job)}


def test_what_is_left_out_has_its_default():
    job = Job.from_json('{"content": "a", "output": "b", "styles": [{"path": "c"}]}')
    assert job == Job(content="a", output="b", styles=(StyleFile("c"),))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "not a job"),
        ("[]", "not a job"),
        ("3", "not a job"),
        ("{", "not a job"),
        ('{"content": "a", "output": "b"}', "styles"),
        ('{"content": "a", "output": "b", "styles": [{"file": "c"}]}', "file"),
        ('{"content": "a", "output": "b", "styles": [], "colour": 1}', "colour"),
        ('{"output": "b", "styles": []}', "content"),
    ],
)
def test_what_is_no_job_is_refused(line, word):
    with pytest.raises(ParamsError, match=word):
        Job.from_json(line)


def test_a_job_cannot_be_changed():
    with pytest.raises(AttributeError):
        JOB.seed = 4
