"""What an artist meets: the style that is chosen, what is said of a run, and how one is stopped."""

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

NO_PICTURES = {
    "words": (b"hello world, no picture at all, just words in a row", "it is not a picture"),
    "empty": (b"", "the file is empty"),
    "GIF": (b"GIF89a" + bytes(64), "a GIF"),
    "head": (b"\x89PNG\r\n\x1a\n" + bytes(8), "damaged or cut off"),
    "no size": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(32), "damaged or cut off"),
}


@pytest.fixture
def session(module):
    """What the panel shows, as nothing has happened."""
    module("session").SESSION.end()
    return module("session").SESSION


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_said_before_the_engine_starts(module, tmp_path, name):
    content, words = NO_PICTURES[name]
    path = tmp_path / "style.png"
    path.write_bytes(content)
    said = module("style_picture").style_problem(str(path))
    assert "style.png" in said
    assert words in said
    settings = module("settings")
    chosen = settings.Settings(
        job=settings.ask(styles=module("properties").style_files("PICTURE", str(path)))
    )
    with pytest.raises(module("engine").StylizeError, match=words):
        settings.check(chosen)


def test_a_folder_and_nothing_are_no_pictures(module, tmp_path):
    problem = module("style_picture").style_problem
    assert "it is a folder" in problem(str(tmp_path))
    assert "is not there" in problem(str(tmp_path / "none.png"))
    assert "No style was chosen" in problem("")
    assert "no built-in style" in problem("builtin:nonsense")


def test_pictures_and_styles_are_no_problem(module, style, tmp_path):
    problem = module("style_picture").style_problem
    assert not problem(style)
    assert not problem("builtin:oil")
    changed = tmp_path / "style.png"
    changed.write_bytes(b"no picture yet, but there will be one soon")
    assert problem(str(changed))
    changed.write_bytes(Path(style).read_bytes())
    assert not problem(str(changed)), "it is looked at anew"


def test_choosing_a_style(module, style, tmp_path):
    """A wrong one is refused; the folder of a right one is where the next search begins."""
    settings = bpy.context.scene.stylize
    settings.look, settings.style = "oil", ""
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no picture but words, and some more")
    with pytest.raises(RuntimeError, match="it is not a picture"):
        bpy.ops.stylize.choose_style(filepath=str(wrong))
    assert (settings.look, settings.style) == ("oil", "")
    assert bpy.ops.stylize.choose_style(filepath=style) == {"FINISHED"}
    assert settings.look == "PICTURE"
    assert module("style_picture").absolute_style(settings.style) == style
    choose = module("operators.choose_style")
    assert choose._folder("") == Path(style).parent
    assert choose._folder(str(wrong)) == tmp_path, "beside the one that is chosen now"
    assert choose._folder(str(tmp_path / "gone" / "x.png")) == Path(style).parent


def test_the_browser_shows_thumbnails_of_pictures():
    known = bpy.ops.stylize.choose_style.get_rna_type().properties
    assert known["filter_image"].default
    assert known["display_type"].default == "THUMBNAIL"
    values = {item.identifier: item.value for item in known["display_type"].enum_items}
    browser = bpy.types.FileSelectParams.bl_rna.properties["display_type"].enum_items
    assert values["THUMBNAIL"] == browser["THUMBNAIL"].value


def test_a_new_file_has_no_report(session):
    session.end("Stylized 3 pictures in 8 s", skipped=["Skin: is linked"], details=["more"])
    assert session.lines
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not session.lines
    session.fail(ValueError("it broke"))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not session.failed


def test_a_run_that_goes_on_keeps_what_it_says(session):
    session.begin("Looking")
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.running
    session.end()


def test_what_is_the_same_of_many_is_said_once(module):
    grouped = module("materials.results").group_sentences
    lines = [f"Skin {n}: has no nodes" for n in range(5)] + ["Wood: is linked", "All is well"]
    assert grouped(lines) == [
        "Skin 0, Skin 1, Skin 2 and 2 more: has no nodes",
        "Wood: is linked",
        "All is well",
    ]


def test_nothing_made_lists_its_reasons(module, session):
    session.fail(module("materials.results").NothingMade(["Skin: is linked", "Wood: is linked"]))
    assert session.report == ["Nothing was stylized"]
    assert session.skipped == ["Skin, Wood: is linked"]
    assert session.failed


def cancel(module, kind, area, *, running=True):
    """What Cancel answers to a key or a click in an area."""
    running_module = module("operators.running")
    if running:
        running_module._running.append("a run")
    session = module("session").SESSION
    session.begin("Something")
    try:
        operator = running_module.STYLIZE_OT_cancel
        ours = SimpleNamespace(execute=lambda context: operator.execute(None, context))
        context = SimpleNamespace(area=SimpleNamespace(type=area))
        answer = operator.invoke(ours, context, SimpleNamespace(type=kind))
        return answer, session.stopping
    finally:
        session.end()
        running_module._running.clear()


