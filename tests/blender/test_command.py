"""``--command stylize`` and ``examples/headless.py``, on real models and files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
NEWER = bpy.app.version >= (5, 2, 0)


@pytest.fixture
def plane(scenery, tmp_path):
    """A .blend with a textured plane, saved; its path."""
    path = scenery.write_picture(tmp_path / "wood.png", scenery.draw())
    scenery.add_object(scenery.add_material("Material", bpy.data.images.load(str(path))))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "plane.blend"), check_existing=False)
    return tmp_path / "plane.blend"


def shrink(path, target, side=128):
    """Copy a model with small textures, so that tests are quick; its maps stay what they are."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(path))
    for image in bpy.data.images:
        if image.size[0] > side:
            image.scale(side, side * image.size[1] // image.size[0])
            image.pack()
    bpy.ops.export_scene.gltf(filepath=str(target), export_format="GLB")
    return target


def described(path):
    """A .glb's JSON and the bytes of its pictures by material and use."""
    data = path.read_bytes()
    assert data[:4] == b"glTF"
    size = int.from_bytes(data[12:16], "little")
    facts, binary = json.loads(data[20 : 20 + size]), data[20 + size + 8 :]

    def picture(reference):
        source = facts["textures"][reference["index"]]
        image = facts["images"][
            source.get("source", source.get("extensions", {}).get("x", {}).get("source"))
        ]
        view = facts["bufferViews"][image["bufferView"]]
        start = view.get("byteOffset", 0)
        return image["mimeType"], binary[start : start + view["byteLength"]]

    uses = {}
    for material in facts["materials"]:
        shading = material.get("pbrMetallicRoughness", {})
        found = {
            k: shading[k] for k in ("baseColorTexture", "metallicRoughnessTexture") if k in shading
        }
        found |= {
            k: material[k]
            for k in ("normalTexture", "occlusionTexture", "emissiveTexture")
            if k in material
        }
        uses |= {(material["name"], name): picture(reference) for name, reference in found.items()}
    return facts, uses


def view_of(path, number):
    """The bytes of one of a .glb's buffer views."""
    facts, _ = described(path)
    data = path.read_bytes()
    start = 20 + int.from_bytes(data[12:16], "little") + 8
    view = facts["bufferViews"][number]
    return data[start + view.get("byteOffset", 0) :][: view["byteLength"]]


@pytest.mark.parametrize("name", ["BarramundiFish", "Fox_animated", "FlightHelmet", "WaterBottle"])
def test_model_round_trip(models, command, style, tmp_path, name):
    source = shrink(models / "models" / f"{name}.glb", tmp_path / "in.glb")
    before = source.read_bytes()
    arguments = ("--style", style, "--method", "transport", "-o", tmp_path / "out.glb")
    code, out, err = command("textures", source, *arguments, "--json", "--no-bake")
    assert code == 0, err
    facts = json.loads(out)
    assert {
        "output",
        "method",
        "width",
        "height",
        "engine_seconds",
        "peak_memory_mb",
        "device",
        "notes",
    } <= set(facts)
    (old, old_uses), (new, new_uses) = described(source), described(tmp_path / "out.glb")
    assert source.read_bytes() == before
    for part in set(old) - {"images", "bufferViews", "buffers"}:
        assert old[part] == new[part], f"{part} changed"
    for view in {accessor["bufferView"] for accessor in old["accessors"]}:
        assert view_of(source, view) == view_of(tmp_path / "out.glb", view)
    assert set(new_uses) == set(old_uses)
    for use, (kind, data) in old_uses.items():
        if use[1] == "baseColorTexture":
            assert new_uses[use][1] != data
            assert new_uses[use][0] == kind
        else:
            assert new_uses[use] == (kind, data), f"{use} changed"
    assert facts["notes"] == [] or all(isinstance(note, str) for note in facts["notes"])


FILES = {
    "helmet_v279/DamagedHelmet.blend": ("Material_MR",),
    "telescope_v280/telescope.blend": ("Material",),
    "custom_uvmap_v400/32_custom_uvmap_attribute.blend": ("Material.001",),
}


@pytest.mark.parametrize("name", FILES)
def test_blend_round_trip(models, command, scenery, style, tmp_path, name):
    """Stylize, open, restore: the graphs are those of the file, and its pictures too."""
    folder = tmp_path / "in"
    shutil.copytree((models / "blend" / name).parent, folder)
    source = folder / Path(name).name
    bpy.ops.wm.open_mainfile(filepath=str(source))
    bpy.data.orphans_purge(do_recursive=True)  # what nobody uses is not saved
    graphs = scenery.snapshot()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    output = tmp_path / "out" / "styled.blend"
    output.parent.mkdir()
    arguments = ("--method", "transport", "--no-bake", "--materials", *FILES[name])
    code, _, err = command("textures", source, "--style", style, "-o", output, *arguments)
    assert code == 0, err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    bpy.ops.wm.open_mainfile(filepath=str(output))
    made = [image for image in bpy.data.images if "stylize" in image]
    assert made
    assert all(image.filepath.startswith("//stylized") and image.size[0] for image in made)
    for image in bpy.data.images:
        if image.source == "FILE" and image.users and not image.packed_file and image.name in files:
            assert Path(bpy.path.abspath(image.filepath)).is_file()
    code, _, err = command("restore", output, "-o", tmp_path / "out" / "back.blend")
    assert code == 0, err
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "back.blend"))
    assert scenery.snapshot() == graphs


