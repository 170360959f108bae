"""One palette for all chosen materials: areas that wear them, what the engine is told, and what comes out."""

from itertools import combinations

import bpy
import numpy as np
import pytest

GREEN, GREY, RED = (0.005, 0.055, 0.03), (0.068, 0.068, 0.068), (0.65, 0.013, 0.005)


@pytest.fixture
def differences(core):
    """Differences in OKLab of each two of some colors: (colors) -> array."""
    to_oklab = core("palette.oklab").to_oklab
    return lambda colors: np.array(
        [np.linalg.norm(to_oklab(a) - to_oklab(b)) for a, b in combinations(colors, 2)]
    )


def mean_of(scenery, image):
    return scenery.pixels_of(image)[..., :3].mean((0, 1)).astype(float)


@pytest.fixture
def three(scenery):
    """Planes of three plain colours."""
    found = []
    for name, color in (("Green", GREEN), ("Grey", GREY), ("Red", RED)):
        material = scenery.add_material(name)
        scenery.shader_of(material).inputs["Base Color"].default_value = (*color, 1)
        scenery.add_object(material, name=name)
        found.append(material)
    return found


def test_areas_are_those_of_the_surfaces_that_wear_a_material(scenery, module):
    measure = module("materials.areas").measure_areas
    one, two, lone = (scenery.add_material(name) for name in ("One", "Two", "Lone"))
    scenery.add_object(one)  # 2 m by 2 m
    scaled = scenery.add_object(two)
    scaled.scale = (3, 0.5, 1)
    bpy.context.view_layer.update()
    assert measure([one, two, lone]) == pytest.approx({"One": 4, "Two": 6})


def test_instances_count_as_often_as_they_are_seen(scenery, module):
    measure = module("materials.areas").measure_areas
    leaf = scenery.add_material("Leaf")
    original = scenery.add_object(leaf)
    group = bpy.data.collections.new("Leaves")
    group.objects.link(original)
    bpy.context.scene.collection.objects.unlink(original)
    for size in (1, 2):
        empty = bpy.data.objects.new("Tree", None)
        empty.instance_type, empty.instance_collection = "COLLECTION", group
        empty.scale = (size, size, size)
        bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    assert measure([leaf]) == pytest.approx({"Leaf": 4 + 16})


def test_slots_and_modifiers_count(scenery, module):
    measure = module("materials.areas").measure_areas
    one, two = scenery.add_material("One"), scenery.add_material("Two")
    made = scenery.add_object(one)
    made.data.materials.append(two)
    modifier = made.modifiers.new("Array", "ARRAY")
    modifier.count = 3
    bpy.context.view_layer.update()
    assert measure([one, two]) == pytest.approx({"One": 12})
    made.data.polygons[0].material_index = 1
    bpy.context.view_layer.update()
    assert measure([one, two]) == pytest.approx({"Two": 12})


def test_what_another_scene_shows_is_measured_by_its_mesh(scenery, module):
    measure = module("materials.areas").measure_areas
    far = scenery.add_material("Far")
    made = scenery.add_object(far)
    bpy.context.scene.collection.objects.unlink(made)
    bpy.data.scenes.new("Other").collection.objects.link(made)
    assert measure([far]) == pytest.approx({"Far": 4})


@pytest.mark.usefixtures("warm_engine")
def test_plain_materials_stay_apart_and_each_gets_all_the_palette_if_asked(
    scenery, three, stylize, differences
):
    look = {"look": "oil", "pack": True}
    assert stylize(**look) == {"FINISHED"}
    together = [mean_of(scenery, scenery.stylized_of(m)) for m in three]
    bpy.ops.stylize.restore(scope="ALL")
    assert stylize(palette="free", **look) == {"FINISHED"}
    alone = [mean_of(scenery, scenery.stylized_of(m)) for m in three]
    before = differences(
        [np.array([0.06, 0.26, 0.20]), np.full(3, 0.29), np.array([0.83, 0.12, 0.06])]
    )
    assert (differences(together) > 0.4 * before).all()
    assert (differences(alone) < 0.25 * before).any()


