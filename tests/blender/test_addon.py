"""The add-on as Blender sees it."""

import os
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import addon_utils
import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_everything_is_registered():
    for name in (
        "textures",
        "panorama",
        "restore",
        "cancel",
        "install_engine",
        "check_engine",
        "remove_engine",
    ):
        assert getattr(bpy.ops.stylize, name).get_rna_type().description
    for name in ("textures", "method", "pictures", "panorama", "world"):
        assert hasattr(bpy.types, f"STYLIZE_PT_{name}")
    assert bpy.types.STYLIZE_PT_textures.bl_category == "Stylize"


def test_off_and_on_again():
    name = "bl_ext.user_default.stylize"
    addon_utils.disable(name)
    assert not hasattr(bpy.types.Scene, "stylize")
    assert not hasattr(bpy.types, "STYLIZE_PT_textures")
    addon_utils.enable(name)
    assert bpy.context.scene.stylize.method == "auto"


def test_methods_and_their_settings_come_from_the_cards(module):
    properties = module("properties")
    methods = {
        item.identifier
        for item in type(bpy.context.scene.stylize).bl_rna.properties["method"].enum_items
    }
    shipped = tomllib.loads((ROOT / "weights" / "catalog.toml").read_text("utf-8"))
    looks = {look.id for look in module("method_list").LOOKS}
    assert methods == {"auto", *looks, *(c.id for c in properties.CARDS if c.works_with(shipped))}
    assert {"transport", "gatys", "deep_photo"} < methods
    for card in properties.CARDS:
        group = getattr(bpy.context.scene.stylize, f"params_{card.id}")
        for declared in fields(card.params):
            value = getattr(group, declared.name)
            assert value == declared.default or abs(value - declared.default) < 1e-6
            tooltip, words = (
                group.bl_rna.properties[declared.name].description,
                declared.metadata["help"],
            )
            assert tooltip == words[0].upper() + words[1:]


IN_FILES = [
    "look",
    "style",
    "method",
    "strength",
    "style_scale",
    "keep_color",
    "keep_values",
    "palette",
    "light",
    "seed",
    "pack",
    "one_brush",
    "lies",
    "cover",
    "surface",
    "by_area",
    "emission",
    "bake",
    "make_uvs",
    "bake_size",
    "source",
    "image",
    "shown",
    "view",
    "motion",
    "keep_blur",
    "layer",
    "anchor",
    "again",
    "live",
    "compositor",
    "parts",
    "active_part",
    "each_frame",
    "scope",
]
NUMBERS = {
    "surface": ["auto", "flat", "seamless"], "motion": ["auto", "flow", "none"],
    "shown": ["COMBINED", "DIFFUSE"], "view": ["SCENE", "STANDARD"],
    "compositor": ["OUTPUT", "RENDER", "NOWHERE"], "source": ["WORLD", "IMAGE"],
    "palette": ["auto", "scene", "picture", "free"], "light": ["auto", "keep", "free"],
    "lies": ["auto", "everywhere", "top", "creases"],
}  # fmt: skip  # a table


def test_files_that_were_saved_before_are_read():
    """A .blend holds these names, and of a choice its number."""
    known = type(bpy.context.scene.stylize).bl_rna.properties
    assert set(IN_FILES) <= set(known.keys())
    for name, order in NUMBERS.items():
        numbers = {item.identifier: item.value for item in known[name].enum_items}
        assert {one: numbers[one] for one in order} == {one: n for n, one in enumerate(order)}


def test_a_method_whose_networks_are_not_here_is_not_offered(module):
    """And the others keep the numbers by which scenes remember them."""
    properties, listed = module("properties"), module("method_list")
    shipped = tomllib.loads((ROOT / "weights" / "catalog.toml").read_text("utf-8"))
    few = {name for name in shipped if not name.startswith("compact.johnson_")}
    some, all_ = ({item[0]: item[4] for item in listed.methods(names)} for names in (few, ()))
    looks = {look.id: look.number for look in listed.LOOKS}
    assert all_ == {"auto": 0, **looks, **{c.id: c.number for c in properties.CARDS}}
    assert list(all_)[:6] == ["auto", "fast", "finest", "bold", "photo", "film"]
    assert "johnson" not in some
    assert some.items() < all_.items()


def test_methods_are_named_by_look_and_speed(module):
    items = type(bpy.context.scene.stylize).bl_rna.properties["method"].enum_items
    measured = tomllib.loads((ROOT / "weights" / "measured.toml").read_text("utf-8"))
    cards = {card.id: card for card in module("properties").CARDS}
    for item in items:
        if item.identifier == "auto" or item.identifier not in cards:
            continue
        card = cards[item.identifier]
        look, _, speed = item.name.partition(" · ")
        assert look == card.look
        if card.id not in measured:
            assert not speed
            continue
        assert speed.endswith(" s")
        seconds = measured[card.id]["seconds_per_megapixel"]
        assert abs(float(speed[:-2]) - seconds) <= max(0.05, 0.5 * (seconds >= 0.95)) + 1e-9
        assert card.paper in item.description
        assert card.paper not in item.name


