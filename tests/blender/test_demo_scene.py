import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_scene


@pytest.fixture
def textures(tmp_path):
    for name in ("bricks", "planks", "cloth", "glaze", "clay"):
        image = bpy.data.images.new(name, 8, 8)
        image.pixels.foreach_set(np.full(8 * 8 * 4, 0.5, np.float32))
        image.save(filepath=str(tmp_path / f"{name}.png"))
    return tmp_path


def kinds_of(material):
    return {node.type for node in material.node_tree.nodes}


def test_scene_has_textured_and_procedural_objects_with_uvs(textures):
    demo_scene.build(textures)
    meshes = [o for o in bpy.data.objects if o.type == "MESH"]
    assert all(o.data.uv_layers and o.data.materials for o in meshes)
    materials = {o.data.materials[0] for o in meshes}
    assert sum("TEX_IMAGE" in kinds_of(m) for m in materials) >= 3
    assert any("TEX_IMAGE" not in kinds_of(m) and "TEX_NOISE" in kinds_of(m) for m in materials)
    assert bpy.context.scene.camera
    assert any(o.type == "LIGHT" for o in bpy.data.objects)


def test_scene_renders(textures, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_scene, "SAMPLES", 1)
    demo_scene.build(textures)
    demo_scene.render(tmp_path / "small.png", (32, 24))
    picture = bpy.data.images.load(str(tmp_path / "small.png"))
    pixels = np.empty(32 * 24 * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    assert pixels.reshape(-1, 4)[:, :3].std() > 0.02
