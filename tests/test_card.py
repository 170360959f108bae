"""Params are declared once and checked with words that name the setting."""

from dataclasses import dataclass, fields, replace

import pytest

from core.card import Card, make_params
from core.catalog import CARDS, DEFAULT, find_card
from core.cli.arguments import PREFIX, build_parser
from core.errors import ParamsError
from core.fields import param


@dataclass(frozen=True, slots=True)
class Params:
    stages: int = param(3, min=1, max=5, help="how many")
    amount: float = param(0.5, min=0, max=1, help="how much")
    level: str = param("relu4_1", choices=("relu3_1", "relu4_1"), help="where")
    exact: bool = param(False, help="whether")


CARD = Card(
    id="trial", number=99, title="Trial", look="", summary="", paper="", year=2000, licence="MIT",
    call="local", module="none", params=Params,
)  # fmt: skip  # a record


def test_defaults():
    assert make_params(CARD, {}) == Params(3, 0.5, "relu4_1", False)


def test_words_become_values():
    got = make_params(CARD, {"stages": "5", "amount": "0.25", "level": "relu3_1", "exact": "yes"})
    assert got == Params(5, 0.25, "relu3_1", True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"stages": 6}, "stages is 6; it must lie between 1 and 5"),
        ({"stages": "many"}, "it must be a int"),
        ({"amount": float("nan")}, "it must be a finite number"),
        ({"amount": None}, "it must be a float"),
        ({"level": "relu9_9"}, "choose one of: relu3_1, relu4_1"),
        ({"exact": "perhaps"}, "exact is 'perhaps'"),
        ({"colour": 1}, "no setting 'colour'; its settings are: stages, amount, level, exact"),
    ],
)
def test_what_is_wrong_is_said(values, words):
    with pytest.raises(ParamsError, match=words):
        make_params(CARD, values)


def test_ids_are_names_and_unlike():
    ids = [card.id for card in CARDS]
    assert len(set(ids)) == len(ids)
    assert all(i.isidentifier() and i == i.lower() and i != "auto" for i in ids)


IN_FILES = {
    "transport": 1, "adain": 2, "linear": 3, "wct": 4, "johnson": 5, "msgnet": 6, "reconet": 7, "covst": 8,
    "fast_multi_video": 9, "style_swap": 10, "ccpl": 11, "metanet": 12, "microast": 13, "pca_kd": 14,
    "photowct": 15, "linear_photo": 16, "deep_photo": 17, "gatys": 18, "deepdream": 19, "nnst": 20,
    "brushwork": 21, "munit": 22, "cyclegan": 23, "adaptive_style": 24, "oil": 25, "gouache": 26,
    "pastel": 27, "pointillism": 28, "watercolor": 29, "woodblock": 30,
    "engraving": 31, "halftone": 32, "glass": 33, "mosaic": 34,
}  # fmt: skip  # a block to scan


def test_a_method_keeps_its_number_for_ever():
    """Blender files hold these numbers; a new method gets one that no method ever had."""
    numbers = {card.id: card.number for card in CARDS}
    assert numbers == IN_FILES, "a new method's number belongs into the table, too"
    assert len(set(numbers.values())) == len(CARDS)
    assert min(numbers.values()) > 0, "0 is auto"


def test_looks_are_short_and_unlike():
    looks = [card.look for card in CARDS]
    assert len(set(looks)) == len(looks)
    assert all(0 < len(look) <= 22 for look in looks), "a name in a list"


def test_auto_is_the_default_method():
    assert find_card("auto") is find_card(DEFAULT)
    with pytest.raises(ParamsError, match=r"choose one of: auto, fast, .*, brushwork"):
        find_card("nonsense")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_card_is_complete(card):
    told = (card.title, card.look, card.summary, card.paper, card.licence)
    assert all(told)
    assert card.call in ("local", "whole", "recurrent")
    assert card.backbones
    assert card.max_styles >= 1
    for declared in fields(card.params):
        assert declared.metadata["help"], f"{card.id}.{declared.name} has no help"
        assert isinstance(declared.default, int | float | str | bool)
    params = make_params(card, {})
    again = {f.name: getattr(params, f.name) for f in fields(card.params)}
    assert make_params(card, again) == params
    assert replace(params) == params


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_setting_is_an_option_of_its_own(card):
    asked = ["stylize", "in.png", "--style", "x.png", "-o", "out.png", "--method", card.id]
    chosen = build_parser(card).parse_args(asked)
    params = {f.name: getattr(chosen, PREFIX + f.name) for f in fields(card.params)}
    assert make_params(card, {k: v for k, v in params.items() if v is not None}) == make_params(
        card, {}
    )
