"""What a run hands from one stage to the next: files, limits, looks, memory. The painting is stood in for."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import core.picture.run
from core.catalog import CARDS, find_card
from core.device import IMAGE_BYTES_PER_PIXEL
from core.errors import ParamsError, PictureError
from core.imaging.image import load_image
from core.imaging.lazy import Lazy, materialize
from core.picture.compose import Stylized
from core.picture.run import load_styles, prepare_run, run
from core.picture.tones import Tones
from core.progress import Progress
from core.request import auto_method
from core.request.check import check
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile, TileFile

GREY = (90, 90, 90)


def save(path, size=(64, 80), color=GREY):
    """Save a picture of one colour, of as many channels as that has."""
    Pillow.fromarray(np.full((*size, len(color)), color, np.uint8)).save(path)
    return str(path)


@pytest.fixture
def ask(tmp_path, content, style):
    """Make a job: (**changes) -> Job."""
    made = {
        "content": str(content), "output": str(tmp_path / "out.png"), "method": "adain",
        "styles": (StyleFile(str(style)),), "device": "cpu", "precision": "float32",
    }  # fmt: skip  # a table
    return lambda **changes: Job(**made | changes)


@pytest.fixture
def painted(monkeypatch):
    """Let a picture be its own negative at once: what painting was given, one entry for each picture."""
    calls = []

    def paint(image, spec, run, surface, *, opacity):
        calls.append(
            SimpleNamespace(image=image, spec=spec, run=run, surface=surface, opacity=opacity)
        )
        return Stylized(1 - materialize(image.rgb), notes=("a note",))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    return calls


def told(monkeypatch, name):
    """Listen to a function of the run: every call's arguments and keywords."""
    calls, own = [], getattr(core.picture.run, name)

    def listen(*arguments, **keywords):
        calls.append((arguments, keywords))
        return own(*arguments, **keywords)

    monkeypatch.setattr(core.picture.run, name, listen)
    return calls


# What comes out


@pytest.mark.usefixtures("painted")
def test_a_result_says_what_was_made(monkeypatch, ask, tmp_path):
    clock = iter((5.0, 7.12345))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(core.picture.run, "peak_memory_mb", lambda: 123)
    result = run(ask(precision="bfloat16"))
    assert result.output == str(tmp_path / "out.png")
    assert (result.width, result.height) == (80, 64)
    assert (result.method, result.device, result.precision) == ("adain", "cpu", "bfloat16")
    assert (result.engine_seconds, result.peak_memory_mb) == (2.123, 123)
    assert result.notes == ("a note",)
    own, made = (np.array(Pillow.open(tmp_path / name)) for name in ("content.png", "out.png"))
    assert np.array_equal(made, 255 - own)


@pytest.mark.usefixtures("painted")
def test_notes_of_files_come_before_those_of_the_painting(ask, tmp_path):
    frames = [Pillow.fromarray(np.full((8, 9), 40 * k, np.uint8)) for k in range(2)]
    frames[0].save(tmp_path / "film.tif", save_all=True, append_images=frames[1:])
    exif = Pillow.Exif()
    exif[0x013B] = b"J\xf6rg"  # no UTF-8
    Pillow.new("RGB", (9, 8)).save(tmp_path / "broken.jpg", exif=exif)
    notes = run(ask(content=str(tmp_path / "film.tif"))).notes
    assert notes == ("film.tif: only the first of its 2 pictures was read", "a note")
    of_file, of_painting = run(ask(content=str(tmp_path / "broken.jpg"))).notes
    assert of_file.startswith("broken.jpg: ")
    assert of_painting == "a note"