def test_escape_cancels_where_nothing_else_takes_it(module):
    assert cancel(module, "ESC", "VIEW_3D") == ({"FINISHED"}, True)
    assert cancel(module, "ESC", "IMAGE_EDITOR") == ({"PASS_THROUGH"}, False), "a render's view"
    assert cancel(module, "ESC", "VIEW_3D", running=False) == ({"PASS_THROUGH"}, False)
    assert cancel(module, "LEFTMOUSE", "IMAGE_EDITOR") == ({"FINISHED"}, True), "its button"


def test_the_run_itself_listens_to_no_key(module):
    """Esc that ends something else still comes up to a modal operator, as a release."""
    run, playing = (
        module("operators.running").Running(),
        SimpleNamespace(is_animation_playing=False),
    )
    windows = [SimpleNamespace(screen=playing)]
    context = SimpleNamespace(window_manager=SimpleNamespace(windows=windows))
    for playing.is_animation_playing in (True, False):
        for value in ("PRESS", "RELEASE"):
            event = SimpleNamespace(type="ESC", value=value)
            assert run.modal(context, event) == {"PASS_THROUGH"}
        stopped = {"PASS_THROUGH"} if playing.is_animation_playing else {"FINISHED"}
        playing_now = playing.is_animation_playing
        assert cancel(module, "ESC", "VIEW_3D") == (stopped, not playing_now)


def test_one_word_for_restoring(scenery):
    names = []
    layout = SimpleNamespace(
        operator=lambda name, text="", **_: names.append((name, text)) or SimpleNamespace(),
        separator=lambda **_: None,
        menu=lambda *_, **__: None,
    )
    for menu in ("VIEW3D_MT_object", "TOPBAR_MT_render"):
        draws = getattr(bpy.types, menu)._dyn_ui_initialize()
        for draw in (d for d in draws if d.__module__.endswith("panels.menu")):
            draw(SimpleNamespace(layout=layout), bpy.context)
    bpy.types.STYLIZE_MT_object.draw(SimpleNamespace(layout=layout), bpy.context)
    restoring = [text for name, text in names if name == "stylize.restore"]
    assert restoring == ["", ""], "the operator's own name, everywhere"
    assert bpy.ops.stylize.restore.get_rna_type().name == "Restore Originals"


class Layout:
    """Stands for a layout: remembers in which order things are drawn."""

    def __init__(self):
        self.drawn, self.beside = [], []
        self.use_property_split = False

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in ("column", "row", "box", "grid_flow"):
            return lambda **_: self
        if name == "panel":
            return lambda *_, **__: (self, None)
        return lambda *given, **named: self._note(name, given, named)

    def _note(self, kind, given, named):
        told = named.get("text") or next((g for g in reversed(given) if isinstance(g, str)), "")
        self.drawn.append((kind, told, named.get("icon", "")))
        if kind == "prop_enum" and self.use_property_split:
            self.beside.append(told)
        return SimpleNamespace()

    def place(self, *told):
        return next(n for n, (_, text, _) in enumerate(self.drawn) if text in told)


@pytest.fixture
def drawn(module, session, monkeypatch):
    """Draw the sidebar's panel: () -> a layout that remembers."""
    sidebar = module("panels.sidebar")
    monkeypatch.setattr(
        sidebar, "draw_sentence", lambda to, _, text, icon="": to.label(text=text, icon=icon)
    )
    monkeypatch.setattr(sidebar, "style_icon", lambda style: 0)

    def draw():
        layout = Layout()
        context = SimpleNamespace(scene=bpy.context.scene, space_data=None)
        sidebar.STYLIZE_PT_textures.draw(SimpleNamespace(layout=layout), context)
        return layout

    return draw


def test_amount_and_restore_stand_above_the_report(session, drawn):
    session.end(
        "Stylized 9 pictures in 8 s",
        skipped=[f"Skin {n}: reason {n}" for n in range(9)],
        details=["x"],
    )
    layout = drawn()
    said = layout.place("Stylized 9 pictures in 8 s")
    assert layout.place("stylize_amount") < said
    assert layout.place("stylize.restore") < said
    shown = [text for kind, text, icon in layout.drawn if icon == "ERROR"]
    assert shown == [f"Skin {n}: reason {n}" for n in range(4)], "the rest is folded"
    assert ("label", "Details, 5 left out", "") in layout.drawn


def test_the_panel_leads_with_looks(session, drawn, module):
    """Then come the painters; all other methods are folded in the panel Research."""
    layout = drawn()
    offered = [text for kind, text, _ in layout.drawn if kind == "prop_enum"]
    assert not layout.beside, "names stand on the buttons, not cut short beside them"
    assert offered[:6] == ["Automatic", "Fast", "Finest", "Bold", "Photo", "Film"]
    assert offered[6:] == [name for _, name in module("method_list").PAINTING]


def test_what_is_wrong_with_a_style_is_drawn_once(session, drawn, module, tmp_path):
    settings = bpy.context.scene.stylize
    settings.look, settings.style = "PICTURE", str(tmp_path / "none.png")
    problem = module("style_picture").style_problem(settings.style)
    session.fail(ValueError(problem))
    assert [text for _, text, _ in drawn().drawn].count(problem) == 1
    settings.style = ""
    assert "No style was chosen" not in str(drawn().drawn), "nothing is wrong yet"
