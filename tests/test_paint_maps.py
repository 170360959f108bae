"""Maps of paint: height, normal, roughness and coverage beside a result."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import ParamsError, PictureError
from core.imaging.lazy import Packed
from core.imaging.normals import TEXELS
from core.nn.tiles import TileRun
from core.picture.paint import Paint, estimate
from core.picture.paint_maps import combine_normals, find_normals, load_normals, write_maps
from core.picture.run import run
from core.request.maps import map_file, split_names
from core.request.picture_job import Job, StyleFile, TileFile

SIZE = (64, 80)


@pytest.fixture
def job(content, tmp_path):
    return Job(
        content=str(content),
        output=str(tmp_path / "painted.png"),
        styles=(StyleFile("builtin:oil"),),
        method="adain",
        surface="flat",
        maps="height,normal,roughness,coverage",
    )


@pytest.fixture
def bumps(tmp_path):
    """Write a normal map that is smooth but for a slope to the right in its middle."""
    plane = np.full((*SIZE, 3), (128, 128, 255), np.uint8)
    plane[:, 30:50] = (180, 128, 245)
    path = tmp_path / "bumps.png"
    Image.fromarray(plane).save(path)
    return path


def opened(path):
    """Return a map in steps of 8 bits."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    pixels = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    return pixels / (257 if pixels.dtype == np.uint16 else 1)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def test_maps_are_named_after_the_result():
    assert split_names("normal, height,normal") == ("normal", "height")
    assert split_names("") == ()
    assert map_file("a/wall.jpg", "normal").replace("\\", "/") == "a/wall.normal.png"


def test_normals_look_away_from_where_it_rises():
    """To the right and up are +X and +Y, as in OpenGL and glTF."""
    rows, columns = np.mgrid[0:10, 0:12].astype(np.float32)
    right, up = find_normals(columns / 100), find_normals(-rows / 100)
    slope = TEXELS / 100
    assert np.allclose(right[0] / right[2], -slope, atol=1e-5)
    assert np.allclose(right[1], 0)
    assert np.allclose(up[1] / up[2], -slope, atol=1e-5)
    assert np.allclose((right**2).sum(0), 1, atol=1e-5)


def test_paint_on_a_smooth_surface_and_no_paint_change_nothing():
    vectors = find_normals(noise(12, 14))
    flat = np.zeros_like(vectors) + np.array([0, 0, 1], np.float32)[:, None, None]
    assert np.allclose(combine_normals(flat, vectors), vectors, atol=1e-5)
    assert np.allclose(combine_normals(vectors, flat), vectors, atol=1e-5)


def test_paint_follows_the_surface_that_it_lies_on():
    """A ridge on a slope looks as far from the slope's normal as one on flat ground from straight up."""
    lean = np.array([0.6, 0, 0.8], np.float32)[:, None, None] * np.ones((3, 4, 4), np.float32)
    bump = np.array([0.1, 0.2, 0], np.float32)[:, None, None] + np.zeros_like(lean)
    bump[2] = np.sqrt(1 - 0.05)
    made = combine_normals(lean, bump)
    assert np.allclose((made * lean).sum(0), bump[2], atol=1e-5)


def test_a_texture_that_tiles_has_maps_that_tile(tmp_path):
    planes = noise(1, 3, *SIZE)
    rolled = np.roll(planes, (20, 31), (-2, -1))
    files = [
        {name: str(tmp_path / f"{k}_{name}.png") for name in ("height", "normal", "roughness")}
        for k in range(2)
    ]
    for kept, made in zip((planes, rolled), files, strict=True):
        write_maps(made, kept, (True, True))
    for name in files[0]:
        assert np.array_equal(
            np.roll(opened(files[0][name]), (20, 31), (0, 1)), opened(files[1][name])
        )


def test_all_maps_are_written_beside_the_result(job):
    made = run(job)
    names = ("height", "normal", "roughness", "coverage")
    assert made.maps == {name: map_file(job.output, name) for name in names}
    height, normal, roughness, coverage = (opened(path) for path in made.maps.values())
    assert height.shape == SIZE
    assert len(np.unique(height)) > 300
    kinds = [cv2.imread(path, cv2.IMREAD_UNCHANGED).dtype for path in made.maps.values()]
    assert kinds == [np.uint16, *[np.uint8] * 3], "as deep as the picture, but for heights"
    assert height.std() > 4
    assert normal.shape == (*SIZE, 3)
    assert normal[..., 2].min() > 128
    assert abs(normal[..., :2].mean() - 127.5) < 6
    assert roughness.min() >= 0.25 * 255 - 1
    assert (coverage == 255).all()


