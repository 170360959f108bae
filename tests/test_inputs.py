"""What a job's files claim is held against its limits before one of them is decoded."""

from dataclasses import replace

import numpy as np
import OpenImageIO as oiio
import pytest
import torch
from PIL import Image as Pillow

import core.picture.inputs
import core.picture.run
from core.catalog import find_card
from core.device import IMAGE_BYTES_PER_PIXEL, resident_megabytes
from core.errors import PictureError, StylizeError
from core.formats.header import Header, picture_size, read_header
from core.formats.kinds import KINDS
from core.imaging.lazy import Packed
from core.picture.inputs import check_files, check_styles, count_image_bytes, trained_name
from core.picture.run import load_styles, prepare_run, run
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile, TileFile


def write_exr(path, size, channels=("R", "G", "B"), form="half"):
    spec = oiio.ImageSpec(size[1], size[0], len(channels), form)
    spec.channelnames = channels
    target = oiio.ImageOutput.create(str(path))
    target.open(str(path), spec)
    target.write_image(np.zeros((*size, len(channels)), np.float32))
    target.close()
    return path


def job(content, style, folder, **changes):
    style = style if isinstance(style, StyleFile) else StyleFile(str(style))
    return Job(content=str(content), output=str(folder / "out.png"), styles=(style,), **changes)


@pytest.fixture
def nothing_is_decoded(monkeypatch):
    """Let every decoder fail."""

    def refuse(*_, **__):
        raise AssertionError("a picture was decoded")

    for name in (
        "core.picture.run.load_image",
        "core.picture.run.load_mask",
        "core.picture.run.load_depth",
        "core.picture.run.read_labels",
    ):
        monkeypatch.setattr(name, refuse)
    monkeypatch.setattr("core.formats.read._read_oiio", refuse)


@pytest.mark.usefixtures("nothing_is_decoded")
@pytest.mark.parametrize(
    "role", ["content", "style", "mask", "depth", "labels", "style mask", "style labels"]
)
@pytest.mark.parametrize("limit", ["pixels", "memory"])
def test_limits_are_held_before_decoding(tmp_path, content, style, role, limit):
    large = write_exr(tmp_path / "large.exr", (4000, 5000))
    allowed = (
        {"max_pixels": 10_000_000}
        if limit == "pixels"
        else {"max_memory": int(resident_megabytes()) + 390}
    )
    methods = {"labels": "photowct", "style labels": "photowct"}
    roles = {
        "content": lambda: job(large, style, tmp_path, **allowed),
        "style": lambda: job(content, large, tmp_path, **allowed),
        "style mask": lambda: job(content, StyleFile(str(style), mask=str(large)), tmp_path, **allowed),
        "style labels": lambda: job(
            content, StyleFile(str(style), labels=str(large)), tmp_path, labels=str(style),
            method="photowct", **allowed,
        ),
    }  # fmt: skip  # a table
    made = roles.get(role, lambda: job(
        content, style, tmp_path, method=methods.get(role, "auto"), **{role: str(large)}, **allowed
    ))()  # fmt: skip  # a table
    with pytest.raises(StylizeError) as caught:
        run(made)
    assert "5000 x 4000" in str(caught.value)
    assert ("limit of pixels" if limit == "pixels" else "MB are allowed") in str(caught.value)
    assert caught.value.setting == ("max_pixels" if limit == "pixels" else "max_memory")
    if role != "content":
        assert "large.exr" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "mode", "pixel_bytes"),
    [
        ("png", "L", 1), ("png", "RGB", 3), ("png", "RGBA", 4), ("png", "I;16", 2), ("jpg", "L", 1),
        ("jpg", "RGB", 3), ("jpg", "CMYK", 3), ("tif", "RGB", 3), ("webp", "RGB", 3), ("bmp", "RGB", 3),
        ("tga", "RGBA", 4),
    ],
)  # fmt: skip  # a table
def test_headers_say_what_will_be_decoded(tmp_path, kind, mode, pixel_bytes):
    path = tmp_path / f"in.{kind}"
    Pillow.new(mode, (30, 20)).save(path)
    assert read_header(path) == Header(20, 30, pixel_bytes)
    assert picture_size(path) == (20, 30)