@pytest.mark.parametrize("kind", ["GLB", "GLTF_SEPARATE"])
def test_alpha_of_a_model(scenery, command, style, tmp_path, kind):
    """Opacity in a base colour picture is the same in what comes out: exchanged in a .glb, or exported."""
    source = tmp_path / ("leaf.glb" if kind == "GLB" else "leaf.gltf")
    material = scenery.add_material("Leaf", scenery.new_image("leaf", scenery.draw(channels=4)))
    bpy.data.images["leaf"].pack()
    picture = scenery.node_of(material, "TEX_IMAGE")
    material.node_tree.links.new(
        scenery.shader_of(material).inputs["Alpha"], picture.outputs["Alpha"]
    )
    scenery.add_object(material)
    bpy.ops.export_scene.gltf(filepath=str(source), export_format=kind)
    arguments = ("--style", style, "--method", "transport", "-o", tmp_path / "out.glb")
    code, _, err = command("textures", source, *arguments)
    assert code == 0, err
    alphas = []
    for path in (source, tmp_path / "out.glb"):
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.ops.import_scene.gltf(filepath=str(path))
        (image,) = [image for image in bpy.data.images if image.size[0]]
        alphas.append(scenery.pixels_of(image)[..., 3])
    assert np.array_equal(*alphas)
    assert alphas[0].min() < 0.1


@pytest.fixture
def two_uses(scenery, tmp_path):
    """A .glb of two materials, A and B, with one picture; in A it gives off light too."""
    image = scenery.new_image("shared", scenery.draw())
    image.pack()
    for name in "AB":
        scenery.add_object(scenery.add_material(name, image), name=name)
    tree = bpy.data.materials["A"].node_tree
    shader = scenery.shader_of(bpy.data.materials["A"])
    tree.links.new(shader.inputs["Emission Color"], tree.nodes["Image Texture"].outputs["Color"])
    shader.inputs["Emission Strength"].default_value = 1
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "two.glb"))
    assert len(described(tmp_path / "two.glb")[0]["images"]) == 1
    return tmp_path / "two.glb"


USES = {"A": "baseColorTexture", "B": "baseColorTexture", "light": "emissiveTexture"}


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ([], "A B"),
        (["--emission"], "A B light"),
        (["--materials", "A"], "A"),
        (["--materials", "A", "--emission"], "A light"),
    ],
)
def test_only_what_was_chosen_changes(command, two_uses, style, tmp_path, options, changed):
    """One picture for several purposes gets a sibling for those that were asked for."""
    arguments = ("--style", style, "--method", "transport", "-o", tmp_path / "out.glb")
    code, _, err = command("textures", two_uses, *arguments, *options)
    assert code == 0, err
    (_, old), (_, new) = described(two_uses), described(tmp_path / "out.glb")
    for name, use in USES.items():
        place = ("A" if name == "light" else name, use)
        assert (old[place] != new[place]) == (name in changed.split()), place
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "out.glb"))
    assert all(image.size[0] for image in bpy.data.images)