def test_every_tile_gets_its_own_result(monkeypatch, painted, ask, tmp_path):
    monkeypatch.setattr("core.imaging.image.LARGE", 100)
    tiles = tuple(
        TileFile(
            save(tmp_path / f"{k}.png", color=(k, k, k)), str(tmp_path / f"{k}-out.png"), 1000 + k
        )
        for k in (1, 2)
    )
    result = run(ask(content=tiles[0].content, output=tiles[0].output, tiles=tiles))
    assert not isinstance(painted[0].image.rgb, Lazy)
    assert (result.width, result.height) == (80, 64)
    for k in (1, 2):
        assert set(np.array(Pillow.open(tmp_path / f"{k}-out.png")).flat) == {255 - k}


# What the painting is told


def test_a_look_is_what_the_job_asks(painted, ask, tmp_path):
    mask = save(tmp_path / "mask.png", (64, 80), (255, 255, 255))
    run(ask(strength=0.5, keep_color=True, mask=mask, thumbnail=True, params={"level": "relu3_1"}))
    spec = painted[0].spec
    assert spec.card.id == "adain"
    assert (spec.params.level, spec.strength, spec.tones.keep_color, spec.thumbnail) == (
        "relu3_1",
        0.5,
        True,
        True,
    )
    assert spec.mask.shape == (1, 1, 64, 80)
    assert bool((spec.mask == 1).all())
    run(ask())
    spec = painted[1].spec
    assert (spec.strength, spec.tones, spec.thumbnail, spec.mask) == (1.0, Tones(), False, None)


def test_the_file_s_space_and_alpha_are_read_as_asked(painted, ask):
    for space, alpha in (("linear", "data"), ("srgb", "opacity"), ("auto", "opacity")):
        run(ask(space=space, alpha=alpha))
        assert painted[-1].image.origin.space == ("srgb" if space == "auto" else space)
        assert painted[-1].opacity == (alpha == "opacity")


def test_auto_chooses_by_aim_and_size_and_says_so(monkeypatch, painted, ask):
    for pixels, method in ((64 * 80, "photowct"), (64 * 80 - 1, "ccpl")):
        monkeypatch.setattr("core.request.auto_method.WHOLE", pixels)
        result = run(ask(method="auto", aim="photo"))
        assert result.method == painted[-1].spec.card.id == method
        assert result.notes[0] == "a note"
        assert result.notes[1].startswith(f"method {method} was chosen: it keeps a photograph")
    assert painted[-1].spec.params.mode == "photo"
    run(ask(method="auto", aim="photo", params={"mode": "art"}))
    assert painted[-1].spec.params.mode == "art"
    assert run(ask(aim="photo")).notes == ("a note",)


def test_layers_are_chosen_for_the_whole_picture_too(monkeypatch, painted, ask, tmp_path):
    asked, own = [], auto_method.choose
    monkeypatch.setattr(auto_method, "choose", lambda job, n: asked.append(n) or own(job, n))
    run(ask(method="auto", depth=ramp(tmp_path), layers=(Layer(), Layer())))
    assert set(asked) - {0} == {64 * 80}  # 0: when only the styles' files are asked for


@pytest.mark.parametrize("lazy", [False, True])
def test_who_listens_hears_every_step_and_memory_goes_back_between_stages(monkeypatch, ask, lazy):
    """Of large pictures alone: what is freed of small ones is used again."""
    steps = [Progress(stage, k, 2) for stage in ("measure", "stylize") for k in (1, 2)]
    heard, back = [], []

    def paint(image, spec, run, surface, *, opacity):
        for step in steps:
            run.report(step)
        return Stylized(image.rgb)

    monkeypatch.setattr("core.imaging.image.LARGE", 1000 if lazy else 10**9)
    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    monkeypatch.setattr(core.picture.run, "trim_memory", lambda: back.append(len(heard)))
    run(ask(), heard.append)
    assert heard == steps
    assert back == ([0, 2, 4] if lazy else [])


# Limits


