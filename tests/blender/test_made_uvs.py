"""UV maps that are made for what has none."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def statue(scenery):
    """An object without UVs, of a material without a picture."""
    return scenery.add_object(scenery.add_checker("Marble"), uv=False, name="Statue")


def uvs_of(made):
    found = np.empty(len(made.data.loops) * 2, np.float32)
    made.data.uv_layers["Stylize"].uv.foreach_get("vector", found)
    return found.reshape(-1, 2)


def test_it_is_offered(stylize, module, statue):
    with pytest.raises(RuntimeError, match="Statue has no UVs to bake one; turn Make UVs on"):
        stylize()
    assert module("session").SESSION.lacking == ("Marble",)
    assert not statue.data.uv_layers


def test_made_and_restored(scenery, stylize, module, statue):
    before = scenery.snapshot()
    stylize(make_uvs=True)
    (layer,) = statue.data.uv_layers
    assert layer.name == "Stylize"
    uvs = uvs_of(statue)
    assert uvs.min() >= 0
    assert uvs.max() <= 1
    assert np.ptp(uvs, axis=0).min() > 0.5
    assert scenery.stylized_of(bpy.data.materials["Marble"])
    assert "got the UV map Stylize" in "; ".join(module("session").SESSION.lines)
    assert module("session").SESSION.lacking == ()
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before
    assert not statue.data.uv_layers
    assert not list(statue.data.keys())


def test_objects_of_one_material_share_a_square(scenery, stylize, statue):
    """Their UVs do not overlap; a mesh that has UVs keeps them."""
    marble = bpy.data.materials["Marble"]
    other = scenery.add_object(marble, uv=False, name="Pedestal")
    mapped = scenery.add_object(scenery.add_checker("Cloth"), name="Cloth")
    stylize(make_uvs=True)
    one, two = uvs_of(statue), uvs_of(other)
    apart = (one.max(0) < two.min(0)) | (two.max(0) < one.min(0))
    assert apart.any()
    assert [layer.name for layer in mapped.data.uv_layers] == ["UVMap"]
    bpy.ops.stylize.restore(scope="NAMED", materials="Cloth")
    assert statue.data.uv_layers, "its material is still stylized"


def test_a_picture_is_placed_by_them(scenery, stylize, module):
    """Its islands are those of the map that is made."""
    material = scenery.add_material("Wood", scenery.new_image("wood", scenery.draw()))
    made = scenery.add_object(material, uv=False)
    assert module("materials.survey").survey(
        module("settings").Settings(job=module("settings").ask(styles=()))
    ).lacking == ["Wood"]
    stylize(make_uvs=True)
    assert [layer.name for layer in made.data.uv_layers] == ["Stylize"]
    said = "; ".join(module("session").SESSION.lines)
    assert "got the UV map Stylize" in said


def test_failed_results_leave_none(scenery, stylize, module, statue, saved, monkeypatch):
    saved()

    def full(file, target):
        raise OSError(28, "No space left on device")

    before = scenery.snapshot()
    monkeypatch.setattr(module("materials.results"), "replace_file", full)
    with pytest.raises(RuntimeError, match="No space left on device"):
        stylize(make_uvs=True)
    assert scenery.snapshot() == before
    assert not statue.data.uv_layers


def test_a_mesh_that_was_changed_meanwhile(module, statue):
    added, (note,) = module("materials.made_uvs").add_uvs(
        {statue.data.name: np.zeros((9, 2), np.float32)}
    )
    assert not added
    assert note.startswith("Statue: was changed meanwhile")
    assert not statue.data.uv_layers


def test_a_linked_mesh_is_left(scenery, stylize, module, statue, tmp_path):
    library = str(tmp_path / "library.blend")
    bpy.data.libraries.write(library, {statue})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (_, wanted):
        wanted.meshes = ["Statue"]
    made = bpy.data.objects.new("Statue", bpy.data.meshes[0])
    bpy.context.scene.collection.objects.link(made)
    made.material_slots[0].link = "OBJECT"
    made.material_slots[0].material = scenery.add_checker()
    with pytest.raises(RuntimeError, match="Statue has no UVs"):
        stylize(make_uvs=True)
    assert module("session").SESSION.lacking == ()


def test_the_command_makes_them(command, statue, style, tmp_path):
    source, target = tmp_path / "in.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(source))
    options = ("--style", style, "--method", "transport", "--size", "64", "-o", target)
    code, _, said = command("textures", source, *options)
    assert code == 1
    assert "has no UVs" in said
    assert command("textures", source, "--make-uvs", *options)[0] == 0
    bpy.ops.wm.open_mainfile(filepath=str(target))
    assert [layer.name for layer in bpy.data.meshes["Statue"].uv_layers] == ["Stylize"]
