"""The toon look baked into a plain model, and read again."""

import json
import math
import struct

import bpy
import numpy as np
import pytest

from tests.blender import toon_scenery as toon

SIDE = toon.SIDE


@pytest.fixture
def stage(scenery):
    """A sphere with a texture above a floor, in the light of one lamp and before a camera: -> the sphere."""
    material = scenery.add_material("Paint", scenery.new_image("picture", scenery.draw()))
    floor = scenery.add_material("Floor")
    scenery.shader_of(floor).inputs["Base Color"].default_value = (0.6, 0.5, 0.3, 1)
    ball = toon.add_sphere(material)
    bpy.ops.mesh.primitive_plane_add(size=3, location=(0, 0, -1.05))
    bpy.context.object.name = "Floor"
    bpy.context.object.data.materials.append(floor)
    toon.add_sun(turn=(0.8, 0.5, 0.3))
    scene = toon.look_at_it()
    scene.camera.location, scene.camera.rotation_euler = (0, -5, 2), (math.radians(68), 0, 0)
    scene.camera.data.ortho_scale = 3
    scene.view_settings.view_transform = "Standard"
    scene.cycles.device = "CPU"
    return ball


def bake(path, **options):
    settings = {"scope": "ALL", "filepath": str(path), "size": 256, "samples": 4}
    return bpy.ops.stylize.bake_toon(**settings | options)