@pytest.mark.parametrize(
    "role", ["content", "style", "mask", "depth", "labels", "style mask", "style labels"]
)
@pytest.mark.usefixtures("painted")
def test_every_decoder_holds_the_limit_too(monkeypatch, ask, tmp_path, role):
    """A file may have grown since its header was looked at."""
    monkeypatch.setattr(core.picture.run, "check_files", lambda _: ())
    small = save(tmp_path / "small.png", (64, 80))
    large = save(tmp_path / "large.png", (128, 160))
    style = save(tmp_path / "s.png", (64, 80))
    changes = {
        "content": {"content": large},
        "style": {"styles": (StyleFile(large),)},
        "mask": {"mask": large},
        "depth": {"depth": large},
        "labels": {"labels": large, "styles": (StyleFile(style, labels=small),), "method": "photowct"},
        "style mask": {"styles": (StyleFile(style, mask=large),)},
        "style labels": {
            "labels": small, "styles": (StyleFile(style, labels=large),), "method": "photowct",
        },
    }  # fmt: skip  # a table
    asked = {"content": small, "styles": (StyleFile(style),), "max_pixels": 64 * 80}
    with pytest.raises(PictureError, match=r"large\.png.*claims 160 x 128 pixels"):
        run(ask(**asked | changes[role]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strength": 1.5}, "strength.*between 0 and 1"),
        ({"params": {"speed": 1}}, "adain has no setting 'speed'"),
        ({"styles": ()}, "no style was given"),
        ({"backbone": "vgg16"}, "adain has no backbone 'vgg16'; choose one of: compact, vgg19$"),
        ({"labels": "l.png"}, "adain knows no regions; methods that take labels: "),
    ],
)
def test_a_look_is_held_against_its_method(ask, changes, words):
    with pytest.raises(ParamsError, match=words):
        check(ask(**changes), find_card("adain"))


def test_settings_are_looked_at_before_files(ask):
    with pytest.raises(ParamsError, match="strength"):
        run(ask(content="none.png", strength=2.0))


def test_methods_that_can_are_named(ask):
    with pytest.raises(ParamsError) as caught:
        check(ask(labels="l.png"), find_card("adain"))
    able = [card.id for card in CARDS if card.labels]
    assert str(caught.value).endswith(f"methods that take labels: {', '.join(able)}")
    check(ask(thumbnail=True), find_card("adain"))
    check(ask(), find_card("gatys"))
    with pytest.raises(ParamsError) as caught:
        check(ask(thumbnail=True), find_card("gatys"))
    able = [card.id for card in CARDS if card.thumbnail]
    words = "gatys cannot be measured in a thumbnail; methods that can: "
    assert str(caught.value) == words + ", ".join(able)


def test_a_method_mixes_as_many_styles_as_it_says(ask, style):
    for card in (find_card("johnson"), find_card("adain")):
        check(ask(styles=(StyleFile(str(style)),) * card.max_styles), card)
        with pytest.raises(
            ParamsError, match=f"at most {card.max_styles} styles; {card.max_styles + 1} "
        ):
            check(ask(styles=(StyleFile(str(style)),) * (card.max_styles + 1)), card)


# Layers of depth


def ramp(folder):
    """Save a picture of depth, black on the left and white on the right."""
    row = np.linspace(0, 255, 80).astype(np.uint8)
    Pillow.fromarray(np.tile(row, (64, 1))).save(folder / "ramp.png")
    return str(folder / "ramp.png")


@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("focus", [0.0, 1.0])
def test_each_layer_shows_at_its_depth(monkeypatch, ask, tmp_path, white, focus):
    def paint(image, spec, run, surface, *, opacity):
        return Stylized(np.full_like(image.rgb, spec.strength), notes=(f"layer of {spec.card.id}",))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    layers = (Layer("adain", 0.2), Layer("wct", 0.4), Layer("adain", 0.8))
    changes = {"near_is_white": white, "focus": focus, "softness": 0.1}
    made = run(ask(depth=ramp(tmp_path), layers=layers, **changes))
    assert made.method == "adain, wct"
    assert made.notes == ("layer of adain", "layer of wct")
    row = np.array(Pillow.open(tmp_path / "out.png"))[32, :, 0]
    row = row[::-1] if white != bool(focus) else row
    assert [round(row[k] / 255, 1) for k in (3, 40, 76)] == [0.2, 0.4, 0.8]


