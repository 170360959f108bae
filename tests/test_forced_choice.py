"""Blind choices: sheets do not tell, the key does, and wins are counted with their interval."""

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture(scope="module")
def tools():
    sys.path.insert(0, str(TOOLS))
    try:
        names = ("forced_choice", "choice_sheets", "choice_counts")
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture
def pictures(tmp_path, photo):
    """Two contents, two styles, and two folders of results: all white, and all black."""
    for k, name in enumerate(("c1", "c2", "s1", "s2")):
        Image.fromarray(photo(60, 90, k)).save(tmp_path / f"{name}.png")
    for name, value in (("white", 255), ("black", 0), ("grey", 128)):
        (tmp_path / name).mkdir()
        for pair in ("c1--s1", "c2--s2"):
            plain = np.full((120, 180, 3), value, np.uint8)
            Image.fromarray(plain).save(tmp_path / name / f"{pair}.png")
    return tmp_path


def arguments(folder, *more, names=("white", "black", "grey")):
    words = ["lay", folder / "sheets", "--contents", folder / "c1.png", folder / "c2.png"]
    words += ["--styles", folder / "s1.png", folder / "s2.png", "--side", "180"]
    for name in names:
        words += ["--made", f"{name}={folder / name}"]
    return [str(word) for word in (*words, *more)]


def key_in(folder):
    return json.loads((folder / "sheets.key.json").read_text())["sheets"]


def test_letters_on_a_sheet_are_those_of_the_key(tools, pictures):
    assert tools.forced_choice.main(arguments(pictures, "--times", "3", "--seed", "5")) == 0
    key = key_in(pictures)
    files = sorted(path.name for path in (pictures / "sheets").iterdir())
    assert files == [f"0{k}.png" for k in range(1, 7)], "no key beside them, no names"
    assert len({tuple(sheet["letters"].values()) for sheet in key.values()}) > 1
    sheets = tools.choice_sheets
    for number, sheet in key.items():
        page = np.asarray(Image.open(pictures / "sheets" / f"{number}.png").convert("L"))
        names = list(sheet["letters"].values())
        assert sorted(names) == ["black", "grey", "white"]
        line = page[-sheets.GAP - 60]
        middles = [sheets.GAP + k * (180 + sheets.GAP) + 90 for k in range(3)]
        seen = [{0: "black", 128: "grey", 255: "white"}[int(line[x])] for x in middles]
        assert seen == names
        assert Path(sheet["content"]).stem[1] == Path(sheet["style"]).stem[1], "first with first"


def test_a_seed_gives_the_same_sheets_and_another_others(tools):
    plan = tools.choice_sheets.plan
    pairs = [(f"c{k}", f"s{k}") for k in range(12)]
    first, again, other = (plan(pairs, ["a", "b", "c"], seed) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(s.content for s in first) == sorted(c for c, _ in pairs)
    assert [s.content for s in first] != [c for c, _ in pairs], "sheets are in random order, too"
    letters = [s.order.index("a") for s in plan(pairs * 100, ["a", "b", "c"], 3)]
    assert all(300 < letters.count(k) < 500 for k in range(3)), "no letter is anyone's own"


def test_two_at_a_time_every_two_meet_on_every_pair(tools):
    sheets = tools.choice_sheets.plan([("c", "s"), ("d", "t")], ["a", "b", "c"], 0, two=True)
    met = sorted((s.content, *sorted(s.order)) for s in sheets)
    assert met == [(c, *two) for c in "cd" for two in (("a", "b"), ("a", "c"), ("b", "c"))]


def test_the_shorter_list_begins_anew(tools):
    assert tools.choice_sheets.pair_up([1, 2, 3], ["a", "b"]) == [(1, "a"), (2, "b"), (3, "a")]


def test_methods_are_candidates_with_their_settings(tools, pictures):
    more = ["--method", "transport:strength=0", "--contents", str(pictures / "c1.png")]
    more += ["--styles", str(pictures / "s1.png")]
    assert tools.forced_choice.main(arguments(pictures, *more, names=("grey",))) == 0
    (sheet,) = key_in(pictures).values()
    assert sorted(sheet["letters"].values()) == ["grey", "transport:strength=0"]
    page = np.asarray(Image.open(pictures / "sheets" / "01.png"))
    k = list(sheet["letters"].values()).index("transport:strength=0")
    gap = tools.choice_sheets.GAP
    shown = page[-2 * gap - 100 : -2 * gap, gap + k * (180 + gap) :][:, :180]
    with Image.open(pictures / "c1.png") as opened:
        near = np.asarray(opened.resize((180, 120), Image.Resampling.BICUBIC))
    assert np.abs(shown.astype(int) - near[20:].astype(int)).mean() < 3, "strength 0 is the content"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--made", "white=elsewhere"), "different names"),
        (("--method", "nothing"), "nothing"),
        (("--made", "lost=."), "c1--s1.png"),
        (("--contents", "none.png"), "none.png"),
        (("--key", "sheets/key.json"), "beside"),
    ],
)
def test_mistakes_leave_no_sheets(tools, pictures, capsys, monkeypatch, more, said):
    monkeypatch.chdir(pictures)
    assert tools.forced_choice.main(arguments(pictures, *more)) == 1
    assert said in capsys.readouterr().err
    assert not (pictures / "sheets").exists()
    assert not list(pictures.rglob("*key.json"))


