"""Strokes along a mesh, asked for in Blender: what reaches the engine, and what other methods do."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def sent(module, monkeypatch):
    """The jobs that the engine is sent, with their triangles."""
    jobs = []
    engine = module("engine").Engine
    send = engine.send

    def note(self, job):
        arrays = {} if job.uv is None else dict(np.load(job.uv))
        jobs.append((job, arrays))
        return send(self, job)

    monkeypatch.setattr(engine, "send", note)
    return jobs


@pytest.fixture
def made(scenery):
    material = scenery.add_material("Wall", scenery.new_image("wall", scenery.draw(64, 64)))
    return scenery.add_object(material)


def paint(**options):
    usual = {"scope": "ALL", "look": "OWN", "method": "oil"}
    return bpy.ops.stylize.textures(**usual | options)


def test_directions_and_detail_reach_the_engine(sent, made):
    made.vertex_groups.new(name="Eyes").add([0], 1.0, "REPLACE")
    assert paint(along_bends=0.5, along_slope=0.25, detail_group="Eyes") == {"FINISHED"}
    ((job, arrays),) = sent
    assert (job.along_bends, job.along_slope, job.along_light) == (0.5, 0.25, 0)
    assert arrays["detail"].max() == 1
    assert arrays["normal"].shape == arrays["position"].shape


def test_strokes_go_to_the_lamp_that_lights_most(sent, made):
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 5.0, (0, np.pi / 2, 0)
    bpy.context.scene.collection.objects.link(sun)
    bpy.context.view_layer.update()
    paint(along_light=1.0)
    way = np.array([float(part) for part in sent[0][0].light_from.split(",")])
    assert np.allclose(way, (1, 0, 0), atol=1e-4)


def test_a_mesh_without_uvs_is_said_and_painted(sent, scenery, module):
    material = scenery.add_material("Wall", scenery.new_image("wall", scenery.draw(64, 64)))
    scenery.add_object(material, uv=False)
    assert paint(along_axis=1.0) == {"FINISHED"}
    assert sent[0][0].along_axis == 0
    assert any("do not go along the mesh" in line for line in module("session").SESSION.skipped)


def test_other_methods_take_no_notice(sent, made, style):
    assert paint(look="PICTURE", style=style, method="transport", along_bends=1.0) == {"FINISHED"}
    assert sent[0][0].along_bends == 0
    assert paint(method="watercolor", along_axis=1.0) == {"FINISHED"}


def test_a_procedural_color_has_its_detail_too(sent, scenery):
    material = scenery.add_material("Noise")
    tree = material.node_tree
    noise = tree.nodes.new("ShaderNodeTexNoise")
    tree.links.new(noise.outputs["Color"], scenery.shader_of(material).inputs["Base Color"])
    made = scenery.add_object(material)
    made.vertex_groups.new(name="Eyes").add([1], 0.5, "REPLACE")
    assert paint(bake_size="256", detail_group="Eyes") == {"FINISHED"}
    assert sent[0][1]["detail"].max() == pytest.approx(0.5)