def test_a_look_has_its_own_settings_and_not_those_of_the_panel(module):
    """They stand fast, and its number is what a .blend remembers."""
    properties, settings = module("properties"), bpy.context.scene.stylize
    settings.style = str(ROOT / "core" / "styles" / "oil.png")
    settings.params_brushwork.loyalty = 0.9
    try:
        settings.method = "bold"
        items = settings.bl_rna.properties["method"].enum_items
        assert items["bold"].value == 103
        asked = properties.look_from(settings, bpy.context)
        assert asked.job.method == "bold"
        made = asked.job_for(ROOT / "a.png", ROOT / "b.png")
        assert (made.method, made.params["loyalty"], made.style_scale) == ("brushwork", 0.2, 3.0)
        settings.method = "photo"
        photo = properties.look_from(settings, bpy.context).job_for(ROOT / "a.png", ROOT / "b.png")
        assert photo.method == "photo", "the engine chooses by how large the picture is"
        settings.method = "brushwork"
        assert abs(properties.look_from(settings, bpy.context).job.params["loyalty"] - 0.9) < 1e-6
    finally:
        settings.property_unset("method")
        settings.params_brushwork.property_unset("loyalty")


def test_every_property_says_what_it_is():
    names = ("textures", "panorama", "frames", "render", "add_part", "restore")
    operators = (getattr(bpy.ops.stylize, name) for name in names)
    for owner in (bpy.context.scene.stylize, *(o.get_rna_type() for o in operators)):
        for prop in (getattr(owner, "bl_rna", None) or owner).properties:
            assert (
                prop.description
                or prop.identifier in ("rna_type", "name")
                or prop.identifier.startswith("params_")
            )


def test_blender_never_imports_torch():
    assert "torch" not in sys.modules
    of_the_tests = {"core", "core.threads"}
    assert not {name for name in sys.modules if name.split(".")[0] == "core"} - of_the_tests


def test_no_policy_violations(extension, tmp_path):
    """Blender complains on stderr about extensions that meddle with sys.path or import by top-level names.

    The process ends with the add-on enabled: bpy must not crash there.
    """
    code = f"""
import bpy
options = dict(repo="user_default", enable_on_install=True)
bpy.ops.extensions.package_install_files(filepath={str(extension)!r}, **options)
"""
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )
    assert "violation" not in (done.stdout + done.stderr).lower()
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


def test_ends_cleanly_when_used_from_source(tmp_path):
    """Registered by a script and never unregistered."""
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "examples")!r})
from headless import load_addon
load_addon()
"""
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


class Drawn:
    """Stands for a layout: remembers which operators and menus are drawn into it."""

    def __init__(self):
        self.operators, self.layout = {}, self

    def operator(self, name, text="", **_):
        self.operators.setdefault(name, []).append(text)
        return SimpleNamespace()

    def menu(self, name, **_):
        getattr(bpy.types, name).draw(self, bpy.context)

    def separator(self, **_):
        pass


def ours():
    """The add-on's operators, by name; those that others run for their own sake are left out."""
    classes = (
        getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("STYLIZE_OT_")
    )
    return {c.bl_idname: c for c in classes if "INTERNAL" not in getattr(c, "bl_options", ())}


def test_found_by_search(scenery):
    """What is in a menu is found with F3; panels are not searched."""
    drawn = Drawn()
    for name in ("VIEW3D_MT_object", "IMAGE_MT_image", "TOPBAR_MT_render"):
        menu = getattr(bpy.types, name)
        draws = [f for f in menu._dyn_ui_initialize() if f.__module__.endswith("panels.menu")]
        assert len(draws) == 1, name
        draws[0](drawn, bpy.context)
    assert set(drawn.operators) == set(ours())
    assert {"stylize.frames", "stylize.add_part", "stylize.install_engine"} < set(ours())


def test_pictures_have_a_menu_entry(module):
    drawn = Drawn()
    context = SimpleNamespace(space_data=SimpleNamespace(image=SimpleNamespace(name="A")))
    module("panels.menu")._draw_picture_entry(drawn, context)
    assert list(drawn.operators) == ["stylize.panorama"]


def test_operators_say_what_they_do_and_why_they_cannot(module):
    session, scene = module("session").SESSION, bpy.context.scene
    for name in ours():
        known = getattr(bpy.ops.stylize, name.removeprefix("stylize.")).get_rna_type()
        assert known.description, name
        assert not known.description.endswith("."), f"Blender adds the full stop to {name}"
        assert known.name[0].isupper(), name
    idle = {
        "cancel": "not at work",
        "remove_part": "There is no part",
        "remove_engine": "No engine",
    }
    if not bpy.app.online_access:
        idle["install_engine"] = "needs the network"
    for name, said in idle.items():
        with pytest.raises(RuntimeError, match=said):
            getattr(bpy.ops.stylize, name)()
    session.begin("Something")
    try:
        for name in ("textures", "panorama", "frames", "render"):
            with pytest.raises(RuntimeError, match="at work already"):
                getattr(bpy.ops.stylize, name)()
    finally:
        session.end()
    assert not scene.stylize.parts


def test_panel_draws_without_a_window(module):
    """Drawing needs a layout, which only a window has; what it reads is looked up here."""
    properties = module("properties")
    settings = bpy.context.scene.stylize
    for identifier, *_ in properties.METHODS:
        settings.method = identifier
        assert properties.params_of(settings, identifier) is not None
    for identifier, *_ in properties.LOOKS:
        settings.look = identifier
