"""What stands in files beside their pixels, and what is done when a library complains."""

import sys
from types import SimpleNamespace

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.formats.kinds import Facts
from core.formats.write import check_place, demand, probe, temporary_beside, write


def spec_of(path):
    source = oiio.ImageInput.open(str(path))
    spec = source.spec()
    source.close()
    return spec


@pytest.fixture
def written(tmp_path, noise):
    """Write noise to a file of a kind: (suffix, channels, depth, **facts) -> path."""

    def make(suffix, channels=3, depth="uint8", **facts):
        x = noise(channels, depth)
        path = tmp_path / f"out{suffix}"
        write(path, x.shape, Facts(**facts), [x[:4].copy(), x[4:].copy()])
        return path

    return make


@pytest.mark.parametrize(("done", "said"), [(True, "disk"), (False, ""), (False, "disk")])
def test_whatever_a_library_complains_of_ends_the_writing(done, said):
    with pytest.raises(OSError, match=f"^{said}$"):
        demand(done, SimpleNamespace(geterror=lambda: said))
    demand(True, SimpleNamespace(geterror=lambda: ""))


@pytest.mark.parametrize(
    ("suffix", "depth", "asked", "got"),
    [
        (".tif", "uint8", "none", "none"),
        (".tif", "uint8", "lzw", "lzw"),
        (".tif", "uint8", "packbits", "packbits"),
        (".tif", "uint8", "jpeg", "zip"),
        (".tif", "uint8", None, "zip"),
        (".exr", "float16", "none", "none"),
        (".exr", "float16", "rle", "rle"),
        (".exr", "float16", "zips", "zips"),
        (".exr", "float16", "piz", "piz"),
        (".exr", "float16", "b44", "zip"),
        (".exr", "float16", None, "zip"),
    ],
)
def test_a_compression_is_kept_unless_it_loses(written, suffix, depth, asked, got):
    metadata = {} if asked is None else {"compression": ("string", asked)}
    path = written(suffix, 3, depth, metadata=metadata)
    assert spec_of(path).get_string_attribute("compression") == got


@pytest.mark.parametrize("suffix", [".exr", ".tif", ".png"])
def test_no_file_tells_when_it_was_written(written, suffix):
    depth = "float32" if suffix == ".exr" else "uint8"
    assert not spec_of(written(suffix, 3, depth)).get_string_attribute("DateTime")
    dated = written(suffix, 3, depth, metadata={"DateTime": ("string", "2020:01:02 03:04:05")})
    assert spec_of(dated).get_string_attribute("DateTime") == "2020:01:02 03:04:05"


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_are_named_and_alpha_is_where_it_belongs(written, channels):
    spec = spec_of(written(".exr", channels, "float16", premultiplied=True))
    assert sorted(spec.channelnames) == sorted({1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}[channels])
    assert (spec.alpha_channel >= 0) == (channels in (2, 4))


@pytest.mark.parametrize("premultiplied", [False, True])
def test_a_tiff_says_whether_colours_are_multiplied_by_alpha(written, premultiplied):
    with Pillow.open(written(".tif", 4, premultiplied=premultiplied)) as picture:
        assert picture.tag_v2[338] == ((1,) if premultiplied else (2,))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Copyright", 0x8298),
        ("Artist", 0x013B),
        ("Make", 0x010F),
        ("Exif:UserComment", 0x9286),
        ("Exif:LensModel", 0xA434),
    ],
)
def test_tags_of_a_jpeg_stand_where_exif_has_them(written, name, number):
    """Also where there is no other."""
    path = written(".jpg", metadata={name: ("string", "somebody"), "nonsense": ("string", "x")})
    with Pillow.open(path) as picture:
        exif = picture.getexif()
        first, second = dict(exif), dict(exif.get_ifd(0x8769))
    inside, outside = (second, first) if name.startswith("Exif:") else (first, second)
    assert str(inside[number]).strip("b'") == "somebody"
    assert number not in outside


@pytest.mark.parametrize("form", ["uint16[2]", "rational", "urational", "rational2i"])
def test_fractions_stay_fractions(written, form):
    path = written(".jpg", metadata={"Exif:ExposureTime": (form, (1, 50))})
    with Pillow.open(path) as picture:
        found = picture.getexif().get_ifd(0x8769)[0x829A]
    assert (found.numerator, found.denominator) == (1, 50)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
@pytest.mark.parametrize("known", [(), ("XResolution",), ("XResolution", "YResolution")])
def test_dots_an_inch_are_told_once(written, suffix, known):
    """By the kind, where it can, and both or none: EXIF need not repeat them."""
    metadata = dict.fromkeys(known, ("float", 150.0)) | {"ResolutionUnit": ("string", "in")}
    metadata["Make"] = ("string", "Maker")
    with Pillow.open(written(suffix, metadata=metadata)) as picture:
        exif = dict(picture.getexif())
        assert (picture.info.get("dpi") == (150, 150)) == (suffix == ".jpg" and len(known) == 2)
    assert not {0x011A, 0x011B, 0x0128} & set(exif)
    assert exif[0x010F] == "Maker"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_dots_an_inch_are_told_are_told_by_every_kind(written, suffix):
    both = dict.fromkeys(("XResolution", "YResolution"), ("float", 150.0))
    unit = {"ResolutionUnit": ("string", "in")}
    with Pillow.open(written(suffix, metadata=both | unit)) as picture:
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.5)


