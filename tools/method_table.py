"""Measure all methods and write their table: python tools/method_table.py [--methods ID ...] [--write-only].

Figures go to weights/measured.toml, where `python -m core methods` finds them, and from there into the README
between the lines that mark the table. Methods that are named are measured anew; others keep their figures.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.card import Card  # noqa: E402  # the checkout is not installed
from core.catalog import CARDS  # noqa: E402  # likewise
from core.checkpoints.shipped import MEASURED, read_measured  # noqa: E402  # likewise
from core.cli.commands import shared_folder  # noqa: E402  # likewise
from core.evaluation.pictures import default_contents, default_styles  # noqa: E402  # likewise

FIRST, LAST = "<!-- methods: tools/method_table.py -->", "<!-- end of methods -->"
JUDGE = "vgg16"
"""Of the table's distances: it has taught none of our networks."""
KEYS = ("seconds_per_megapixel", "peak_memory_mb", "hand_distance", "content_distance")
"""Figures of a method, in the table's order."""
BRACKET = ("untouched", "style itself")
"""What methods lie between, as `python -m core measure` calls it."""
CONTENTS, STYLES = 3, 4
"""Pictures, of those that `python -m core measure` takes; a descent takes minutes for each pair."""


def main() -> None:
    """Measure, write, and fill in the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    ids = [card.id for card in CARDS]
    parser.add_argument("--methods", nargs="*", choices=ids, default=ids, metavar="ID")
    parser.add_argument(
        "--only",
        choices=("speed", "scores", "table"),
        help="measure speed or scores alone, or nothing",
    )
    options = parser.parse_args()
    figures = {name: dict(found) for name, found in read_measured().items()}
    if options.only in (None, "scores"):
        for name, found in scores(options.methods).items():
            figures[name] = figures.get(name, {}) | found
    for method in options.methods if options.only in (None, "speed") else []:
        figures[method] = figures.get(method, {}) | speed(method)
        print(method, figures[method], flush=True)
        write(figures)
    write(figures)
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text("utf-8").partition(FIRST)
    after = rest.partition(LAST)[2]
    readme.write_text(f"{before}{FIRST}\n{table(figures)}\n{LAST}{after}", "utf-8")


def call(*arguments: str) -> dict:
    """Return what one of our commands prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def speed(method: str) -> dict:
    """Return seconds a megapixel and peak memory at 1024 x 1024."""
    bench = ("core.bench", "--methods", method, "--sizes", "1", "--skip-vgg19", "--minutes", "0")
    (row,) = call(*bench)["methods"]
    if "error" in row:
        sys.exit(f"{method}: {row['error']}")
    return {"seconds_per_megapixel": row["seconds"], "peak_memory_mb": row["peak_memory_mb"]}


def scores(methods: list[str]) -> dict[str, dict]:
    """Return the distances of methods that take any picture's hand, painters apart, and of ``BRACKET``."""
    cards = [card for card in CARDS if card.id in methods]
    judged = [card.id for card in cards if card.styles == "pictures" and card.needs_style]
    if not judged:
        return {}
    data = shared_folder() / "data"
    contents, styles = default_contents(data), default_styles(data)
    found = call(
        "core", "measure", "--json", "--judge", JUDGE,
        *(word for method in judged for word in ("--method", method)),
        "--contents", *map(str, contents[:: len(contents) // CONTENTS][:CONTENTS]),
        "--styles", *map(str, styles[:: len(styles) // STYLES][:STYLES]),
    )  # fmt: skip  # a command line
    rows = {row["method"]: row for row in found["methods"]}
    return {
        name.replace(" ", "_"): {
            "hand_distance": round(rows[name]["hand"], 3),
            "content_distance": round(rows[name]["content"], 3),
        }
        for name in (*judged, *BRACKET)
    }


def write(figures: dict) -> None:
    """Write the figures, one method a line."""
    lines = ["# Speed, memory and scores of the methods; written by tools/method_table.py.\n"]
    for name in (*(card.id for card in CARDS), *(name.replace(" ", "_") for name in BRACKET)):
        if name in figures:
            pairs = ", ".join(f"{k} = {figures[name][k]}" for k in KEYS if k in figures[name])
            lines.append(f"{name} = {{ {pairs} }}\n")
    MEASURED.write_text("".join(lines), "utf-8")


def table(figures: dict) -> str:
    """Return the table in Markdown."""
    head = (
        "| method | for | styles | s / MP | MB | hand ↓ | content ↓ | video | published weights |"
    )
    rows = [row(card, figures.get(card.id, {})) for card in CARDS]
    for name in BRACKET:
        found = figures.get(name.replace(" ", "_"), {})
        far = " | ".join(str(found.get(key, "–")) for key in KEYS[2:])
        rows.append(f"| *{name}* |  |  |  |  | {far} |  |  |")
    return "\n".join([head, "|" + "---|" * 9, *rows])


def row(card: Card, found: dict) -> str:
    """Return a method's row."""
    styles = {"pictures": "any picture", "names": "trained", "both": "trained, or any picture"}[
        card.styles
    ]
    page = f"docs/methods/{card.module.split('.')[1]}.md"
    cells = [
        f"[{card.title}]({page}): {continued(card.summary)}",
        card.makes,
        styles,
        *(str(found.get(key, "–")) for key in KEYS),
        "steady" if card.steady else "",
        card.licence,
    ]
    return "| " + " | ".join(cells) + " |"


def continued(sentence: str) -> str:
    """Return a sentence as the rest of another: its first word in small letters, unless it is a name."""
    word = sentence.split()[0]
    return sentence[0].lower() + sentence[1:] if word == word.capitalize() else sentence


if __name__ == "__main__":
    main()
