"""What goes wrong costs a sentence and nothing else: the file is as it was."""

import os
import signal
import stat
import sys
import time
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def untouched(scenery, saved):
    """A textured plane in a saved file, and a look at whether anything has changed: () -> its state."""
    folder = saved()
    path = scenery.write_picture(folder / "wood.png", scenery.draw(256, 256))
    scenery.add_object(scenery.add_material("Material", bpy.data.images.load(str(path))))

    def state():
        names = sorted(image.name for image in bpy.data.images)
        files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))
        return scenery.snapshot(), names, files

    return state


def steps_until_busy(module, style, python):
    """A run that has given the engine its first picture."""
    settings = module("settings")
    chosen = settings.Settings(
        job=settings.ask(styles=module("properties").style_files("PICTURE", style))
    )
    engine = module("engine")
    steps = module("materials.run").stylize(chosen, python)
    for _ in range(3):
        next(steps)
    return steps, engine


def outcome_of(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        time.sleep(0.01)


def to_end(steps):
    outcome_of(steps).discard()


def find_engine(steps):
    return steps.gi_frame.f_locals["engine"]


def test_engine_killed(module, untouched, style):
    before = untouched()
    steps, _ = steps_until_busy(module, style, "")
    work = find_engine(steps).work
    find_engine(steps)._process.kill()
    with pytest.raises(
        module("engine").EngineError, match=r"ended from outside|stopped unexpectedly"
    ) as caught:
        to_end(steps)
    assert "\n" not in str(caught.value)
    assert untouched() == before
    assert not work.exists()


def test_cancel(module, untouched, style):
    before = untouched()
    steps, _ = steps_until_busy(module, style, "")
    engine = find_engine(steps)
    steps.close()
    assert engine._process.poll() is not None, "the process has ended"
    assert not engine.work.exists()
    assert untouched() == before


def test_style_vanishes_before_its_turn(module, untouched, style, tmp_path):
    copy = tmp_path.parent / "vanishing.png"
    copy.write_bytes(Path(style).read_bytes())
    before = untouched()
    settings = module("settings")
    steps = module("materials.run").stylize(
        settings.Settings(
            job=settings.ask(styles=module("properties").style_files("PICTURE", str(copy)))
        ),
        "",
    )
    next(steps)
    copy.unlink()
    with pytest.raises(module("engine").StylizeError, match="is not there"):
        to_end(steps)
    assert untouched() == before


def test_other_selection_meanwhile(scenery, module, untouched, style):
    """What was selected when it began gets the result, whatever is selected when it ends."""
    before = untouched()
    bpy.data.objects["Plane"].select_set(True)
    settings = module("settings")
    chosen = settings.Settings(
        job=settings.ask(styles=module("properties").style_files("PICTURE", style)),
        scope="SELECTED",
    )
    steps = module("materials.run").stylize(chosen, "")
    next(steps)
    bpy.data.objects["Plane"].select_set(False)
    outcome = outcome_of(steps)
    assert module("materials.results").apply(outcome) == ["wood.style"]
    outcome.discard()
    assert untouched() != before


def test_what_vanishes_meanwhile_is_left_out(scenery, module, untouched, style):
    """Undo or deleting may come between; every pointer from the beginning may be stale then."""
    untouched()
    other = scenery.add_material("Other", scenery.new_image("brick", scenery.draw(64, 64)))
    scenery.add_object(other, name="Wall")
    settings = module("settings")
    steps = module("materials.run").stylize(
        settings.Settings(
            job=settings.ask(styles=module("properties").style_files("PICTURE", style))
        ),
        "",
    )
    next(steps)
    bpy.data.materials.remove(other)
    bpy.data.images.remove(bpy.data.images["brick"])
    outcome = outcome_of(steps)
    assert outcome.notes == ["brick: is not there any more"]
    assert module("materials.results").apply(outcome) == ["wood.style"]
    bpy.data.materials.remove(bpy.data.materials["Material"])
    with pytest.raises(module("engine").StylizeError, match=r"Nothing was stylized: .*wood.png"):
        module("materials.results").apply(outcome)
    outcome.discard()


def test_python_that_is_none(module, untouched, stylize, monkeypatch, tmp_path):
    before = untouched()
    monkeypatch.setenv("STYLIZE_PYTHON", str(tmp_path / "nowhere"))
    with pytest.raises(RuntimeError, match="The Python that STYLIZE_PYTHON name"):
        stylize()
    assert untouched() == before


def test_python_without_torch(module, untouched, stylize, monkeypatch):
    before = untouched()
    monkeypatch.setenv("STYLIZE_PYTHON", sys.executable)
    with pytest.raises(RuntimeError, match=r"The engine cannot start: .*torch"):
        stylize()
    assert untouched() == before


def test_status_of_engines(module, monkeypatch, tmp_path):
    session = module("session")
    assert session.describe_engine("").startswith("Ready")
    monkeypatch.setenv("STYLIZE_PYTHON", sys.executable)
    assert "lacks torch" in session.describe_engine("")
    monkeypatch.delenv("STYLIZE_PYTHON")
    assert "There is no engine yet" in session.describe_engine("")
    assert "is not there" in session.describe_engine(str(tmp_path / "nowhere"))


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind"
)
def test_unwritable_folder(untouched, stylize, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    before = untouched()
    with pytest.raises(RuntimeError, match="cannot be written"):
        stylize(folder=str(locked))
    assert untouched() == before


def test_folder_that_is_a_file(untouched, stylize, tmp_path):
    (tmp_path / "taken").write_text("a file")
    before = untouched()
    with pytest.raises(RuntimeError, match="cannot be written"):
        stylize(folder=str(tmp_path / "taken"))
    assert untouched() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_interrupt_is_for_blender_alone(module, untouched, style):
    """Ctrl-C reaches the engine too; it must leave the answer to Blender."""
    steps, _ = steps_until_busy(module, style, "")
    engine = find_engine(steps)
    while engine.poll() is None:
        time.sleep(0.01)
    engine._process.send_signal(signal.SIGINT)
    to_end(steps)
