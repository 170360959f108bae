"""Several looks of one material: named after their styles, switched between, given up."""

import bpy
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def wood(scenery):
    """A material with a picture, on an object."""
    material = scenery.add_material("Wood", scenery.new_image("wood.png", scenery.draw()))
    scenery.add_object(material)
    return material


@pytest.fixture
def styles(scenery, tmp_path):
    """Pictures called style.png in folders of these names: (*folders) -> paths."""

    def make(*folders):
        paths = []
        for number, folder in enumerate(folders):
            (tmp_path / folder).mkdir()
            path = tmp_path / folder / "style.png"
            paths.append(
                str(scenery.write_picture(path, scenery.draw(64, 64, seed=number)[..., ::-1]))
            )
        return paths

    return make


def looks_of(module, material):
    return module("materials.looks").looks_in([material])


def test_names_tell_the_style(scenery, stylize, module, wood, saved):
    folder = saved() / "stylized"
    stylize(look="oil", style="")
    made = scenery.stylized_of(wood)
    assert made.name == "wood.oil"
    assert made.filepath == "//stylized/wood.oil.png"
    assert [path.name for path in folder.iterdir()] == ["wood.oil.png"]
    assert looks_of(module, wood) == {"oil": True}


def test_looks_are_kept_and_switched(scenery, stylize, module, wood, style):
    before = scenery.snapshot()
    stylize(look="oil", style="")
    oil = scenery.pixels_of(scenery.stylized_of(wood)).copy()
    stylize()
    assert looks_of(module, wood) == {"oil": False, "style": True}
    assert len(scenery.mixes_of(wood.node_tree)) == 1
    bpy.context.scene.stylize.scope = "ALL"
    bpy.context.scene.stylize_amount = 0.25
    assert bpy.ops.stylize.show_look(look="oil", scope="ALL") == {"FINISHED"}
    assert looks_of(module, wood) == {"oil": True, "style": False}
    assert (scenery.pixels_of(scenery.stylized_of(wood)) == oil).all()
    assert bpy.context.scene.stylize_amount == pytest.approx(0.25)
    with pytest.raises(RuntimeError, match="no look pastel; the looks here are: oil, style"):
        bpy.ops.stylize.show_look(look="pastel", scope="ALL")
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before
    assert [image.name for image in bpy.data.images] == ["wood.png"]


def test_the_same_style_again_replaces_its_look(scenery, stylize, module, wood):
    stylize(look="oil", style="")
    stylize()
    first = scenery.pixels_of(scenery.stylized_of(wood)).copy()
    stylize(strength=0.3)
    assert looks_of(module, wood) == {"oil": False, "style": True}
    assert not (scenery.pixels_of(scenery.stylized_of(wood)) == first).all()
    assert sorted(i.name for i in bpy.data.images) == ["wood.oil", "wood.png", "wood.style"]


def test_looks_survive_saving_and_copying(scenery, stylize, module, wood, saved):
    path = saved() / "scene.blend"
    stylize(look="oil", style="")
    stylize()
    wood.copy().use_fake_user = True
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    for name in ("Wood", "Wood.001"):
        assert looks_of(module, bpy.data.materials[name]) == {"oil": False, "style": True}
    bpy.ops.stylize.show_look(look="oil", scope="NAMED", materials="Wood")
    assert looks_of(module, bpy.data.materials["Wood"]) == {"oil": True, "style": False}
    assert looks_of(module, bpy.data.materials["Wood.001"]) == {"oil": False, "style": True}
    assert scenery.pixels_of(scenery.stylized_of(bpy.data.materials["Wood"])).any()


def test_looks_are_given_up(scenery, stylize, module, wood):
    before = scenery.snapshot()
    for name in ("oil", "watercolor"):
        stylize(look=name, style="")
    bpy.ops.stylize.remove_look(look="watercolor", scope="ALL")
    assert looks_of(module, wood) == {"oil": True}
    assert "wood.watercolor" not in bpy.data.images
    bpy.ops.stylize.remove_look(look="oil", scope="ALL")
    assert scenery.snapshot() == before, "the last one leaves the original"
    assert [image.name for image in bpy.data.images] == ["wood.png"]


def test_styles_of_one_name(scenery, stylize, module, wood, styles, saved):
    """Nothing is overwritten, and each stays with its own picture."""
    folder = saved() / "stylized"
    ours, theirs, third = styles("baroque", "modern", "style")
    for path in (ours, theirs, third, theirs):
        stylize(style=path)
    looks = {"style": False, "modern-style": True, "style-style": False}
    assert looks_of(module, wood) == looks
    files = {path.name for path in folder.iterdir()}
    assert files == {
        "wood.style.png",
        "wood.modern-style.png",
        "wood.modern-style-2.png",
        "wood.style-style.png",
    }


def test_older_files_have_one_look_without_a_name(scenery, stylize, module, wood):
    """Their nodes and pictures know no looks; the picture stays as one beside the new ones."""
    before = scenery.snapshot()
    stylize()
    (mix,) = scenery.mixes_of(wood.node_tree)
    image = scenery.stylized_of(wood)
    del mix["stylize_looks"], image["stylize_look"], image["stylize_style"]
    image.name = "wood.png.stylized"
    assert looks_of(module, wood) == {"stylized": True}
    stylize(look="oil", style="")
    assert looks_of(module, wood) == {"stylized": False, "oil": True}
    bpy.ops.stylize.show_look(look="stylized", scope="ALL")
    assert scenery.stylized_of(wood) == image
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_looks_of_bakes_and_the_world(scenery, stylize, panorama, module, sky):
    plain = scenery.add_material("Plain")
    scenery.add_object(plain)
    world = scenery.add_world(sky())
    before = scenery.snapshot()
    for name in ("oil", "pastel"):
        stylize(look=name, style="")
        panorama(look=name, style="")
    for owner in (plain, world):
        assert looks_of(module, owner) == {"oil": False, "pastel": True}
    bpy.ops.stylize.show_look(look="oil", scope="WORLD")
    assert looks_of(module, world) == {"oil": True, "pastel": False}
    assert looks_of(module, plain) == {"oil": False, "pastel": True}
    bpy.ops.stylize.restore(scope="FILE")
    assert scenery.snapshot() == before


def test_painters_in_one_style_are_looks_of_their_own(module, stylize, wood):
    for painter in ("gouache", "watercolor"):
        stylize(method=painter)
    assert looks_of(module, wood) == {"style-gouache": False, "style-watercolor": True}


def test_a_painter_needs_no_style(scenery, stylize, module, wood, saved):
    """In own colours the look is called after the painter; a method that needs a style says so."""
    saved()
    stylize(look="OWN", style="", method="gouache")
    assert scenery.stylized_of(wood).name == "wood.gouache"
    assert looks_of(module, wood) == {"gouache": True}
    with pytest.raises(RuntimeError, match="No style was chosen"):
        stylize(look="OWN", style="", method="fast")
