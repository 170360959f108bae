"""The harness that measures: which pictures it takes, and that its figures have known ends."""

import json

import pytest
import torch
from PIL import Image

from core import cli
from core.bench.tasks import _count
from core.catalog import CARDS
from core.errors import PictureError, WeightsError
from core.evaluation import measure
from core.train.sources import HELD_OUT
from core.train.sources import styles as trained_on
from core.train.teacher import Judge


@pytest.fixture
def judge(shared):
    return Judge(shared / "teachers" / "cd16x" / "encoder5.pth")


def test_an_untouched_content_is_at_no_distance_from_itself(judge, content, style):
    (row,) = measure.measure({"untouched": measure.untouched}, [content], [style], judge)
    assert row.pairs == 1
    assert row.content == pytest.approx(0, abs=1e-6)
    assert row.style > 0.1


def test_the_style_itself_is_at_no_distance_from_the_style(judge, style):
    copy = {"copy": lambda _, style: measure.fit(measure.read(style))}
    (row,) = measure.measure(copy, [style], [style], judge)
    assert row.style == pytest.approx(0, abs=1e-6)


def test_shares_are_percent_of_the_baseline(judge, content, style):
    grey = {
        measure.BASELINE: measure.untouched,
        "grey": lambda c, _: measure.read(c).mean(1, True).expand(1, 3, -1, -1),
    }
    base, other = measure.measure(grey, [content], [style], judge)
    assert base.style_percent == pytest.approx(100)
    assert other.style_percent == pytest.approx(100 * other.style / base.style)
    assert (
        base.content_percent is None
    )  # the baseline left the content alone: there is no share of nothing


def test_the_measuring_pictures_are_not_trained_on(shared):
    data = shared / "data"
    contents, styles = measure.default_contents(data), measure.default_styles(data)
    assert len(contents) == len(styles) == 12
    assert not set(styles) & set(trained_on(data))
    assert set(measure.STYLE_PREFIXES) <= set(HELD_OUT)


def test_patterns_and_paths_name_pictures(tmp_path, content, style):
    (tmp_path / "notes.txt").write_text("none")
    assert measure.expand([str(tmp_path / "*"), str(content)]) == [content, style]
    with pytest.raises(PictureError, match="nothing"):
        measure.expand([str(tmp_path / "nothing*")])


def test_the_baseline_is_a_picture_of_the_contents_size(shared, tmp_path, style, photo):
    path = tmp_path / "odd.png"
    Image.fromarray(photo(61, 83)).save(path)
    picture = measure.baseline(shared / "teachers" / "microast")(path, style)
    assert picture.shape == (1, 3, 61, 83)
    assert 0 <= float(picture.min()) < float(picture.max()) <= 1


def test_the_baseline_says_which_file_is_missing(tmp_path):
    with pytest.raises(WeightsError, match="content_encoder"):
        measure.baseline(tmp_path)


def test_the_command_prints_rows(shared, capsys, tmp_path, monkeypatch, content, style):
    monkeypatch.setattr(measure, "stylizer", lambda method, options: measure.untouched)
    argv = ["measure", "--contents", str(content), "--styles", str(style), "--json", "--quiet"]
    assert cli.main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pairs"] == 1
    assert [row["method"] for row in told["methods"]] == ["transport"]
    assert cli.main([*argv, "--judge", str(tmp_path / "none.pth")]) == 1


def test_a_method_of_the_baselines_name_has_a_row_of_its_own(
    shared, capsys, monkeypatch, content, style
):
    monkeypatch.setattr(measure, "stylizer", lambda method, options: measure.untouched)
    published = str(shared / "teachers" / "microast")
    argv = ["measure", "--contents", str(content), "--styles", str(style), "--quiet"]
    argv += ["--method", "microast", "--microast", published]
    assert cli.main([*argv, "--json"]) == 0
    base, own = json.loads(capsys.readouterr().out)["methods"]
    assert (base["method"], own["method"]) == (measure.BASELINE, "microast")
    assert base["style_percent"] == pytest.approx(100)
    assert own["content"] == pytest.approx(0, abs=1e-6)
    assert base["content"] > 0.01
    assert measure.BASELINE not in {card.id for card in CARDS}
    assert cli.main(argv) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [measure.BASELINE, "microast"]
    assert len({line.index(".", len(measure.BASELINE)) for line in lines}) == 1


def test_a_broken_picture_is_named(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"broken\.png"):
        measure.read(path)


def test_arithmetic_is_counted_as_two_for_a_multiplication_with_addition():
    conv, x = torch.nn.Conv2d(3, 5, 3), torch.rand(1, 3, 12, 10)

    def work():
        with torch.inference_mode():
            conv(x)

    assert _count(work) * 1e9 == 2 * 5 * 3 * 9 * 10 * 8


def test_written_pictures_are_read_as_they_are(tmp_path, photo):
    Image.fromarray(photo()).save(tmp_path / "a.png")
    assert torch.equal(
        measure.read(tmp_path / "a.png")[0, :, 0, 0] * 255, torch.from_numpy(photo())[0, 0].float()
    )
