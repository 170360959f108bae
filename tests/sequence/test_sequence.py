"""Films: the same frames however they are cut up, each made once, none lost."""

import json
import os
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import core.sequence.run
from core.cli import main
from core.errors import Cancelled, ParamsError, PictureError, StylizeError
from core.imaging.image import load_image
from core.passes import open_passes, read_pass
from core.request.picture_job import StyleFile
from core.request.sequence_job import Film, Region
from core.sequence.run import stylize_film
from core.video.ledger import FOLDER
from core.video.metrics import clip_warping_error

COUNT = 11


def files(film):
    folder = Path(film.job.output).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("o_*"))}


@pytest.fixture
def shots(write_png, tmp_path):
    return write_png(tmp_path / "in", COUNT)


@pytest.mark.parametrize("how", [{}, {"statistics": "follow"}, {"both_ways": True}])
def test_any_chunks_give_the_same_frames(shots, make_film, how):
    whole = make_film(shots, "whole", **how)
    parts = make_film(shots, "parts", **how)
    assert stylize_film(whole).frames == COUNT
    for frames in ((9, 11), (1, 2), (3, 8)):
        stylize_film(replace(parts, frames=frames))
    assert len(files(whole)) == COUNT
    assert files(whole) == files(parts)


@pytest.mark.parametrize("both_ways", [False, True])
def test_what_is_walked_to_and_what_is_written_are_told_apart(shots, make_film, both_ways):
    """Whoever shows how far a film is must count neither tiles nor frames that are not written."""
    told = []
    stylize_film(make_film(shots, both_ways=both_ways), told.append)
    for stage in ("ahead", "frames"):
        counts = [(step.done, step.total) for step in told if step.stage == stage]
        assert counts[-1] == (COUNT, COUNT)
        assert counts == sorted(counts)
        assert len({total for _, total in counts}) == 1


def test_finished_frames_are_left_alone(shots, make_film):
    film = make_film(shots)
    stylize_film(film)
    before = files(film)
    Path(film.job.output.replace("####", "0006")).unlink()
    result = stylize_film(film)
    assert (result.frames, result.skipped) == (1, COUNT - 1)
    assert files(film) == before
    assert stylize_film(film).frames == 0


def test_other_settings_or_other_frames_are_made_anew(shots, make_film, write_png, tmp_path):
    film = make_film(shots)
    stylize_film(film)
    assert stylize_film(replace(film, job=replace(film.job, strength=0.5))).frames == COUNT
    assert stylize_film(replace(film, job=replace(film.job, strength=0.5))).frames == 0
    write_png(tmp_path / "in", 1, seed=3)
    assert stylize_film(replace(film, job=replace(film.job, strength=0.5))).frames == 1


def test_a_file_that_is_not_ours_is_not_replaced(shots, make_film):
    film = make_film(shots)
    foreign = Path(film.job.output.replace("####", "0003"))
    foreign.write_bytes(b"mine")
    with pytest.raises(PictureError, match="overwrite"):
        stylize_film(film)
    assert foreign.read_bytes() == b"mine"
    assert len(files(film)) == 1
    assert stylize_film(replace(film, overwrite=True)).frames == COUNT


