"""A job survives the way through JSON, and nonsense is refused in words."""

import json
import re
from dataclasses import fields, replace

import pytest

from core import styles as builtin
from core.errors import ParamsError
from core.fields import check_limits
from core.request.check import check_originals
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile, TileFile
from core.request.sequence_job import Region, SequenceJob

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


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"seed": 1 << 63}, "seed is 9223372036854775808; it must lie between"),
        ({"strength": float("inf")}, "strength is inf; it must be a finite number"),
        ({"style_scale": 0.0}, "style scale is 0.0; it must lie between 0.25 and 8.0"),
        ({"styles": (StyleFile("a", float("nan")),)}, "weight is nan; it must be a finite number"),
        ({"styles": (StyleFile("a", -1.0),)}, "weight is -1.0; it must be above 0"),
        ({"layers": (Layer(strength=2.0),)}, "strength is 2.0; it must lie between 0 and 1"),
        ({"tiles": (TileFile("a", "b", 7),)}, "number is 7; it must lie between 1001 and 9999"),
        ({"max_memory": 0}, "max memory is 0; it must lie between 1"),
        ({"max_pixels": -1}, "max pixels is -1"),
        ({"surface": "torus"}, "surface is 'torus'; choose one of: auto, flat"),
    ],
)
def test_limits_stand_beside_the_fields(facts, words):
    job = Job(**{"content": "a", "output": "b", "styles": (StyleFile("s"),), **facts})
    with pytest.raises(ParamsError, match=re.escape(words)):
        check_limits(job)


def test_a_built_in_style_is_an_original_too():
    styles = (StyleFile("builtin:oil"),)
    taken = Job(content="a", output=str(builtin.path("oil")), styles=styles)
    with pytest.raises(ParamsError, match="originals are never overwritten") as found:
        check_originals(taken)
    assert found.value.setting == "output"
    check_originals(Job(content="a", output="b", styles=styles))


def test_no_tile_of_a_surface_is_written_over_another_or_twice():
    one, two = TileFile("a", "b", 1001), TileFile("c", "a", 1002)
    for tiles in ((one, two), (one, replace(two, output="b"))):
        with pytest.raises(ParamsError, match=r"is a itself; originals|b would be written twice"):
            check_originals(Job(content="a", output="b", styles=(StyleFile("s"),), tiles=tiles))


def test_jobs_that_were_written_before_are_read():
    """Every field by the name and the kind of value that version 0.1 wrote; files of a farm live long."""
    job = {
        "content": "a", "output": "b", "styles": [{"path": "s", "weight": 1.0, "mask": None, "labels": None}],
        "method": "auto", "aim": "painting", "params": {}, "strength": 1.0, "style_scale": 1.0,
        "keep_color": False, "surface": "auto", "space": "auto", "alpha": "opacity", "mask": None,
        "labels": None, "depth": None, "near_is_white": False, "layers": [], "focus": 0.0, "softness": 0.5,
        "uv": None, "by_area": False, "tiles": [], "backbone": "compact", "weights": None, "device": "auto",
        "precision": "auto", "max_memory": None, "max_pixels": 512000000, "thumbnail": False, "seed": 0,
    }  # fmt: skip  # a record
    sequence = {
        "job": job, "frames": None, "motion": "auto", "anchor": 12, "both_ways": False, "statistics": "fixed",
        "layer": None, "source": "combined", "regions": [{"where": "object:Fox", "strength": 0.0}],
        "cameras": None, "vectors": None, "overwrite": False,
        "view": {"name": "Standard", "look": "", "display": "sRGB", "exposure": 0.0, "gamma": 1.0,
                 "config": None},
    }  # fmt: skip  # a record
    plain = Job(content="a", output="b", styles=(StyleFile("s"),))
    assert Job.from_json(json.dumps(job)) == plain
    found = SequenceJob.from_json(json.dumps(sequence))
    assert found == SequenceJob(job=plain, regions=(Region("object:Fox"),))
