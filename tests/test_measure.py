"""The harness that measures: which pictures it takes, and that its figures have known ends."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from core import cli
from core.bench.tasks import _count
from core.catalog import CARDS
from core.errors import ParamsError, PictureError, WeightsError
from core.evaluation import measure, pictures
from core.evaluation.asked import read_asked
from core.evaluation.judges import load_judge
from core.evaluation.score import mirror
from core.train.sources import HELD_OUT
from core.train.sources import styles as trained_on


@pytest.fixture(scope="module")
def judge():
    return load_judge("alexnet")


def rows_of(stylizers, content, style, judge):
    candidates = {name: measure.Candidate(one) for name, one in stylizers.items()}
    rows = measure.rows(measure.measure(candidates, [content], [style], judge, side=256))
    return {row.method: row for row in rows}


def untouched(content, style):
    return pictures.read(content)


def grey(content, style):
    return pictures.read(content).mean(1, True).expand(1, 3, -1, -1)


def woven(content, style):
    x = pictures.read(content)
    return (x + 0.03 * torch.sin(torch.arange(x.shape[-1]) * 2 * torch.pi / 9)).clamp(0, 1)


@pytest.fixture
def content(tmp_path):
    """A soft picture of few things, so that it has flat areas and edges."""
    plane = np.full((192, 256), 0.3)
    plane[40:150, 60:110] = 0.8
    plane[60:120, 150:230] = 0.6
    soft = gaussian_filter(plane, 2)[..., None] * [1.0, 0.9, 0.7]
    grain = np.random.default_rng(1).normal(0, 0.01, soft.shape)
    path = tmp_path / "things.png"
    Image.fromarray((255 * (soft + grain).clip(0, 1)).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def style(tmp_path):
    """Short strokes of many colours."""
    rng = np.random.default_rng(2)
    strokes = rng.uniform(0.1, 0.9, (64, 32, 3)).repeat(6, 0).repeat(16, 1)
    path = tmp_path / "style.png"
    Image.fromarray((255 * strokes).astype(np.uint8)).save(path)
    return path


def test_figures_lie_between_the_untouched_content_and_the_style_itself(content, style, judge):
    rows = rows_of({"copy": untouched}, content, style, judge)
    first, last = rows[measure.UNTOUCHED].score, rows[measure.ITSELF].score
    assert rows["copy"].score == first
    assert first.content == pytest.approx(0, abs=1e-6)
    assert first.values == pytest.approx(1)
    assert first.style > 0.5 > 0.3 > last.style
    assert first.hand > 3 * last.hand
    assert last.content > 0.3
    assert last.width_ratio == last.length_ratio == 1
    assert first.lattice_ratio <= 1
    assert last.lattice_ratio <= 1


def test_the_style_itself_is_at_no_distance_from_the_style(style, judge):
    score = measure.rows(measure.measure({}, [style], [style], judge))[1].score
    parts = (score.style, score.style_whole, score.style_half, score.style_quarter)
    assert parts == pytest.approx((0, 0, 0, 0), abs=1e-5)


def test_each_fault_shows_in_its_own_figure(content, style, judge):
    def sharp(content, style):
        x = pictures.read(content)[0].numpy()
        return torch.from_numpy(x + 1.5 * (x - gaussian_filter(x, (0, 3, 3)))).clamp(0, 1)[None]

    def inverted(content, style):
        return 1 - pictures.read(content)

    made = {"woven": woven, "sharp": sharp, "inverted": inverted}
    rows = rows_of(made, content, style, judge)
    scores = {name: row.score for name, row in rows.items()}
    own = scores[measure.UNTOUCHED]
    assert scores["woven"].lattice > 5 * own.lattice
    assert scores["woven"].lattice_period == pytest.approx(9, rel=0.1)
    assert rows["woven"].lattice_worst == scores["woven"].lattice_ratio > 1.5
    assert scores["sharp"].halo > own.halo + 3
    assert scores["sharp"].lattice < scores["woven"].lattice
    assert scores["inverted"].values == pytest.approx(-1, abs=0.1)
    assert scores["inverted"].halo < scores["sharp"].halo


def test_a_brush_of_another_size_is_held_against_the_style_at_that_size(content, style, judge):
    made = {f"{b}": measure.Candidate(untouched, b) for b in (0.5, 1)}
    found = measure.rows(measure.measure(made, [content], [style], judge, side=256))
    small, large = (row.score for row in found[2:])
    assert small.stroke_width == large.stroke_width
    assert 1.5 < small.width_ratio / large.width_ratio < 2.5
    assert small.style != large.style


def test_shares_are_percent_of_the_baseline(content, style, judge):
    rows = rows_of({measure.BASELINE: untouched, "grey": grey}, content, style, judge)
    base, other = rows[measure.BASELINE], rows["grey"]
    assert base.style_percent == pytest.approx(100)
    assert other.style_percent == pytest.approx(100 * other.score.style / base.score.style)
    assert (
        base.content_percent is None
    )  # the baseline left the content alone: there is no share of nothing


def test_figures_of_several_pairs_are_joined(content, style, judge, tmp_path):
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(tmp_path / "plain.png")
    contents = [content, tmp_path / "plain.png"]
    found = measure.measure({"w": measure.Candidate(woven)}, contents, [style], judge, side=256)
    row = next(row for row in measure.rows(found) if row.method == "w")
    mine = [pair.score for pair in found if pair.method == "w"]
    assert row.pairs == 2
    assert row.score.style == pytest.approx((mine[0].style + mine[1].style) / 2)
    assert row.score.lattice == pytest.approx((mine[0].lattice + mine[1].lattice) / 2)
    assert mine[1].halo is None
    assert row.score.halo == mine[0].halo, "a plain picture has no edges, so it has no say"
    assert row.lattice_worst == max(one.lattice_ratio for one in mine)


def test_a_style_is_mirrored_to_the_contents_size():
    x = torch.arange(12.0).reshape(1, 1, 3, 4).expand(1, 3, 3, 4)
    assert torch.equal(mirror(x, 3, 4), x)
    assert mirror(x, 1, 2)[0, 0].tolist() == [[5, 6]]
    assert mirror(x, 3, 8)[0, 0, 0].tolist() == [1, 0, 0, 1, 2, 3, 3, 2]
    assert mirror(x, 20, 30).shape == (1, 3, 20, 30)


def test_the_measuring_pictures_are_not_trained_on(shared):
    data = shared / "data"
    contents, styles = pictures.default_contents(data), pictures.default_styles(data)
    assert len(contents) == len(styles) == 12
    assert not set(styles) & set(trained_on(data))
    assert set(pictures.STYLE_PREFIXES) <= set(HELD_OUT)


def test_patterns_and_paths_name_pictures(tmp_path, content, style):
    (tmp_path / "notes.txt").write_text("none")
    assert pictures.expand([str(tmp_path / "*"), str(content)]) == [style, content]
    with pytest.raises(PictureError, match="nothing"):
        pictures.expand([str(tmp_path / "nothing*")])


def test_the_baseline_is_a_picture_of_the_contents_size(shared, tmp_path, style, photo):
    path = tmp_path / "odd.png"
    Image.fromarray(photo(61, 83)).save(path)
    picture = measure.baseline(shared / "teachers" / "microast")(path, style)
    assert picture.shape == (1, 3, 61, 83)
    assert 0 <= float(picture.min()) < float(picture.max()) <= 1


def test_the_baseline_says_which_file_is_missing(tmp_path):
    with pytest.raises(WeightsError, match="content_encoder"):
        measure.baseline(tmp_path)


@pytest.fixture
def command(monkeypatch, content, style):
    """The arguments of a quick call that stylizes nothing."""
    monkeypatch.setattr(measure, "stylizer", lambda asked: untouched)
    named = ["--contents", str(content), "--styles", str(style)]
    return ["measure", *named, "--judge", "alexnet", "--side", "256", "--quiet"]


def test_the_command_prints_rows(shared, capsys, tmp_path, command):
    assert cli.main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pairs"], told["judge"], told["side"]) == (1, "alexnet", 256)
    names = [row["method"] for row in told["methods"]]
    assert names == [measure.UNTOUCHED, measure.ITSELF, "brushwork"]
    figures = {"style", "style_quarter", "hand", "content", "lattice", "halo", "fringe", "values"}
    figures |= {"stroke_width", "stroke_length", "width_ratio", "lattice_worst"}
    assert all(figures <= set(row) for row in told["methods"])
    first = told["scores"][0]
    assert (first["content"], first["style"]) == ("things.png", "style.png")
    assert first["score"]["values"] == pytest.approx(1)
    argv = [*command, "--judge", str(tmp_path / "none.pth")]
    assert cli.main(argv) == 1
    assert "none.pth" in capsys.readouterr().err


def test_the_older_judge_is_still_there(shared, capsys, command):
    assert cli.main([*command, "--judge", "cd16x", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judge"] == "cd16x"
    file = shared / "teachers" / "cd16x" / "encoder5.pth"
    assert cli.main([*command, "--judge", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judge"] == "cd16x"


def test_methods_are_measured_with_settings(capsys, command):
    argv = [*command, "--method", "transport:strength=0.6", "--method", "transport", "--json"]
    assert cli.main(argv) == 0
    names = [row["method"] for row in json.loads(capsys.readouterr().out)["methods"]]
    assert names[2:] == ["transport:strength=0.6", "transport"]
    assert cli.main([*command, "--method", "transport:strngth=1"]) == 1
    assert "strngth" in capsys.readouterr().err
    assert cli.main([*command, "--side", "100"]) == 2
    assert "128 to 8192" in capsys.readouterr().err


def test_pictures_made_elsewhere_are_found_by_their_names(capsys, command, content, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    with Image.open(content) as opened:
        opened.resize((512, 384)).save(folder / "things--style.png")
    argv = [*command, "--made", f"mine={folder}", "--json"]
    assert cli.main(argv) == 0
    *_, mine = json.loads(capsys.readouterr().out)["methods"]
    assert mine["method"] == "mine"
    assert mine["content"] < 0.05
    Image.new("RGB", (200, 300)).save(folder / "things--style.png")
    assert cli.main(argv) == 1
    assert "proportions" in capsys.readouterr().err
    (folder / "things--style.png").unlink()
    assert cli.main(argv) == 1
    assert "things--style.png" in capsys.readouterr().err
    assert cli.main([*command, "--made", "mine"]) == 2


def test_a_method_of_the_baselines_name_has_a_row_of_its_own(shared, capsys, command):
    published = str(shared / "teachers" / "microast")
    argv = [*command, "--method", "microast", "--microast", published]
    assert cli.main([*argv, "--json"]) == 0
    _, _, base, own = json.loads(capsys.readouterr().out)["methods"]
    assert (base["method"], own["method"]) == (measure.BASELINE, "microast")
    assert base["style_percent"] == pytest.approx(100)
    assert own["content"] == pytest.approx(0, abs=1e-6)
    assert base["content"] > 0.01
    assert measure.BASELINE not in {card.id for card in CARDS}
    assert cli.main(argv) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.endswith(f"of {measure.BASELINE}")
    assert [line.split()[0] for line in lines[2:]] == [measure.BASELINE, "microast"]
    place = head.index("style")
    assert all(line[: place + 5].split()[-1].count(".") == 1 for line in lines)


def test_settings_of_a_method_are_read():
    asked = read_asked("gatys:iterations=40:style-scale=2:seed=3", {"backbone": "vgg19"})
    assert (asked.method, asked.name) == ("gatys", "gatys:iterations=40:style-scale=2:seed=3")
    assert asked.options == {"backbone": "vgg19", "style_scale": 2, "seed": 3}
    assert asked.params == {"iterations": "40"}
    job = asked.job("a.png", "b.png", "c.png")
    assert (job.style_scale, job.seed, job.styles[0].path) == (2.0, 3, "c.png")
    assert read_asked("auto").name == "brushwork"
    path = read_asked("transport:mask=C:\\masks\\a.png:strength=0.5")
    assert path.options == {"mask": "C:\\masks\\a.png", "strength": 0.5}
    assert read_asked("transport:keep_color=true").job("a", "b", "c").keep_color is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "nothing"),
        ("transport:strength", "strength=0.6"),
        ("transport:strength=2", "strength"),
        ("transport:strength=much", "strength"),
        ("transport:content=x.png", "content"),
    ],
)
def test_mistakes_in_settings_are_named(text, said):
    with pytest.raises(ParamsError, match=said):
        read_asked(text)


def save(folder, name, rgb, alpha=255):
    folder.mkdir(exist_ok=True)
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[..., :3] = rgb
    pixels[:4, :, 3], pixels[4:, :, 3] = 255, alpha
    pixels[4:, :, :3] = (0, 0, 0) if alpha == 0 else rgb
    Image.fromarray(pixels).save(folder / f"{name}.png")


def test_a_scene_is_measured_before_and_after(tmp_path, capsys):
    before, after = tmp_path / "before", tmp_path / "after"
    for name, rgb in (("grass", (20, 70, 20)), ("iron", (120, 120, 120)), ("brick", (180, 30, 30))):
        save(before, name, rgb)
        save(after, name, (176, 167, 130) if name != "iron" else (90, 80, 60))
    argv = ["measure", "--before", str(before / "*"), "--after", str(after / "*")]
    assert cli.main([*argv, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["materials"]] == ["brick", "grass", "iron"]
    assert told["least_separation"] == 0
    assert told["order_kept"] == 0
    assert cli.main([*argv[:3], "--after", str(before / "*")]) == 0
    assert "separation, colour difference after over before: 1.00" in capsys.readouterr().out


def test_what_is_transparent_has_no_color(tmp_path, capsys):
    save(tmp_path / "a", "leaf", (20, 120, 20), alpha=0)
    save(tmp_path / "b", "leaf", (20, 120, 20))
    argv = ["measure", "--before", str(tmp_path / "a" / "*"), "--after", str(tmp_path / "b" / "*")]
    assert cli.main([*argv, "--json"]) == 0
    (leaf,) = json.loads(capsys.readouterr().out)["materials"]
    assert leaf["before"] == pytest.approx(leaf["after"])


def test_a_scenes_pictures_must_belong_together(tmp_path, capsys):
    for name in ("a", "b"):
        save(tmp_path / "before", name, (9, 9, 9))
        save(tmp_path / "other", name + "2", (9, 9, 9))
    save(tmp_path / "after", "a", (9, 9, 9))
    argv = ["measure", "--before", str(tmp_path / "before" / "*")]
    assert cli.main([*argv, "--after", str(tmp_path / "after" / "*")]) == 1
    assert "b.png" in capsys.readouterr().err
    assert cli.main([*argv, "--after", str(tmp_path / "other" / "*")]) == 0
    capsys.readouterr()
    assert cli.main(argv) == 1
    assert "both" in capsys.readouterr().err


def test_a_broken_picture_is_named(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"broken\.png"):
        pictures.read(path)


def test_arithmetic_is_counted_as_two_for_a_multiplication_with_addition():
    conv, x = torch.nn.Conv2d(3, 5, 3), torch.rand(1, 3, 12, 10)

    def work():
        with torch.inference_mode():
            conv(x)

    assert _count(work) * 1e9 == 2 * 5 * 3 * 9 * 10 * 8


def test_written_pictures_are_read_as_they_are(tmp_path, photo):
    Image.fromarray(photo()).save(tmp_path / "a.png")
    assert torch.equal(
        (pictures.read(tmp_path / "a.png")[0, :, 0, 0] * 255).round(),
        torch.from_numpy(photo())[0, 0].float(),
    )