@pytest.mark.parametrize("both_ways", [False, True])
def test_paint_moves_with_the_picture(write_exr, make_film, made, both_ways, tmp_path):
    content = write_exr(tmp_path / "in", COUNT)
    numbers = range(1, COUNT + 1)
    result, steady = made(make_film(content, "steady", both_ways=both_ways), numbers)
    assert result.motion == "passes"
    _, single = made(make_film(content, "single", motion="none"), numbers)
    forward = torch.tensor([-3.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, *steady[0].shape[-2:])
    hidden = torch.zeros_like(steady[0][:, :1])
    hidden[..., :2, :], hidden[..., :4] = 1, 1
    errors = [
        clip_warping_error(x, [forward] * (COUNT - 1), [hidden] * (COUNT - 1))
        for x in (steady, single)
    ]
    assert errors[0] < 0.35 * errors[1]
    contrast = [float(torch.stack([x.std() for x in frames]).mean()) for frames in (steady, single)]
    assert contrast[0] > 0.93 * contrast[1]


def test_a_guess_of_motion_helps_as_well(shots, make_film, made):
    numbers = range(1, COUNT + 1)
    result, steady = made(make_film(shots, "steady"), numbers)
    assert result.motion == "dis"
    _, single = made(make_film(shots, "single", motion="none"), numbers)
    inner = (..., slice(12, -12), slice(12, -12))

    def unrest(frames):
        pairs = [(b[..., :-1, :-3] - a[..., 1:, 3:])[inner] for a, b in pairwise(frames)]
        return float(torch.stack(pairs).square().mean())

    assert unrest(steady) < 0.6 * unrest(single)


def test_light_that_fades_where_nothing_moves_is_followed(write_exr, make_film, made, tmp_path):
    content, numbers = write_exr(tmp_path / "in", 8, fade=0.93), range(1, 9)
    _, steady = made(make_film(content, "steady", anchor=12, motion="passes"), numbers)
    _, single = made(make_film(content, "single", motion="none"), numbers)
    behind = [float((a.mean() - b.mean()).abs()) for a, b in zip(steady, single, strict=True)]
    assert max(behind) < 0.25 * float((single[0].mean() - single[-1].mean()).abs())


def test_another_shot_begins_anew(write_png, make_film, pictures, tmp_path):
    content = write_png(tmp_path / "in", 5)
    picture = 1 - np.stack(
        [load_image(content.replace("####", f"{n:04d}")).rgb for n in range(1, 6)]
    )
    import cv2

    for number, x in enumerate(picture, 6):
        pixels = (x[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)
        cv2.imwrite(content.replace("####", f"{number:04d}"), pixels)
    film = make_film(content)
    assert stylize_film(film).cuts == (6,)
    whole = pictures(film, [6])[0]
    alone = make_film(content, "alone", motion="none")
    stylize_film(alone)
    assert torch.equal(whole, pictures(alone, [6])[0])


@pytest.mark.parametrize("suffix", [".exr", ".png"])
def test_strength_zero_is_the_frame_itself(write_exr, write_png, make_film, suffix, tmp_path):
    write = write_exr if suffix == ".exr" else write_png
    film = make_film(write(tmp_path / "in", 3), suffix=suffix, job={"strength": 0.0})
    stylize_film(film)
    for number in (1, 3):
        came, went = (
            load_image(str(p).replace("####", f"{number:04d}"))
            for p in (film.job.content, film.job.output)
        )
        assert np.array_equal(came.origin.pixels[..., :3], went.origin.pixels[..., :3])


def test_halves_and_metadata_stay(write_exr, make_film, tmp_path):
    film = make_film(write_exr(tmp_path / "in", 2, halves=True), suffix=".exr")
    stylize_film(film)
    went = load_image(film.job.output.replace("####", "0002"))
    assert went.origin.pixels.dtype == np.float16
    assert went.origin.facts.metadata["Frame"] == ("string", "0002")


def test_regions_are_left_as_they_are(write_exr, make_film, tmp_path):
    content = write_exr(tmp_path / "in", 3)
    film = make_film(content, suffix=".exr", regions=(Region("object:Fox", 0.0),))
    stylize_film(film)
    came = read_pass(open_passes(content.replace("####", "0002")), "combined")[:, :3]
    went = read_pass(open_passes(film.job.output.replace("####", "0002")), "combined")[:, :3]
    half = came.shape[-1] // 2
    assert torch.equal(came[..., :half], went[..., :half])
    assert not torch.equal(came[..., half:], went[..., half:])


def test_colour_is_painted_and_light_stays(write_exr, make_film, tmp_path):
    content = write_exr(tmp_path / "in", 2)
    film = make_film(content, suffix=".exr", source="diffuse_color")
    stylize_film(film)
    plain = make_film(content, "plain", suffix=".exr")
    stylize_film(plain)
    lit, painted = (
        read_pass(open_passes(f.job.output.replace("####", "0001")), "combined")[:, :3]
        for f in (film, plain)
    )
    assert (lit - painted).abs().max() < 2e-3  # the light is 1 everywhere


def test_zero_vectors_are_told(write_exr, make_film, tmp_path):
    result = stylize_film(make_film(write_exr(tmp_path / "in", 3, still=True)))
    assert "Motion Blur" in " ".join(result.notes)


def test_no_vectors_are_refused_where_they_are_wanted(write_exr, make_film, tmp_path):
    film = make_film(write_exr(tmp_path / "in", 2, vectors=False), motion="passes")
    with pytest.raises(PictureError, match="Vector"):
        stylize_film(film)
    assert not files(film)
    assert stylize_film(replace(film, motion="auto")).motion == "dis"


def test_vectors_may_have_files_of_their_own(write_exr, make_film, pictures, tmp_path):
    """As where the frames have Motion Blur: every bit is as if they told themselves how they move."""
    own = make_film(write_exr(tmp_path / "own", 4), "whole", ".exr")
    bare = write_exr(tmp_path / "bare", 4, vectors=False)
    apart = make_film(bare, "apart", ".exr", vectors=own.job.content)
    assert stylize_film(own).motion == stylize_film(apart).motion == "passes"
    assert files(own) == files(apart)
    assert stylize_film(apart).skipped == 4
    write_exr(tmp_path / "own", 4, still=True)
    assert stylize_film(apart).skipped == 0


def test_vectors_that_are_missing_or_of_another_size(write_exr, write_png, make_film, tmp_path):
    content = write_exr(tmp_path / "in", 3, vectors=False)
    few = make_film(content, suffix=".exr", vectors=write_exr(tmp_path / "few", 2))
    with pytest.raises(PictureError, match="the frames 3 are missing"):
        stylize_film(few)
    none = make_film(content, suffix=".exr", vectors=content)
    with pytest.raises(PictureError, match="no pass vector"):
        stylize_film(none)
    plain = make_film(content, suffix=".exr", vectors=write_png(tmp_path / "png", 3))
    with pytest.raises(PictureError, match="has no passes"):
        stylize_film(plain)
    assert not list((tmp_path / "out").glob("*.exr"))


def test_missing_frames_are_listed(shots, make_film):
    for number in (4, 7, 8):
        Path(shots.replace("####", f"{number:04d}")).unlink()
    film = make_film(shots)
    with pytest.raises(PictureError, match=r"4, 7-8 are missing"):
        stylize_film(film)
    assert not files(film)
    assert stylize_film(replace(film, frames=(1, 3))).frames == 3


def test_frames_of_other_sizes_are_refused(shots, make_film):
    import cv2

    cv2.imwrite(shots.replace("####", "0005"), np.zeros((40, 50, 3), np.uint8))
    film = make_film(shots)
    with pytest.raises(PictureError, match="frame 5 has 50 x 40"):
        stylize_film(film)
    assert not files(film)


@pytest.mark.parametrize("role", ["style", "mask"])
def test_styles_and_masks_keep_to_the_limit_of_pixels(shots, make_film, tmp_path, role):
    large = tmp_path / "large.png"
    Image.new("RGB", (800, 800)).save(large)
    film = make_film(shots, "out")
    style = StyleFile(str(large)) if role == "style" else film.job.styles[0]
    mask = str(large) if role == "mask" else None
    job = replace(film.job, styles=(style,), mask=mask, max_pixels=600_000)
    with pytest.raises(PictureError, match=r"large\.png: it claims 800 x 800"):
        stylize_film(replace(film, job=job))
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_cut_off_frame_stops_and_keeps_those_before(write_exr, make_film, tmp_path):
    content = write_exr(tmp_path / "in", 6)
    broken = Path(content.replace("####", "0005"))
    broken.write_bytes(broken.read_bytes()[:-3000])
    film = make_film(content, statistics="follow")
    with pytest.raises(StylizeError, match="0005"):
        stylize_film(film)
    assert len(files(film)) == 4


def test_a_full_disk_loses_nothing(shots, make_film, monkeypatch):
    film, good = make_film(shots), make_film(shots, "good")
    stylize_film(good)
    written = core.sequence.run.save_image

    def fill(path, *rest):
        if "0004" in str(path):
            raise PictureError(f"cannot write {path}: the disk is full")
        written(path, *rest)

    monkeypatch.setattr(core.sequence.run, "save_image", fill)
    with pytest.raises(PictureError, match="disk is full"):
        stylize_film(film)
    assert [*files(film)] == ["o_0001.png", "o_0002.png", "o_0003.png"]
    monkeypatch.undo()
    assert stylize_film(film).frames == COUNT - 3
    assert files(film) == files(good)


def test_a_cancelled_film_goes_on(shots, make_film):
    film, good = make_film(shots), make_film(shots, "good")
    stylize_film(good)

    def stop(progress):
        if progress.stage == "frames" and progress.done == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        stylize_film(film, stop)
    assert len(files(film)) == 5
    assert not list((Path(film.job.output).parent / FOLDER).glob("*.busy"))
    assert stylize_film(film).frames == COUNT - 5
    assert files(film) == files(good)


def test_a_frame_that_was_changed_is_found_by_its_bytes(shots, make_film):
    film = make_film(shots)
    stylize_film(film)
    before = files(film)
    path = Path(film.job.output.replace("####", "0006"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")  # of the same size
    with pytest.raises(PictureError, match=r"o_0006.png .*changed since"):
        stylize_film(film)
    assert stylize_film(replace(film, overwrite=True)).frames == 1
    assert files(film) == before


def test_records_of_before_go_on(shots, make_film):
    """As an earlier version left it: no digests, and a name on a sign of life."""
    film = make_film(shots, motion="none")
    stylize_film(replace(film, frames=(1, 5)))
    records = Path(film.job.output).parent / FOLDER
    for path in records.glob("*.json"):
        facts = json.loads(path.read_text())
        path.write_text(json.dumps({name: facts[name] for name in ("film", "source", "bytes")}))
    result = stylize_film(film)
    assert (result.frames, result.skipped) == (COUNT - 5, 5)
    other = replace(film, job=replace(film.job, strength=0.5))
    assert stylize_film(other).frames == COUNT


def test_originals_are_never_overwritten(shots, make_film, tmp_path):
    """Whatever name leads to them: another number of digits, a link to the folder, or to the file."""
    film = make_film(shots, overwrite=True)
    came = {path: path.read_bytes() for path in Path(shots).parent.iterdir()}
    outputs = [str(tmp_path / "in" / "in_#.png"), str(tmp_path / "link" / "in_####.png")]
    (tmp_path / "link").symlink_to(tmp_path / "in")
    os.link(tmp_path / "in" / "in_0003.png", tmp_path / "out" / "o_0003.png")
    (tmp_path / "in" / "in_3.png").symlink_to("in_0003.png")
    for output in (*outputs, film.job.output):
        with pytest.raises(ParamsError, match="originals are never overwritten"):
            stylize_film(replace(film, job=replace(film.job, output=output)))
    assert all(path.read_bytes() == data for path, data in came.items())


def test_two_jobs_of_other_settings_keep_apart(shots, make_film):
    film = make_film(shots)
    folder = Path(film.job.output).parent / FOLDER
    folder.mkdir()
    mark = folder / f"o_####.png.{'0' * 16}.abcdef01.busy"
    mark.touch()
    with pytest.raises(StylizeError, match="another job"):
        stylize_film(film)
    os.utime(mark, (time.time() - 3600,) * 2)
    assert stylize_film(film).frames == COUNT


def test_panoramas_meet_at_the_back(write_png, make_film, pictures, tmp_path):
    import cv2

    content = write_png(tmp_path / "in", 3)
    wide = np.concatenate([np.random.default_rng(0).random((48, 96, 3))] * 1)
    smooth = cv2.blur(np.concatenate([wide] * 3, 1), (9, 9))
    for number in (1, 2, 3):
        turned = smooth[:, 96 + 2 * number : 192 + 2 * number]
        cv2.imwrite(content.replace("####", f"{number:04d}"), (turned * 255).astype(np.uint8))
    film = make_film(content, job={"surface": "equirect"})
    stylize_film(film)
    for x in pictures(film, [1, 3]):
        inside = (x[..., 1:] - x[..., :-1]).abs().mean()
        assert (x[..., 0] - x[..., -1]).abs().mean() < 1.6 * inside


@pytest.mark.parametrize(
    "field", [{"motion": "magic"}, {"anchor": 0}, {"regions": (Region("object:", 1),)}]
)
def test_wrong_settings_are_refused(shots, make_film, field):
    with pytest.raises(ParamsError):
        stylize_film(make_film(shots, **field))


def test_a_film_survives_json(shots, make_film):
    film = make_film(shots, frames=(1, 3), regions=(Region("depth:1..2", 0.5),))
    assert Film.from_json(film.to_json()) == film
    with pytest.raises(ParamsError, match="no field"):
        Film.from_json(json.dumps({"job": {}, "colour": 1}))


def test_the_command(shots, tmp_path, capsys):
    out = tmp_path / "typed"
    out.mkdir()
    typed = ["sequence", shots, "--style", "builtin:comic", "-o", str(out / "f_####.png")]
    assert main([*typed, "--frames", "2-4", "--method", "transport", "--json", "--quiet"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["frames"], facts["motion"]) == (3, "dis")
    assert len(list(out.glob("f_*.png"))) == 3
    assert main([*typed, "--frames", "4-2"]) == 2
    assert main([*typed, "--region", "object:Fox=much"]) == 2
    assert main([*typed, "--frames", "90-95"]) == 1
    assert main([*typed, "--frames", "1-99999999999"]) == 1
    for nonsense in ("1-" + "9" * 5000, "", " ", "a-b", "1-2-3", "1e3", "-"):
        assert main([*typed, f"--frames={nonsense}"]) == 2
        assert "range" in capsys.readouterr().err[-80:]