def test_less_strength_is_less_paint_and_none_is_none(job):
    spreads = []
    for strength in (1.0, 0.5, 0.0):
        made = run(replace(job, strength=strength))
        spreads.append(opened(made.maps["height"]).std())
    assert spreads[1] == pytest.approx(spreads[0] / 2, rel=0.02)
    assert spreads[2] == 0


def test_where_a_mask_is_black_there_is_no_paint(job, bumps, tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[:, 40:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    own = tmp_path / "rough.png"
    Image.fromarray(np.full(SIZE, 40, np.uint8)).save(own)
    made = run(
        replace(job, mask=str(tmp_path / "mask.png"), own_normal=str(bumps), own_roughness=str(own))
    )
    height, normal, roughness, coverage = (opened(path) for path in made.maps.values())
    assert not coverage[:, :38].any()
    assert not height[:, :38].any()
    assert (roughness[:, :38] == 40).all()
    assert (roughness[:, 42:] > 60).all()
    assert np.abs(normal[:, :38] - opened(bumps)[:, :38]).max() <= 2


def test_what_a_method_says_of_its_paint_is_taken():
    class Thick:
        halo, multiple = 0, 1

        def apply(self, x):
            return x

        def raise_paint(self, x):
            return torch.cat([x[:, :1], 1 - x[:, :1], x[:, :1] * 0 + 0.5], 1)

    content = torch.from_numpy(noise(1, 3, 20, 30))
    paint = Paint((20, 30))
    paint.ask(Thick(), content, TileRun())
    planes = paint.planes(content, content)
    assert torch.allclose(planes[:, :1], content[:, :1], atol=1e-4)
    assert torch.allclose(planes[:, 1:2], 1 - content[:, :1], atol=1e-4)
    assert (planes[:, 2] - 0.5).abs().max() < 1e-4


def test_windows_of_an_estimate_are_the_whole():
    content, painted = (torch.from_numpy(noise(1, 3, 90, 120, seed=k)) for k in range(2))
    whole = estimate(content, painted)
    packed = Packed(painted.shape)
    packed[...] = painted
    part = whole[..., 30:50, 40:90]
    assert torch.allclose(whole.whole()[..., 30:50, 40:90], part, atol=1e-4)
    assert torch.allclose(estimate(content, packed.lazy()).whole(), whole.whole(), atol=1e-2)


def test_a_picture_that_is_not_changed_is_flat():
    content = torch.from_numpy(noise(1, 3, 40, 40))
    assert (estimate(content, content.clone()).whole()[:, 0] == 0.5).all()


def test_a_map_in_object_space_is_refused(tmp_path):
    vectors = noise(3, *SIZE) - 0.5
    vectors /= np.linalg.norm(vectors, axis=0)
    path = tmp_path / "object.png"
    Image.fromarray(np.uint8(np.rint((vectors / 2 + 0.5) * 255)).transpose(1, 2, 0)).save(path)
    with pytest.raises(PictureError, match=r"object\.png is no normal map in tangent space"):
        load_normals(str(path), SIZE, 10**6)


def test_a_map_that_is_no_normal_map_is_refused_before_the_work(job, tmp_path):
    Image.fromarray(np.uint8(noise(*SIZE, 3) * 255)).save(tmp_path / "wrong.png")
    steps = []
    with pytest.raises(PictureError, match=r"wrong\.png is no normal map"):
        run(replace(job, maps="normal", own_normal=str(tmp_path / "wrong.png")), steps.append)
    assert not steps


def test_a_normal_map_of_another_size_and_of_16_bits_is_read(job, tmp_path):
    deep = np.full((30, 30, 3), (32768, 32768, 65535), np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep[..., ::-1])
    made = run(replace(job, maps="normal", own_normal=str(tmp_path / "deep.png")))
    written = cv2.imread(made.maps["normal"], cv2.IMREAD_UNCHANGED)
    assert written.dtype == np.uint16
    assert written.shape == (*SIZE, 3)


def test_a_map_never_overwrites_what_is_read(job, tmp_path):
    content = tmp_path / "painted.normal.png"
    content.write_bytes((tmp_path / "content.png").read_bytes())
    before = content.read_bytes()
    with pytest.raises(ParamsError, match="originals are never overwritten"):
        run(replace(job, content=str(content)))
    assert content.read_bytes() == before


def test_tiles_each_have_their_maps(job, tmp_path):
    outputs = [str(tmp_path / f"made.{number}.png") for number in (1001, 1002)]
    tiles = tuple(TileFile(job.content, out, 1001 + k) for k, out in enumerate(outputs))
    made = run(replace(job, output=outputs[0], tiles=tiles, maps="normal"))
    assert made.maps == {"normal": map_file(outputs[0], "normal")}
    assert all(opened(map_file(out, "normal")).shape == (*SIZE, 3) for out in outputs)


def test_a_large_texture_of_islands_is_laid_out_once(job, tmp_path, monkeypatch):
    """Its tiles, its file's stripes and its maps are read of what is held, not made anew for each."""
    from core.surface.atlas import Atlas

    uv = np.array([[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], [[0.1, 0.1], [0.9, 0.9], [0.1, 0.9]]])
    path = tmp_path / "mesh.npz"
    np.savez(path, uv=uv.astype(np.float32), position=np.dstack([uv, 0 * uv[..., :1]]))
    asked = replace(job, surface="auto", uv=str(path), maps="normal", precision="float32")
    small = opened(run(replace(asked, output=str(tmp_path / "small.png"))).output)
    made = []

    def count(name: str) -> None:
        make = getattr(Atlas, name)
        monkeypatch.setattr(
            Atlas, name, lambda *given, **more: (made.append(name), make(*given, **more))[1]
        )

    count("unwrap")
    count("wrap")
    monkeypatch.setattr("core.imaging.image.LARGE", 1000)
    large = opened(run(asked).output)
    assert sorted(made) == ["unwrap", "wrap", "wrap"], "the canvas, the picture, and its maps"
    assert np.abs(large - small).mean() < 0.1


@pytest.fixture
def snowed(job, tmp_path):
    """Snow on the right half."""
    mask = np.zeros(SIZE, np.uint8)
    mask[:, 40:] = 255
    Image.fromarray(mask).save(tmp_path / "half.png")
    named = (StyleFile("snow"),)
    return replace(
        job,
        styles=named,
        method="munit",
        lies="everywhere",
        mask=str(tmp_path / "half.png"),
        maps="",
    )


def test_a_state_has_a_finish_over_the_surfaces_own(snowed):
    asked = replace(
        snowed, maps="roughness,metallic,coverage", own_roughness="0.2", own_metallic="1"
    )
    roughness, coverage, metallic = (
        opened(path) / 255
        for path in (run(asked).maps[name] for name in ("roughness", "coverage", "metallic"))
    )
    assert roughness[:, :38] == pytest.approx(0.2, abs=0.003)
    assert roughness[:, 42:] == pytest.approx(0.8, abs=0.003)
    assert (metallic[:, :38] == 1).all()
    assert (metallic[:, 42:] == 0).all()
    assert (coverage[:, 42:] == 1).all()


def test_of_a_picture_of_roughness_and_metal_each_has_its_channel(snowed, tmp_path):
    orm = np.zeros((*SIZE, 3), np.uint8) + np.array((9, 60, 200), np.uint8)
    Image.fromarray(orm).save(tmp_path / "orm.png")
    own = str(tmp_path / "orm.png")
    made = run(replace(snowed, maps="roughness,metallic", own_roughness=own, own_metallic=own)).maps
    assert (opened(made["roughness"])[:, :38] == 60).all()
    assert (opened(made["metallic"])[:, :38] == 200).all()


def test_maps_that_a_state_has_not_are_refused_in_words(snowed):
    for style, maps, words in (
        ("snow", "normal", "snow changes no normal; its maps are: roughness, coverage, metallic"),
        ("wet", "metallic", "wet changes no metallic; its maps are: roughness, coverage"),
        ("night", "roughness", "munit lays no paint on"),
    ):
        with pytest.raises(ParamsError, match=words):
            run(replace(snowed, styles=(StyleFile(style),), maps=maps))
    with pytest.raises(ParamsError, match="munit lays no paint on"):
        run(replace(snowed, maps="roughness", params={"back": True}))
    with pytest.raises(PictureError, match="is in 0 to 1, and 3 is not"):
        run(replace(snowed, maps="roughness", own_roughness="3"))
    with pytest.raises(PictureError, match=r"none\.png"):
        run(replace(snowed, maps="roughness", own_roughness="none.png"))


def test_paint_is_no_metal(job, tmp_path):
    made = run(replace(job, maps="metallic", own_metallic="1", strength=0.5))
    assert opened(made.maps["metallic"]) == pytest.approx(127.5, abs=1)
