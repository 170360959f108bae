"""How files are handed to OpenImageIO: by names that it takes, closed at the end, its complaints as words."""

import os
import sys
from pathlib import Path

import OpenImageIO as oiio
import psutil
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.formats.source import (
    check_size,
    describe_damage,
    find_complaint,
    library_name,
    open_source,
)

any_bytes = pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes")
BYTES = os.fsdecode(b"b\xe4r\xff")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "in.png"
    Pillow.new("RGBA", (5, 4), (200, 100, 50, 128)).save(path)
    return path


@pytest.mark.parametrize("name", ["in.png", "bild ä ñ 絵.png", "IN.PNG"])
def test_names_that_are_text_are_taken_as_they_are(tmp_path, name):
    with library_name(tmp_path / name) as given:
        assert given == str(tmp_path / name)


@any_bytes
@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize(
    ("folder", "name", "given_name"),
    [("plain", f"{BYTES}.PNG", "file.png"), (BYTES, "In.PNG", "In.PNG"), (BYTES, f"{BYTES}.png", "file.png")],
)  # fmt: skip  # a table
def test_other_names_are_linked_to(tmp_path, monkeypatch, relative, folder, name, given_name):
    """Names of files that are text stay, for what is written there is read by its name again."""
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / name
    path.write_bytes(b"paint")
    monkeypatch.chdir(tmp_path)
    with library_name(Path(folder, name) if relative else path) as given:
        assert given.encode().decode() == given
        assert Path(given).name == given_name
        assert Path(given).read_bytes() == b"paint"
        assert Path(given).resolve() == path.resolve()
        made = next(parent for parent in Path(given).parents if parent.name.startswith("stylize-"))
    assert not made.exists()
    assert path.read_bytes() == b"paint"
    assert [p.name for p in path.parent.iterdir()] == [name]


@any_bytes
def test_what_is_written_by_a_link_to_a_folder_is_there(tmp_path):
    (tmp_path / BYTES).mkdir()
    with library_name(tmp_path / BYTES / "out.png") as given:
        Path(given).write_bytes(b"paint")
    assert (tmp_path / BYTES / "out.png").read_bytes() == b"paint"


def test_a_file_is_open_until_the_end_and_then_closed(picture):
    def held():
        return picture.resolve() in [
            Path(file.path).resolve() for file in psutil.Process().open_files()
        ]

    with open_source(picture, "PNG") as source:
        assert (source.spec().width, source.spec().height) == (5, 4)
        assert held()
    assert not held()
    with pytest.raises(KeyError), open_source(picture, "PNG") as source:
        raise KeyError
    assert not held()


def test_how_a_file_is_opened_may_be_asked_for(picture):
    """OpenImageIO multiplies by alpha, unless it is told not to."""
    config = oiio.ImageSpec()
    config["oiio:UnassociatedAlpha"] = 1
    with open_source(picture, "PNG") as source:
        assert source.read_image("uint8")[0, 0, 0] < 200
    with open_source(picture, "PNG", config) as source:
        assert source.read_image("uint8")[0, 0].tolist() == [200, 100, 50, 128]


def test_a_file_that_cannot_be_opened_is_told_with_the_reason(tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(PictureError) as caught, open_source(path, "PNG"):
        pass
    start = f"cannot read {path}: the PNG file is damaged or cut off ("
    assert str(caught.value).startswith(start)
    assert len(str(caught.value)) > len(start) + 5


@pytest.mark.parametrize(
    ("why", "detail"),
    [
        ("", ""), (" \n ", ""), ("no end", " (no end)"), ("\n  no end \n at all", " (no end)"),
        ("no end  \nat all\n", " (no end)"),
    ],
)  # fmt: skip  # a table
def test_damage_is_one_line_with_the_first_of_a_complaint(why, detail):
    words = f"cannot read a.png: the PNG file is damaged or cut off{detail}"
    assert str(describe_damage(Path("a.png"), "PNG", why)) == words
    assert why or str(describe_damage(Path("a.png"), "PNG")) == words


def test_complaints_may_quote_any_bytes():
    class Complaining:
        def geterror(self):
            return b"no file b\xe4r".decode()

    assert find_complaint(Complaining()) == "no file b\N{REPLACEMENT CHARACTER}r"
    assert find_complaint(type("Calm", (), {"geterror": lambda self: "none"})()) == "none"


@pytest.mark.parametrize("size", [(30, 20), (20, 30), (600, 1), (1, 600)])
def test_as_many_pixels_as_allowed_and_not_one_more(size):
    check_size(Path("a.png"), *size, 600)
    with pytest.raises(
        PictureError, match=rf"it claims {size[0]} x {size[1]} pixels, the limit is 599;"
    ):
        check_size(Path("a.png"), *size, 599)
