"""Sheets for blind choices: candidates in random order, and the key that says which was which.

Called by tools/forced_choice.py.
"""

import json
import random
import shutil
import sys
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.errors import StylizeError  # noqa: E402  # the checkout is not installed
from core.evaluation.asked import read_asked  # noqa: E402  # likewise
from core.evaluation.measure import made, stylizer  # noqa: E402  # likewise
from core.evaluation.metrics import fit  # noqa: E402  # likewise
from core.evaluation.pictures import expand, read, save  # noqa: E402  # likewise

SMALL, GAP, TEXT, COLUMNS = 256, 12, 36, 3
"""Pixels of the longest side of content and style, between pictures, and of letters; candidates in a row."""


@dataclass(frozen=True)
class Sheet:
    """One choice: a content, a style, and the candidates in the order of their letters."""

    content: Path
    style: Path
    order: tuple


def plan(pairs, candidates, seed, *, times=1, two=False):
    """Return the sheets in random order.

    Args:
        pairs: (content, style) files.
        candidates: Names.
        seed: The same seed gives the same sheets.
        times: How often each pair is shown; orders differ.
        two: Show two candidates at a time, every two of them.
    """
    draw = random.Random(seed)  # noqa: S311  # no secret
    groups = list(combinations(candidates, 2)) if two else [tuple(candidates)]
    sheets = []
    for content, style in pairs:
        for group in groups * times:
            order = list(group)
            draw.shuffle(order)
            sheets.append(Sheet(content, style, tuple(order)))
    draw.shuffle(sheets)
    return sheets


def pair_up(contents, styles):
    """Return (content, style) files; the shorter list begins anew."""
    count = max(len(contents), len(styles))
    return [(contents[k % len(contents)], styles[k % len(styles)]) for k in range(count)]


def key_of(sheets, seed):
    """Return what the key's file holds."""
    named = {
        number: {
            "content": str(sheet.content),
            "style": str(sheet.style),
            "letters": dict(zip(ascii_uppercase, sheet.order, strict=False)),
        }
        for number, sheet in zip(numbers(len(sheets)), sheets, strict=True)
    }
    return {"seed": seed, "sheets": named}


def numbers(count):
    """Return the names of so many sheets: 01, 02 and on."""
    wide = max(2, len(str(count)))
    return [f"{k:0{wide}}" for k in range(1, count + 1)]


def draw_sheet(content, style, candidates):
    """Return a sheet of PIL pictures; it has no word but letters."""
    columns = 2 if len(candidates) == 4 else min(COLUMNS, len(candidates))
    wide, high = max(p.width for p in candidates), max(p.height for p in candidates)
    top = [small(content), small(style)]
    head = max(p.height for p in top) + 2 * GAP
    rows = -(-len(candidates) // columns)
    width = max(columns * (wide + GAP), sum(p.width + GAP for p in top)) + GAP
    sheet = Image.new("RGB", (width, head + rows * (high + TEXT + 2 * GAP)), "white")
    sheet.paste(top[0], (GAP, GAP))
    sheet.paste(top[1], (top[0].width + 2 * GAP, GAP))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT - 6)
    for k, picture in enumerate(candidates):
        x = GAP + k % columns * (wide + GAP)
        y = head + k // columns * (high + TEXT + 2 * GAP)
        pen.text((x, y), ascii_uppercase[k], fill="black", font=font)
        sheet.paste(picture, (x, y + TEXT))
    return sheet


def small(picture):
    """Return a picture whose longest side has ``SMALL`` pixels."""
    ratio = SMALL / max(picture.size)
    size = [max(1, round(side * ratio)) for side in picture.size]
    return picture.resize(size, Image.Resampling.LANCZOS)


def makers(options):
    """Return {name: function of two files that returns a picture (1, 3, H, W)} of all candidates."""
    found = [(name, made(Path(folder))) for name, folder in options.made]
    asked = [read_asked(text) for text in options.methods]
    found += [(one.name, stylizer(one)) for one in asked]
    names = [name for name, _ in found]
    if len(set(names)) < len(names) or not 2 <= len(names) <= len(ascii_uppercase):
        raise StylizeError(
            f"a choice is between 2 to {len(ascii_uppercase)} candidates of different names; these are "
            f"{', '.join(names) or 'none'}: give --method and --made"
        )
    return dict(found)


def open_rgb(path):
    """Return a picture's pixels; its file is closed again."""
    with Image.open(path) as opened:
        return opened.convert("RGB")


def make_pictures(sheets, stylizers, side, folder):
    """Make every picture once; return {(content, style, name): file}, and {content: its scaled file}."""
    files, contents = {}, {}
    for sheet in sheets:
        if sheet.content not in contents:
            (folder / str(len(contents))).mkdir()
            file = folder / str(len(contents)) / f"{sheet.content.stem}.png"
            save(fit(read(sheet.content), side), file)
            contents[sheet.content] = file
        for name in sheet.order:
            key = (sheet.content, sheet.style, name)
            if key not in files:
                files[key] = folder / f"{len(files)}.candidate.png"
                save(stylizers[name](contents[sheet.content], sheet.style), files[key])
                print(f"{len(files)} pictures", end="\r", file=sys.stderr)
    return files, contents


def lay(options):
    """Make all pictures, then write sheets and key."""
    sheets_folder = Path(options.sheets)
    key_file = Path(options.key or f"{sheets_folder}.key.json")
    for path in (sheets_folder, key_file):
        if path.exists():
            raise StylizeError(f"{path} is there already; choices may depend on it: name another")
    if key_file.resolve().parent == sheets_folder.resolve():
        raise StylizeError(
            "the key is not to lie beside the sheets; name another folder with --key"
        )
    contents, styles = (
        [p for one in given for p in expand([one])] for given in (options.contents, options.styles)
    )
    stylizers = makers(options)
    pairs = pair_up(contents, styles)
    sheets = plan(pairs, list(stylizers), options.seed, times=options.times, two=options.two)
    with TemporaryDirectory(prefix="stylize-choice-") as name:
        files, scaled = make_pictures(sheets, stylizers, options.side, Path(name))
        pages = Path(name) / "sheets"
        pages.mkdir()
        for number, sheet in zip(numbers(len(sheets)), sheets, strict=True):
            shown = [files[sheet.content, sheet.style, one] for one in sheet.order]
            content, style, *candidates = map(
                open_rgb, (scaled[sheet.content], sheet.style, *shown)
            )
            draw_sheet(content, style, candidates).save(pages / f"{number}.png")
        shutil.copytree(pages, sheets_folder)
    key_file.write_text(json.dumps(key_of(sheets, options.seed), indent=1) + "\n", encoding="utf-8")
    print(f"{len(sheets)} sheets in {sheets_folder}, their key in {key_file}")
