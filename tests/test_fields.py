"""A setting is declared once; what is said of it everywhere is read off that."""

from dataclasses import dataclass, fields

import pytest

from core.errors import ParamsError
from core.fields import check_limits, is_share, label_of, option_of, param, range_of


@dataclass(frozen=True)
class Request:
    share: float = param(0.5, min=0, max=1, help="how much")
    brush_size: float = param(1.0, above=0, max=16)
    count: int = param(1, min=1, max=2**63 - 1, option="--many", label="How Many")
    kind: str = param("a", choices=("a", "b"))
    limit: int | None = param(None, min=1)


BY_NAME = {declared.name: declared for declared in fields(Request)}


def test_what_is_said_of_each():
    assert [range_of(f) for f in BY_NAME.values()] == [
        "0 to 1", "above 0, at most 16", "at least 1", "a, b", "at least 1",
    ]  # fmt: skip  # a row
    assert [is_share(f) for f in BY_NAME.values()] == [True, False, False, False, False]
    assert option_of(BY_NAME["brush_size"]) == "--brush-size"
    assert option_of(BY_NAME["count"]) == "--many"
    assert label_of(BY_NAME["brush_size"]) == "Brush Size"
    assert label_of(BY_NAME["count"]) == "How Many"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"share": -0.1}, "share is -0.1; it must lie between 0 and 1"),
        ({"share": float("nan")}, "share is nan; it must be a finite number"),
        ({"brush_size": 0.0}, "brush size is 0.0; it must be above 0 and at most 16"),
        ({"brush_size": 17.0}, "brush size is 17.0; it must be above 0 and at most 16"),
        ({"count": 0}, "count is 0; it must lie between 1 and"),
        ({"kind": "c"}, "kind is 'c'; choose one of: a, b"),
        ({"limit": 0}, "limit is 0; it must be at least 1"),
    ],
)
def test_what_is_out_of_its_limits_is_said_with_its_name(values, words):
    with pytest.raises(ParamsError, match=words) as found:
        check_limits(Request(**values))
    assert found.value.setting == next(iter(values))


def test_the_ends_are_allowed():
    for values in ({"share": 0.0}, {"share": 1.0}, {"brush_size": 16.0}, {"limit": None}):
        check_limits(Request(**values))
    check_limits((Request(), Request(count=7)))
