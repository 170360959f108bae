"""The command line as a user meets it: help, mistakes, exit codes, JSON."""

import io
import json
from dataclasses import asdict

import pytest

from core import cli
from core.card import NoParams
from core.catalog import CARDS
from core.cli import arguments as typed
from core.cli import commands
from core.cli.console import Console, format_line, format_seconds
from core.errors import Cancelled, PictureError
from core.progress import Progress
from core.request.picture_job import StyleFile
from core.request.result import Result

STYLIZE = ["stylize", "in.png", "--style", "a.jpg", "-o", "out.png"]


def job(*more):
    return commands.job_of(typed.parse([*STYLIZE, *more]))


def fails(capsys, *argv):
    code = cli.main(argv)
    out, err = capsys.readouterr()
    assert err.startswith("stylize: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not out
    return code, err


def test_a_job_has_the_options_of_the_command_line():
    got = job(
        "--strength", "0.5", "--keep-color", "--style-scale", "2", "--mask", "m.png", "--seed", "7"
    )
    assert (got.content, got.output, got.strength, got.style_scale) == (
        "in.png",
        "out.png",
        0.5,
        2.0,
    )
    assert (got.keep_color, got.mask, got.seed, got.method) == (True, "m.png", 7, "auto")


def test_weights_and_masks_belong_to_the_style_before_them():
    got = job("--style-weight", "2", "--style", "b.jpg", "--style-mask", "sky.png")
    assert got.styles == (StyleFile("a.jpg", 2.0), StyleFile("b.jpg", 1.0, "sky.png"))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_card_becomes_options(card):
    help_text = (
        typed.build_parser(card)._subparsers._group_actions[0].choices["stylize"].format_help()
    )
    for name in card.params.__dataclass_fields__:
        assert "--" + name.replace("_", "-") in help_text


def method_with_settings():
    return next(card for card in CARDS if card.params is not NoParams)


def test_settings_come_by_name_and_by_option():
    card = method_with_settings()
    name, declared = next(iter(card.params.__dataclass_fields__.items()))
    value = str(declared.default)
    assert job("--method", card.id, "--set", f"{name}={value}").params == {name: value}
    if not isinstance(declared.default, bool):
        assert job("--method", card.id, f"--{name.replace('_', '-')}", value).params == {
            name: value
        }


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--strength", "2"], "--strength"),
        (["--strength", "nan"], "--strength"),
        (["--style-scale", "0"], "--style-scale"),
        (["--style-weight", "-1"], "--style-weight"),
        (["--max-memory", "0"], "--max-memory"),
        (["--method", "nonsense"], "transport"),
        (["--backbone", "resnet"], "vgg19"),
        (["--surface", "ball"], "flat"),
        (["--set", "size"], "NAME=VALUE"),
        (["--set", "nonsense=1"], "nonsense"),
        (["--style", "builtin:nonsense"], "choose one of"),
        (["--nonsense"], "--nonsense"),
        (["--seed", "many"], "--seed"),
    ],
)  # fmt: skip  # a table
def test_a_wrong_option_is_wrong_usage(capsys, more, word):
    code, err = fails(capsys, *STYLIZE, *more)
    assert code == 2
    assert word in err


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["stylize"], ["stylize", "a.png", "-o", "b.png"], ["weights"]]
)
def test_an_incomplete_command_is_wrong_usage(capsys, argv):
    assert fails(capsys, *argv)[0] == 2


def test_a_weight_without_a_style_before_it_is_wrong_usage(capsys):
    code, err = fails(
        capsys, "stylize", "a.png", "--style-weight", "1", "--style", "b.png", "-o", "c.png"
    )
    assert code == 2
    assert "--style" in err


@pytest.mark.parametrize("role", ["content", "style", "mask"])
def test_an_input_is_never_overwritten(capsys, content, style, tmp_path, role):
    (tmp_path / "mask.png").write_bytes(content.read_bytes())
    target = {"content": content, "style": style, "mask": tmp_path / "mask.png"}[role]
    before = target.read_bytes()
    argv = ["stylize", str(content), "--style", str(style), "--mask", str(tmp_path / "mask.png")]
    code, err = fails(capsys, *argv, "-o", str(target.parent / "." / target.name))
    assert code == 2
    assert "overwritten" in err
    assert target.read_bytes() == before


def result(**more):
    facts = {
        "output": "out.png", "method": "transport", "width": 80, "height": 64, "engine_seconds": 0.5,
        "peak_memory_mb": 400, "device": "cpu", "precision": "float32", "notes": ("a note",),
    }  # fmt: skip  # a table
    return Result(**{**facts, **more})


@pytest.fixture
def engine(monkeypatch):
    """Put a function in the place of the engine's run."""
    import core.picture.run

    def install(run):
        monkeypatch.setattr(core.picture.run, "run", run)

    return install


