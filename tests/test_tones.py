"""Colours around a method: palettes of scenes and pictures, kept values and colours, in the whole engine."""

from itertools import combinations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from core.catalog import CARDS
from core.cli.arguments import UsageError, parse
from core.cli.commands import job_of
from core.errors import ParamsError, PictureError
from core.palette.hold import CELL
from core.palette.lut import tabulate
from core.palette.oklab import to_oklab
from core.picture.run import run
from core.picture.tones import Tones, make_tones
from core.request.picture_job import Job, SceneFile, StyleFile, TileFile, parse_scene_file
from core.styles import names

GREEN, GREY, RED = (0.06, 0.26, 0.20), (0.29, 0.29, 0.29), (0.83, 0.12, 0.06)
METHODS = ("brushwork", "transport", "adain", "metanet", "style_swap")


def save(path, colors):
    Pillow.fromarray((np.clip(colors, 0, 1) * 255).round().astype(np.uint8)).save(path)
    return str(path)


def mottled(color, seed, side=96):
    blotches = np.random.default_rng(seed).normal(0, 0.03, (side // 8, side // 8, 1))
    return np.array(color) + blotches.repeat(8, 0).repeat(8, 1)


@pytest.fixture
def materials(tmp_path):
    """Pictures of three plain materials."""
    colors = {"green": GREEN, "grey": GREY, "red": RED}
    return {
        name: save(tmp_path / f"{name}.png", mottled(color, k))
        for k, (name, color) in enumerate(colors.items())
    }


@pytest.fixture
def job(tmp_path):
    """Make a job: (content, **changes) -> Job."""

    def make(content, **changes):
        made = {
            "content": content, "output": str(tmp_path / "out.png"), "surface": "flat",
            "styles": (StyleFile("builtin:oil"),), "method": "transport", "precision": "float32",
        }  # fmt: skip  # a table
        return Job(**made | changes)

    return make


def lab(path):
    pixels = np.array(Pillow.open(path).convert("RGB")).transpose(2, 0, 1) / 255
    return to_oklab(pixels)


def mean(path):
    return lab(path).reshape(3, -1).mean(1)


def differences(means):
    return np.array([np.linalg.norm(a - b) for a, b in combinations(means, 2)])


def paint_all(materials, job, **changes):
    found = []
    for path in materials.values():
        result = run(job(path, **changes))
        found.append(mean(result.output))
    return found


@pytest.mark.parametrize("style", ["oil", "pastel", "mosaic"])
def test_plain_materials_of_a_scene_stay_apart(materials, job, style):
    scene = tuple(SceneFile(path) for path in materials.values())
    looks = (StyleFile(f"builtin:{style}"),)
    before = differences([mean(path) for path in materials.values()])
    assert (differences(paint_all(materials, job, styles=looks)) < 0.2 * before).any()
    after = differences(paint_all(materials, job, styles=looks, scene=scene))
    assert (after > 0.4 * before).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_paints_in_the_scenes_colors(materials, job, method):
    scene = tuple(SceneFile(path) for path in materials.values())
    means = paint_all(materials, job, scene=scene, method=method)
    before = [mean(path) for path in materials.values()]
    assert (differences(means) > 0.35 * differences(before)).all()
    assert (np.argsort([m[0] for m in means]) == np.argsort([m[0] for m in before])).all()


def test_a_material_counts_by_its_area(materials, job):
    """What covers nearly all the scene has about the style's mean; alone it would have it too."""
    goals = []
    for area in (1, 1e6):
        scene = (SceneFile(materials["red"], area), SceneFile(materials["grey"]))
        run(job(materials["red"], scene=scene))
        goals.append(mean(job("").output))
    assert np.linalg.norm(goals[0] - goals[1]) > 0.02


def test_a_picture_may_be_its_own_scene(materials, job, tmp_path):
    halves = np.concatenate([mottled(GREEN, 0), mottled(RED, 1)], 1)
    content = save(tmp_path / "halves.png", halves)
    run(job(content, palette="picture"))
    after, before = lab(job("").output), lab(content)
    apart = [
        np.linalg.norm(x[:, :, :90].mean((1, 2)) - x[:, :, 102:].mean((1, 2)))
        for x in (before, after)
    ]
    assert apart[1] > 0.4 * apart[0]
    assert np.linalg.norm(after.mean((1, 2)) - before.mean((1, 2))) > 0.05


def test_nothing_changes_where_nothing_is_asked(materials, job, monkeypatch):
    run(job(materials["green"]))
    first = np.array(Pillow.open(job("").output))
    run(job(materials["green"], palette="free", scene=(SceneFile(materials["red"]),)))
    assert np.array_equal(first, np.array(Pillow.open(job("").output)))
    monkeypatch.setattr("core.picture.tones.hold", lambda *_, **__: pytest.fail("it was held"))
    run(job(materials["green"]))


@pytest.mark.parametrize("palette", ["free", "picture"])
def test_kept_values_keep_black_black(job, tmp_path, palette):
    content = np.concatenate([mottled((0.08,) * 3, 0), mottled((0.7, 0.55, 0.4), 1)], 1)
    path = save(tmp_path / "lantern.png", content)
    looks = (StyleFile("builtin:pastel"),)
    run(job(path, styles=looks, palette=palette))
    free = abs(lab(job("").output) - lab(path))[0, :, :86].mean()
    run(job(path, styles=looks, palette=palette, keep_values=True))
    kept, own = lab(job("").output), lab(path)
    for part in (slice(0, 86), slice(106, 192)):
        assert kept[0, :, part].mean() == pytest.approx(own[0, :, part].mean(), abs=0.03)
    assert free > 0.1
    assert np.linalg.norm((kept - own)[1:, :, 106:].mean((1, 2))) > 0.01  # the colors changed


def test_kept_colors_keep_hue_chroma_and_lightness(job, tmp_path):
    content = np.concatenate([mottled((0.08,) * 3, 0), mottled(RED, 1)], 1)
    path = save(tmp_path / "lantern.png", content)
    run(job(path, keep_color=True))
    kept, own = lab(job("").output), lab(path)
    for part in (slice(0, 86), slice(106, 192)):
        away = kept[:, :, part].mean((1, 2)) - own[:, :, part].mean((1, 2))
        assert np.linalg.norm(away) < 0.035
    assert kept[0].std() > 0.02


def test_tiles_and_large_pictures_are_painted_alike(materials, job, tmp_path, monkeypatch):
    path = save(
        tmp_path / "large.png", np.concatenate([mottled(GREEN, 0, 320), mottled(RED, 1, 320)], 1)
    )
    scene = (SceneFile(path), SceneFile(materials["grey"]))
    run(job(path, scene=scene))
    whole = np.array(Pillow.open(job("").output)).astype(int)
    monkeypatch.setattr("core.imaging.image.LARGE", 1000)
    monkeypatch.setattr("core.device.ONE_TILE", 64)
    monkeypatch.setattr("core.device.TILES", (128,))
    run(job(path, scene=scene))
    assert abs(np.array(Pillow.open(job("").output)) - whole).max() <= 2


def test_udim_tiles_have_one_map(materials, job, tmp_path):
    tiles = tuple(
        TileFile(materials[name], str(tmp_path / f"{name}.out.png"), 1001 + k)
        for k, name in enumerate(("green", "red"))
    )
    scene = tuple(SceneFile(path) for path in materials.values())
    run(job(materials["green"], output=tiles[0].output, tiles=tiles, scene=scene))
    after = differences([mean(tile.output) for tile in tiles])
    before = differences([mean(tile.content) for tile in tiles])
    assert (after > 0.4 * before).all()


def test_styles_with_masks_have_a_map_each(job, tmp_path):
    content = save(tmp_path / "grey.png", mottled(GREY, 0, 128))
    mask = np.zeros((128, 128))
    mask[:, :64] = 1
    styles = []
    for name, color, part in (("blue", (0.1, 0.2, 0.7), mask), ("gold", (0.8, 0.6, 0.1), 1 - mask)):
        picture = save(tmp_path / f"{name}.png", mottled(color, 5, 64))
        where = save(tmp_path / f"{name}.mask.png", part)
        styles.append(StyleFile(picture, 1.0, where))
    run(job(content, styles=tuple(styles), palette="picture"))
    out = lab(job("").output)
    assert out[2, :, :50].mean() < -0.02 < 0.02 < out[2, :, 80:].mean()


@pytest.mark.parametrize("bad", ["one color", "noise", "black and white", "16 pixels"])
def test_odd_styles_do_no_harm(materials, job, tmp_path, bad):
    rng = np.random.default_rng(0)
    style = {
        "one color": np.full((64, 64, 3), 0.5),
        "noise": rng.random((64, 64, 3)),
        "black and white": rng.integers(0, 2, (64, 64, 1)).repeat(3, 2),
        "16 pixels": rng.random((16, 16, 3)),
    }[bad]
    looks = (StyleFile(save(tmp_path / "style.png", style)),)
    scene = tuple(SceneFile(path) for path in materials.values())
    before = differences([mean(path) for path in materials.values()])
    after = differences(paint_all(materials, job, styles=looks, scene=scene))
    assert (after > 0.35 * before).all()


def test_paint_that_does_not_count_is_in_no_mean():
    content, coverage = torch.full((1, 3, 64, 128), 0.5), torch.ones(1, 1, 64, 128)
    coverage[..., 64:] = 0
    around = Tones().surround(
        lambda x: torch.where(coverage > 0, x + 0.1, 0),
        tabulate(lambda lab: lab),
        coverage,
        fresh=True,
    )
    assert around(content)[..., :60].numpy() == pytest.approx(0.5, abs=0.02)


def test_wider_strokes_are_held_by_wider_means(job):
    cells = [make_tones(job("", style_scale=brush), None).cell for brush in (0.5, 1.0, 4.0)]
    assert cells == [CELL, CELL, 4 * CELL]


def test_a_content_of_one_color_is_painted(job, tmp_path):
    path = save(tmp_path / "one.png", np.full((64, 64, 3), GREEN))
    run(job(path, palette="picture"))
    assert np.isfinite(lab(job("").output)).all()


# What is asked


def test_a_picture_of_the_scene_is_read_from_what_is_typed():
    assert parse_scene_file("wood.png:2.5") == SceneFile("wood.png", 2.5)
    assert parse_scene_file("C:/wood.png") == SceneFile("C:/wood.png")
    with pytest.raises(ParamsError):
        parse_scene_file("")
    typed = ["stylize", "a.png", "-o", "b.png", "--style", "s.png", "--scene", "a.png", "--scene", "c.png:3",
             "--palette", "scene", "--keep-values"]  # fmt: skip
    got = job_of(parse(typed))
    assert got.scene == (SceneFile("a.png"), SceneFile("c.png", 3.0))
    assert (got.palette, got.keep_values) == ("scene", True)
    assert Job.from_json(got.to_json()) == got
    for area in ("0", "-1", "nan", "inf", "1e300"):
        with pytest.raises(UsageError, match=r"area is .*\(--scene\)"):
            parse([*typed[:7], f"a.png:{area}"])


def test_a_missing_picture_of_the_scene_is_said_before_anything_is_written(
    materials, job, tmp_path
):
    scene = (SceneFile(str(tmp_path / "none.png")),)
    with pytest.raises(PictureError, match=r"none\.png"):
        run(job(materials["green"], scene=scene))
    assert not (tmp_path / "out.png").exists()


def test_a_picture_of_the_scene_is_never_overwritten(materials, job):
    with pytest.raises(ParamsError, match="never overwritten"):
        run(job(materials["green"], output=materials["red"], scene=(SceneFile(materials["red"]),)))


def test_methods_that_know_names_say_that_they_have_no_palette(materials, job):
    card = next(card for card in CARDS if card.styles == "names")
    with pytest.raises(ParamsError, match="by name"):
        run(job(materials["green"], method=card.id, palette="scene"))


def test_a_built_in_styles_palette_is_known_by_its_name(materials, job):
    scene = tuple(SceneFile(path) for path in materials.values())
    looks = (StyleFile(f"builtin:{names()[0]}"),)
    result = run(job(materials["red"], method="reconet", styles=looks, scene=scene))
    assert not any("by its name" in note for note in result.notes)
