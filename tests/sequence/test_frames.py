"""What a frame's passes tell of its surfaces and of what lies behind them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.passes import FAR, Camera, camera_flow, open_passes, read_pass
from core.request.picture_job import Job
from core.request.sequence_job import SequenceJob
from core.sequence.frames import open_reader

FILES = Path(__file__).parent.parent / "passes" / "files"


@pytest.mark.parametrize("name", ["cycles_4.2", "eevee_4.5", "cycles_5.2"])
def test_the_background_moves_as_the_camera_turns(name, tmp_path):
    """Whatever the engine wrote as its depth; here a camera that turns farther than the render's."""
    given = shutil.copy(FILES / f"{name}.exr", tmp_path / "in_0003.exr")
    facts = json.loads((FILES / "truth.json").read_text(encoding="utf-8"))
    facts["2"]["world"] = np.eye(4).tolist()
    cameras = tmp_path / "cameras.json"
    cameras.write_text(json.dumps({"frames": facts}))
    files = {"content": str(tmp_path / "in_####.exr"), "output": str(tmp_path / "o_####.png")}
    job = Job(styles=(), **files)
    reader = open_reader(SequenceJob(job=job, motion="passes", cameras=str(cameras)), given)
    frame = reader.read(3, given)
    here, there = (
        Camera(*(np.array(facts[number][part]) for part in ("world", "projection")))
        for number in ("3", "2")
    )
    by_camera = camera_flow(here, there, frame.size)
    nothing = (read_pass(open_passes(given), "depth") >= 900)[0, 0]
    assert nothing.sum() > 50
    assert np.array_equal(frame.vectors.backward[..., nothing], by_camera[..., nothing])
    assert frame.surfaces.depth.numpy()[0, 0][nothing].min() == FAR
