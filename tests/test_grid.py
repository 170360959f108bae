"""Several variants on one sheet."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.cli import main
from core.errors import ParamsError, PictureError
from core.picture.grid import GAP, LINE, write_grid
from core.picture.run import run
from core.request.picture_job import Job, StyleFile


@pytest.fixture
def job(tmp_path, photo):
    content = tmp_path / "wall.png"
    Image.fromarray(photo(80, 96, 1)).save(content)
    return Job(
        content=str(content),
        output=str(tmp_path / "sheet.png"),
        styles=(StyleFile("rust"),),
        method="munit",
        lies="everywhere",
    )


def pixels(path):
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def tile(sheet, number, columns=2, size=(96, 80)):
    x = GAP + number % columns * (size[0] + GAP)
    y = GAP + number // columns * (size[1] + LINE)
    return sheet[y : y + size[1], x : x + size[0]].astype(int)


def test_a_sheet_holds_each_variant_as_the_job_makes_it(job, tmp_path):
    sheet = pixels(write_grid(job, 3))
    shown = [tile(sheet, number) for number in range(3)]
    for number in (0, 2):
        run(replace(job, output=str(tmp_path / "one.png"), params={"variant": number}))
        assert (pixels(tmp_path / "one.png") == shown[number]).all()
    assert np.abs(shown[0] - shown[1]).max() > 3
    assert {path.name for path in tmp_path.iterdir()} == {"wall.png", "sheet.png", "one.png"}


def test_the_command_says_where_it_is(job, capsys):
    command = ["stylize", job.content, "--style", "rust", "--grid", "2", "-o", job.output]
    assert main([*command, "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"output": job.output, "variants": 2}
    with Image.open(job.output) as sheet:
        assert sheet.width == 2 * (96 + GAP) + GAP


def test_what_makes_no_grid_is_said_and_nothing_is_written(job, tmp_path):
    for count in (1, 65):
        with pytest.raises(ParamsError, match="a grid has 2 to 64 variants"):
            write_grid(job, count)
    with pytest.raises(PictureError, match=r"not as sheet\.exr"):
        write_grid(replace(job, output=str(tmp_path / "sheet.exr")), 2)
    with pytest.raises(PictureError, match="there is no folder"):
        write_grid(replace(job, output=str(tmp_path / "none" / "sheet.png")), 2)
    with pytest.raises(ParamsError, match="has no setting 'variant'"):
        write_grid(replace(job, method="transport", styles=(StyleFile("builtin:oil"),)), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["wall.png"]


def test_the_original_is_never_the_sheet(job):
    before = pixels(job.content)
    with pytest.raises(ParamsError, match="originals are never overwritten"):
        write_grid(replace(job, output=job.content), 2)
    assert (pixels(job.content) == before).all()


def test_who_cancels_waits_for_no_variant(job):
    """Each step inside a variant is told, too."""
    told = []
    write_grid(job, 2, lambda step: told.append(step.stage))
    assert {"variants", "stylize"} <= set(told)