def test_headers_of_arrays_and_of_exr(tmp_path):
    np.save(tmp_path / "in.npy", np.zeros((20, 30, 3), np.float16))
    assert read_header(tmp_path / "in.npy") == Header(20, 30, 6)
    np.save(tmp_path / "flat.npy", np.zeros((20, 30), np.float32))
    assert read_header(tmp_path / "flat.npy") == Header(20, 30, 4)
    assert read_header(write_exr(tmp_path / "in.exr", (20, 30))) == Header(20, 30, 6)
    many = tuple(f"{k}.R" for k in "abcdef")
    assert read_header(write_exr(tmp_path / "many.exr", (20, 30), many)).pixel_bytes == 8


@pytest.mark.parametrize("kind", ["jpg", "tif", "webp", "png"])
def test_headers_know_of_turned_pictures(tmp_path, kind):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.new("RGB", (30, 20)).save(tmp_path / f"in.{kind}", exif=exif)
    assert read_header(tmp_path / f"in.{kind}").pixels == 600
    if kind == "jpg":
        assert picture_size(tmp_path / "in.jpg") == (30, 20)


def test_what_is_held_of_a_large_picture_is_counted():
    """Large ones are never held as floats, by methods that work window by window, one at a time."""
    large, small = Header(5000, 5000, 3), Header(4000, 5000, 3)
    local, whole = find_card("transport"), find_card("gatys")
    assert count_image_bytes(large, local, alone=True) == 3 + Packed.BYTES
    assert count_image_bytes(small, local, alone=True) == IMAGE_BYTES_PER_PIXEL
    assert count_image_bytes(large, whole, alone=True) == IMAGE_BYTES_PER_PIXEL
    assert count_image_bytes(large, local, alone=False) == IMAGE_BYTES_PER_PIXEL


def test_the_run_is_told_the_memory_that_its_picture_takes(monkeypatch, content, style, tmp_path):
    told = []

    def listen(*arguments):
        told.append(arguments[3])
        return prepare_run(*arguments)

    monkeypatch.setattr(core.picture.run, "prepare_run", listen)
    monkeypatch.setattr("core.imaging.image.LARGE", 1000)
    run(job(content, style, tmp_path, method="transport"))
    monkeypatch.setattr("core.imaging.image.LARGE", 10**9)
    run(job(content, style, tmp_path, method="transport"))
    assert told == [3 + Packed.BYTES, IMAGE_BYTES_PER_PIXEL]


def test_what_is_held_is_counted_to_the_byte(content, style, tmp_path):
    asked, card = job(content, style, tmp_path, max_memory=1), find_card("transport")
    needed = []
    for held in (0, 24):
        with pytest.raises(StylizeError, match="need at least") as caught:
            prepare_run(asked, card, (4096, 4096), held, lambda _: None)
        needed.append(int(str(caught.value).split("at least ")[1].split(" MB")[0]))
    assert needed[1] - needed[0] == 24 * 16


def test_the_seed_of_a_job_is_the_run_s_and_torch_s(content, style, tmp_path):
    drawn = []
    for seed in (3, 3, 4):
        made = prepare_run(
            job(content, style, tmp_path, seed=seed), find_card("adain"), (9, 9), 0, lambda _: None
        )
        assert made.seed == seed
        drawn.append(float(torch.rand(1)))
    assert drawn[0] == drawn[1] != drawn[2]


def test_transparent_parts_of_a_style_take_the_colours_around_them(tmp_path, content):
    """What a style picture hides under full transparency is no part of the style."""
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:, :16] = (200, 40, 20, 255)
    pixels[:, 16:] = (0, 255, 0, 0)
    Pillow.fromarray(pixels).save(tmp_path / "style.png")
    asked = job(content, tmp_path / "style.png", tmp_path)
    (found,) = load_styles(asked, find_card("transport"), (64, 80))
    seen = found.picture.mean((0, 2, 3))
    assert torch.allclose(seen, torch.tensor([200, 40, 20]) / 255, atol=0.01)


def test_styles_are_resized_within_their_range(tmp_path, content):
    """Bicubic filters overshoot at hard edges; a picture's values never leave 0 to 1."""
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[10:30, 10:30] = 255
    Pillow.fromarray(pixels).save(tmp_path / "style.png")
    asked = job(content, tmp_path / "style.png", tmp_path)
    (found,) = load_styles(asked, find_card("transport"), (64, 80))
    assert found.picture.shape[-2:] == (512, 512)
    assert float(found.picture.min()) == 0
    assert float(found.picture.max()) == 1


