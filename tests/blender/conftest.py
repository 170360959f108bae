"""Tests inside Blender, against the installed extension.

``STYLIZE_EXTENSION`` names the zip (else it is built from the checkout with Blender's own tool) and
``STYLIZE_PYTHON`` the engine's Python (else the project's ``.venv``).
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="stylize-blender-"))
try:
    import bpy

    bpy.app  # noqa: B018  # stubs for type checkers have none
except (ImportError, AttributeError):
    bpy, collect_ignore_glob = None, ["test_*.py"]
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")
os.environ.setdefault("STYLIZE_PYTHON", str(ENGINE))
os.environ.setdefault("OMP_NUM_THREADS", "1")
pytest.register_assert_rewrite("tests.blender.scenery", "tests.blender.toon_scenery")
PACKAGE = "bl_ext.user_default.stylize"
STATUS = pytest.StashKey[int]()


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.blender)
            item.add_marker(
                pytest.mark.filterwarnings("ignore::DeprecationWarning:tests|io_scene_gltf2")
            )
            item.add_marker(pytest.mark.filterwarnings("default"))


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End without bpy's own end: 4.2 crashes there once it has exported a .glb, whatever the tests said."""
    if bpy is not None and bpy.app.version < (4, 5, 0) and STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[STATUS])


@pytest.fixture(scope="session")
def extension(tmp_path_factory):
    """The extension's zip."""
    if os.environ.get("STYLIZE_EXTENSION"):
        return Path(os.environ["STYLIZE_EXTENSION"])
    path = tmp_path_factory.mktemp("extension") / "stylize.zip"
    tool = Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core/bl_pkg/cli/blender_ext.py"
    command = [
        sys.executable,
        str(tool),
        "build",
        "--source-dir",
        str(ROOT),
        "--output-filepath",
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="session", autouse=True)
def _installed(extension):
    done = bpy.ops.extensions.package_install_files(
        filepath=str(extension), repo="user_default", enable_on_install=True
    )
    assert done == {"FINISHED"}
    assert PACKAGE in bpy.context.preferences.addons


@pytest.fixture(autouse=True)
def _empty_file(_installed):
    bpy.ops.wm.read_homefile(use_empty=True)


@pytest.fixture
def module():
    """A module of the installed add-on: (name) -> module."""
    return lambda name: importlib.import_module(f"{PACKAGE}.stylize_addon.{name}")


@pytest.fixture(scope="session")
def style(tmp_path_factory, scenery, _installed):
    """A style picture's path."""
    path = tmp_path_factory.mktemp("style") / "style.png"
    return str(scenery.write_picture(path, scenery.draw(96, 80, seed=7)[..., ::-1]))


@pytest.fixture
def stylize(style):
    """Stylize with small bakes and a quick method: (**options) -> what the operator returns."""
    usual = {"scope": "ALL", "style": style, "bake_size": "256", "method": "transport"}
    return lambda **options: bpy.ops.stylize.textures(**usual | options)


@pytest.fixture
def panorama(style):
    """Stylize a panorama by a quick method: (**options) -> what the operator returns."""
    usual = {"style": style, "method": "transport"}
    return lambda **options: bpy.ops.stylize.panorama(**usual | options)


@pytest.fixture
def sky(scenery):
    """A panorama in memory: (name, **options) -> image."""
    return lambda name="sky", **options: scenery.new_image(name, scenery.draw(32, 64), **options)


@pytest.fixture(scope="session")
def _engines():
    """One engine process for many tests: starting it takes longer than what they ask of it."""
    started = {}
    yield started
    for engine in started.values():
        engine.close()


@pytest.fixture
def warm_engine(_engines, module, monkeypatch):
    """Have runs share an engine process instead of starting their own."""
    start = module("engine").Engine

    def lend(python, work):
        engine = _engines.get(python)
        if engine is None or engine._process.poll() is not None:
            engine = _engines[python] = start(python, Path(tempfile.mkdtemp(prefix="stylize_")))
        lent = SimpleNamespace(work=work, send=engine.send, send_sequence=engine.send_sequence)
        lent.send_toon, lent.send_hand = engine.send_toon, engine.send_hand
        lent.poll, lent.ready = engine.poll, True
        lent.close = lambda *, wait: shutil.rmtree(work)
        return lent

    for name in ("materials.run", "rendering.run", "each_frame", "hand"):
        monkeypatch.setattr(module(name), "Engine", lend)


@pytest.fixture
def command(module, capfd, warm_engine):
    """Run the command: (arguments) -> exit code, stdout, stderr."""

    def call(*arguments):
        capfd.readouterr()
        code = module("command.textures").main([str(a) for a in arguments])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def saved(tmp_path):
    """Save the file, so that results are written beside it: () -> its folder."""

    def save():
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"), check_existing=False)
        return tmp_path

    return save


@pytest.fixture
def animated(_empty_file, scenery):
    """Make a scene of three small frames in which object and camera move: (**options) -> the scene."""
    return scenery.animate


@pytest.fixture
def composited(scenery, tmp_path):
    """Render a frame with the compositor: (scene, frame) -> pixels (H, W, 3), scene-linear."""

    def render(scene, frame):
        settings = scene.render.image_settings
        if bpy.app.version >= (5, 0, 0):
            settings.media_type = "IMAGE"
        settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGBA", "32"
        scene.render.use_file_extension = True
        scene.render.filepath = str(tmp_path / "composited.exr")
        scene.frame_set(frame)
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        pixels = scenery.pixels_of(image)[..., :3].copy()
        bpy.data.images.remove(image)
        return pixels

    return render


READ_EXR = """
import sys
import numpy as np
import OpenImageIO as oiio
found, opened = {}, oiio.ImageInput.open(sys.argv[1])
number = 0
while opened.seek_subimage(number, 0):
    spec = opened.spec()
    pixels = opened.read_image(number, 0, 0, spec.nchannels, "float")
    pixels = pixels.reshape(spec.height, spec.width, spec.nchannels)
    found |= {name: pixels[..., i] for i, name in enumerate(spec.channelnames)}
    number += 1
np.savez(sys.argv[2], **found)
"""


@pytest.fixture
def read_exr(tmp_path):
    """What an EXR holds, which Blender does not tell: (path) -> channels by name, each (H, W)."""

    def read(path):
        out = tmp_path / "channels.npz"
        command = [os.environ["STYLIZE_PYTHON"], "-c", READ_EXR, str(path), str(out)]
        subprocess.run(command, check=True)
        with np.load(out) as found:
            return dict(found)

    return read


@pytest.fixture(scope="session")
def models():
    """The folder of real models; tests that need it skip without it."""
    folder = Path(os.environ.get("STYLIZE_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip(f"there is no shared data in {folder}; name its place in STYLIZE_SHARED")
    return folder


@pytest.fixture(scope="session")
def scenery():
    """The functions that build small scenes."""
    return importlib.import_module("tests.blender.scenery")


@pytest.fixture
def core(_installed):
    """A module of the installed engine: (name) -> module."""
    return lambda name: importlib.import_module(f"{PACKAGE}.core.{name}")


@pytest.fixture
def toon_module(module):
    """A module of the add-on's toon folder: (name) -> module."""
    return lambda name: module(f"toon.{name}")


@pytest.fixture
def toon_looks(core):
    """The module that declares the toon looks."""
    return core("request.toon_look")


@pytest.fixture
def paint(scenery):
    """A material with a colour of its own."""
    material = scenery.add_material("Paint")
    scenery.shader_of(material).inputs["Base Color"].default_value = (0.1, 0.6, 0.3, 1)
    return material