def described(path):
    """The description inside a .glb."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def show(path):
    """Show a model instead of everything in the scene, seen by the same camera."""
    for object_ in [o for o in bpy.data.objects if o.type in ("MESH", "LIGHT")]:
        bpy.data.objects.remove(object_)
    bpy.ops.import_scene.gltf(filepath=str(path))


@pytest.mark.parametrize("seen", [True, False])
def test_the_model_read_again_looks_like_the_live_look(
    scenery, module, stage, tmp_path, seen, core
):
    """Within 3/255, shadows too; what a view sees is in it only if that was asked for."""
    bpy.ops.stylize.toon(scope="ALL", toon_look="anime", toon_outlines=False)
    model = tmp_path / "toon.glb"
    before = scenery.snapshot(), [(o.name, o.data and o.data.name) for o in bpy.data.objects]
    assert bake(model, seen=seen) == {"FINISHED"}
    after = scenery.snapshot(), [(o.name, o.data and o.data.name) for o in bpy.data.objects]
    assert after == before, "the file itself is as it was"
    if not seen:
        for name in ("Highlights", "Rim Lights"):
            module("toon.control").dial_of(name).default_value = 0
    scene = bpy.context.scene
    scene.render.image_settings.color_depth = "16"
    encode = core("color").linear_to_srgb
    live = toon.render(tmp_path / "live.exr", samples=8)
    show(model)
    again = encode(toon.render(tmp_path / "again.exr", samples=8)[..., :3].clip(0, 1))
    covered, live = live[..., 3] == 1, encode(live[..., :3].clip(0, 1))
    apart = np.abs(live - again).max(-1) * 255
    smooth = toon.flat_parts(live, reach=3, step=0.08) & covered
    assert smooth.mean() > 0.2
    assert np.quantile(apart[smooth], 0.98) <= 3
    assert np.ptp(again[smooth]) > 0.4, "light and shadow are both there"


def test_the_model_is_plain(stage, tmp_path):
    """Unlit, one picture and one set of UVs for each object; pictures lie beside it."""
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    bake(tmp_path / "toon.glb", size=64)
    model = described(tmp_path / "toon.glb")
    assert model["extensionsUsed"] == ["KHR_materials_unlit"]
    assert {n["name"] for n in model["nodes"]} == {"Sphere", "Floor"}
    for material in model["materials"]:
        assert "baseColorTexture" in material["pbrMetallicRoughness"]
    for mesh in model["meshes"]:
        (part,) = mesh["primitives"]
        assert {"POSITION", "NORMAL", "TEXCOORD_0"} == set(part["attributes"])
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"toon.glb", "toon.Sphere.png", "toon.Floor.png"}


@pytest.mark.parametrize(
    ("what", "place"), [("colors", "baseColorTexture"), ("look", "emissiveTexture")]
)
def test_colors_are_any_lights_and_light_is_given_off(stage, tmp_path, what, place):
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    bake(tmp_path / "toon.glb", size=64, what=what, material="pbr")
    for material in described(tmp_path / "toon.glb")["materials"]:
        assert "extensions" not in material or "KHR_materials_unlit" not in material["extensions"]
        assert place in {**material, **material["pbrMetallicRoughness"]}


def test_what_is_seen_through_stays_so(scenery, stage, tmp_path):
    material = stage.material_slots[0].material
    scenery.shader_of(material).inputs["Alpha"].default_value = 0.5
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    bake(tmp_path / "toon.glb", size=32)
    materials = {m["name"]: m for m in described(tmp_path / "toon.glb")["materials"]}
    assert materials["Sphere toon"]["alphaMode"] == "BLEND"
    assert "alphaMode" not in materials["Floor toon"]
    image = bpy.data.images.load(str(tmp_path / "toon.Sphere.png"))
    alpha = scenery.pixels_of(image)[..., 3]
    assert np.mean(np.abs(alpha - 0.5) < 0.02) > 0.4, "where the sphere is, and its margin"


@pytest.mark.parametrize("problem", ["toon", "lamp", "suffix", "folder", "camera", "scope"])
def test_one_sentence_and_no_file_if_it_cannot_be(stage, tmp_path, problem):
    if problem != "toon":
        bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    if problem == "camera":
        bpy.data.objects.remove(bpy.context.scene.camera)
    if problem == "scope":
        bpy.ops.object.select_all(action="DESELECT")
    path, options, words = {
        "toon": ("toon.glb", {}, "None of these objects is shown as toon"),
        "lamp": ("toon.glb", {"lamp": "Moon"}, "There is no lamp Moon; the lamps here are: Sun"),
        "suffix": ("toon.fbx", {}, "ends in .glb"),
        "folder": ("nowhere/toon.glb", {}, "there is no folder"),
        "camera": ("toon.glb", {"seen": True}, "no camera"),
        "scope": ("toon.glb", {"scope": "SELECTED"}, "None of these objects"),
    }[problem]
    with pytest.raises(RuntimeError, match=words):
        bake(tmp_path / path, size=16, **options)
    assert not list(tmp_path.iterdir())


def test_a_model_becomes_a_toon_model_by_one_command(command, stage, tmp_path):
    """A .glb without lamps: a sun is added, and said."""
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "model.glb"))
    out = tmp_path / "toon.glb"
    options = ("--look", "anime", "--size", 32, "--samples", 2, "--json")
    code, said, errors = command("bake-toon", tmp_path / "model.glb", "-o", out, *options)
    assert code == 0, errors
    facts = json.loads(said)
    assert set(facts["made"]) == {"toon.glb", "toon.Sphere.png", "toon.Floor.png"}
    assert any("a sun from the left" in note for note in facts["notes"])
    assert described(out)["extensionsUsed"] == ["KHR_materials_unlit"]


def test_instances_are_baked_by_the_command_too(command, stage, tmp_path, saved):
    """What only a collection instance shows."""
    group = bpy.data.collections.new("Group")
    group.objects.link(stage)
    bpy.context.scene.collection.objects.unlink(stage)
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", group
    bpy.context.scene.collection.objects.link(empty)
    source, out = saved() / "scene.blend", tmp_path / "toon.glb"
    options = ("--look", "cel", "--size", 16, "--samples", 1)
    code, _, errors = command("bake-toon", source, "-o", out, *options)
    assert code == 0, errors
    assert {n["name"] for n in described(out)["nodes"]} == {"Sphere", "Floor"}


def test_a_hidden_lamp_lights_a_bake_that_names_it(stage, tmp_path, module):
    """And where all lamps are hidden, it is said that a sun was added."""
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    lamp = bpy.data.objects["Sun"]
    lamp.rotation_euler, lamp.hide_render = (math.pi, 0, 0), True
    pictures = []
    for name in ("", "Sun"):
        bake(tmp_path / "toon.glb", size=64, samples=1, lamp=name)
        said = " ".join(module("session").SESSION.details)
        assert ("a sun from the left" in said) == (not name)
        image = bpy.data.images.load(str(tmp_path / "toon.Floor.png"))
        pictures.append(toon.scenery.pixels_of(image)[..., :3].mean())
        bpy.data.images.remove(image)
    assert pictures[1] < 0.9 * pictures[0], "it shines from below, so the floor is in the shadow"


def test_toon_by_command_and_back(command, stage, tmp_path, saved):
    before = toon.everything()
    source = saved() / "scene.blend"
    code, _, errors = command("toon", source, "-o", tmp_path / "out.blend", "--look", "ink")
    assert code == 0, errors
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out.blend"))
    assert {n.get("stylize") for n in bpy.data.materials["Paint"].node_tree.nodes} >= {"toon"}
    code, _, _ = command("restore", tmp_path / "out.blend", "-o", tmp_path / "back.blend")
    assert code == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "back.blend"))
    assert toon.everything() == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("toon", "scene.blend", "-o", "out.blend", "--look", "cell"), 2, "invalid choice"),
        (("bake-toon", "scene.blend", "-o", "out.glb", "--size", "4"), 2, "--size"),
        (("bake-toon", "scene.blend", "-o", "out.glb"), 1, "press Toon first"),
        (("toon", "nowhere.blend", "-o", "out.blend"), 1, "is not there"),
    ],
)
def test_wrong_commands_say_what_is_wrong(command, stage, saved, arguments, code, words):
    folder = saved()
    placed = [folder / a if "." in a else a for a in arguments]
    answer, _, errors = command(*placed)
    assert (answer, words in errors) == (code, True), errors
    assert not list(folder.glob("out.*"))


def test_what_is_rigged_stays_rigged(stage, tmp_path):
    """And a linked mesh that two objects share gets a picture for each."""
    bpy.ops.object.armature_add()
    rig = bpy.context.object
    stage.modifiers.new("Armature", "ARMATURE").object = rig
    stage.vertex_groups.new(name=rig.data.bones[0].name).add(
        range(len(stage.data.vertices)), 1, "ADD"
    )
    rig.pose.bones[0].keyframe_insert("location", frame=1)
    twin = bpy.data.objects.new("Twin", bpy.data.objects["Floor"].data)
    bpy.context.scene.collection.objects.link(twin)
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel")
    bake(tmp_path / "toon.glb", size=16)
    model = described(tmp_path / "toon.glb")
    assert len(model["skins"]) == 1
    assert {m["name"] for m in model["materials"]} == {"Sphere toon", "Floor toon", "Twin toon"}


def test_a_live_toon_material_is_exported_as_what_it_was(stage, tmp_path):
    """Exporters follow the active output, which is the material's own; outlines are no part of a model."""
    models = []
    for name in ("before", "after"):
        bpy.ops.export_scene.gltf(filepath=str(tmp_path / f"{name}.glb"))
        models.append(described(tmp_path / f"{name}.glb"))
        bpy.ops.stylize.toon(scope="ALL", toon_look="comic")
    for part in ("materials", "textures", "meshes"):
        assert models[1].get(part) == models[0].get(part)
