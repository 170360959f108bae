"""From a render's file to the picture: what comes out, what is said of what is missing, what stays."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from core.catalog import find_card
from core.cli import main
from core.errors import Cancelled, ParamsError, PictureError
from core.imaging.image import load_image
from core.npr.shading import BORDER, SILHOUETTE, find_crossings
from core.passes import FAR, open_passes, read_pass
from core.request.toon_job import LineColor, ToonJob, make_look, parse_direction, parse_line_color
from core.request.toon_look import PRESETS
from core.toon.compose import compose, flatten
from core.toon.frame import read_frame
from core.toon.measures import measure
from core.toon.run import run_toon

from .conftest import SIZE, SUN, passes_of, write_exr

FILES = Path(__file__).parent.parent / "passes" / "files"


LINES = {"line_width": 18.0}
"""Two pixels in pictures that are 120 pixels high."""


def job(content, look=None, **more):
    given = {"content": str(content), "output": "out.png", "look": LINES | (look or {})}
    return ToonJob(**given | more)


def made(content, **more):
    """Return a frame, its layers, and the flat picture."""
    asked = job(content, **more)
    look = make_look(asked)
    frame = read_frame(content, asked, look)
    layers, _ = compose(frame, asked, look, measure([frame], asked))
    return frame, layers, flatten(layers)


def test_what_no_surface_and_no_line_covers_keeps_its_bits(exr):
    frame, layers, picture = made(exr)
    free = (frame.cover == 0) & (layers.lines[..., 3] == 0)
    assert free.mean() > 0.3
    assert np.array_equal(picture[free], frame.combined[free])
    assert np.allclose(picture[..., 3], 1)


def test_bands_have_their_two_tones_and_lines_are_ink(exr):
    frame, layers, picture = made(exr, look={"bands": 2, "highlight": 0.0, "chroma": 1.0})
    inner = (
        (frame.cover > 0.999)
        & (layers.lines[..., 3] == 0)
        & (frame.scene.objects == frame.scene.objects[60, 40])
    )
    reds = picture[inner][:, 0]
    ends = [np.isclose(reds, tone, atol=0.005).mean() for tone in (reds.min(), reds.max())]
    assert min(ends) > 0.1
    assert sum(ends) > 0.9  # the rest is their antialiased edge
    assert float(layers.lines[..., 3].max()) > 0.9
    assert float(picture[layers.lines[..., 3] > 0.99][:, :3].max()) < 0.02


def test_the_light_is_measured(exr):
    asked = job(exr)
    frame = read_frame(exr, asked, make_look(asked))
    shared = measure([frame], asked)
    assert shared.sun @ SUN > 0.99
    assert 0.8 < shared.white <= 1
    set_by_hand = measure([frame], replace(asked, sun=(0.0, 0.0, 2.0), white=3.0))
    assert set_by_hand.sun.tolist() == [0, 0, 1]
    assert (set_by_hand.white, set_by_hand.black) == (3, 0)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_look_makes_a_sound_picture_unlike_the_others(exr, preset):
    _, _, picture = made(exr, preset=preset)
    assert np.isfinite(picture).all()
    assert (picture >= 0).all()
    for other in PRESETS:
        if other != preset:
            assert np.abs(picture - made(exr, preset=other)[2]).max() > 0.05


def test_backgrounds(exr):
    frame, _, none = made(exr, background="none")
    free = frame.cover == 0
    far = free & (none[..., 3] == 0)
    assert far.sum() > 0.2 * free.size
    assert not none[far].any()
    _, _, paper = made(exr, background="paper", look={"paper": "#ffffff"})
    assert np.allclose(paper[far], 1, atol=1e-6)


def test_silhouettes_are_no_borders_of_materials(exr):
    """A pixel that a thing covers a little has its material, and the next one none."""
    asked = job(exr)
    found = find_crossings(read_frame(exr, asked, make_look(asked)).scene, 40)
    assert (found.kind == SILHOUETTE).any()
    assert not (found.kind == BORDER).any()


def test_an_object_has_ink_of_its_own(exr):
    frame, layers, _ = made(exr, line_colors=(LineColor("Box", "#ff0000"),))
    dark = layers.lines[..., 3] > 0.9
    red = dark & (layers.lines[..., 0] > 0.5)
    columns = np.nonzero(red)[1]
    assert len(columns) > 50
    assert columns.min() > 70  # the box stands to the right
    assert (dark & ~red)[:, :60].any()
    assert frame.inks["Box"].max() == 1


def test_ink_for_what_is_not_there_is_said(exr, tmp_path):
    given = {"output": str(tmp_path / "o.png")}
    colors = (LineColor("Box", "#ff0000"), LineColor("Bax", "#00ff00"))
    notes = run_toon(job(exr, line_colors=colors, **given)).notes
    assert [note for note in notes if "no frame shows" in note] == [
        "no frame shows an object Bax; look at how its ink's name is spelled"
    ]


def without(passes, *names):
    return {key: x for key, x in passes.items() if key.split(".")[0] not in names}


@pytest.mark.parametrize(
    ("name", "ours", "switch"),
    [
        ("Depth", "depth", "Data > Depth"),
        ("Normal", "normal", "Data > Normal"),
        ("Position", "position", "Data > Position"),
        ("DiffCol", "diffuse_color", "Light > Diffuse > Color"),
        ("DiffDir", "diffuse_direct", "Light > Diffuse > Direct"),
        ("CryptoObject00", "cryptomatte_object", "Cryptomatte > Object"),
    ],
)
def test_a_missing_pass_is_named_with_its_switch(rendered, tmp_path, name, ours, switch):
    path = write_exr(tmp_path / "r.exr", without(passes_of(rendered), name))
    with pytest.raises(PictureError, match=f"no pass {ours}.*{switch}"):
        run_toon(job(path, output=str(tmp_path / "o.png")))
    assert not (tmp_path / "o.png").exists()


def test_indices_do_where_there_is_no_cryptomatte_and_materials_may_be_missing(rendered, tmp_path):
    passes = without(passes_of(rendered), "CryptoObject00", "CryptoMaterial00")
    passes["IndexOB.X"] = (rendered.scene.objects)[..., None].astype(np.float32)
    path = write_exr(tmp_path / "r.exr", passes)
    result = run_toon(job(path, output=str(tmp_path / "o.png")))
    assert any(
        "no lines between" in note and "Cryptomatte > Material" in note for note in result.notes
    )
    _, layers, _ = made(path)
    assert float(layers.lines[..., 3].max()) > 0.9


def test_no_light_at_all_is_shadow_and_said(rendered, tmp_path):
    passes = passes_of(rendered)
    passes["DiffDir.RGB"] = np.zeros_like(passes["DiffDir.RGB"])
    passes["Combined.RGBA"][..., :3] = 0
    path = write_exr(tmp_path / "r.exr", passes)
    result = run_toon(job(path, output=str(tmp_path / "o.png")))
    assert any("no light falls" in note for note in result.notes)


def test_values_that_are_no_numbers_and_far_too_bright_ones(rendered, tmp_path):
    passes = {key: x.copy() for key, x in passes_of(rendered).items()}
    passes["DiffDir.RGB"][60, 50] = np.nan
    passes["Normal.XYZ"][40, 50] = np.inf
    passes["Position.XYZ"][41, 50] = np.nan
    passes["Depth.Z"][42, 50] = np.nan
    passes["Combined.RGBA"][2, 2, :3] = 5e4
    path = write_exr(tmp_path / "r.exr", passes)
    for preset in PRESETS:
        _, _, picture = made(path, preset=preset)
        assert np.isfinite(picture).all()
        assert picture[2, 2, 0] == 5e4


def test_a_transparent_film_keeps_its_alpha(rendered, tmp_path):
    passes = passes_of(rendered)
    cover = rendered.shares.sum(-1, keepdims=True)
    lit = rendered.color * rendered.light[..., None]
    passes["Combined.RGBA"] = np.concatenate([lit, cover], -1)
    path = write_exr(tmp_path / "r.exr", without(passes, "Env"))
    frame, layers, picture = made(path)
    unlined = layers.lines[..., 3] == 0
    assert np.allclose(picture[..., 3][unlined], frame.combined[..., 3][unlined], atol=1e-6)
    output = tmp_path / "o.png"
    run_toon(job(path, output=str(output)))
    assert load_image(output).alpha is not None


def test_layers_over_each_other_are_the_picture(exr, tmp_path):
    output, layers = tmp_path / "o.exr", tmp_path / "l.exr"
    run_toon(job(exr, output=str(output), layers=str(layers)))
    passes = open_passes(layers)
    read = [read_pass(passes, n)[0] for n in ("combined", "Background", "Shades", "Lines")]
    over = read[1]
    for layer in read[2:]:
        over = layer + over * (1 - layer[3:])
    assert np.allclose(over, read[0], atol=3e-3)
    flat = oiio.ImageBuf(str(output)).get_pixels(oiio.FLOAT)
    assert np.allclose(flat[..., :3], read[0][:3].transpose(1, 2, 0), atol=3e-3)


def test_a_style_lies_inside_the_lines(exr, tmp_path):
    style = np.full((*SIZE, 3), 128, np.uint8)
    path = tmp_path / "style.png"
    oiio_write(path, style)
    output = tmp_path / "o.png"
    run_toon(job(exr, output=str(output), fill=str(path)))
    shown = oiio.ImageBuf(str(output)).get_pixels(oiio.UINT8)[..., :3]
    assert (shown == 128).all(-1).mean() > 0.85
    assert float(shown.min()) < 40
    oiio_write(path, style[:50])
    with pytest.raises(PictureError, match=r"160 x 50 pixels.*160 x 120"):
        run_toon(job(exr, output=str(output), fill=str(path)))


def oiio_write(path, pixels):
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), oiio.ImageSpec(pixels.shape[1], pixels.shape[0], 3, "uint8"))
    assert out.write_image(np.ascontiguousarray(pixels))
    assert out.close()


def test_requests_that_are_wrong(exr, tmp_path):
    for wrong, said in (
        ({"preset": "cartoon"}, "choose one of: cel"),
        ({"look": {"bands": 99}}, "bands is 99"),
        ({"look": {"bands": 2.5}}, "must be a int"),
        ({"look": {"shine": 1.0}}, "no setting 'shine'"),
        ({"look": {"line_color": "red"}}, "#rrggbb"),
        ({"background": "blue"}, "choose one of: render"),
        ({"layers": str(tmp_path / "l.png")}, "end in .exr"),
        ({"output": str(tmp_path / "o_##.png")}, "name one picture"),
        ({"output": str(exr)}, "originals are never overwritten"),
        ({"layers": str(exr)}, "originals are never overwritten"),
        ({"fill": str(tmp_path / "." / "o.png")}, "originals are never overwritten"),
        ({"output": str(tmp_path / "o.exr"), "layers": str(tmp_path / "o.exr")}, "twice"),
    ):
        with pytest.raises(ParamsError, match=said):
            run_toon(job(exr, **{"output": str(tmp_path / "o.png")} | wrong))
    with pytest.raises(PictureError, match=r"no such file|cannot read"):
        run_toon(job(tmp_path / "none.exr", output=str(tmp_path / "o.png")))
    for text in ("1,2", "a,b,c", "0,0,0", "nan,1,1"):
        with pytest.raises(ParamsError, match="no direction"):
            parse_direction(text)
    with pytest.raises(ParamsError, match="OBJECT=#rrggbb"):
        parse_line_color("#ff0000")
    assert parse_line_color("Fox = red=#ff0000") == LineColor("Fox = red", "#ff0000")


def frames_of(rendered, folder, count=3, shift=0):
    """Write frames of the same things standing still, of other light each."""
    for number in range(1, count + 1):
        bright = replace(rendered, light=rendered.light * (1 - 0.1 * number) ** shift)
        write_exr(folder / f"r_{number:02d}.exr", passes_of(bright))
    return folder / "r_##.exr"


def test_frames_are_made_once_and_stay_calm(rendered, tmp_path):
    pattern = frames_of(rendered, tmp_path)
    asked = job(pattern, output=str(tmp_path / "o_##.png"))
    assert run_toon(asked).frames == 3
    pictures = [
        oiio.ImageBuf(str(tmp_path / f"o_0{n}.png")).get_pixels(oiio.UINT8) for n in (1, 2, 3)
    ]
    assert all(np.array_equal(pictures[0], other) for other in pictures[1:])
    assert run_toon(asked).frames == 0
    (tmp_path / "o_02.png").unlink()
    assert run_toon(asked).frames == 1
    assert np.array_equal(
        oiio.ImageBuf(str(tmp_path / "o_02.png")).get_pixels(oiio.UINT8), pictures[1]
    )
    (tmp_path / "o_03.png").write_bytes(b"mine")
    with pytest.raises(PictureError, match="was not made here"):
        run_toon(asked)
    assert (tmp_path / "o_03.png").read_bytes() == b"mine"
    assert run_toon(replace(asked, overwrite=True)).frames == 1


def test_no_frame_is_written_over_what_is_read_by_whatever_link(rendered, tmp_path):
    pattern = frames_of(rendered, tmp_path, count=2)
    was = (tmp_path / "r_02.exr").read_bytes()
    (tmp_path / "o_02.exr").hardlink_to(tmp_path / "r_02.exr")
    for name in ("output", "layers"):
        asked = {"output": str(tmp_path / "p_##.png"), name: str(tmp_path / "o_##.exr")}
        with pytest.raises(ParamsError, match=r"the output is .*r_02\.exr itself"):
            run_toon(job(pattern, overwrite=True, **asked))
    assert (tmp_path / "r_02.exr").read_bytes() == was
    assert not (tmp_path / "p_01.png").exists()


def test_light_is_measured_over_all_frames(rendered, tmp_path):
    """A frame that is darker than the others is darker in tones too."""
    pattern = frames_of(rendered, tmp_path, shift=1)
    asked = job(pattern, output=str(tmp_path / "o_##.png"), look={"bands": 5, "softness": 1.0})
    run_toon(asked)
    means = [
        oiio.ImageBuf(str(tmp_path / f"o_0{n}.png")).get_pixels(oiio.UINT8).mean()
        for n in (1, 2, 3)
    ]
    assert means[0] > means[1] > means[2]


def test_a_job_can_be_cancelled(exr, tmp_path):
    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        run_toon(job(exr, output=str(tmp_path / "o.png")), stop)
    assert not (tmp_path / "o.png").exists()


def test_the_command(exr, tmp_path, capsys):
    output = tmp_path / "o.png"
    assert (
        main(["toon", str(exr), "-o", str(output), "--preset", "ink", "--bands", "2", "--json"])
        == 0
    )
    result = json.loads(capsys.readouterr().out)
    assert (result["width"], result["height"], result["frames"]) == (160, 120, 1)
    assert output.exists()
    assert main(["toon", str(exr), "-o", str(output), "--bands", "20"]) == 2
    assert "--bands" in capsys.readouterr().err
    assert main(["toon", str(exr), "-o", str(exr)]) == 2
    with pytest.raises(SystemExit):
        main(["toon", "--looks"])
    assert "Gouache" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["cycles_4.2", "eevee_4.5", "cycles_5.2"])
def test_what_blender_writes_is_read(name, tmp_path):
    """Of all versions and both engines; small as they are, they show shades, lines and the sky."""
    path = FILES / f"{name}.exr"
    asked = job(path, look={"line_width": 64.0}, output=str(tmp_path / "o.png"))
    assert run_toon(asked).notes == ()
    frame, layers, picture = made(path, look={"line_width": 64.0})
    assert frame.eye.kind == "perspective"
    assert frame.eye.sure
    assert float(layers.lines[..., 3].max()) > 0.5
    assert np.ptp(layers.shades[frame.cover > 0.99][:, 0]) > 0.1
    sky = (frame.cover == 0) & (layers.lines[..., 3] == 0)
    assert sky.sum() > 40
    assert np.array_equal(picture[sky], frame.combined[sky])
    assert (frame.scene.depth[sky] == FAR).all()
    assert np.isfinite(picture).all()


@pytest.mark.parametrize("command", ["stylize", "sequence"])
def test_the_method_toon_is_the_command_toon(rendered, tmp_path, command):
    """By either name, the same picture; what else was typed is read as toon's own options."""
    content, output = str(write_exr(tmp_path / "r_01.exr", passes_of(rendered))), tmp_path / "o.png"
    if command == "sequence":
        content, output = str(tmp_path / "r_##.exr"), tmp_path / "o_##.png"
    typed = [content, "--preset", "comic", "--line-width", "18", "--quiet"]
    assert main([command, *typed, "--method", "toon", "-o", str(output)]) == 0
    by_name = tmp_path / output.name.replace("##", "01")
    again = output.with_name(f"again_{output.name}")
    assert main(["toon", *typed, "-o", str(again)]) == 0
    assert by_name.read_bytes() == again.with_name(f"again_{by_name.name}").read_bytes()


def test_the_method_toon_wants_passes(tmp_path, capsys):
    picture = tmp_path / "photo.png"
    oiio_write(picture, np.zeros((*SIZE, 3), np.uint8))
    asked = ["stylize", str(picture), "-o", str(tmp_path / "o.png"), "--method", "toon"]
    assert main([*asked, "--quiet"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "EXR" in said
    assert main(["methods"]) == 0
    assert "--method toon" in capsys.readouterr().out
    with pytest.raises(ParamsError, match="by their passes"):
        find_card("toon")