def test_open_file_is_used(command, plane, style, tmp_path):
    code, _, err = command("textures", "--style", style, "-o", tmp_path / "out.blend")
    assert code == 0, err
    assert (tmp_path / "stylized" / "wood.style.png").is_file()


def test_plain_model_is_baked_when_asked(scenery, command, style, tmp_path):
    scenery.add_object(scenery.add_material("Plain"))
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "plain.glb"), export_texcoords=True)
    assert "TEXCOORD_0" in str(
        json.loads((tmp_path / "plain.glb").read_bytes()[20:].split(b"BIN\0")[0][:-4])
    )
    arguments = (
        "textures",
        tmp_path / "plain.glb",
        "--style",
        style,
        "-o",
        tmp_path / "out.glb",
        "--size",
        "64",
        "--method",
        "transport",
    )
    code, _, err = command(*arguments)
    assert code == 1
    assert "has no textures" in err
    code, _, err = command(*arguments, "--bake")
    assert code == 0, err
    assert "baseColorTexture" in str(described(tmp_path / "out.glb")[0]["materials"])


BAD = {
    "missing": ("nowhere.blend", 1, "is not there"),
    "no blend": ("text.blend", 1, "cannot be opened"),
    "no model": ("text.glb", 1, "cannot be imported"),
    "future": ("future.blend", 1, "Blender 9.9"),
    "kind": ("text.txt", 2, "is none of"),
    "no materials": ("empty.blend", 1, "no materials"),
}


@pytest.mark.parametrize("problem", BAD)
def test_bad_files(command, style, tmp_path, problem):
    name, expected, words = BAD[problem]
    for kind in ("blend", "glb", "txt"):
        (tmp_path / f"text.{kind}").write_text("this is no model")
    (tmp_path / "future.blend").write_bytes(b"BLENDER17-01v0909" + b"\0" * 64)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "empty.blend"), copy=True)
    code, out, err = command(
        "textures", tmp_path / name, "--style", style, "-o", tmp_path / "out.blend", "--json"
    )
    assert code == expected
    line = err.strip().splitlines()[-1]
    assert line.startswith("stylize: ")
    assert words in line
    assert out == ""
    assert not (tmp_path / "out.blend").exists()
    assert not (tmp_path / "stylized").exists()


@pytest.mark.skipif(NEWER, reason="this is the newest Blender")
def test_real_file_of_a_newer_blender(models, command, style, tmp_path):
    source = models / "blend" / "node_groups_v5" / "22_node_groups.blend"
    code, _, err = command("textures", source, "--style", style, "-o", tmp_path / "out.blend")
    assert code == 1
    assert "newer Blender" in err


USAGE = {
    "memory": (["--style", "{style}", "-o", "{out}", "--max-memory", "0"], "(--max-memory)"),
    "brush": (["--style", "{style}", "-o", "{out}", "--style-scale", "20"], "(Brush Size)"),
    "no style": (["-o", "{out}"], "--style"),
    "itself": (["--style", "{style}", "-o", "{file}"], "is the file itself"),
    "kind": (["--style", "{style}", "-o", "out.fbx"], "cannot be written; choose one of"),
    "strength": (["--style", "{style}", "-o", "{out}", "--strength", "2"], "(--strength)"),
    "setting": (["--style", "{style}", "-o", "{out}", "--set", "nothing=1"], "nothing"),
}


@pytest.mark.parametrize("problem", USAGE)
def test_usage(command, plane, style, tmp_path, problem):
    options, words = USAGE[problem]
    names = {"out": tmp_path / "out.blend", "style": style, "file": plane}
    before = plane.read_bytes()
    code, _, err = command("textures", plane, *(option.format(**names) for option in options))
    assert code == 2
    assert words in err
    assert plane.read_bytes() == before


def test_missing_style(command, plane, tmp_path):
    code, _, err = command(
        "textures", plane, "--style", "nowhere.png", "-o", tmp_path / "out.blend"
    )
    assert code == 1
    assert "nowhere.png is not there" in err


def test_example_as_a_program(plane, style, tmp_path):
    """The whole way in a process of its own, from the checkout, stdout clean."""
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "settings")}
    script, output = ROOT / "examples" / "headless.py", tmp_path / "out.blend"
    command = [script, "textures", plane, "--style", style, "-o", output, "--json"]
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["output"] == str(tmp_path / "out.blend")
    assert "Starting the engine" in done.stderr