def test_sheets_and_key_are_never_overwritten(tools, pictures, capsys):
    (pictures / "sheets.key.json").write_text("kept")
    assert tools.forced_choice.main(arguments(pictures)) == 1
    assert "there already" in capsys.readouterr().err
    assert (pictures / "sheets.key.json").read_text() == "kept"


def test_one_candidate_is_no_choice(tools, pictures, capsys):
    assert tools.forced_choice.main(arguments(pictures, names=("white",))) == 1
    assert "2 to 26" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wins", "count", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (20, 24, 0.6415, 0.9332),
    ],
)
def test_wilsons_interval_is_that_of_tables(tools, wins, count, low, high):
    assert tools.choice_counts.wilson(wins, count) == pytest.approx((low, high), abs=1e-3)


def key(**sheets):
    return {
        "seed": 0,
        "sheets": {k: {"letters": dict(zip("ABC", v, strict=False))} for k, v in sheets.items()},
    }


KEY = key(s1=("x", "y", "z"), s2=("z", "y", "x"), s3=("y", "x", "z"), s4=("x", "z", "y"))


def counted(tools, tmp_path, text, known=KEY, capsys=None):
    (tmp_path / "key.json").write_text(json.dumps(known))
    (tmp_path / "choices").write_text(text)
    words = ["count", str(tmp_path / "key.json"), str(tmp_path / "choices"), "--json"]
    code = tools.forced_choice.main(words)
    out, err = capsys.readouterr()
    return (json.loads(out) if code == 0 else None), err


def test_rankings_are_counted_by_name_and_not_by_letter(tools, tmp_path, capsys):
    text = "s1: A B C  # x y z\ns2 = C > A > B\n\ns3: bac\ns4: B,A,C\n"
    told, err = counted(tools, tmp_path, text, capsys=capsys)
    assert err == ""
    x, y, z = (told["candidates"][name] for name in "xyz")
    assert (x["first"]["wins"], y["first"]["wins"], z["first"]["wins"]) == (3, 0, 1)
    assert (x["mean_rank"], y["mean_rank"], z["mean_rank"]) == (1.25, 2.5, 2.25)
    pairs = {(p["one"], p["other"]): (p["wins"], p["of"]) for p in told["before"]}
    assert pairs == {("x", "y"): (4, 4), ("x", "z"): (3, 4), ("y", "z"): (2, 4)}
    assert x["first"]["low"] == pytest.approx(tools.choice_counts.wilson(3, 4)[0])


def test_json_says_the_same_as_lines(tools, tmp_path, capsys):
    lines, _ = counted(tools, tmp_path, "s1: A B C\ns2: CAB", capsys=capsys)
    same, err = counted(tools, tmp_path, '{"s1": ["A", "B", "C"], "s2": "C A B"}', capsys=capsys)
    assert same == lines
    assert "s3, s4" in err, "what was not chosen on is said"


def test_a_choice_of_the_best_alone_says_nothing_of_the_others(tools, tmp_path, capsys):
    told, _ = counted(tools, tmp_path, "s1: A\ns2: C\ns3: A\ns4: A", capsys=capsys)
    assert told["candidates"]["x"]["first"] == {
        **told["candidates"]["x"]["first"],
        "wins": 3,
        "of": 4,
    }
    assert told["candidates"]["x"]["mean_rank"] is None
    assert told["before"] == []


def test_of_two_the_best_is_a_ranking(tools, tmp_path, capsys):
    known = key(s1=("x", "y"), s2=("y", "x"), s3=("x", "z"))
    told, _ = counted(tools, tmp_path, "s1: A\ns2: A\ns3: A", known, capsys)
    pairs = {(p["one"], p["other"]): (p["wins"], p["of"]) for p in told["before"]}
    assert pairs == {("x", "y"): (1, 2), ("x", "z"): (1, 1)}
    assert told["candidates"]["y"]["first"]["of"] == 2, "where it was shown"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s9: A", "no sheet s9"),
        ("s1: D", "A B C"),
        ("s1: A B", "best first"),
        ("s1: A A B", "best first"),
        ("s1: A\ns1: B", "before"),
        ("s1 A", "line 1"),
        ("s1: 7", "no letter"),
        ("[1, 2]", "no list of choices"),
        ("# nothing\n", "no choice"),
    ],
)
def test_a_wrong_choice_is_named(tools, tmp_path, capsys, text, said):
    told, err = counted(tools, tmp_path, text, capsys=capsys)
    assert told is None
    assert said in err
    assert "Traceback" not in err


def test_a_file_that_is_no_key_is_named(tools, tmp_path, capsys):
    told, err = counted(tools, tmp_path, "s1: A", known=["no"], capsys=capsys)
    assert told is None
    assert "no key" in err
    (tmp_path / "bad.json").write_text("{")
    assert tools.forced_choice.main(["count", str(tmp_path / "bad.json"), "x"]) == 1
    assert tools.forced_choice.main(["count", str(tmp_path / "gone.json"), "x"]) == 1


def test_the_table_reads_as_a_sentence(tools, tmp_path, capsys):
    (tmp_path / "key.json").write_text(json.dumps(KEY))
    (tmp_path / "choices").write_text("s1: ABC\ns2: CAB\ns3: BAC\ns4: BAC")
    words = ["count", str(tmp_path / "key.json"), str(tmp_path / "choices")]
    assert tools.forced_choice.main(words) == 0
    out = capsys.readouterr().out
    assert "x before y: 4 of 4, 100 % (51 to 100)" in out
    assert out.splitlines()[3].split()[0] == "x", "the most chosen first"