def test_json_is_one_object_on_stdout(capsys, engine):
    engine(lambda job, report: result(output=job.output))
    assert cli.main([*STYLIZE, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {**asdict(result()), "notes": ["a note"], "maps": {}}
    assert out.count("\n") == 1
    assert not err


def test_words_without_json(capsys, engine):
    engine(lambda job, report: result())
    assert cli.main(STYLIZE) == 0
    out = capsys.readouterr().out
    assert "out.png: 80 x 64" in out
    assert "a note" in out
    assert cli.main([*STYLIZE, "--quiet"]) == 0
    assert not any(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PictureError("the style picture\nis gone"), 1),
        (OSError(28, "No space left on device", "out.png"), 1),
        (Cancelled(), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_end_has_its_exit_code(capsys, engine, error, code):
    def run(job, report):
        raise error

    engine(run)
    assert fails(capsys, *STYLIZE)[0] == code


def test_progress_goes_to_stderr_unless_quiet(capsys, engine):
    def run(job, report):
        report(Progress("stylize", 1, 1))
        return result()

    engine(run)
    cli.main([*STYLIZE, "--json"])
    assert "stylize 1/1" in capsys.readouterr().err
    cli.main([*STYLIZE, "--json", "--quiet"])
    assert not capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_one_line_and_a_file_gets_lines():
    for stream, ends in ((Terminal(), 0), (io.StringIO(), 2)):
        shown = Console(stream)
        for _ in range(2):
            shown(Progress("stylize", 10, 10))
        assert stream.getvalue().count("\n") == ends
        shown.close()
    assert not stream.getvalue().endswith("\r")


def test_a_shorter_line_leaves_nothing_of_the_longer_one():
    stream = Terminal()
    shown = Console(stream)
    shown(Progress("a long stage", 3, 3))
    shown(Progress("b", 1, 1))
    assert stream.getvalue().split("\r")[-1] == "b 1/1".ljust(len("a long stage 3/3"))


def test_time_left_is_what_the_rest_will_take():
    assert format_line(Progress("stylize", 25, 100), 10.0) == "stylize 25/100, 30 s left"
    assert format_line(Progress("stylize", 100, 100), 10.0) == "stylize 100/100"
    assert format_line(Progress("train", 90, 100), 10.0, 80) == "train 90/100, 10 s left"
    assert format_line(Progress("train", 80, 100), 10.0, 80) == "train 80/100"
    assert [format_seconds(s) for s in (0.4, 59, 125, 3660)] == [
        "0 s",
        "59 s",
        "2 min 05 s",
        "1 h 01 min",
    ]


def test_what_is_resumed_counts_from_where_it_goes_on(monkeypatch):
    clock = iter((1000.0, 1010.0))
    monkeypatch.setattr("core.cli.console.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    shown = Console(stream)
    shown(Progress("train", 501, 1000))
    shown(Progress("train", 601, 1000))
    assert stream.getvalue().splitlines()[-1] == "train 601/1000, 40 s left"


def test_stages_that_take_turns_keep_their_own_time(monkeypatch):
    """A sequence's frames are walked to and written in turn."""
    clock = iter((1000.0, 1000.0, 1100.0, 1106.0, 1112.0, 1212.0))
    monkeypatch.setattr("core.cli.console.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    shown = Console(stream)
    for stage, done in (("frames", 0), ("ahead", 1), ("ahead", 11), ("frames", 1), ("frames", 2)):
        shown(Progress(stage, done, 21))
    shown(Progress("ahead", 12, 21))
    assert "ahead 11/21, 1 min 40 s left" in stream.getvalue()
    assert stream.getvalue().splitlines()[-1] == "ahead 12/21, 2 min 53 s left"


def test_the_cards_as_json(capsys):
    assert cli.main(["methods", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert [card["id"] for card in cards] == [card.id for card in CARDS]
    for card, told in zip(CARDS, cards, strict=True):
        assert [p["name"] for p in told["params"]] == list(card.params.__dataclass_fields__)
        assert {"title", "summary", "paper", "year", "licence", "call", "backbones"} <= set(told)


def test_the_cards_in_words(capsys):
    assert cli.main(["methods"]) == 0
    out = capsys.readouterr().out
    assert all(card.title in out for card in CARDS)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--help"], 0),
        (["stylize", "--help"], 0),
        (["methods"], 0),
        (["methods", "--json"], 0),
        (["stylize", "a.png", "--style", "b.png", "-o", "a.png"], 2),
        (["stylize", "a.png", "--style", "b.png", "-o", "c.png", "--strength", "7"], 2),
        (["nonsense"], 2),
    ],
)
def test_torch_is_not_needed_for_this(python, argv, code):
    script = (
        "import sys\nsys.modules['torch'] = None\nsys.modules['numpy'] = None\n"
        "from core.cli import main\ntry: sys.exit(main(sys.argv[1:]))\nexcept ImportError as e: sys.exit(99)"
    )
    assert python("-c", script, *argv).returncode == code


def test_it_starts_as_a_module(python):
    done = python("-m", "core", "stylize", "missing.png", "--style", "also.png", "-o", "out.png")
    assert done.returncode == 1
    assert done.stderr.startswith("stylize: ")
    assert "missing.png" in done.stderr


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--strength", "2"], "strength is 2.0; it must lie between 0 and 1 (--strength)"),
        (["--style-weight", "-1"], "weight is -1.0; it must be above 0"),
        (["--method", "wct", "--stages", "9"], "wct: stages is 9; it must lie between 1 and 5 (--stages)"),
        (["--for", "photo", "--labels", "l.png"], "a.jpg has none; give it one, too (--style-labels)"),
        (["--layer", "adain"], "there are two or more: one look a depth (--layer)"),
    ],
)  # fmt: skip  # a table
def test_the_engine_names_the_setting_and_the_command_line_adds_its_option(capsys, more, line):
    code, err = fails(capsys, *STYLIZE, *more)
    assert code == 2
    assert line in err
    assert err.endswith("(see python -m core stylize --help)\n")


def test_help_says_what_a_methods_setting_may_be(capsys):
    with pytest.raises(SystemExit):
        cli.main(["stylize", "--method", "adain", "--help"])
    assert "--level {relu3_1,relu4_1}" in capsys.readouterr().out
