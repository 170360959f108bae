"""360° pictures around a scene."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


def background(scenery, world):
    return scenery.node_of(world, "BACKGROUND").inputs["Color"]


def test_world_and_back(scenery, panorama, sky):
    world = scenery.add_world(sky())
    before = scenery.snapshot()
    assert panorama() == {"FINISHED"}
    made = scenery.surroundings(world)
    assert made.name == "sky.style"
    assert made.packed_file is not None, "an unsaved .blend keeps its results packed"
    assert tuple(made.size) == (64, 32)
    assert scenery.differs(made, bpy.data.images["sky"])
    copy = next(n for n in world.node_tree.nodes if "stylize" in n and n.type != "MIX")
    assert copy.type == "TEX_ENVIRONMENT"
    assert bpy.ops.stylize.restore(scope="WORLD") == {"FINISHED"}
    assert scenery.snapshot() == before
    assert [image.name for image in bpy.data.images] == ["sky"]


def step_at_the_back(pixels):
    """How much more the left edge differs from the right one than neighbours do within."""
    steps = np.abs(np.roll(pixels, -1, 1) - pixels).mean((0, 2))
    return float(steps[-1] / steps[:-1].mean())


def test_back_edge_is_no_border(scenery, module, style):
    """What goes on around the back goes on in the result; flat it would not."""
    rows, columns = np.mgrid[0:64, 0:128] / 64
    waves = [np.sin(k * np.pi * columns + 3 * k * rows) for k in (1, 2, 5)]
    pixels = (0.5 + 0.4 * np.stack(waves, -1)).astype(np.float32)
    world, steps = scenery.add_world(scenery.new_image("around", pixels)), []
    for surface in ("equirect", "flat"):
        outcome = outcome_of(module, style, source="WORLD", surface=surface)
        module("materials.results").apply(outcome)
        outcome.discard()
        steps.append(step_at_the_back(scenery.pixels_of(scenery.surroundings(world))))
    assert steps[0] < 1.3 < steps[1]


def test_restoring_all_restores_the_world(scenery, panorama, stylize, sky):
    scenery.add_world(sky())
    scenery.add_object(scenery.add_material("Material", sky("wood")))
    before = scenery.snapshot()
    stylize()
    panorama()
    assert bpy.ops.stylize.restore(scope="FILE") == {"FINISHED"}
    assert scenery.snapshot() == before
    assert bpy.ops.stylize.restore(scope="FILE") == {"CANCELLED"}, "there is nothing left"


def test_textures_leave_the_world(scenery, stylize, panorama, sky):
    world = scenery.add_world(sky())
    material = scenery.add_material("Material", sky("wood"))
    scenery.add_object(material)
    stylize()
    assert not scenery.mixes_of(world.node_tree)
    bpy.ops.stylize.restore(scope="FILE")
    panorama()
    assert not scenery.mixes_of(material.node_tree)
    with pytest.raises(RuntimeError, match="No object is selected"):
        bpy.ops.stylize.restore(scope="SELECTED")
    assert scenery.mixes_of(world.node_tree)


def test_amount_is_live(scenery, panorama, sky):
    world = scenery.add_world(sky())
    panorama()
    assert world.stylize_amount == 1
    world.stylize_amount = 0.25
    (mix,) = scenery.mixes_of(world.node_tree)
    factor = scenery.socket(mix.inputs, "Factor_Float")
    assert factor.default_value == 0.25
    panorama()
    assert factor.default_value == 0.25
    assert scenery.mixes_of(world.node_tree) == [mix], "it replaces, and does not stack"
    assert sorted(image.name for image in bpy.data.images) == ["sky", "sky.style"]


def test_copied_node_looks_the_same_way(scenery, panorama, sky):
    world = scenery.add_world(sky())
    tree, node = world.node_tree, scenery.node_of(world, "TEX_ENVIRONMENT")
    node.interpolation = "Closest"
    mapping = tree.nodes.new("ShaderNodeMapping")
    tree.links.new(node.inputs["Vector"], mapping.outputs["Vector"])
    panorama()
    copy = next(n for n in tree.nodes if n.type == "TEX_ENVIRONMENT" and n != node)
    assert (copy.interpolation, copy.projection) == ("Closest", "EQUIRECTANGULAR")
    assert copy.inputs["Vector"].links[0].from_node == mapping


def test_light_and_camera_see_pictures_of_their_own(scenery, panorama, sky):
    """A common World: one picture lights the scene, another is what the camera sees."""
    world = scenery.add_world(sky("light"))
    tree = world.node_tree
    seen = tree.nodes.new("ShaderNodeBackground")
    node, mix = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes.new("ShaderNodeMixShader")
    node.image = sky("seen")
    tree.links.new(seen.inputs["Color"], node.outputs["Color"])
    for count, shader in enumerate((scenery.node_of(world, "BACKGROUND"), seen)):
        tree.links.new(mix.inputs[1 + count], shader.outputs["Background"])
    output = scenery.node_of(world, "OUTPUT_WORLD")
    tree.links.new(output.inputs["Surface"], mix.outputs["Shader"])
    before = scenery.snapshot()
    panorama()
    made = sorted(image.name for image in bpy.data.images if ".style" in image.name)
    assert made == ["light.style", "seen.style"]
    bpy.ops.stylize.restore(scope="WORLD")
    assert scenery.snapshot() == before


@pytest.mark.parametrize(("suffix", "form"), [("exr", "OPEN_EXR"), ("hdr", "HDR")])
def test_light_beyond_white_survives(scenery, panorama, saved, suffix, form):
    folder = saved()
    pixels = scenery.draw(32, 64)
    pixels[:4, :4] = 12
    path = scenery.write_picture(folder / f"sun.{suffix}", pixels, form, "32")
    original = bpy.data.images.load(str(path))
    world, before = scenery.add_world(original), path.read_bytes()
    panorama(strength=0.5)
    made = scenery.surroundings(world)
    assert made.is_float
    assert made.filepath == f"//stylized/sun.style.{suffix}"
    assert made.file_format == original.file_format
    assert made.colorspace_settings.name == original.colorspace_settings.name
    assert scenery.pixels_of(made).max() > 4
    assert scenery.differs(made, original)
    assert path.read_bytes() == before


def computed_sky(scenery, sky):
    tree = scenery.add_world().node_tree
    node = tree.nodes.new("ShaderNodeTexSky")
    tree.links.new(tree.nodes["Background"].inputs["Color"], node.outputs["Color"])


def mirror_ball(scenery, sky):
    scenery.node_of(scenery.add_world(sky()), "TEX_ENVIRONMENT").projection = "MIRROR_BALL"


def without_picture(scenery, sky):
    scenery.node_of(scenery.add_world(sky()), "TEX_ENVIRONMENT").image = None


def missing_file(scenery, sky):
    image = sky()
    image.source = "FILE"
    image.filepath = "/nowhere/sky.png"
    scenery.add_world(image)


BAD = {
    "no World": (lambda *_: None, "The scene has no World"),
    "plain": (lambda scenery, _: scenery.add_world(), "no Environment Texture colors it"),
    "computed sky": (computed_sky, r"its sky is computed \(Sky Texture\)"),
    "no picture": (without_picture, "has no picture; open one"),
    "mirror ball": (mirror_ball, "sky: is placed as a Mirror Ball; only Equirectangular"),
    "missing file": (missing_file, "has no file any more"),
    "shape": (
        lambda scenery, _: scenery.add_world(scenery.new_image("wide", scenery.draw(20, 60))),
        r"wide: has 60 x 20 pixels, and a panorama .* scale or crop it to 40 x 20",
    ),
}


@pytest.mark.parametrize("problem", BAD)
def test_one_sentence_if_there_is_nothing_to_do(scenery, panorama, sky, problem):
    build, words = BAD[problem]
    build(scenery, sky)
    before = scenery.snapshot()
    with pytest.raises(RuntimeError, match=words) as caught:
        panorama()
    assert "Traceback" not in str(caught.value)
    assert scenery.snapshot() == before


def test_linked_world_is_left(scenery, panorama, sky, tmp_path):
    library = tmp_path / "library.blend"
    sky().pack()
    bpy.data.libraries.write(str(library), {scenery.add_world(bpy.data.images["sky"])})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.worlds = ["World"]
    bpy.context.scene.world = wanted.worlds[0]
    with pytest.raises(RuntimeError, match=r"World: is linked from library.blend"):
        panorama()


def test_only_the_fitting_picture_of_two(scenery, panorama, sky):
    world = scenery.add_world(sky())
    tree, mix = world.node_tree, world.node_tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    for name, image in (("A", "sky"), ("B", "square")):
        node = tree.nodes.new("ShaderNodeTexEnvironment")
        node.image = bpy.data.images.get(image) or scenery.new_image(image, scenery.draw(32, 32))
        tree.links.new(scenery.socket(mix.inputs, f"{name}_Color"), node.outputs["Color"])
    tree.links.new(background(scenery, world), scenery.socket(mix.outputs, "Result_Color"))
    panorama()
    assert [i.name for i in bpy.data.images if ".style" in i.name] == ["sky.style"]


def outcome_of(module, style, *, surface, **more):
    """A run's outcome, while the file stays as it was."""
    settings = module("settings")
    styles = module("properties").style_files("PICTURE", style)
    chosen = settings.Settings(job=settings.ask(styles=styles, surface=surface), **more)
    run = module("materials.run")
    *_, outcome = run.to_end(run.stylize(chosen, ""))
    return outcome


def test_world_that_vanishes_meanwhile(scenery, module, style, sky):
    """Undo or deleting may come between; what is kept of the World is its name."""
    world = scenery.add_world(sky())
    outcome = outcome_of(module, style, source="WORLD", surface="equirect")
    bpy.context.scene.world = None
    assert module("materials.results").apply(outcome) == ["sky.style"], "it is the same World"
    bpy.data.worlds.remove(world)
    with pytest.raises(module("engine").StylizeError, match="sky: is not there any more"):
        module("materials.results").apply(outcome)
    outcome.discard()


def test_undo_takes_back_the_whole(scenery, style, sky):
    sky().pack()
    scenery.add_world(bpy.data.images["sky"])
    before = scenery.snapshot()
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=window.screen.areas[0]):
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.stylize.panorama("EXEC_DEFAULT", True, style=style)  # True: as a user calls it
        assert scenery.snapshot() != before
        bpy.ops.ed.undo()
        assert scenery.snapshot() == before
        assert [image.name for image in bpy.data.images] == ["sky"]
        bpy.ops.ed.redo()
    made = scenery.surroundings(bpy.context.scene.world)
    assert made.name == "sky.style"
    assert made.packed_file is not None
