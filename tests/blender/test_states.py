"""States as named looks: which are offered, what they ask of the engine, variants to choose from."""

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


class Layout:
    """Stands for a layout: remembers which properties, operators and pictures are drawn into it."""

    def __init__(self):
        self.drawn = []

    def prop(self, owner, name, **_):
        self.drawn.append(name)

    def operator(self, name, **_):
        self.drawn.append(name)
        return SimpleNamespace()

    def template_icon(self, **_):
        self.drawn.append("picture")

    def __getattr__(self, name):
        return lambda *_, **__: self


@pytest.fixture
def state(module):
    """A state whose network is shipped."""
    offered = module("method_list").STATES
    if not offered:
        pytest.skip("no translation is shipped")
    return offered[0].name


@pytest.fixture
def ground(scenery):
    made = scenery.add_material("Ground", scenery.new_image("ground", scenery.draw(96, 96)))
    scenery.add_object(made)
    return made


def test_states_that_are_shipped_are_styles_by_name(module, state):
    known = type(bpy.context.scene.stylize).bl_rna.properties["look"].enum_items
    numbers = {item.identifier: item.value for item in known}
    assert numbers["PICTURE"] == 0
    assert all(numbers[one.name] == one.number for one in module("method_list").STATES)
    assert not module("style_picture").style_problem(state)
    assert module("style_picture").absolute_style(state) == state


def test_only_states_with_a_network_are_offered(module):
    shipped = module("method_list").shipped_states
    assert [one.name for one in shipped(("compact.munit_snow", "compact.adain_relu4_1"))] == [
        "snow"
    ]
    assert shipped(()) == ()


def test_a_state_is_asked_of_its_method_with_the_panels_variant(module, state):
    panel = bpy.context.scene.stylize
    panel.look, panel.method, panel.palette = state, "brushwork", "scene"
    panel.params_munit.variant, panel.params_munit.back = 2.5, True
    job = module("properties").texture_settings(panel, bpy.context).job
    assert (job.method, job.palette) == ("munit", "free")
    assert [style.path for style in job.styles] == [state]
    assert (job.params["variant"], job.params["back"]) == (2.5, True)
    module("settings").check(module("properties").texture_settings(panel, bpy.context))
    panel.look = "oil"
    assert module("properties").texture_settings(panel, bpy.context).job.method == "brushwork"


def test_a_state_is_a_look_named_after_it_and_its_variant(scenery, ground, state):
    panel = bpy.context.scene.stylize
    panel.look, panel.scope = state, "ALL"
    assert bpy.ops.stylize.textures(scope="ALL") == {"FINISHED"}
    made = scenery.stylized_of(ground)
    assert made.name == f"ground.{state}-0"
    assert scenery.differs(made, bpy.data.images["ground"])


def test_variants_are_looks_to_choose_from_by_their_pictures(module, scenery, ground, state):
    panel = bpy.context.scene.stylize
    panel.look, panel.scope = state, "ALL"
    panel.params_munit.variant = 3
    assert bpy.ops.stylize.variants(count=2) == {"FINISHED"}
    looks = module("materials.looks").looks_in([ground])
    assert looks == {f"{state}-3": True, f"{state}-4": False}
    pictures = module("materials.variants").pictures_in([ground])
    assert set(pictures) == set(looks)
    for image in pictures.values():
        small = np.empty(96 * 96 * 4, np.float32)
        image.preview.image_pixels_float.foreach_get(small)
        whole = scenery.pixels_of(image)[..., :3]
        shown = small.reshape(96, 96, 4)[::-1][..., :3]
        assert np.abs(shown - whole).mean() < 0.02
    assert scenery.differs(*pictures.values())
    assert bpy.ops.stylize.show_look(look=f"{state}-4", scope="ALL") == {"FINISHED"}
    assert scenery.stylized_of(ground) == pictures[f"{state}-4"]


def test_only_states_have_variants(ground):
    bpy.context.scene.stylize.look = "oil"
    with pytest.raises(RuntimeError, match="Choose a state"):
        bpy.ops.stylize.variants()
    bpy.context.scene.stylize.look = "autumn"
    with pytest.raises(RuntimeError, match="that has variants"):
        bpy.ops.stylize.variants()


def test_snow_lies_on_the_floor_and_not_on_the_wall(scenery, ground, state):
    """The relief is the model's own: where its surface looks up."""
    panel = bpy.context.scene.stylize
    panel.look, panel.scope, panel.lies, panel.cover = state, "ALL", "top", 1.0
    bpy.data.objects["Plane"].rotation_euler.x = np.pi / 2
    bpy.context.view_layer.update()
    assert bpy.ops.stylize.textures(scope="ALL", surface="flat") == {"FINISHED"}
    made, before = (
        scenery.pixels_of(i)[..., :3]
        for i in (scenery.stylized_of(ground), bpy.data.images["ground"])
    )
    assert np.abs(made - before).max() < 3 / 255


def draw_panel(module):
    layout = Layout()
    panel = module("panels.sidebar").STYLIZE_PT_textures
    facts = {name: getattr(bpy.context, name) for name in ("scene", "preferences")}
    region, none = SimpleNamespace(width=300), SimpleNamespace(shading=None)
    panel.draw(
        SimpleNamespace(layout=layout), SimpleNamespace(**facts, region=region, space_data=none)
    )
    return layout.drawn


def test_the_panel_has_a_states_own_settings(module, state):
    bpy.context.scene.stylize.look = "oil"
    assert not {"variant", "lies", "stylize.variants"} & set(draw_panel(module))
    bpy.context.scene.stylize.look = state
    drawn = draw_panel(module)
    assert {"variant", "back", "strength", "lies", "cover", "stylize.variants"} <= set(drawn)
    assert "palette" not in drawn


def test_a_painter_among_the_states_has_what_strokes_have(module):
    if "monet" not in [one.name for one in module("method_list").STATES]:
        pytest.skip("no painter's network is shipped")
    bpy.context.scene.stylize.look = "monet"
    drawn = draw_panel(module)
    assert {"strength", "style_scale", "keep_values", "keep_color", "paint_relief"} <= set(drawn)
    assert not {"variant", "back", "stylize.variants"} & set(drawn)
    job = module("properties").texture_settings(bpy.context.scene.stylize, bpy.context).job
    assert (job.method, job.style_scale) == ("adaptive_style", 2.0)


def test_the_panel_shows_variants_as_pictures(module, ground, state):
    panel = bpy.context.scene.stylize
    panel.look, panel.scope = state, "ALL"
    assert "picture" not in draw_panel(module)
    assert bpy.ops.stylize.variants(count=3) == {"FINISHED"}
    assert draw_panel(module).count("picture") == 3
