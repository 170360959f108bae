"""Blind choices between methods: sheets in random order, their key in another file, and what was chosen.

python tools/forced_choice.py lay SHEETS --contents a.jpg b.jpg --styles x.jpg y.jpg --seed 7
    --method transport --method transport:strength=0.6 --made theirs=FOLDER

The first content goes with the first style, and so on; the shorter list begins anew. SHEETS gets a picture
for each of these: content and style small on top, beneath them every candidate in full size, called A, B, C …
in an order of its own. SHEETS.key.json says which was which: who chooses sees neither it nor names. --made
takes pictures that something else has made, CONTENT--STYLE.png by the names of the two files.

python tools/forced_choice.py count SHEETS.key.json CHOICES ...

CHOICES has a line for each sheet, 03: B, or a ranking with the best first, 03: B A C; or the same as JSON,
{"03": "B"} or {"03": ["B", "A", "C"]}. Several files are counted together; ask one question at a time.
Shares have 95 % intervals (Wilson's). Choices made by eye decide; figures only guard.
"""

import argparse
import json
import sys

from choice_counts import StylizeError, count

from core.cli.arguments import read_made
from core.cli.fields import reader


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    laid = commands.add_parser("lay", help="make sheets and their key")
    laid.add_argument(
        "sheets", metavar="SHEETS", help="folder for the sheets; it must not be there"
    )
    laid.add_argument("--contents", nargs="+", required=True, metavar="GLOB")
    laid.add_argument("--styles", nargs="+", required=True, metavar="GLOB")
    laid.add_argument(
        "--method", action="append", dest="methods", default=[], metavar="ID[:NAME=VALUE…]"
    )
    laid.add_argument(
        "--made", action="append", type=reader(read_made), default=[], metavar="NAME=DIR"
    )
    laid.add_argument("--key", metavar="FILE", help="the key's file (SHEETS.key.json)")
    laid.add_argument("--seed", type=int, default=0, metavar="N")
    laid.add_argument(
        "--times", type=int, default=1, metavar="N", help="sheets of each pair, in other orders"
    )
    laid.add_argument(
        "--two", action="store_true", help="two candidates a sheet, every two of them"
    )
    laid.add_argument(
        "--side", type=int, default=512, metavar="N", help="longest side of the contents (512)"
    )
    laid.set_defaults(run=lay_out)
    counted = commands.add_parser("count", help="say what was chosen")
    counted.add_argument("key", metavar="KEY")
    counted.add_argument("choices", nargs="+", metavar="CHOICES")
    counted.add_argument("--json", action="store_true")
    counted.set_defaults(run=count)
    return parser


def lay_out(options):
    """Make sheets; torch is imported for that alone."""
    from choice_sheets import lay

    lay(options)


def main(arguments=None):
    """Do what the command line asks; return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        options.run(options)
    except (StylizeError, json.JSONDecodeError) as error:
        print(f"forced_choice: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
