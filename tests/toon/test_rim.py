"""Rim and highlights where two things meet: there a pixel's normal is a mean of both things'."""

import numpy as np

from core.request.toon_job import make_look
from core.toon.frame import read_frame
from core.toon.shades import PURE, _unmixed

from .test_run import job


def test_where_things_meet_each_shows_its_own_light(exr):
    frame = read_frame(exr, job(exr), make_look(job(exr)))
    objects, cover = frame.scene.objects, frame.scene.cover
    ball, box = objects[60, 40], objects[80, 104]
    meets = (cover < PURE) & (frame.cover > PURE)
    own = np.where(objects == ball, 0.2, 0.8).astype(np.float32)
    shown = np.where(meets, 1, own).astype(np.float32)
    made = _unmixed(shown, frame)
    for thing, light in ((ball, 0.2), (box, 0.8)):
        here = meets & (objects == thing)
        assert here.sum() > 5
        assert np.allclose(made[here], light)
    assert np.array_equal(made[~meets], shown[~meets])