def test_softness_tells_how_widely_layers_meet(monkeypatch, ask, tmp_path):
    def paint(image, spec, run, surface, *, opacity):
        return Stylized(np.full_like(image.rgb, spec.strength))

    monkeypatch.setattr(core.picture.run, "stylize_image", paint)
    layers, mixed = (Layer(strength=0.2), Layer(strength=0.8)), []
    for softness in (0.0, 1.0):
        run(ask(depth=ramp(tmp_path), layers=layers, softness=softness))
        row = np.array(Pillow.open(tmp_path / "out.png"))[32, :, 0]
        mixed.append(int(((row > 60) & (row < 195)).sum()))
    assert mixed[0] < 8
    assert mixed[1] > 20


@pytest.mark.usefixtures("painted")
def test_one_layer_is_none(ask, tmp_path):
    with pytest.raises(ParamsError, match="give two layers or more, or none"):
        run(ask(depth=ramp(tmp_path), layers=(Layer(),)))
    assert run(ask(depth=ramp(tmp_path), layers=(Layer(), Layer()))).method == "adain"
    assert run(ask(depth=ramp(tmp_path))).method == "adain"


def test_all_layers_are_checked_before_the_first_is_painted(painted, ask, tmp_path):
    for wrong in (Layer("magic"), Layer(params={"speed": 1}, method="adain")):
        with pytest.raises(ParamsError):
            run(ask(depth=ramp(tmp_path), layers=(Layer(), wrong)))
    assert not painted


def test_layers_leave_the_content_alone_while_they_paint(painted, ask, tmp_path):
    """Each is painted from the content, not from what those before have made of it."""
    run(ask(depth=ramp(tmp_path), layers=(Layer(), Layer())))
    own = load_image(tmp_path / "content.png").rgb
    assert all(np.array_equal(call.image.rgb, own) for call in painted)


# Styles


def styled(ask, card="adain", size=(64, 80), **changes):
    return load_styles(ask(**changes), find_card(card), size)


@pytest.mark.parametrize(
    ("size", "scale", "wanted"),
    [
        ((100, 300), 1.0, (171, 512)), ((300, 100), 1.0, (512, 171)), ((100, 300), 0.5, (85, 256)),
        ((300, 300), 2.0, (1024, 1024)), ((2, 3000), 1.0, (1, 512)), ((3000, 2), 1.0, (512, 1)),
        ((512, 40), 1.0, (512, 40)),
    ],
)  # fmt: skip  # a table
def test_styles_are_shown_at_their_scale(ask, tmp_path, size, scale, wanted):
    path = save(tmp_path / "s.png", size)
    (found,) = styled(ask, "gatys", styles=(StyleFile(path, 0.75),), style_scale=scale)
    assert found.picture.shape == (1, 3, *wanted)
    assert found.weight == 0.75
    assert found.mask is found.labels is None
    assert torch.allclose(found.picture, torch.full_like(found.picture, 90 / 255), atol=1e-5)


def test_where_the_canvas_makes_the_brush_the_style_stays(ask, tmp_path):
    styles = (StyleFile(save(tmp_path / "s.png", (300, 300))),)
    (found,) = styled(ask, "transport", styles=styles, style_scale=4.0)
    assert found.picture.shape == (1, 3, 512, 512)


def test_a_style_of_its_size_is_taken_bit_for_bit(ask, tmp_path, photo):
    Pillow.fromarray(photo(400, 512)).save(tmp_path / "s.png")
    (found,) = styled(ask, styles=(StyleFile(str(tmp_path / "s.png")),))
    assert np.array_equal(found.picture, load_image(tmp_path / "s.png").rgb)


