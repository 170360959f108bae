"""Looks: names for a method and its settings, wherever a method may be said."""

from dataclasses import replace

import pytest

from core.card import make_params
from core.catalog import CARDS, LOOKS, find_card, find_look
from core.cli import main
from core.cli.arguments import UsageError, parse
from core.cli.commands import job_of
from core.errors import ParamsError
from core.request.auto_method import choose, settle
from core.request.check import check_job
from core.request.layer import Layer
from core.request.picture_job import Job, StyleFile

NUMBERS = {"fast": 101, "finest": 102, "bold": 103, "photo": 104, "film": 105}
"""As .blend files have them."""


def ask(method, **more):
    return Job(content="a", output="b", styles=(StyleFile("s.png"),), method=method, **more)


def test_names_and_numbers_are_theirs_alone():
    assert {look.id: look.number for look in LOOKS} == NUMBERS
    assert not {look.id for look in LOOKS} & {"auto", *(card.id for card in CARDS)}
    assert not {look.number for look in LOOKS} & {card.number for card in CARDS}
    assert find_look("transport") is find_look("auto") is None


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.id)
def test_a_look_is_a_method_that_there_is_with_settings_that_it_has(look):
    job, notes = settle(ask(look.id), 1_000_000)
    assert job.method == look.card.id
    assert job.style_scale == look.brush
    make_params(find_card(job.method), job.params)
    check_job(ask(look.id))
    assert job.method in notes[0]
    assert settle(job, 1_000_000) == (job, ())


def test_bold_has_a_wider_brush_than_fast_within_the_range():
    fast, bold = (settle(ask(name, style_scale=2.0), 0)[0] for name in ("fast", "bold"))
    assert fast.method == bold.method
    assert bold.style_scale > fast.style_scale == 2.0
    assert bold.params["loyalty"] < 0.75
    assert settle(ask("bold", style_scale=8.0), 0)[0].style_scale == 8.0


def test_settings_that_are_said_count_more_than_those_of_the_look():
    assert settle(ask("bold", params={"loyalty": 1.0}), 0)[0].params["loyalty"] == 1.0


def test_photo_and_film_are_what_auto_chooses_for_them():
    for size in (1_000_000, 50_000_000):
        assert choose(ask("photo"), size) == choose(ask("auto", aim="photo"), size)
    assert choose(ask("photo"), 50_000_000).method == "ccpl"
    assert choose(ask("film"), 0) == choose(ask("auto", aim="video"), 0)


def test_a_layer_may_have_a_look():
    parts = ask("fast", depth="d.png", layers=(Layer("bold"), Layer())).by_layer()
    assert [settle(part, 0)[0].style_scale for part in parts] == [3.0, 1.0]


def test_it_is_said_in_json_and_on_the_command_line():
    job = ask("bold")
    assert Job.from_json(job.to_json()) == job
    typed = ["stylize", "a.png", "-o", "b.png", "--style", "builtin:oil"]
    assert job_of(parse([*typed, "--look", "bold"])).method == "bold"
    assert job_of(parse([*typed, "--method", "film"])).method == "film"
    assert job_of(parse(typed)).method == "auto"
    assert parse([*typed, "--look", "bold"]).card.id == "brushwork"
    with pytest.raises(UsageError, match="invalid choice: 'transport'"):
        parse([*typed, "--look", "transport"])
    with pytest.raises(UsageError, match="shiny"):
        parse([*typed, "--method", "shiny"])


def test_methods_are_listed_looks_first(capsys):
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:6]] == list(NUMBERS)
    assert "brushwork, loyalty=0.2, strokes=1.5, style_scale=3" in lines[3]
    assert any(line.startswith("transport ") for line in lines[6:])


def test_what_is_no_look_is_told_with_all_that_there_are():
    with pytest.raises(ParamsError, match="auto, fast, finest, bold, photo, film, "):
        find_card("magic")
    with pytest.raises(ParamsError, match="method is 'magic'"):
        check_job(replace(ask("fast"), method="magic"))
