"""Write docs/settings.md from the declarations of all settings: python tools/setting_tables.py."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.catalog import CARDS  # noqa: E402  # the checkout is not installed
from core.fields import label_of, option_of, range_of  # noqa: E402  # likewise
from core.request.picture_job import Job, StyleFile  # noqa: E402  # likewise
from core.request.sequence_job import SINGLE, SequenceJob, ViewTransform  # noqa: E402  # likewise
from core.request.toon_job import ToonJob  # noqa: E402  # likewise
from core.request.toon_look import ToonLook  # noqa: E402  # likewise

PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = """# Settings

Made by `python tools/setting_tables.py` from the declarations in `core/request/` and in each method's
`Params`: what stands there makes the command line, Blender's panel, the checks and this page. The first
column is the name in JSON (a job for the worker) and in Python.
"""
HEADS = ("setting", "command line", "Blender", "default", "may be", "what it does")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    parts += ["## A picture", "", *_request(Job), ""]
    parts += ["### Each of its styles", "", *_styles(), ""]
    parts += ["## A sequence", "", _beside(), "", *_request(SequenceJob), ""]
    parts += ["### How scene-linear frames are shown (`view`)", "", *_request(ViewTransform), ""]
    parts += ["## A toon look on renders: `python -m core toon`", "", *_request(ToonJob), ""]
    parts += [
        "### The look itself (`look`); each preset sets it otherwise",
        "",
        *_request(ToonLook),
        "",
    ]
    parts += ["## Methods", ""]
    for card in CARDS:
        if own := fields(card.params):
            parts += [f"### {card.title}: `--method {card.id}`", "", *_method(own), ""]
    return "\n".join(parts).rstrip() + "\n"


def _beside() -> str:
    single = ", ".join(f"`{name}`" for name in SINGLE)
    return f"Beside all that a picture has, but for {single}:"


def _request(kind: type) -> Iterator[str]:
    rows = [f for f in fields(kind) if f.metadata and f.metadata["whom"] != "engine"]
    yield from _table(HEADS, ([_name(f), _option(f), _label(f), *_facts(f)] for f in rows))


def _styles() -> Iterator[str]:
    def option(declared: Field) -> str:
        return "`--style`" if declared.name == "path" else f"`--style-{declared.name}`"

    heads = (*HEADS[:2], *HEADS[3:])
    yield from _table(heads, ([_name(f), option(f), *_facts(f)] for f in fields(StyleFile)))


def _method(rows: Iterable[Field]) -> Iterator[str]:
    heads = (HEADS[0], *HEADS[3:])
    yield from _table(heads, ([_name(f), *_facts(f)] for f in rows))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = tuple(heads)
    for cells in (heads, ["---"] * len(heads), *rows):
        yield "| " + " ".join(f"{cell.replace('|', '/')} |".lstrip() for cell in cells)


def _name(declared: Field) -> str:
    return f"`{declared.name}`"


def _option(declared: Field) -> str:
    return f"`{option_of(declared)}`"


def _label(declared: Field) -> str:
    return label_of(declared) if declared.metadata["whom"] == "all" else ""


def _facts(declared: Field) -> tuple[str, str, str]:
    default = declared.default
    known = default is not MISSING and default not in (None, "", ())
    text = ("on" if default else "off") if isinstance(default, bool) else str(default)
    return f"`{text}`" if known else "", range_of(declared), declared.metadata["help"]


if __name__ == "__main__":
    main()
