"""Where results go: links, rights, names that are no UTF-8 or too long, folders that take nothing."""

import json
import os
import stat
import sys

import numpy as np
import pytest
from PIL import Image as Pillow

from core import cli
from core.errors import ParamsError, PictureError
from core.formats.place import identify
from core.imaging.image import load_image, save_image
from core.picture.inputs import check_files
from core.request.picture_job import Job, StyleFile

POSIX = os.name == "posix"
links = pytest.mark.skipif(not POSIX, reason="links need rights on Windows")
any_bytes = pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes")
BYTES = os.fsdecode(b"b\xe4r\xff")


@pytest.fixture
def image(content):
    return load_image(content)


def job(content, style, output, **changes):
    return Job(content=str(content), output=str(output), styles=(StyleFile(str(style)),), **changes)


@links
@pytest.mark.parametrize("kind", ["png", "jpg", "exr", "npy"])
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path, image, kind):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / f"out.{kind}", tmp_path / f"link.{kind}"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    save_image(link, image.rgb, image)
    assert link.is_symlink()
    assert load_image(real).rgb.shape == image.rgb.shape
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [p.name for p in (tmp_path / "real").iterdir()] == [real.name]


@links
def test_a_link_to_nothing_yet_is_followed(tmp_path, image):
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    save_image(tmp_path / "link.png", image.rgb, image)
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").is_file()


@links
def test_links_in_a_circle_end_in_a_sentence(tmp_path, content, style, image):
    circle = tmp_path / "circle.png"
    circle.symlink_to(tmp_path / "other.png")
    (tmp_path / "other.png").symlink_to(circle)
    with pytest.raises(PictureError, match="circle"):
        load_image(circle)
    for attempt in (
        lambda: save_image(circle, image.rgb, image),
        lambda: check_files(job(content, style, circle)),
    ):
        with pytest.raises(PictureError, match="leads back to itself"):
            attempt()
    assert circle.is_symlink()
    assert cli.main(["stylize", str(circle), "--style", str(style), "-o", str(circle)]) == 2


@links
def test_no_input_is_overwritten_by_whatever_name(tmp_path, content, style):
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to(style)
    for output in (tmp_path / "folder" / "content.png", tmp_path / "x" / ".." / "content.png"):
        with pytest.raises(ParamsError, match="itself; originals are never overwritten"):
            check_files(job(content, style, output))
    with pytest.raises(ParamsError, match=r"the output is .*style.png itself"):
        check_files(job(content, style, tmp_path / "link.png"))
    for name in ("mask", "depth", "relief"):
        with pytest.raises(ParamsError, match="never overwritten"):
            check_files(job(content, style, tmp_path / "m.png", **{name: str(tmp_path / "m.png")}))


def test_names_that_need_not_exist_are_compared(tmp_path):
    assert identify(tmp_path / "a.png") == identify(tmp_path / "b" / ".." / "a.png")
    assert identify(tmp_path / "a.png") != identify(tmp_path / "b.png")
    assert identify("a\0") != identify("b\0")


@pytest.mark.skipif(not POSIX, reason="Windows has other rights")
def test_what_is_replaced_keeps_its_rights(tmp_path, image):
    for mode in (0o600, 0o644, 0o664):
        out = tmp_path / f"{mode:o}.png"
        out.touch()
        out.chmod(mode)
        save_image(out, image.rgb, image)
        assert stat.S_IMODE(out.stat().st_mode) == mode


@any_bytes
@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "bmp", "tga", "exr", "hdr", "npy"])
def test_names_of_any_bytes(tmp_path, image, kind):
    folder = tmp_path / BYTES
    folder.mkdir()
    out = folder / f"{BYTES}.{kind}"
    save_image(out, image.rgb, image)
    assert load_image(out).rgb.shape == image.rgb.shape
    assert [p.name for p in folder.iterdir()] == [out.name]


@any_bytes
@pytest.mark.parametrize("more", [["--json"], []])
def test_names_of_any_bytes_on_the_command_line(tmp_path, content, style, capfd, more):
    folder = tmp_path / BYTES
    folder.mkdir()
    own, out = folder / f"{BYTES}.png", folder / "out.png"
    content.rename(own)
    argv = ["stylize", str(own), "--style", str(style), "-o", str(out), "--strength", "0", *more]
    assert cli.main(argv) == 0
    said = capfd.readouterr().out
    assert (json.loads(said)["output"] == str(out)) if more else ("b\\udce4r" in said)
    assert cli.main([*argv[:1], str(folder / "none.png"), *argv[2:]]) == 1
    assert "there is no such file" in capfd.readouterr().err


def test_the_longest_names_work_and_longer_ones_are_told_before_the_work(
    tmp_path, content, style, image
):
    longest = tmp_path / ("n" * 246 + ".png")
    check_files(job(content, style, longest))
    save_image(longest, image.rgb, image)
    assert longest.is_file()
    with pytest.raises(PictureError, match="the name is too long"):
        check_files(job(content, style, tmp_path / ("n" * 300 + ".png")))
    with pytest.raises(PictureError, match="no file can have this name"):
        check_files(job(content, style, tmp_path / "a\0b.png"))
    with pytest.raises(PictureError, match="no file can have this name"):
        load_image(tmp_path / "a\0b.png")


def test_a_folder_that_takes_nothing_is_told_before_the_work(tmp_path, content, style, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(PictureError, match=r"cannot write .*out\.png: .*not writable"):
        check_files(job(content, style, tmp_path / "out.png"))


def test_further_pictures_of_a_file_are_named(tmp_path, content, style):
    frames = [Pillow.fromarray(np.full((20, 30, 3), 40 * k, np.uint8)) for k in range(3)]
    for kind, options in (("png", {}), ("webp", {"lossless": True}), ("tif", {})):
        path = tmp_path / f"film.{kind}"
        frames[0].save(path, save_all=True, append_images=frames[1:], **options)
        for one, other in ((path, style), (content, path)):
            notes = check_files(job(one, other, tmp_path / "out.png"))
            assert notes == (f"film.{kind}: only the first of its 3 pictures was read",)
    assert check_files(job(content, style, tmp_path / "out.png")) == ()


def test_a_smaller_copy_in_a_tiff_is_no_further_picture(tmp_path, content, style):
    first, small = (Pillow.new("RGB", (n, n)) for n in (64, 16))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    first.save(tmp_path / "in.tif", save_all=True, append_images=[small])
    assert check_files(job(tmp_path / "in.tif", style, tmp_path / "out.png")) == ()