def test_fine_lines_of_a_style_become_grey_when_it_is_made_smaller(ask, tmp_path):
    pixels = np.zeros((1024, 1024, 3), np.uint8)
    pixels[:, ::2] = 255
    Pillow.fromarray(pixels).save(tmp_path / "s.png")
    (found,) = styled(ask, "gatys", styles=(StyleFile(str(tmp_path / "s.png")),), style_scale=0.75)
    assert float(found.picture[..., 20:-20].std()) < 0.1


def test_a_smaller_style_lies_where_the_larger_one_lay(ask, tmp_path):
    """Two pixels become the one between them, at the border as in the middle."""
    row = np.arange(1024, dtype=np.uint16) * 64
    np.save(tmp_path / "s.npy", np.broadcast_to(row[None, :, None], (64, 1024, 3)))
    (found,) = styled(ask, styles=(StyleFile(str(tmp_path / "s.npy")),))
    places = found.picture[0, 0, 16] * 65535 / 64
    wanted = 2 * torch.arange(512.0) + 0.5
    assert torch.allclose(places[4:-4], wanted[4:-4], atol=0.1)


def test_a_style_s_mask_lies_on_the_content(ask, tmp_path):
    mask = save(tmp_path / "m.png", (32, 40), (255, 255, 255))
    (found,) = styled(ask, styles=(StyleFile(save(tmp_path / "s.png"), mask=mask),))
    assert found.mask.shape == (1, 1, 64, 80)


def test_names_of_trained_styles_are_handed_on(ask, style):
    oil, other = styled(ask, "msgnet", styles=(StyleFile("oil", 2.0), StyleFile(str(style))))
    assert (oil.source, oil.weight) == ("oil", 2.0)
    assert other.picture.shape == (1, 3, 512, 455)
    (built_in,) = styled(ask, styles=(StyleFile("builtin:oil"),))
    assert max(built_in.picture.shape) == 512


@pytest.mark.parametrize("alpha", [255, 128, 0])
def test_styles_that_are_as_transparent_everywhere_are_taken_as_they_are(
    ask, tmp_path, photo, alpha
):
    """Nothing shows more than the rest, so there is nothing to fill from."""
    pixels = photo(512, 512)
    Pillow.fromarray(pixels).save(tmp_path / "s.png")
    veiled = np.dstack([pixels, np.full((512, 512), alpha, np.uint8)])
    Pillow.fromarray(veiled).save(tmp_path / "t.png")
    plain, found = styled(ask, styles=tuple(StyleFile(str(tmp_path / f"{k}.png")) for k in "st"))
    assert torch.equal(plain.picture, found.picture)