@pytest.mark.parametrize(
    ("suffix", "wanted", "depth"),
    [
        (".exr", "uint16", "float16"), (".exr", "float32", "float32"), (".tif", "float16", "float32"),
        (".png", "float32", "uint8"), (".png", "uint16", "uint16"), (".jpg", "uint16", "uint8"),
        (".hdr", "float16", "float32"),
    ],
)  # fmt: skip  # a table
def test_the_nearest_depth_of_a_kind(suffix, wanted, depth):
    assert KINDS[suffix].depth(np.dtype(wanted)) == np.dtype(depth)


def test_of_several_depths_of_a_family_the_deepest_loses_least():
    made = type(KINDS[".png"])("made", ("uint8", "uint16", "float16", "float32"))
    assert made.depth(np.dtype(np.uint32)) == np.dtype(np.uint16)
    assert made.depth(np.dtype(np.float64)) == np.dtype(np.float32)
    assert made.depth(np.dtype(bool)) == np.dtype(np.uint8)


def test_no_memory_left_is_one_sentence(monkeypatch, capsys, tmp_path, content, style):
    from core import cli

    words = (
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes",
        "std::bad_alloc",
    )
    for fault in (MemoryError(), *map(RuntimeError, words)):

        def fail(*_, fault=fault, **__):
            raise fault

        monkeypatch.setattr("core.picture.run.stylize_image", fail)
        asked = ["stylize", content, "--style", style, "-o", tmp_path / "out.png", "--quiet"]
        assert cli.main([str(word) for word in asked]) == 1
        said = capsys.readouterr().err
        assert "not enough memory" in said
        assert said.count("\n") == 1
    monkeypatch.setattr("core.picture.run.stylize_image", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main([str(word) for word in asked])


def test_a_missing_picture_is_told_before_anything_is_decoded(content, tmp_path):
    with pytest.raises(PictureError, match=r"none\.png: there is no such file"):
        run(job(content, tmp_path / "none.png", tmp_path))


# What is counted before the work


@pytest.fixture
def counted(monkeypatch):
    """Listen to what the memory of a job is counted by: size and the rest, for each method."""
    calls = []
    monkeypatch.setattr(
        core.picture.inputs, "pick_grid", lambda size, **named: calls.append((size, named))
    )
    return calls


def test_memory_is_counted_as_the_run_will_take_it(counted, content, style, tmp_path):
    check_files(job(content, style, tmp_path, method="gatys"))
    assert not counted
    check_files(job(content, style, tmp_path, method="wct", max_memory=10**6))
    card = find_card("wct")
    named = {
        "bytes_per_pixel": card.bytes_per_pixel, "halo": card.halo,
        "kept_bytes_per_pixel": card.kept_bytes_per_pixel, "kept_megabytes": card.kept_megabytes,
        "max_memory": 10**6, "image_bytes_per_pixel": IMAGE_BYTES_PER_PIXEL, "loaded_bytes": -32 * 2**20,
    }  # fmt: skip  # a table
    assert counted == [((64, 80), named)]


def test_of_large_pictures_less_is_held_if_one_is_painted_alone(
    counted, monkeypatch, content, style, tmp_path
):
    monkeypatch.setattr(core.picture.inputs, "LARGE", 64 * 80 - 1)
    Pillow.new("L", (80, 64)).save(tmp_path / "depth.png")
    Pillow.new("RGB", (80, 64)).save(tmp_path / "second.png")
    tiles = tuple(
        TileFile(str(tmp_path / f"{name}.png"), str(tmp_path / f"{number}.png"), number)
        for name, number in (("content", 1001), ("second", 1002))
    )
    for changes, size, held in (
        ({}, (64, 80), 3 + Packed.BYTES),
        ({"tiles": tiles}, (64, 160), IMAGE_BYTES_PER_PIXEL),
        (
            {"depth": str(tmp_path / "depth.png"), "layers": (Layer(), Layer())},
            (64, 80),
            IMAGE_BYTES_PER_PIXEL,
        ),
    ):
        counted.clear()
        check_files(job(content, style, tmp_path, method="adain", max_memory=10**6, **changes))
        assert {(found, named["image_bytes_per_pixel"]) for found, named in counted} == {
            (size, held)
        }
    monkeypatch.setattr(core.picture.inputs, "LARGE", 64 * 80)
    assert (
        count_image_bytes(Header(64, 80, 3), find_card("adain"), alone=True)
        == IMAGE_BYTES_PER_PIXEL
    )


def test_each_layer_s_method_is_counted(counted, content, style, tmp_path):
    Pillow.new("L", (80, 64)).save(tmp_path / "depth.png")
    layers = (Layer("wct"), Layer("gatys"), Layer())
    depth = str(tmp_path / "depth.png")
    asked = job(content, style, tmp_path, method="ccpl", max_memory=10**6, layers=layers)
    check_files(replace(asked, depth=depth))
    methods = [named["bytes_per_pixel"] for _, named in counted]
    assert methods == [find_card(name).bytes_per_pixel for name in ("wct", "gatys", "ccpl")]
    counted.clear()
    check_files(asked)
    assert [named["bytes_per_pixel"] for _, named in counted] == methods[2:]


def test_auto_is_counted_as_what_it_will_choose(counted, monkeypatch, content, style, tmp_path):
    for most, method in ((64 * 80, "photowct"), (64 * 80 - 1, "ccpl")):
        monkeypatch.setattr("core.request.auto_method.WHOLE", most)
        counted.clear()
        check_files(job(content, style, tmp_path, aim="photo", max_memory=10**6))
        card = find_card(method)
        assert [(n["halo"], n["bytes_per_pixel"]) for _, n in counted] == [
            (card.halo, card.bytes_per_pixel)
        ]


@pytest.mark.parametrize("role", ["style", "mask"])
def test_what_is_decoded_is_counted_to_the_megabyte(counted, monkeypatch, content, tmp_path, role):
    """Three bytes of the file, and sixteen of floats, for each of 2**20 pixels."""
    monkeypatch.setattr(core.picture.inputs, "resident_megabytes", lambda: 100.0)
    Pillow.new("RGB", (2048, 512)).save(tmp_path / "large.png")
    large = str(tmp_path / "large.png")
    style, more = (large, {}) if role == "style" else (content, {"mask": large})
    for check in (check_files, check_styles) if role == "style" else (check_files,):
        check(job(content, style, tmp_path, max_memory=119, **more))
        with pytest.raises(PictureError) as caught:
            check(job(content, style, tmp_path, max_memory=118, **more))
        words = "its 2048 x 512 pixels need 119 MB, and 118 MB are allowed"
        assert str(caught.value).startswith(f"cannot read {large}: {words}")
        check(job(content, style, tmp_path, **more))


def test_two_pictures_of_a_file_are_more_than_one(content, style, tmp_path):
    frames = [Pillow.new("RGB", (9, 8), (40 * k, 0, 0)) for k in range(2)]
    frames[0].save(tmp_path / "film.tif", save_all=True, append_images=frames[1:])
    notes = check_files(job(tmp_path / "film.tif", style, tmp_path))
    assert notes == ("film.tif: only the first of its 2 pictures was read",)


def test_styles_of_a_sequence_keep_to_the_limit_of_pixels(content, style, tmp_path):
    check_styles(job(content, style, tmp_path, max_pixels=64 * 72))
    with pytest.raises(PictureError, match="claims 64 x 72 pixels"):
        check_styles(job(content, style, tmp_path, max_pixels=64 * 72 - 1))
    with pytest.raises(PictureError, match="no such file"):
        check_styles(job(content, tmp_path / "none.png", tmp_path))
    check_styles(job(content, "oil", tmp_path, method="msgnet"))


@pytest.mark.parametrize(
    ("path", "pictures", "both", "names"),
    [
        ("oil", "", "oil", "oil"), ("builtin:oil", "", "", "oil"), ("a.png", "", "", ""),
        ("a.safetensors", "", "a.safetensors", "a.safetensors"), ("a/b.oil/c", "", "a/b.oil/c", "a/b.oil/c"),
        ("there", "", "", ""), ("oil:builtin:", "", "oil:builtin:", "oil:builtin:"),
    ],
)  # fmt: skip  # a table
def test_which_styles_are_names(tmp_path, monkeypatch, path, pictures, both, names):
    """A file that is there is a picture, whatever it is called, unless it is a network's."""
    monkeypatch.chdir(tmp_path)
    for name in ("there", "a.safetensors"):
        (tmp_path / name).touch()
    for method, wanted in (("adain", pictures), ("msgnet", both), ("johnson", names)):
        assert trained_name(path, find_card(method)) == wanted


def test_a_folder_that_is_not_there_is_told_before_the_work(content, style, tmp_path):
    folder = tmp_path / "none"
    with pytest.raises(PictureError) as caught:
        check_files(job(content, style, folder))
    assert str(caught.value) == f"cannot write {folder / 'out.png'}: there is no folder {folder}"