@pytest.mark.usefixtures("warm_engine")
def test_the_engine_is_told_of_all_pictures_with_their_areas(
    scenery, three, stylize, module, monkeypatch
):
    picture = scenery.new_image("wood", scenery.draw())
    wooden = scenery.add_material("Wood", picture)
    scenery.add_object(wooden).scale = (5, 1, 1)
    bpy.context.view_layer.update()
    jobs, engine = [], module("engine").Engine
    send = engine.send
    monkeypatch.setattr(engine, "send", lambda self, job: jobs.append(job) or send(self, job))
    stylize(look="oil", pack=True, strength=0)
    assert len(jobs) == 4
    assert len({job.scene for job in jobs}) == 1
    assert sorted(file.area for file in jobs[0].scene) == pytest.approx([4, 4, 4, 20])
    assert all(file.uv for file in jobs[0].scene)
    for palette, keep in (("picture", False), ("free", False), ("auto", True)):
        jobs.clear()
        stylize(look="oil", pack=True, strength=0, palette=palette, keep_color=keep)
        assert [(job.scene, job.palette) for job in jobs] == [((), palette)] * 4


@pytest.mark.usefixtures("warm_engine")
def test_pictures_whose_files_have_one_name_are_shown_by_their_own_triangles(
    scenery, stylize, module, monkeypatch, tmp_path
):
    for number, corner in enumerate((0.25, 0.5)):
        (tmp_path / str(number)).mkdir()
        path = scenery.write_picture(tmp_path / str(number) / "wood.png", scenery.draw())
        image = bpy.data.images.load(str(path))
        made = scenery.add_object(scenery.add_material(f"Wood {number}", image))
        made.data.uv_layers[0].uv.foreach_set(
            "vector", corner * np.float32([0, 0, 1, 0, 1, 1, 0, 1])
        )
    found, engine = {}, module("engine").Engine
    send = engine.send

    def look(self, job):
        found.update({file.path: np.load(file.uv)["uv"].max() for file in job.scene})
        return send(self, job)

    monkeypatch.setattr(engine, "send", look)
    stylize(pack=True, strength=0)
    assert found == {
        str(tmp_path / "0" / "wood.png"): 0.25,
        str(tmp_path / "1" / "wood.png"): 0.5,
    }


def test_of_a_method_that_gives_no_palette_no_scene_is_collected(module):
    wants, settings = module("materials.scene_files").wants_scene, module("settings")
    asked = {
        method: wants(settings.Settings(job=settings.ask(styles=(), method=method)))
        for method in ("auto", "fast", "transport", "deepdream")
    }
    assert asked == {"auto": True, "fast": True, "transport": True, "deepdream": False}


@pytest.mark.usefixtures("warm_engine")
def test_a_picture_that_cannot_be_read_does_not_hinder_the_others(
    scenery, three, stylize, tmp_path
):
    path = scenery.write_picture(tmp_path / "torn.png", scenery.draw())
    image = bpy.data.images.load(str(path))
    assert image.size[0]
    path.write_bytes(path.read_bytes()[:200])
    scenery.add_object(scenery.add_material("Torn", image))
    assert stylize(look="oil", pack=True) == {"FINISHED"}
    assert all(scenery.stylized_of(m) for m in three)


@pytest.mark.usefixtures("warm_engine")
def test_a_worlds_light_stays(scenery, saved):
    saved()
    light = np.ones((64, 128, 3), np.float32) * (1.1, 0.8, 0.5)
    light[10, 20] = 900
    image = scenery.new_image("sky", light.astype(np.float32), is_float=True)
    world = scenery.add_world(image)
    assert bpy.ops.stylize.panorama(look="oil", method="transport") == {"FINISHED"}
    made = scenery.pixels_of(scenery.surroundings(world))[..., :3]
    weight = np.sin((np.arange(64) + 0.5) / 64 * np.pi)[:, None, None]
    means = [(x * weight).mean((0, 1)) for x in (light, made)]
    assert means[1] == pytest.approx(means[0], rel=0.1)
    assert made[10, 20] == pytest.approx(900, rel=0.01)
    assert abs(made - light).mean() > 0.02
