"""The stages of a run: what comes out, what the painting is told, what is refused, memory and machine."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import core.picture.run
from core.catalog import CARDS, find_card
from core.device import IMAGE_BYTES_PER_PIXEL
from core.errors import ParamsError, PictureError
from core.imaging.lazy import Lazy
from core.picture.compose import Stylized
from core.picture.run import prepare_run, run
from core.picture.tones import Tones
from core.progress import Progress
from core.request import auto_method
from core.request.check import check
from core.request.layer import Layer
from core.request.picture_job import StyleFile, TileFile
from tests.picture.stages import GREY, ramp, save, told

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
