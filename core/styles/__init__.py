"""The style pictures that come with Stylize, painted as ``recipes`` says. No torch, no numpy."""

from pathlib import Path

from ..errors import ParamsError

PREFIX = "builtin:"
"""What a style's path begins with when it names one of these pictures."""

TITLES = {
    "oil": "Oil, thick swirling strokes",
    "gouache": "Gouache, broad fauve patches",
    "pastel": "Pastel, chalk on dark paper",
    "pointillism": "Pointillism, dabs of pure colour",
    "watercolor": "Watercolor, wet washes",
    "woodblock": "Woodblock print, flat tints and a key block",
    "engraving": "Engraving, tinted by hand",
    "comic": "Comic, halftone screens",
    "stained_glass": "Stained glass, leaded panes",
    "mosaic": "Mosaic, set stones",
}


def names() -> tuple[str, ...]:
    """Return the names of the built-in styles, in the order they are shown."""
    return tuple(TITLES)


def title(name: str) -> str:
    """Return what a style is, in a few words.

    Raises:
        ParamsError: for an unknown name.
    """
    return TITLES[_known(name)]


def path(name: str) -> Path:
    """Return the file of a built-in style's picture.

    Raises:
        ParamsError: for an unknown name, listing the known ones.
    """
    return Path(__file__).parent / f"{_known(name)}.webp"


def resolve(source: str) -> Path:
    """Return the picture file that a style's path means: a file's own path, or ``builtin:<name>``.

    Raises:
        ParamsError: for an unknown built-in name, listing the known ones.
    """
    return path(source.removeprefix(PREFIX)) if source.startswith(PREFIX) else Path(source)


def _known(name: str) -> str:
    if name not in TITLES:
        known = ", ".join(TITLES)
        raise ParamsError(f"there is no built-in style {name!r}; choose one of: {known}")
    return name
