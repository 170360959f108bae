"""A job to ask for, and painting that is done at once."""

from types import SimpleNamespace

import pytest

import core.picture.run
from core.imaging.lazy import materialize
from core.picture.compose import Stylized
from core.request.picture_job import Job, StyleFile


@pytest.fixture
def ask(tmp_path, content, style):
    """Make a job: (**changes) -> Job."""
    made = {
        "content": str(content), "output": str(tmp_path / "out.png"), "method": "adain",
        "styles": (StyleFile(str(style)),), "device": "cpu", "precision": "float32",
    }  # fmt: skip  # a table
    return lambda **changes: Job(**made | changes)


@pytest.fixture
def painted(monkeypatch):
    """Let a picture be its own negative at once: what painting was given, one entry for each picture."""
    calls = []

    def paint(image, spec, run, surface, *, opacity):
        calls.append(
            SimpleNamespace(image=image, spec=spec, run=run, surface=surface, opacity=opacity)
        )
        return Stylized(1 - materialize(image.rgb), notes=("a note",))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    return calls
