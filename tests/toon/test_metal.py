"""Metal, of which the render knows no light: what lights it, and that its noise is not taken for light."""

import numpy as np
import pytest

from core.request.toon_job import make_look
from core.toon.compose import compose
from core.toon.frame import read_frame
from core.toon.measures import measure

from .conftest import SUN, passes_of, write_exr
from .test_run import job


def test_metal_is_lit_by_the_sun_since_blender_does_not_tell(rendered, tmp_path):
    passes = passes_of(rendered)
    passes["GlossCol.RGB"] = passes["DiffCol.RGB"]
    passes["DiffCol.RGB"] = passes["DiffCol.RGB"] * 0
    passes["DiffDir.RGB"] = passes["DiffDir.RGB"] * 0
    path = write_exr(tmp_path / "r.exr", passes)
    asked = job(path, sun=tuple(SUN), white=1.0)
    frame = read_frame(path, asked, make_look(asked))
    layers, _ = compose(frame, asked, make_look(asked), measure([frame], asked))
    inner = (frame.cover > 0.999) & (frame.scene.objects == frame.scene.objects[60, 40])
    reds = layers.shades[inner][:, 0]
    assert np.ptp(reds) > 0.15


def test_noise_on_metal_is_no_light(rendered, tmp_path):
    """Light on metal is noise divided by a color of nearly 0: what is full light is told by the rest."""
    plain = write_exr(tmp_path / "r.exr", passes_of(rendered))
    passes, ball = passes_of(rendered), rendered.shares[..., :1] > 0
    passes["GlossCol.RGB"] = passes["DiffCol.RGB"] * ball
    passes["DiffCol.RGB"] = passes["DiffCol.RGB"] * ~ball
    noise = np.random.default_rng(0).exponential(3, ball.shape).astype(np.float32)
    passes["DiffDir.RGB"] = np.where(ball, noise, passes["DiffDir.RGB"])
    noisy = write_exr(tmp_path / "m.exr", passes)
    brightest = rendered.light[rendered.shares[..., 1] > 0.99].max()
    found = [measure([read_frame(p, job(p), make_look(job(p)))], job(p)) for p in (plain, noisy)]
    assert found[1].white == pytest.approx(float(brightest), rel=0.02)
    assert found[1].white < found[0].white
