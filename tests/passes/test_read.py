"""One set of names and the same numbers, whoever wrote the file; plain sentences where it is no good."""

import numpy as np
import OpenImageIO as oiio
import pytest

from core.errors import PictureError
from core.imaging.image import load_image
from core.passes import FAR, decode_passes, has_pass, open_passes, pass_names, read_pass
from core.passes import read as reading
from core.passes.names import KNOWN, pass_name

VERSIONS = ("4.2", "5.2")


def as_pass(x):
    return x.transpose(2, 0, 1)[None]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("layer", ["ViewLayer", "Main.001", ""])
def test_every_pass_comes_back_under_one_name(opened, contents, version, layer):
    passes = opened(version=version, layer=layer)
    wanted = contents()
    assert passes.size == (12, 20)
    assert tuple(passes.layers) == (layer,)
    assert set(pass_names(passes)) == {*wanted, "alpha"}
    for name, x in wanted.items():
        assert np.array_equal(read_pass(passes, name), as_pass(x)), name
    assert np.array_equal(read_pass(passes, "alpha"), as_pass(wanted["combined"][..., 3:]))
    assert passes.texts["Frame"] == "003"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pass_may_be_asked_for_as_any_blender_calls_it(opened, version):
    passes = opened(version=version)
    for asked in ("diffuse_color", "DiffCol", "Diffuse Color", "diffuse color"):
        assert np.array_equal(read_pass(passes, asked), read_pass(passes, "diffuse_color"))
    assert has_pass(passes, "IndexOB")
    assert not has_pass(passes, "mist")


def test_names_are_told_apart():
    ours = [known.name for known in KNOWN]
    assert len(set(ours)) == len(ours)
    for known in KNOWN:
        assert {pass_name(spelled)[0] for spelled in (known.name, *known.spelled)} == {known.name}
    assert pass_name("CryptoMaterial02") == ("cryptomatte_material", 2)
    assert pass_name("Paint 01") == ("Paint 01", 0)


def test_only_what_is_asked_for_is_decoded(opened, monkeypatch):
    asked = []
    monkeypatch.setattr(
        reading, "read_channels", lambda p, n, c: asked.append((n, c)) or np.zeros((12, 20, len(c)))
    )
    passes = opened(version="5.2")
    assert asked == []
    read_pass(passes, "vector")
    read_pass(passes, "cryptomatte_object")
    names = [[name.split(".", 1)[1] for name in channels] for _, channels in asked]
    assert names[0] == [f"Vector.{c}" for c in "XYZW"]
    assert names[1:] == [[f"CryptoObject{k}.{c}" for c in "rgba"] for k in ("00", "01")]
    assert len({part for part, _ in asked}) == 3


@pytest.mark.parametrize(("version", "unpacked"), [("4.2", 1), ("5.2", 5)])
def test_several_passes_are_unpacked_at_once(passes_file, monkeypatch, version, unpacked):
    asked, plain = [], open_passes(passes_file(version=version))
    read = reading.read_channels
    monkeypatch.setattr(reading, "read_channels", lambda p, n, c: asked.append(n) or read(p, n, c))
    names = ("depth", "DiffCol", "cryptomatte_object", "vector")
    passes = decode_passes(plain, names)
    assert len(asked) == len(set(asked)) == unpacked
    for name in names:
        read_pass(passes, name)
    assert len(asked) == unpacked
    assert decode_passes(passes, names).decoded == passes.decoded
    assert len(asked) == unpacked
    for name in names:
        assert np.array_equal(read_pass(passes, name), read_pass(plain, name))
    assert passes == plain


