"""Measure a translation: python tools/measure_translation.py METHOD --style NAME --a … --b … --pictures ….

A and B are pictures of the two domains (globs), those to translate are of no training set. Each runs as for
an artist, from file to file, in a variant of its own (--variant 0, 1, …; --seed where a method has none). The
figures are those of core/evaluation/translation.py; --back is what goes from B to A, such as munit:back=true.
"""

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from torch import Tensor

from core.catalog import find_card
from core.errors import StylizeError
from core.evaluation.asked import JUDGES, Asked, read_asked
from core.evaluation.judges import load_judge
from core.evaluation.pictures import expand, read, save
from core.evaluation.translation import Figures, Translator, measure
from core.picture.run import run


def translator(asked: Asked, style: str, folder: Path) -> Translator:
    """Return a method with its settings as a function of a picture and the number of a variant."""

    def translate(picture: Tensor, number: int) -> Tensor:
        content, output = folder / "before.png", folder / "after.png"
        save(picture, content)
        run(asked_job(asked, number).job(str(content), str(output), style))
        return read(output)

    return translate


def asked_job(asked: Asked, number: int) -> Asked:
    """Return what was asked for, in a variant."""
    options, params = dict(asked.options), dict(asked.params)
    if "variant" in {field.name for field in fields(find_card(asked.method).params)}:
        params["variant"] = float(number)
    else:
        options["seed"] = number
    return Asked(asked.method, options, params, asked.name)


def figures(options: argparse.Namespace) -> Figures:
    """Return what is asked for."""
    domains = [[read(p) for p in expand(side)] for side in (options.a, options.b)]
    pictures = [read(p) for p in expand(options.pictures)]
    with TemporaryDirectory() as name:
        ways = [
            translator(read_asked(way), options.style, Path(name)) if way else None
            for way in (options.method, options.back)
        ]
        return measure(
            (domains[0], domains[1]),
            pictures,
            ways[0],
            load_judge(options.judge),
            back=ways[1],
            variants=options.variants,
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", metavar="METHOD[:NAME=VALUE…]")
    parser.add_argument("--style", required=True, help="the translation's name, or an example")
    parser.add_argument("--back", metavar="METHOD[:NAME=VALUE…]", help="what goes from B to A")
    for name, what in (
        ("a", "real A"),
        ("b", "real B"),
        ("pictures", "A of no training set, which are translated"),
    ):
        parser.add_argument(f"--{name}", nargs="+", required=True, metavar="GLOB", help=what)
    parser.add_argument("--variants", type=int, default=10, help="for diversity (10); 0: none")
    parser.add_argument("--judge", choices=[j for j in JUDGES if j != "cd16x"], default="alexnet")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        found = figures(options).facts()
    except StylizeError as error:
        sys.exit(f"error: {error}")
    if options.json:
        print(json.dumps(found))
        return
    for key, value in found.items():
        print(f"{key.replace('_', ' '):22}{'-' if value is None else f'{value:.3f}'}")


if __name__ == "__main__":
    main()
