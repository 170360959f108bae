"""EXR files of parts: their headers, single channels, depth, and copies with some channels replaced."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import OpenImageIO as oiio
import pytest

from core.errors import PictureError
from core.formats import exr
from core.formats.exr import read_channels, read_distance, read_parts, rewrite


def spec_of(size, channels, forms=("half",), **attributes):
    spec = oiio.ImageSpec(size[1], size[0], len(channels), forms[0])
    spec.channelnames = tuple(channels)
    if len(set(forms)) > 1:
        spec.channelformats = tuple(oiio.TypeDesc(form) for form in forms)
    for name, value in attributes.items():
        if hasattr(spec, name):
            setattr(spec, name, value)
        else:
            spec[name] = value
    return spec


def put(path, *specs):
    """Write parts, which share a display window, and in which every number is one more."""
    for k, spec in enumerate(specs):
        if len(specs) > 1:
            spec["oiio:subimagename"] = f"part{k}"
            spec.full_width, spec.full_height = specs[0].full_width, specs[0].full_height
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), specs if len(specs) > 1 else specs[0]), target.geterror()
    for k, spec in enumerate(specs):
        assert k == 0 or target.open(str(path), spec, "AppendSubimage")
        assert target.write_image(contents(spec, k))
    assert target.close()
    return path


def contents(spec, part=0):
    """What a part is filled with: (H, W, C), whole numbers that half floats hold."""
    count = spec.height * spec.width * spec.nchannels
    x = (np.arange(count) + 7 * part) % 2000
    return x.reshape(spec.height, spec.width, spec.nchannels).astype(np.float32)


def three():
    """Specs of parts of three sizes."""
    first = spec_of((5, 7), "RGB")
    second = spec_of((40, 9), "ABCD", ("half", "float", "half", "half"))
    third = spec_of((33, 50), "XY", ("float",))
    return first, second, third


# Headers


def test_parts_say_what_they_hold(tmp_path):
    made = spec_of(
        (5, 7), "RG", x=3, y=-2, full_width=30, full_height=20, view="left", Artist="Ada", number=3
    )
    part, other = read_parts(put(tmp_path / "in.exr", made, spec_of((4, 6), ("Z",))), 10**6)
    assert (part.channels, part.name, part.views, part.size) == (
        ("R", "G"),
        "part0",
        ("left",),
        (5, 7),
    )
    assert (part.window, part.deep) == ((3, -2, 0, 0, 30, 20), False)
    assert part.texts["Artist"] == "Ada"
    assert "number" not in part.texts
    assert (other.channels, other.name, other.views, other.size) == (("Z",), "part1", (), (4, 6))
    (single,) = read_parts(put(tmp_path / "one.exr", spec_of((4, 6), "Y")), 10**6)
    assert (single.name, single.views, single.window) == ("", (), (0, 0, 0, 0, 6, 4))


def test_both_windows_are_held_against_the_limit(tmp_path):
    small_data = put(tmp_path / "a.exr", spec_of((5, 7), "Y", full_width=30, full_height=20))
    large_data = put(tmp_path / "b.exr", spec_of((20, 30), "Y", full_width=7, full_height=5))
    second = put(tmp_path / "c.exr", spec_of((5, 7), "Y"), spec_of((20, 30), "Y"))
    for path in (small_data, large_data, second):
        assert read_parts(path, 600)
        with pytest.raises(PictureError, match="claims 30 x 20 pixels"):
            read_parts(path, 599)


@pytest.mark.parametrize(
    ("there", "said", "whole"), [(1, 1, True), (1, 2, False), (2, 2, True), (0, 0, False)]
)
def test_a_file_that_lacks_parts_is_told(tmp_path, monkeypatch, there, said, whole):
    path, spec = put(tmp_path / "in.exr", spec_of((5, 7), "Y")), spec_of((5, 7), "Y")
    spec["oiio:subimages"] = said
    source = SimpleNamespace(
        seek_subimage=lambda part, level: part < there, spec=lambda: spec, geterror=lambda: "no end"
    )

    @contextmanager
    def opened(*_):
        yield source

    monkeypatch.setattr(exr, "open_source", opened)
    if whole:
        assert len(read_parts(path, 100)) == there
    else:
        with pytest.raises(PictureError, match=r"damaged or cut off \(no end\)"):
            read_parts(path, 100)


# Channels


@pytest.mark.parametrize("stripe", [1, 1000, 1 << 24])
def test_channels_come_in_the_order_asked_for(tmp_path, monkeypatch, stripe):
    monkeypatch.setattr(exr, "STRIPE", stripe)
    specs = three()
    path = put(tmp_path / "in.exr", *specs)
    for part, names in ((0, "B"), (0, "BR"), (1, "DA"), (1, "BCA"), (2, "YX"), (2, "X"), (1, "B")):
        wanted = contents(specs[part], part)
        places = [specs[part].channelnames.index(name) for name in names]
        found = read_channels(path, part, list(names))
        assert np.array_equal(found, wanted[..., places])
        single = part == 2 or (part == 1 and "B" in names)
        assert found.dtype == (np.float32 if single else np.float16)


def test_what_the_library_complains_of_ends_the_reading(tmp_path, monkeypatch):
    path = put(tmp_path / "in.exr", spec_of((5, 7), "Y"))
    monkeypatch.setattr(exr, "find_complaint", lambda _: "a scratch")
    with pytest.raises(PictureError, match=r"damaged or cut off \(a scratch\)"):
        read_channels(path, 0, ["Y"])


def test_pixels_that_do_not_come_are_told_without_a_complaint_too(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    path = tmp_path / "in.exr"
    oiio.ImageBuf(rng.random((200, 100, 3)).astype(np.float32)).write(str(path))
    path.write_bytes(path.read_bytes()[:-100_000])
    monkeypatch.setattr(exr, "find_complaint", lambda _: "")
    with pytest.raises(PictureError, match=r"damaged or cut off$"):
        read_channels(path, 0, ["R"])


# Depth


@pytest.mark.parametrize("number", ["uint8", "uint16"])
def test_whole_numbers_are_distances_up_to_one(tmp_path, number):
    x = np.arange(60).reshape(4, 5, 3).astype(number)
    x[0, 0] = np.iinfo(number).max
    assert oiio.ImageBuf(x).write(str(tmp_path / "in.png"))
    found = read_distance(tmp_path / "in.png", 20)
    assert found.dtype == np.float32
    assert np.allclose(found, x[..., 0] / np.iinfo(number).max, atol=1e-7)
    with pytest.raises(PictureError, match="the limit is 19"):
        read_distance(tmp_path / "in.png", 19)


@pytest.mark.parametrize("name", ["Z", "Depth", "Depth.V", "Layer.Depth.Z", "Layer.Z"])
def test_the_channel_of_depth_is_found_in_any_part(tmp_path, name):
    spec = spec_of((4, 6), ("A", name, "Q"), ("float",))
    path = put(tmp_path / "in.exr", spec_of((5, 7), ("XZ", "Depth.X", "Z.R")), spec)
    assert np.array_equal(read_distance(path, 35), contents(spec, 1)[..., 1])


def test_without_depth_an_exr_is_a_picture_like_others(tmp_path):
    spec = spec_of((4, 6), "RGB", ("float",))
    assert np.array_equal(read_distance(put(tmp_path / "in.exr", spec), 24), contents(spec)[..., 0])


def test_deep_samples_are_no_distance(tmp_path):
    path, spec = tmp_path / "deep.exr", oiio.ImageSpec(8, 6, 5, "float")
    spec.channelnames, spec.deep = ("R", "G", "B", "A", "Z"), True
    deep = oiio.DeepData()
    deep.init(48, 5, oiio.TypeDesc("float"), spec.channelnames)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_deep_image(deep)
    out.close()
    (part,) = read_parts(path, 48)
    assert part.deep
    with pytest.raises(PictureError, match="deep"):
        read_distance(path, 48)


# Copies


@pytest.mark.parametrize("stripe", [1, 1000, 1 << 24])
def test_a_copy_has_all_parts_and_what_was_changed(tmp_path, monkeypatch, stripe):
    monkeypatch.setattr(exr, "STRIPE", stripe)
    specs, source, path = three(), tmp_path / "in.exr", tmp_path / "out.exr"
    put(source, *specs)
    new = np.random.default_rng(0).random((40, 9)).astype(np.float32)
    rewrite(path, source, {1: {"B": new}, 2: {"X": np.full((33, 50), 1e9, np.float32)}})
    assert [(p.channels, p.size, p.name) for p in read_parts(path, 10**6)] == [
        (p.channels, p.size, p.name) for p in read_parts(source, 10**6)
    ]
    for part, spec in enumerate(specs):
        wanted = contents(spec, part)
        if part == 1:
            wanted[..., 1] = new
        if part == 2:
            wanted[..., 0] = 1e9
        for place, name in enumerate(spec.channelnames):
            found = read_channels(path, part, [name])
            assert np.array_equal(found[..., 0], wanted[..., place])
            assert found.dtype == read_channels(source, part, [name]).dtype


@pytest.mark.parametrize("stripe", [1, 1 << 24])
def test_tiles_are_read_and_become_rows(tmp_path, monkeypatch, stripe):
    monkeypatch.setattr(exr, "STRIPE", stripe)
    spec = spec_of((50, 70), "XYZ", ("float",), tile_width=16, tile_height=16)
    source, path = put(tmp_path / "in.exr", spec), tmp_path / "out.exr"
    assert np.array_equal(read_channels(source, 0, ["Z", "Y"]), contents(spec)[..., [2, 1]])
    new = np.arange(50.0 * 70).reshape(50, 70)
    rewrite(path, source, {0: {"Y": new}})
    assert np.array_equal(read_channels(path, 0, ["Y"])[..., 0], new)
    assert np.array_equal(read_channels(path, 0, ["X", "Z"]), contents(spec)[..., [0, 2]])


@pytest.mark.parametrize("form", ["half", "float"])
@pytest.mark.parametrize("other", ["half", "float"])
def test_numbers_are_cut_to_what_the_file_holds(tmp_path, form, other):
    source, path = (
        put(tmp_path / "in.exr", spec_of((2, 3), "RG", (form, other))),
        tmp_path / "out.exr",
    )
    rewrite(path, source, {0: {"R": np.array([[1e6, -1e6, np.inf], [-np.inf, 2.0, 0.5]])}})
    highest = np.finfo({"half": np.float16, "float": np.float32}[form]).max
    most = min(1e6, float(highest))
    wanted = np.array([[most, -most, highest], [-highest, 2.0, 0.5]], np.float32)
    assert np.array_equal(read_channels(path, 0, ["R"])[..., 0], wanted)


@pytest.mark.parametrize("window", [(3, -2), (-4, 5)])
def test_pixels_stay_where_they_were(tmp_path, window):
    spec = spec_of((40, 9), "RG", x=window[0], y=window[1], full_width=30, full_height=50)
    source, path = put(tmp_path / "in.exr", spec), tmp_path / "out.exr"
    rewrite(path, source, {})
    assert read_parts(path, 10**6)[0].window == (*window, 0, 0, 30, 50)
    assert np.array_equal(read_channels(path, 0, ["R", "G"]), contents(spec))


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("none", "none"),
        ("rle", "rle"),
        ("zips", "zips"),
        ("piz", "piz"),
        ("b44", "zip"),
        ("dwaa", "zip"),
    ],
)
def test_a_compression_stays_unless_it_loses(tmp_path, asked, got):
    source = put(tmp_path / "in.exr", spec_of((40, 9), "RG", compression=asked, DateTime=""))
    rewrite(tmp_path / "out.exr", source, {})
    reader = oiio.ImageInput.open(str(tmp_path / "out.exr"))
    spec = reader.spec()
    reader.close()
    assert spec.get_string_attribute("compression").split(":")[0] == got
    assert not spec.get_string_attribute("DateTime")
    assert spec.tile_width == 0


@pytest.mark.parametrize("forms", [("uint",), ("half", "uint")])
def test_whole_numbers_are_refused_before_a_copy(tmp_path, forms):
    """Floats, through which the copy goes, do not hold them."""
    source = put(tmp_path / "in.exr", spec_of((2, 3), "RG", forms))
    with pytest.raises(PictureError, match=r"its numbers are .*uint"):
        rewrite(tmp_path / "out.exr", source, {})
    assert [path.name for path in tmp_path.iterdir()] == ["in.exr"]


def test_a_copy_may_take_the_place_of_its_original_if_all_went_well(tmp_path, monkeypatch):
    source = put(tmp_path / "in.exr", spec_of((2, 3), "RG"))
    before = source.read_bytes()

    def full(path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(exr, "probe", full)
        with pytest.raises(PictureError, match="the disk is full"):
            rewrite(source, source, {0: {"R": np.zeros((2, 3))}})
    assert source.read_bytes() == before
    rewrite(source, source, {0: {"R": np.zeros((2, 3))}})
    assert not read_channels(source, 0, ["R"]).any()
    assert [path.name for path in tmp_path.iterdir()] == ["in.exr"]


def test_passes_go_into_exr_and_come_from_it_alone(tmp_path):
    source = put(tmp_path / "in.exr", spec_of((2, 3), "RGB"))
    with pytest.raises(
        PictureError, match=r"cannot write .*out\.tif: passes are kept in EXR alone"
    ):
        rewrite(tmp_path / "out.tif", source, {})
    assert oiio.ImageBuf(np.zeros((2, 3, 3), np.uint8)).write(str(tmp_path / "in.png"))
    for attempt in (
        lambda: read_parts(tmp_path / "in.png", 100),
        lambda: rewrite(tmp_path / "out.exr", tmp_path / "in.png", {}),
    ):
        with pytest.raises(PictureError, match="it is a PNG file, and passes are in EXR files"):
            attempt()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.exr", "in.png"]