def test_a_real_frame_has_what_was_switched_on(real):
    cycles = "cycles" in real.path.name
    assert real.size == (12, 16)
    assert tuple(real.layers) == ("ViewLayer",)
    common = {
        "combined",
        "alpha",
        "depth",
        "normal",
        "position",
        "vector",
        "diffuse_color",
        "emission",
    }
    common |= {"diffuse_direct", "glossy_direct", "environment", "Paint"}
    common |= {"cryptomatte_object", "cryptomatte_material"}
    assert common <= set(pass_names(real))
    cycles_alone = {"object_index", "material_index", "transmission_color", "diffuse_indirect"}
    assert (cycles_alone <= set(pass_names(real))) == cycles
    shapes = {
        name: read_pass(real, name).shape[1] for name in ("combined", "depth", "vector", "normal")
    }
    assert shapes == {"combined": 4, "depth": 1, "vector": 4, "normal": 3}
    surface = read_pass(real, "depth") < 900
    lengths = np.linalg.norm(read_pass(real, "normal"), axis=1, keepdims=True)[surface]
    assert 0.99 < lengths.max().item() < 1.001, "where no edge runs through a pixel"
    assert np.array_equal(read_pass(real, "combined")[:, 3:], read_pass(real, "alpha"))


def test_combined_is_what_a_picture_is_loaded_from(real):
    rgb = read_pass(real, "combined")[0, :3].transpose(1, 2, 0)
    assert np.array_equal(load_image(real.path).origin.pixels[..., :3].astype(np.float32), rgb)


def last_pass(path):
    passes = open_passes(path)
    return read_pass(passes, pass_names(passes)[-2])


def refusal(path):
    with pytest.raises(PictureError) as caught:
        last_pass(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(path) in sentence
    return sentence


def test_a_missing_pass_is_named_with_its_switch(opened):
    passes = opened({"combined": np.ones((4, 5, 4), np.float32)})
    with pytest.raises(
        PictureError, match=r"no pass vector; it has combined, alpha: turn on .*Data > Vector"
    ):
        read_pass(passes, "Vector")
    with pytest.raises(PictureError, match=r"layer ViewLayer .*Cycles alone; Cryptomatte"):
        read_pass(passes, "IndexOB")
    with pytest.raises(PictureError, match=r"no pass Dirt.* an AOV must be added"):
        read_pass(passes, "Dirt")
    with pytest.raises(PictureError, match="no layer Main; it has ViewLayer"):
        read_pass(passes, "combined", "Main")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("share", [0.0005, 0.02, 0.2, 0.6, 0.95])
def test_a_cut_off_file_is_told(passes_file, tmp_path, capfd, version, share):
    whole = passes_file(version=version).read_bytes()
    path = tmp_path / "cut.exr"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged or cut off" in refusal(path)
    assert capfd.readouterr().err == ""


def test_parts_that_are_whole_can_be_read_from_a_cut_off_file(passes_file, contents):
    path = passes_file(version="5.2")
    path.write_bytes(path.read_bytes()[:-1000])
    passes = open_passes(path)
    assert np.array_equal(read_pass(passes, "combined"), as_pass(contents()["combined"]))
    with pytest.raises(PictureError, match="damaged or cut off"):
        read_pass(passes, "cryptomatte_object")


def test_what_is_no_exr_is_told(tmp_path):
    path = tmp_path / "frame.exr"
    assert "there is no such file" in refusal(path)
    path.write_bytes(b"")
    assert "the file is empty" in refusal(path)
    path.write_bytes(b"a letter to the editor" * 9)
    assert "not a picture" in refusal(path)
    assert oiio.ImageBuf(np.zeros((4, 4, 3), np.uint8)).write(str(tmp_path / "frame.png"))
    assert "it is a PNG file, and passes are in EXR files" in refusal(tmp_path / "frame.png")


def test_deep_samples_are_refused(tmp_path):
    path = tmp_path / "deep.exr"
    spec = oiio.ImageSpec(8, 6, 5, "float")
    spec.channelnames, spec.deep = ("R", "G", "B", "A", "Z"), True
    deep = oiio.DeepData()
    deep.init(48, 5, oiio.TypeDesc("float"), spec.channelnames)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_deep_image(deep)
    out.close()
    assert "deep samples" in refusal(path)


def test_a_file_too_large_is_refused_from_its_header(passes_file):
    path = passes_file()
    with pytest.raises(PictureError, match="claims 20 x 12"):
        open_passes(path, max_pixels=239)
    assert open_passes(path, max_pixels=240).size == (12, 20)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_crop_is_read_into_its_frame(opened, contents, version):
    passes = opened(version=version, window=(4, 2, 0, 0, 30, 16))
    x, depth = read_pass(passes, "combined"), read_pass(passes, "depth")
    assert x.shape == (1, 4, 16, 30)
    assert np.array_equal(x[..., 2:14, 4:24], as_pass(contents()["combined"]))
    assert np.abs(x).sum() == np.abs(x[..., 2:14, 4:24]).sum()
    assert (depth[..., :2, :] == FAR).all()
    assert (depth[..., :4] == FAR).all()


@pytest.mark.parametrize("version", VERSIONS)
def test_overscan_is_left_out(opened, contents, version):
    passes = opened(version=version, window=(-3, -2, 0, 0, 14, 8))
    assert np.array_equal(
        read_pass(passes, "normal"), as_pass(contents()["normal"])[..., 2:10, 3:17]
    )
    shifted = opened(version=version, window=(95, 100, 100, 100, 10, 10))
    assert np.array_equal(
        read_pass(shifted, "normal"), as_pass(contents()["normal"])[..., :10, 5:15]
    )


def plain(path, channels, **attributes):
    """Write (H, W) arrays as channels of those names."""
    pixels = np.stack(list(channels.values()), -1).astype(np.float32)
    made = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "float")
    made.channelnames = tuple(channels)
    for name, value in attributes.items():
        made.attribute(name, *value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), made), out.geterror()
    assert out.write_image(pixels)
    out.close()
    return path


