"""Every kind of picture that a material may show."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def scene(scenery):
    """Dress a plane in a picture: (image) -> material."""

    def build(image):
        material = scenery.add_material("Material", image)
        scenery.add_object(material)
        return material

    return build


def test_file(scenery, scene, stylize, saved):
    folder = saved()
    path = scenery.write_picture(folder / "wood.png", scenery.draw())
    before = path.read_bytes()
    original = bpy.data.images.load(str(path))
    material = scene(original)
    assert stylize() == {"FINISHED"}
    made = scenery.stylized_of(material)
    assert made.name == "wood.style"
    assert made.filepath == "//stylized/wood.style.png"
    assert (folder / "stylized" / "wood.style.png").is_file()
    assert made.packed_file is None
    assert tuple(made.size) == (64, 48)
    assert made.colorspace_settings.name == original.colorspace_settings.name
    assert scenery.differs(made, original)
    assert path.read_bytes() == before


def test_earlier_results_are_kept(scenery, scene, stylize, saved):
    folder = saved()
    path = scenery.write_picture(folder / "wood.png", scenery.draw())
    scene(bpy.data.images.load(str(path)))
    stylize()
    first = (folder / "stylized" / "wood.style.png").read_bytes()
    stylize(strength=0.3)
    assert (folder / "stylized" / "wood.style.png").read_bytes() == first
    assert (folder / "stylized" / "wood.style-2.png").is_file()
    assert [i.name for i in bpy.data.images if ".style" in i.name] == ["wood.style"]


@pytest.mark.parametrize("depth", ["8", "16"])
def test_packed_keeps_bytes_and_depth(scenery, scene, stylize, tmp_path, depth):
    path = scenery.write_picture(tmp_path / "cloth.png", scenery.draw(), depth=depth)
    original = bpy.data.images.load(str(path))
    original.pack()
    before = bytes(original.packed_file.data)
    path.unlink()
    material = scene(original)
    stylize()
    made = scenery.stylized_of(material)
    assert bytes(original.packed_file.data) == before
    assert made.packed_file is not None, "an unsaved .blend keeps its results packed"
    assert made.packed_file.data[24] == int(depth), "the bit depth in the PNG's header"
    assert scenery.differs(made, original)


def test_jpeg_stays_jpeg(scenery, scene, stylize, tmp_path):
    path = scenery.write_picture(tmp_path / "photo.jpg", scenery.draw(), "JPEG")
    material = scene(bpy.data.images.load(str(path)))
    stylize()
    assert scenery.stylized_of(material).file_format == "JPEG"


def test_generated(scenery, scene, stylize):
    original = scenery.new_image("drawn", scenery.draw())
    before = scenery.pixels_of(original)
    material = scene(original)
    stylize()
    made = scenery.stylized_of(material)
    assert scenery.differs(made, original)
    assert np.array_equal(scenery.pixels_of(original), before)


def test_unsaved_paint_is_what_counts(scenery, scene, stylize, tmp_path):
    """A picture painted white since it was loaded: strength 0 gives back what is there now."""
    path = scenery.write_picture(tmp_path / "painted.png", scenery.draw())
    original = bpy.data.images.load(str(path))
    original.pixels.foreach_set(np.ones(64 * 48 * 4, np.float32))
    original.update()
    assert original.is_dirty
    material = scene(original)
    stylize(strength=0)
    assert scenery.pixels_of(scenery.stylized_of(material)).min() == 1


def test_row_order(scenery, scene, stylize):
    """Top stays top, left stays left, channels stay: strength 0 gives the picture back."""
    pixels = scenery.draw(40, 56, seed=3)
    pixels[:10, :10] = (1, 0, 0)
    original = scenery.new_image("corner", pixels)
    material = scene(original)
    stylize(strength=0)
    assert np.allclose(
        scenery.pixels_of(scenery.stylized_of(material)), scenery.pixels_of(original), atol=1 / 255
    )


def test_float_generated(scenery, scene, stylize):
    """Scene-linear values beyond 1 come back through an EXR."""
    pixels = scenery.draw()
    pixels[:8, :8] = 5.0
    original = scenery.new_image("bright", pixels, is_float=True)
    material = scene(original)
    stylize(strength=0)
    made = scenery.stylized_of(material)
    assert made.is_float
    assert made.file_format == "OPEN_EXR"
    assert np.allclose(
        scenery.pixels_of(made)[..., :3], scenery.pixels_of(original)[..., :3], atol=0.02
    )


def test_exr_file(scenery, scene, stylize, tmp_path):
    path = scenery.write_picture(tmp_path / "sky.exr", scenery.draw(), "OPEN_EXR", "32")
    original = bpy.data.images.load(str(path))
    material = scene(original)
    stylize()
    made = scenery.stylized_of(material)
    assert made.is_float
    assert made.colorspace_settings.name == original.colorspace_settings.name
    assert scenery.differs(made, original)


@pytest.mark.parametrize("mode", ["STRAIGHT", "CHANNEL_PACKED"])
def test_alpha_is_kept(scenery, scene, stylize, tmp_path, mode):
    path = scenery.write_picture(tmp_path / "leaf.png", scenery.draw(channels=4))
    original = bpy.data.images.load(str(path))
    original.alpha_mode = mode
    material = scene(original)
    tree = material.node_tree
    picture = scenery.node_of(material, "TEX_IMAGE")
    tree.links.new(scenery.shader_of(material).inputs["Alpha"], picture.outputs["Alpha"])
    stylize()
    made = scenery.stylized_of(material)
    assert np.array_equal(scenery.pixels_of(made)[..., 3], scenery.pixels_of(original)[..., 3])
    assert made.alpha_mode == "CHANNEL_PACKED", (
        "its colours must not be multiplied by an alpha that is shown elsewhere"
    )
    assert scenery.shader_of(material).inputs["Alpha"].links[0].from_node == picture


def test_sixteen_bit_alpha_is_kept(scenery, scene, stylize, tmp_path):
    """Blender holds such a picture as floats; color under alpha 0 must not be lost in them."""
    pixels = scenery.draw(channels=4)
    assert pixels[..., 3].min() == 0
    path = scenery.write_packed_png(tmp_path / "leaf.png", pixels)
    original = bpy.data.images.load(str(path))
    assert original.is_float
    assert original.alpha_mode == "STRAIGHT"
    material = scene(original)
    picture = scenery.node_of(material, "TEX_IMAGE")
    material.node_tree.links.new(
        scenery.shader_of(material).inputs["Alpha"], picture.outputs["Alpha"]
    )
    stylize(strength=0)
    made = scenery.stylized_of(material)
    assert made.alpha_mode == "CHANNEL_PACKED"
    raw = original.copy()
    raw.alpha_mode = "CHANNEL_PACKED"
    raw.reload()
    assert np.array_equal(scenery.pixels_of(made), scenery.pixels_of(raw))
    stylize()
    made = scenery.stylized_of(material)
    clear = scenery.pixels_of(raw)[..., 3] == 0
    assert clear.any()
    assert np.array_equal(scenery.pixels_of(made)[..., 3], scenery.pixels_of(raw)[..., 3])
    assert scenery.pixels_of(made)[clear][:, :3].mean() > 0.02


@pytest.mark.parametrize("linked", [False, True])
def test_float_alpha_is_kept(scenery, scene, stylize, linked):
    """A generated float picture: its values are multiplied by alpha, and stay so in the EXR."""
    pixels = scenery.draw(channels=4)
    pixels[..., :3] *= pixels[..., 3:]
    original = scenery.new_image("glow", pixels, is_float=True)
    before = scenery.pixels_of(original)
    material = scene(original)
    if linked:
        picture = scenery.node_of(material, "TEX_IMAGE")
        material.node_tree.links.new(
            scenery.shader_of(material).inputs["Alpha"], picture.outputs["Alpha"]
        )
    stylize()
    made = scenery.stylized_of(material)
    assert made.is_float
    assert np.array_equal(scenery.pixels_of(made)[..., 3], before[..., 3])
    assert scenery.differs(made, original)


def test_data_colour_space_is_kept(scenery, scene, stylize, tmp_path):
    path = scenery.write_picture(tmp_path / "map.png", scenery.draw())
    original = bpy.data.images.load(str(path))
    original.colorspace_settings.name = "Non-Color"
    material = scene(original)
    stylize()
    made = scenery.stylized_of(material)
    assert made.colorspace_settings.name == "Non-Color"
    assert scenery.differs(made, original)


@pytest.mark.parametrize("packed", [False, True])
def test_udim(scenery, scene, stylize, saved, packed):
    folder = saved()
    for tile, size in ((1001, 48), (1002, 32)):
        scenery.write_picture(folder / f"body.{tile}.png", scenery.draw(size, size, seed=tile))
    original = bpy.data.images.load(str(folder / "body.1001.png"))
    original.source = "TILED"
    original.filepath = str(folder / "body.<UDIM>.png")
    original.reload()
    if packed:
        original.pack()
    material = scene(original)
    stylize()
    made = scenery.stylized_of(material)
    assert made.source == "TILED"
    assert [tile.number for tile in made.tiles] == [1001, 1002]
    assert [tuple(tile.size) for tile in made.tiles] == [(48, 48), (32, 32)]
    names = {path.name for path in (folder / "stylized").iterdir()}
    assert names == {"body.style.1001.png", "body.style.1002.png"}
    for tile in (1001, 1002):
        new = bpy.data.images.load(str(folder / "stylized" / f"body.style.{tile}.png"))
        old = bpy.data.images.load(str(folder / f"body.{tile}.png"))
        assert scenery.differs(new, old)


def test_unsaved_udim(scenery, scene, stylize, saved):
    folder = saved()
    for tile in (1001, 1002):
        scenery.write_picture(folder / f"body.{tile}.png", scenery.draw(32, 32, seed=tile))
    original = bpy.data.images.load(str(folder / "body.1001.png"))
    original.source = "TILED"
    original.filepath = str(folder / "body.<UDIM>.png")
    original.reload()
    original.pixels.foreach_set(np.ones(32 * 32 * 4, np.float32))
    original.update()
    material = scene(original)
    if bpy.app.version < (4, 5, 0):
        with pytest.raises(RuntimeError, match="save the image first"):
            stylize(strength=0)
        return
    stylize(strength=0)
    made = scenery.stylized_of(material)
    assert scenery.pixels_of(made).min() == 1
    assert len(made.tiles) == 2
    assert original.is_dirty


def test_pack_option(scenery, scene, stylize, saved):
    folder = saved()
    path = scenery.write_picture(folder / "wood.png", scenery.draw())
    material = scene(bpy.data.images.load(str(path)))
    stylize(pack=True)
    assert scenery.stylized_of(material).packed_file is not None
    assert not (folder / "stylized").exists()


def test_shared_picture_is_stylized_once(scenery, stylize):
    original = scenery.new_image("shared", scenery.draw())
    materials = [scenery.add_material(name, original) for name in ("A", "B", "C")]
    for material in materials:
        scenery.add_object(material)
    stylize()
    assert len({scenery.stylized_of(material).name for material in materials}) == 1
    assert sum(".style" in image.name for image in bpy.data.images) == 1


@pytest.mark.parametrize("missing", ["file", "sequence"])
def test_what_cannot_be_stylized_is_named(scenery, scene, stylize, tmp_path, missing):
    path = scenery.write_picture(tmp_path / "gone.png", scenery.draw())
    original = bpy.data.images.load(str(path))
    if missing == "file":
        path.unlink()
        original.filepath = str(tmp_path / "elsewhere" / "gone.png")
    else:
        original.source = "SEQUENCE"
    material = scene(original)
    before = scenery.snapshot()
    with pytest.raises(
        RuntimeError, match=r"gone.png: (has no file|is a movie or an image sequence)"
    ):
        stylize()
    assert scenery.snapshot() == before
    assert material.node_tree.nodes[-1].type == "TEX_IMAGE"


def test_one_bad_picture_does_not_stop_the_others(scenery, stylize, tmp_path):
    broken = tmp_path / "broken.png"
    whole = scenery.write_picture(tmp_path / "whole.png", scenery.draw()).read_bytes()
    broken.write_bytes(whole)
    image = bpy.data.images.load(str(broken))
    image.size[0]  # loads it
    broken.write_bytes(whole[: len(whole) // 2])
    bad = scenery.add_material("Bad", image)
    good = scenery.add_material("Good", scenery.new_image("good", scenery.draw()))
    for material in (bad, good):
        scenery.add_object(material)
    assert stylize() == {"FINISHED"}
    assert scenery.stylized_of(good).name == "good.style"
    assert not scenery.mixes_of(bad.node_tree)


def test_linked_materials_are_left(scenery, stylize, tmp_path):
    library = tmp_path / "library.blend"
    material = scenery.add_material("Linked", scenery.new_image("inside", scenery.draw()))
    bpy.data.images["inside"].pack()
    bpy.data.libraries.write(str(library), {material})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.materials = ["Linked"]
    scenery.add_object(wanted.materials[0])
    with pytest.raises(RuntimeError, match=r"Linked: is linked from library.blend"):
        stylize()


def test_linked_picture_in_a_local_material(scenery, scene, stylize, tmp_path):
    library = tmp_path / "library.blend"
    image = scenery.new_image("inside", scenery.draw())
    image.pack()
    bpy.data.libraries.write(str(library), {image})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.images = ["inside"]
    material = scene(wanted.images[0])
    stylize()
    made = scenery.stylized_of(material)
    assert made.library is None
    assert scenery.differs(made, wanted.images[0])
