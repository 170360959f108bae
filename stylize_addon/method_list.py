"""Looks and methods in Blender's list: look and speed; how a look is made, or a paper, in the tooltip."""

from collections.abc import Collection

from ..core.card import Card
from ..core.catalog import CARDS, DEFAULT, LOOKS, PAINTER_IDS, TOON, Look, find_card
from ..core.checkpoints.shipped import SHIPPED, read_catalog, read_measured
from ..core.errors import WeightsError
from ..core.styles.states import shipped_states

Item = tuple[str, str, str, str, int]

SPEED = "seconds_per_megapixel"


def methods(networks: Collection[str]) -> tuple[Item, ...]:
    """Return what works with the named networks, looks and painters first, as items of Blender's list.

    Without names, all. Scenes remember a method by its card's number, a look by its own; 0 is auto.
    """
    best = find_card(DEFAULT)
    chosen = f"The best for most: {best.look}. {about(best)}"
    return (
        ("auto", named("Automatic", best), chosen, "NONE", 0),
        *(
            (look.id, named(look.title, look.card), about_look(look), "NONE", look.number)
            for look in LOOKS
            if not networks or look.card.works_with(networks)
        ),
        *(
            (card.id, named(card.look, card), about(card), "NONE", card.number)
            for card in sorted(CARDS, key=lambda card: card.id not in PAINTER_IDS)
            if not networks or card.works_with(networks)
        ),
    )


def named(look: str, card: Card) -> str:
    """Return look and speed, like ``Calm · 0.6 s``."""
    seconds = seconds_of(card.id)
    return look if seconds is None else f"{look} · {_format_seconds(seconds)}"


def about_look(look: Look) -> str:
    """Return a description of a look, and which method makes it."""
    return f"{look.summary[:1].upper()}{look.summary[1:]} ({look.card.title})"


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
FRAME_METHODS = (
    *METHODS,
    (TOON, "Toon", "Tones and lines; the same as Drawing: Toon", "NONE", 200),
)
"""What frames may be given: a method, or a toon look in its place."""
STATES = shipped_states(_list_shipped())
"""States that textures can be brought into."""
_FIRST = ("auto", *(look.id for look in LOOKS))
LEADING = tuple((item[0], item[1].partition(" · ")[0]) for item in METHODS if item[0] in _FIRST)
"""What the panel leads with, by identifiers, with short names; the other methods fold under Research."""
PAINTING = tuple((card.id, card.look) for card in CARDS if card.id in PAINTER_IDS)
"""What it shows next, likewise: the painters."""
