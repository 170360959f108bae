"""What changed is written, all else keeps its bits, and nothing is ever half written."""

import numpy as np
import OpenImageIO as oiio
import pytest

from core.errors import PictureError
from core.formats.exr import read_channels, read_parts
from core.passes import open_passes, pass_names, read_pass, write_passes

VERSIONS = ("4.2", "5.2")


def everything(path):
    """Parts without what the writer itself notes, and the bits of all channels."""
    parts = read_parts(path, 10**6)
    texts = [{k: v for k, v in part.texts.items() if k != "compression"} for part in parts]
    bits = {
        (index, name): read_channels(path, index, [name]).tobytes()
        for index, part in enumerate(parts)
        for name in part.channels
    }
    types = [
        read_channels(path, index, part.channels[:1]).dtype for index, part in enumerate(parts)
    ]
    return [(p.channels, p.name, p.views, p.window, p.size) for p in parts], texts, types, bits


def test_a_real_frame_that_is_not_changed_stays_bit_for_bit(real, tmp_path):
    original = everything(real.path)
    write_passes(
        tmp_path / "copy.exr", real, {name: read_pass(real, name) for name in pass_names(real)}
    )
    assert everything(tmp_path / "copy.exr") == original
    write_passes(tmp_path / "copy.exr", open_passes(tmp_path / "copy.exr"), {})
    assert everything(tmp_path / "copy.exr") == original


@pytest.mark.parametrize("version", VERSIONS)
def test_only_what_changed_changes(opened, tmp_path, version):
    passes = opened(version=version)
    new = {
        "DiffCol": np.full((1, 3, 12, 20), 0.25, np.float32),
        "vector": np.random.default_rng(0).random((1, 4, 12, 20), np.float32),
    }
    path = tmp_path / "out.exr"
    write_passes(path, passes, new)
    again = open_passes(path)
    assert again.layers == passes.layers
    for name in pass_names(passes):
        wanted = {"diffuse_color": new["DiffCol"], "vector": new["vector"]}.get(name)
        assert np.array_equal(
            read_pass(again, name), read_pass(passes, name) if wanted is None else wanted
        )
    assert (
        again.texts["cryptomatte/0123456/manifest"] == passes.texts["cryptomatte/0123456/manifest"]
    )


def test_the_same_job_writes_the_same_bytes(opened, tmp_path, monkeypatch):
    passes = opened()
    write_passes(tmp_path / "one.exr", passes, {})
    made = (tmp_path / "one.exr").read_bytes()
    assert b"DateTime" not in made
    write_passes(tmp_path / "two.exr", passes, {})
    assert (tmp_path / "two.exr").read_bytes() == made


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cryptomatte_goes_back_into_its_groups(opened, tmp_path, version):
    passes = opened(version=version)
    x = read_pass(passes, "cryptomatte_object")[..., ::-1]
    write_passes(tmp_path / "out.exr", passes, {"cryptomatte_object": x})
    assert np.array_equal(read_pass(open_passes(tmp_path / "out.exr"), "cryptomatte_object"), x)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("window", [(4, 2, 0, 0, 30, 16), (-3, -2, 0, 0, 14, 8)])
def test_pixels_beyond_the_frame_stay(opened, tmp_path, version, window):
    passes = opened(version=version, window=window)
    x = np.zeros((1, 3, *passes.size), np.float32)
    write_passes(tmp_path / "out.exr", passes, {"normal": x})
    again = open_passes(tmp_path / "out.exr")
    assert [part.window for part in again.parts] == [part.window for part in passes.parts]
    assert (read_pass(again, "normal") == 0).all()
    piece = passes.layers["ViewLayer"]["normal"][0]
    was, now = (read_channels(p.path, piece.part, piece.channels) for p in (passes, again))
    kept = int((now != 0).any(-1).sum())
    assert kept == (0 if window[0] > 0 else 12 * 20 - 8 * 14)
    assert np.array_equal(now[now != 0], was[now != 0])


def test_light_beyond_half_floats_is_cut(opened, tmp_path):
    passes = opened()
    write_passes(
        tmp_path / "out.exr", passes, {"emission": np.full((1, 3, 12, 20), 1e6, np.float32)}
    )
    assert (read_pass(open_passes(tmp_path / "out.exr"), "emission") == 65504).all()


@pytest.mark.parametrize(("given", "wanted"), [("zips", "zips"), ("piz", "piz"), ("dwaa", "zip")])
def test_no_compression_loses_anything(opened, tmp_path, given, wanted):
    passes = opened(compression=given)
    write_passes(tmp_path / "out.exr", passes, {})
    made = oiio.ImageInput.open(str(tmp_path / "out.exr")).spec()["compression"]
    assert made.split(":")[0] == wanted
    assert everything(tmp_path / "out.exr") == everything(passes.path)


def test_tiles_become_rows(opened, tmp_path, contents):
    passes = opened(contents(40, 50), tile=16)
    write_passes(tmp_path / "out.exr", passes, {})
    assert everything(tmp_path / "out.exr")[3] == everything(passes.path)[3]


def test_long_files_are_copied_in_stripes(opened, tmp_path, contents, monkeypatch):
    monkeypatch.setattr("core.formats.exr.STRIPE", 1)
    passes = opened(contents(50, 20))
    x = np.random.default_rng(0).random((1, 3, 50, 20), np.float32)
    write_passes(tmp_path / "out.exr", passes, {"normal": x})
    again = open_passes(tmp_path / "out.exr")
    assert np.array_equal(read_pass(again, "normal"), x)
    assert np.array_equal(read_pass(again, "combined"), read_pass(passes, "combined"))


def test_a_file_may_be_written_over_itself(opened):
    passes = opened()
    x = np.random.default_rng(0).random((1, 4, 12, 20), np.float32)
    write_passes(passes.path, passes, {"vector": x})
    assert np.array_equal(read_pass(open_passes(passes.path), "vector"), x)
    assert list(passes.path.parent.iterdir()) == [passes.path]


def test_what_cannot_be_written_is_told_and_leaves_nothing(opened, tmp_path):
    passes, out = opened(), tmp_path / "out"
    out.mkdir()
    for path, changed, words in (
        (
            out / "a.exr",
            {"vector": np.zeros((1, 3, 12, 20), np.float32)},
            r"\(1, 3, 12, 20\).*\(1, 4, 12, 20\)",
        ),
        (out / "a.exr", {"mist": np.zeros((1, 1, 12, 20), np.float32)}, "no pass mist"),
        (out / "a.png", {}, "let it end in .exr"),
        (out / "none" / "a.exr", {}, "there is no folder"),
    ):
        with pytest.raises(PictureError, match=words):
            write_passes(path, passes, changed)
    passes.path.write_bytes(passes.path.read_bytes()[:-2000])
    with pytest.raises(PictureError, match="damaged or cut off"):
        write_passes(out / "a.exr", passes, {})
    assert list(out.iterdir()) == []