def test_regions_are_numbered_on_content_and_style(painted, ask, tmp_path):
    def halves(name, size, upper, lower):
        pixels = np.full((*size, 3), lower, np.uint8)
        pixels[: size[0] // 2] = upper
        Pillow.fromarray(pixels).save(tmp_path / name)
        return str(tmp_path / name)

    sky, land = (0, 0, 200), (0, 200, 0)
    own, theirs = halves("c.png", (64, 80), sky, land), halves("l.png", (60, 120), land, sky)
    style = StyleFile(save(tmp_path / "s.png", (60, 120)), labels=theirs)
    run(ask(method="photowct", labels=own, styles=(style,)))
    labels, (found,) = painted[0].run.labels, painted[0].spec.styles
    assert labels.shape == (1, 1, 64, 80)
    assert found.labels.shape == (1, 1, *found.picture.shape[-2:]) == (1, 1, 256, 512)
    assert labels[0, 0, 0, 0] == found.labels[0, 0, -1, 0] != labels[0, 0, -1, 0]
    run(ask())
    assert painted[1].run.labels is None
    assert painted[1].spec.styles[0].labels is None


def test_a_style_without_regions_is_named(ask, tmp_path, style):
    own = save(tmp_path / "c.png")
    with pytest.raises(ParamsError, match="has none; give it one, too") as found:
        run(ask(method="photowct", labels=own))
    assert str(style) in str(found.value)
    assert found.value.setting == "style_labels"


# Memory, machine and seed


@pytest.mark.parametrize(
    ("color", "large", "method", "held"),
    [
        (GREY, True, "adain", 3 + 6), ((*GREY, 200), True, "adain", 4 + 6), ((9,), True, "adain", 1 + 6),
        (GREY, False, "adain", IMAGE_BYTES_PER_PIXEL), (GREY, True, "gatys", IMAGE_BYTES_PER_PIXEL),
    ],
)  # fmt: skip  # a table
@pytest.mark.usefixtures("painted")
def test_what_a_pixel_takes(monkeypatch, ask, tmp_path, color, large, method, held):
    monkeypatch.setattr("core.imaging.image.LARGE", 1000 if large else 10**9)
    calls = told(monkeypatch, "prepare_run")
    if len(color) == 1:
        Pillow.new("L", (80, 64), 9).save(tmp_path / "c.png")
    else:
        save(tmp_path / "c.png", color=color)
    run(ask(content=str(tmp_path / "c.png"), method=method, surface="flat"))
    (_, _, size, told_held, _, loaded), _ = calls[0]
    assert (size, told_held) == ((64, 80), held)
    assert loaded == 64 * 80 * (len(color) if large else 3 * 4)


@pytest.mark.usefixtures("painted")
def test_numbers_of_two_bytes_take_two(monkeypatch, ask, tmp_path):
    monkeypatch.setattr("core.imaging.image.LARGE", 1000)
    calls = told(monkeypatch, "prepare_run")
    np.save(tmp_path / "c.npy", np.zeros((64, 80, 4), np.uint16))
    run(ask(content=str(tmp_path / "c.npy"), surface="flat"))
    assert (calls[0][0][3], calls[0][0][5]) == (4 * 2 + 6, 64 * 80 * 8)


@pytest.mark.usefixtures("painted")
def test_on_a_canvas_of_its_own_nothing_is_loaded_yet(monkeypatch, ask):
    calls = told(monkeypatch, "prepare_run")
    run(ask(surface="seamless"))
    size, loaded = calls[0][0][2], calls[0][0][5]
    assert size != (64, 80)
    assert loaded == 0


def test_a_run_is_told_of_machine_precision_memory_and_seed(monkeypatch, ask, tmp_path):
    grids, set_up, card, said = told(monkeypatch, "pick_grid"), [], find_card("wct"), []
    monkeypatch.setattr(core.picture.run, "set_up", set_up.append)
    asked = ask(
        seed=5, backbone="vgg19", weights=str(tmp_path), max_memory=10**6, precision="float16",
    )  # fmt: skip  # a call
    made = prepare_run(asked, card, (30, 40), 17, said.append, 99)
    assert set_up == [torch.device("cpu")] == [made.device]
    assert (made.dtype, made.seed, made.backbone) == (torch.float16, 5, "vgg19")
    assert made.store.folders[0] == tmp_path
    made.report(Progress("measure", 1, 1))
    assert len(said) == 1
    (size,), named = grids[0]
    assert size == (30, 40)
    assert named == {
        "bytes_per_pixel": card.bytes_per_pixel, "halo": card.halo,
        "kept_bytes_per_pixel": card.kept_bytes_per_pixel, "kept_megabytes": card.kept_megabytes,
        "max_memory": 10**6, "image_bytes_per_pixel": 17, "loaded_bytes": 99,
    }  # fmt: skip  # a table
    prepare_run(asked, card, (30, 40), 17, said.append)
    assert grids[1][1]["loaded_bytes"] == 0


def test_a_run_is_where_the_job_asks(ask):
    made = prepare_run(ask(device="meta"), find_card("adain"), (9, 9), 0, lambda _: None)
    assert made.device == torch.device("meta")


def test_auto_precision_asks_the_card(monkeypatch, ask):
    halves = told(monkeypatch, "pick_dtype")
    for name in ("adain", "gatys", "deep_photo"):
        card = find_card(name)
        prepare_run(ask(precision="auto"), card, (9, 9), 0, lambda _: None)
        assert halves[-1][1] == {"half": card.half}
