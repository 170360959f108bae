"""Sequences: the same frames however they are cut up, each made once, none lost."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core.sequence.run
from core.cli import main
from core.errors import Cancelled, ParamsError, PictureError, StylizeError
from core.imaging.image import load_image
from core.passes import open_passes, read_pass
from core.request.picture_job import StyleFile
from core.request.sequence_job import Region, SequenceJob
from core.sequence.run import stylize_sequence
from core.video.ledger import FOLDER

from .conftest import COUNT, files


@pytest.mark.parametrize("how", [{}, {"statistics": "follow"}, {"both_ways": True}])
def test_any_chunks_give_the_same_frames(shots, make_sequence, how):
    whole = make_sequence(shots, "whole", **how)
    parts = make_sequence(shots, "parts", **how)
    assert stylize_sequence(whole).frames == COUNT
    for frames in ((9, 11), (1, 2), (3, 8)):
        stylize_sequence(replace(parts, frames=frames))
    assert len(files(whole)) == COUNT
    assert files(whole) == files(parts)


@pytest.mark.parametrize("both_ways", [False, True])
def test_what_is_walked_to_and_what_is_written_are_told_apart(shots, make_sequence, both_ways):
    """Whoever shows how far a sequence is must count neither tiles nor frames that are not written."""
    told = []
    stylize_sequence(make_sequence(shots, both_ways=both_ways), told.append)
    for stage in ("ahead", "frames"):
        counts = [(step.done, step.total) for step in told if step.stage == stage]
        assert counts[-1] == (COUNT, COUNT)
        assert counts == sorted(counts)
        assert len({total for _, total in counts}) == 1


def test_finished_frames_are_left_alone(shots, make_sequence):
    sequence = make_sequence(shots)
    stylize_sequence(sequence)
    before = files(sequence)
    Path(sequence.job.output.replace("####", "0006")).unlink()
    result = stylize_sequence(sequence)
    assert (result.frames, result.skipped) == (1, COUNT - 1)
    assert files(sequence) == before
    assert stylize_sequence(sequence).frames == 0


def test_other_settings_or_other_frames_are_made_anew(shots, make_sequence, write_png, tmp_path):
    sequence = make_sequence(shots)
    stylize_sequence(sequence)
    assert (
        stylize_sequence(replace(sequence, job=replace(sequence.job, strength=0.5))).frames == COUNT
    )
    assert stylize_sequence(replace(sequence, job=replace(sequence.job, strength=0.5))).frames == 0
    write_png(tmp_path / "in", 1, seed=3)
    assert stylize_sequence(replace(sequence, job=replace(sequence.job, strength=0.5))).frames == 1


def test_a_file_that_is_not_ours_is_not_replaced(shots, make_sequence):
    sequence = make_sequence(shots)
    foreign = Path(sequence.job.output.replace("####", "0003"))
    foreign.write_bytes(b"mine")
    with pytest.raises(PictureError, match="allow that it is replaced"):
        stylize_sequence(sequence)
    assert foreign.read_bytes() == b"mine"
    assert len(files(sequence)) == 1
    assert stylize_sequence(replace(sequence, overwrite=True)).frames == COUNT


@pytest.mark.parametrize("suffix", [".exr", ".png"])
def test_strength_zero_is_the_frame_itself(write_exr, write_png, make_sequence, suffix, tmp_path):
    write = write_exr if suffix == ".exr" else write_png
    sequence = make_sequence(write(tmp_path / "in", 3), suffix=suffix, job={"strength": 0.0})
    stylize_sequence(sequence)
    for number in (1, 3):
        came, went = (
            load_image(str(p).replace("####", f"{number:04d}"))
            for p in (sequence.job.content, sequence.job.output)
        )
        assert np.array_equal(came.origin.pixels[..., :3], went.origin.pixels[..., :3])


def test_halves_and_metadata_stay(write_exr, make_sequence, tmp_path):
    sequence = make_sequence(write_exr(tmp_path / "in", 2, halves=True), suffix=".exr")
    stylize_sequence(sequence)
    went = load_image(sequence.job.output.replace("####", "0002"))
    assert went.origin.pixels.dtype == np.float16
    assert went.origin.facts.metadata["Frame"] == ("string", "0002")


def test_regions_are_left_as_they_are(write_exr, make_sequence, tmp_path):
    content = write_exr(tmp_path / "in", 3)
    sequence = make_sequence(content, suffix=".exr", regions=(Region("object:Fox", 0.0),))
    stylize_sequence(sequence)
    came = read_pass(open_passes(content.replace("####", "0002")), "combined")[:, :3]
    went = read_pass(open_passes(sequence.job.output.replace("####", "0002")), "combined")[:, :3]
    half = came.shape[-1] // 2
    assert np.array_equal(came[..., :half], went[..., :half])
    assert not np.array_equal(came[..., half:], went[..., half:])


def test_colour_is_painted_and_light_stays(write_exr, make_sequence, tmp_path):
    content = write_exr(tmp_path / "in", 2)
    sequence = make_sequence(content, suffix=".exr", source="diffuse_color")
    stylize_sequence(sequence)
    plain = make_sequence(content, "plain", suffix=".exr")
    stylize_sequence(plain)
    lit, painted = (
        read_pass(open_passes(f.job.output.replace("####", "0001")), "combined")[:, :3]
        for f in (sequence, plain)
    )
    assert np.abs(lit - painted).max() < 2e-3  # the light is 1 everywhere


def test_missing_frames_are_listed(shots, make_sequence):
    for number in (4, 7, 8):
        Path(shots.replace("####", f"{number:04d}")).unlink()
    sequence = make_sequence(shots)
    with pytest.raises(PictureError, match=r"4, 7-8 are missing"):
        stylize_sequence(sequence)
    assert not files(sequence)
    assert stylize_sequence(replace(sequence, frames=(1, 3))).frames == 3


def test_frames_of_other_sizes_are_refused(shots, make_sequence):
    import cv2

    cv2.imwrite(shots.replace("####", "0005"), np.zeros((40, 50, 3), np.uint8))
    sequence = make_sequence(shots)
    with pytest.raises(PictureError, match="frame 5 has 50 x 40"):
        stylize_sequence(sequence)
    assert not files(sequence)


@pytest.mark.parametrize("role", ["style", "mask"])
def test_styles_and_masks_keep_to_the_limit_of_pixels(shots, make_sequence, tmp_path, role):
    large = tmp_path / "large.png"
    Image.new("RGB", (800, 800)).save(large)
    sequence = make_sequence(shots, "out")
    style = StyleFile(str(large)) if role == "style" else sequence.job.styles[0]
    mask = str(large) if role == "mask" else None
    job = replace(sequence.job, styles=(style,), mask=mask, max_pixels=600_000)
    with pytest.raises(PictureError, match=r"large\.png: it claims 800 x 800"):
        stylize_sequence(replace(sequence, job=job))
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_cut_off_frame_stops_and_keeps_those_before(write_exr, make_sequence, tmp_path):
    content = write_exr(tmp_path / "in", 6)
    broken = Path(content.replace("####", "0005"))
    broken.write_bytes(broken.read_bytes()[:-3000])
    sequence = make_sequence(content, statistics="follow")
    with pytest.raises(StylizeError, match="0005"):
        stylize_sequence(sequence)
    assert len(files(sequence)) == 4


def test_a_full_disk_loses_nothing(shots, make_sequence, monkeypatch):
    sequence, good = make_sequence(shots), make_sequence(shots, "good")
    stylize_sequence(good)
    written = core.sequence.run.save_image

    def fill(path, *rest):
        if "0004" in str(path):
            raise PictureError(f"cannot write {path}: the disk is full")
        written(path, *rest)

    monkeypatch.setattr(core.sequence.run, "save_image", fill)
    with pytest.raises(PictureError, match="disk is full"):
        stylize_sequence(sequence)
    assert [*files(sequence)] == ["o_0001.png", "o_0002.png", "o_0003.png"]
    monkeypatch.undo()
    assert stylize_sequence(sequence).frames == COUNT - 3
    assert files(sequence) == files(good)


def test_a_cancelled_sequence_goes_on(shots, make_sequence):
    sequence, good = make_sequence(shots), make_sequence(shots, "good")
    stylize_sequence(good)

    def stop(progress):
        if progress.stage == "frames" and progress.done == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        stylize_sequence(sequence, stop)
    assert len(files(sequence)) == 5
    assert not list((Path(sequence.job.output).parent / FOLDER).glob("*.busy"))
    assert stylize_sequence(sequence).frames == COUNT - 5
    assert files(sequence) == files(good)


def test_a_frame_that_was_changed_is_found_by_its_bytes(shots, make_sequence):
    sequence = make_sequence(shots)
    stylize_sequence(sequence)
    before = files(sequence)
    path = Path(sequence.job.output.replace("####", "0006"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")  # of the same size
    with pytest.raises(PictureError, match=r"o_0006.png .*changed since"):
        stylize_sequence(sequence)
    assert stylize_sequence(replace(sequence, overwrite=True)).frames == 1
    assert files(sequence) == before


def test_records_of_before_go_on(shots, make_sequence):
    """As an earlier version left it: no digests, and a name on a sign of life."""
    sequence = make_sequence(shots, motion="none")
    stylize_sequence(replace(sequence, frames=(1, 5)))
    records = Path(sequence.job.output).parent / FOLDER
    for path in records.glob("*.json"):
        facts = json.loads(path.read_text())
        path.write_text(json.dumps({name: facts[name] for name in ("film", "source", "bytes")}))
    result = stylize_sequence(sequence)
    assert (result.frames, result.skipped) == (COUNT - 5, 5)
    other = replace(sequence, job=replace(sequence.job, strength=0.5))
    assert stylize_sequence(other).frames == COUNT


def test_originals_are_never_overwritten(shots, make_sequence, tmp_path):
    """Whatever name leads to them: another number of digits, a link to the folder, or to the file."""
    sequence = make_sequence(shots, overwrite=True)
    came = {path: path.read_bytes() for path in Path(shots).parent.iterdir()}
    outputs = [str(tmp_path / "in" / "in_#.png"), str(tmp_path / "link" / "in_####.png")]
    (tmp_path / "link").symlink_to(tmp_path / "in")
    os.link(tmp_path / "in" / "in_0003.png", tmp_path / "out" / "o_0003.png")
    (tmp_path / "in" / "in_3.png").symlink_to("in_0003.png")
    for output in (*outputs, sequence.job.output):
        with pytest.raises(ParamsError, match="originals are never overwritten"):
            stylize_sequence(replace(sequence, job=replace(sequence.job, output=output)))
    assert all(path.read_bytes() == data for path, data in came.items())


def test_two_jobs_of_other_settings_keep_apart(shots, make_sequence):
    sequence = make_sequence(shots)
    folder = Path(sequence.job.output).parent / FOLDER
    folder.mkdir()
    mark = folder / f"o_####.png.{'0' * 16}.abcdef01.busy"
    mark.touch()
    with pytest.raises(StylizeError, match="another job"):
        stylize_sequence(sequence)
    os.utime(mark, (time.time() - 3600,) * 2)
    assert stylize_sequence(sequence).frames == COUNT


def test_panoramas_meet_at_the_back(write_png, make_sequence, pictures, tmp_path):
    import cv2

    content = write_png(tmp_path / "in", 3)
    wide = np.concatenate([np.random.default_rng(0).random((48, 96, 3))] * 1)
    smooth = cv2.blur(np.concatenate([wide] * 3, 1), (9, 9))
    for number in (1, 2, 3):
        turned = smooth[:, 96 + 2 * number : 192 + 2 * number]
        cv2.imwrite(content.replace("####", f"{number:04d}"), (turned * 255).astype(np.uint8))
    sequence = make_sequence(content, job={"surface": "equirect"})
    stylize_sequence(sequence)
    for x in pictures(sequence, [1, 3]):
        inside = (x[..., 1:] - x[..., :-1]).abs().mean()
        assert (x[..., 0] - x[..., -1]).abs().mean() < 1.6 * inside


@pytest.mark.parametrize(
    "field", [{"motion": "magic"}, {"anchor": 0}, {"regions": (Region("object:", 1),)}]
)
def test_wrong_settings_are_refused(shots, make_sequence, field):
    with pytest.raises(ParamsError):
        stylize_sequence(make_sequence(shots, **field))


def test_a_sequence_survives_json(shots, make_sequence):
    sequence = make_sequence(shots, frames=(1, 3), regions=(Region("depth:1..2", 0.5),))
    assert SequenceJob.from_json(sequence.to_json()) == sequence
    with pytest.raises(ParamsError, match="no field"):
        SequenceJob.from_json(json.dumps({"job": {}, "colour": 1}))


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
        assert "range" in capsys.readouterr().err[-130:]