def numbered(*names):
    return {name: np.full((4, 5), index + 1.0) for index, name in enumerate(names)}


def test_a_plain_picture_with_depth_is_one_layer(tmp_path):
    passes = open_passes(plain(tmp_path / "plain.exr", numbered("R", "G", "B", "A", "Z")))
    assert set(pass_names(passes)) == {"combined", "alpha", "depth"}
    assert read_pass(passes, "combined")[0, :, 0, 0].tolist() == [1, 2, 3, 4]
    assert np.unique(read_pass(passes, "depth")).tolist() == [5]


def test_file_output_nodes_are_read(tmp_path):
    names = (
        "Image.R",
        "Image.G",
        "Image.B",
        "Image.A",
        "Depth.V",
        "Vector.X",
        "Vector.Y",
        "Vector.Z",
    )
    passes = open_passes(plain(tmp_path / "nodes.exr", numbered(*names)))
    assert set(pass_names(passes)) == {"combined", "alpha", "depth", "vector"}
    assert np.unique(read_pass(passes, "depth")).tolist() == [5]


def test_the_compositors_result_comes_last(tmp_path):
    names = ("Composite.Combined.R", "Fog.Depth.Z", "Fog.Combined.R", "Trees.Mist.Z")
    passes = open_passes(plain(tmp_path / "layers.exr", numbered(*names)))
    assert tuple(passes.layers) == ("Fog", "Trees", "Composite")
    assert np.unique(read_pass(passes, "combined")).tolist() == [3]
    assert np.unique(read_pass(passes, "combined", "Composite")).tolist() == [1]
    with pytest.raises(
        PictureError, match=r"layer Fog .* has no pass mist; choose the layer Trees"
    ):
        read_pass(passes, "mist")


def test_both_eyes_are_layers_in_one_part(tmp_path):
    names = [
        f"ViewLayer.{p}.{eye}.{c}"
        for p, c in (("Depth", "Z"), ("UV", "U"))
        for eye in ("left", "right")
    ]
    path = plain(
        tmp_path / "stereo.exr", numbered(*names), multiView=("string[2]", ("left", "right"))
    )
    passes = open_passes(path)
    assert tuple(passes.layers) == ("ViewLayer.left", "ViewLayer.right")
    assert np.unique(read_pass(passes, "depth", "ViewLayer.right")).tolist() == [2]


def test_both_eyes_are_layers_in_parts(passes_file):
    path = passes_file({"depth": np.ones((4, 5, 1), np.float32)}, version="5.2", view="-left")
    assert tuple(open_passes(path).layers) == ("ViewLayer.left",)
