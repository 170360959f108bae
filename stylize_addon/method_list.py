"""The methods in Blender's list: look and speed, with the paper in the tooltip."""

from collections.abc import Collection

from ..core.card import Card
from ..core.catalog import CARDS, DEFAULT, find_card
from ..core.checkpoints.shipped import SHIPPED, read_catalog, read_measured
from ..core.errors import WeightsError

Item = tuple[str, str, str, str, int]

SPEED = "seconds_per_megapixel"


def methods(networks: Collection[str]) -> tuple[Item, ...]:
    """Return the methods that work with the named networks, as items of Blender's list; no names: all.

    Scenes remember a method by its card's number; 0 is auto.
    """
    best = find_card(DEFAULT)
    chosen = f"The best for most: {best.look}. {about(best)}"
    return (
        ("auto", named("Automatic", best), chosen, "NONE", 0),
        *(
            (card.id, named(card.look, card), about(card), "NONE", card.number)
            for card in CARDS
            if not networks or card.works_with(networks)
        ),
    )


def named(look: str, card: Card) -> str:
    """Return look and speed, like ``Calm · 0.6 s``."""
    seconds = seconds_of(card.id)
    return look if seconds is None else f"{look} · {_format_seconds(seconds)}"


def about(card: Card) -> str:
    """Return a description of a method, and its source."""
    return f"{card.summary} ({card.title}: {card.paper}, {card.year})"


def seconds_of(method: str) -> float | None:
    """Return the seconds of a method per megapixel on a machine of two cores, if measured."""
    return read_measured().get(find_card(method).id, {}).get(SPEED)


def _format_seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 0.95 else f"{seconds:.0f} s"


def _list_shipped() -> Collection[str]:
    """Return the names of the shipped networks; none if their list cannot be read."""
    try:
        return read_catalog(SHIPPED) or {}
    except WeightsError:  # reported when a method runs; the panel must be drawn
        return ()


METHODS = methods(_list_shipped())