@pytest.mark.parametrize(("flat", "shape"), [(True, (9, 7)), (False, (9, 7, 1))])
def test_an_array_has_the_axes_that_it_had(written, flat, shape, noise):
    found = np.load(written(".npy", 1, "float32", flat=flat))
    assert found.shape == shape
    assert np.array_equal(found.reshape(9, 7, 1), noise(1, "float32"))
    assert np.load(written(".npy", 3, "uint16", flat=flat)).shape == (9, 7, 3)


def test_a_grey_jpeg_has_one_channel(written, noise):
    with Pillow.open(written(".jpg", 1)) as picture:
        assert picture.mode == "L"
        assert np.abs(np.asarray(picture, float) - noise(1)[..., 0]).mean() < 6


def test_a_display_window_is_an_exrs_alone(written):
    window = (3, -2, 0, 0, 20, 18)
    for suffix, depth, wanted in ((".exr", "float16", 3), (".tif", "uint8", 0)):
        assert spec_of(written(suffix, 3, depth, window=window)).x == wanted


@pytest.mark.parametrize(("suffix", "longest"), [(".webp", 16383), (".jpg", 65500)])
def test_a_picture_longer_than_a_kind_holds_is_told(tmp_path, suffix, longest):
    path = tmp_path / f"out{suffix}"
    for shape in ((longest + 1, 1, 3), (1, longest + 1, 3)):
        with pytest.raises(PictureError, match=f"at most {longest} pixels a side"):
            write(path, shape, Facts(), [])
    assert not list(tmp_path.iterdir())
    write(path, (1, longest, 3), Facts(), [np.zeros((1, longest, 3), np.uint8)])
    assert spec_of(path).width == longest


def test_a_folder_of_the_name_is_told(tmp_path):
    (tmp_path / "out.png").mkdir()
    with pytest.raises(PictureError, match="there is a folder of this name"):
        write(tmp_path / "out.png", (1, 1, 3), Facts(), [])


def test_a_place_is_tried_before_there_is_a_picture(tmp_path):
    check_place(tmp_path / "out.png")
    for name, words in (
        ("out.xyz", "out.xyz"),
        ("none/out.png", "no folder"),
        ("in.png", "folder"),
    ):
        (tmp_path / "in.png").mkdir(exist_ok=True)
        with pytest.raises(PictureError, match=words):
            check_place(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


@pytest.mark.parametrize("suffix", [".png", ".exr", ".jpg", ".npy"])
def test_what_fails_half_way_leaves_nothing(tmp_path, suffix):
    def stripes():
        yield np.zeros((1, 4, 3), np.float16 if suffix == ".exr" else np.uint8)
        raise KeyError

    (tmp_path / f"out{suffix}").write_bytes(b"before")
    with pytest.raises(KeyError):
        write(tmp_path / f"out{suffix}", (2, 4, 3), Facts(), stripes())
    assert [path.name for path in tmp_path.iterdir()] == [f"out{suffix}"]
    assert (tmp_path / f"out{suffix}").read_bytes() == b"before"


def test_the_temporary_file_is_there_from_the_start(tmp_path):
    """So that a folder which takes none is told before a pixel is made."""
    with temporary_beside(tmp_path / "out.PNG") as temporary:
        assert [path.name for path in tmp_path.iterdir()] == [temporary.name]
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"paint")
    assert [path.name for path in tmp_path.iterdir()] == ["out.PNG"]
    assert (tmp_path / "out.PNG").read_bytes() == b"paint"


@pytest.mark.parametrize("suffix", [".png", ".tif", ".exr"])
def test_what_the_library_wrote_is_tried_once_more(written, monkeypatch, tmp_path, suffix):
    """It does not look whether its last bytes were taken."""

    def full(path):
        assert path.stat().st_size > 100
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.formats.write.probe", full)
    with pytest.raises(PictureError, match="the disk is full"):
        written(suffix, 3, "float16" if suffix == ".exr" else "uint8")
    assert not list(tmp_path.iterdir())


def test_to_try_whether_a_file_can_grow_leaves_it_as_it_was(tmp_path):
    (tmp_path / "a").write_bytes(b"paint")
    probe(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"paint"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_file_that_cannot_grow_is_told(tmp_path):
    import resource

    (tmp_path / "a").write_bytes(bytes(100))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (110, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            probe(tmp_path / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied"), "is not writable"),
        (OSError(30, "Read-only file system"), "is not writable"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (OSError("odd"), "the writer stopped half-way; is there a limit on this folder or file[?]"),
    ],
)
def test_why_a_file_cannot_be_written_is_told(tmp_path, error, why):
    with (
        pytest.raises(PictureError, match=rf"cannot write .*out.png: .*{why}"),
        temporary_beside(tmp_path / "out.png"),
    ):
        raise error
    assert not list(tmp_path.iterdir())
