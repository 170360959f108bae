"""What was chosen on blind sheets: choices are read, held against the key, and counted.

Called by tools/forced_choice.py.
"""

import json
import re
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.errors import StylizeError  # noqa: E402  # the checkout is not installed

Z = 1.959964
"""Deviations that a normal variable keeps within in 95 % of all cases."""


def read_choices(text, name):
    """Return {sheet: letters, the best first} of a file's text.

    Raises:
        StylizeError: if a line says no choice, or a sheet is in it twice.
    """
    try:
        found = json.loads(text)
    except ValueError:
        return read_lines(text, name)
    if not isinstance(found, dict):
        raise StylizeError(
            f'{name} is no list of choices; write {{"01": "B"}}, or a line 01: B for each'
        )
    return {
        str(sheet): letters_in(chosen, f"{name}, sheet {sheet}") for sheet, chosen in found.items()
    }


def read_lines(text, name):
    """Return the choices of lines ``01: B`` or ``01: B A C``; what follows a # is for people."""
    chosen = {}
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        where = f"{name}, line {number}"
        found = re.fullmatch(r"(\w+)\s*[:=]\s*(.*)", said)
        if not found:
            raise StylizeError(f"{where}: {said!r} is no choice; write 01: B, or 01: B A C")
        if found[1] in chosen:
            raise StylizeError(
                f"{where}: sheet {found[1]} was chosen on before; keep one line of it"
            )
        chosen[found[1]] = letters_in(found[2], where)
    return chosen


def letters_in(chosen, where):
    """Return letters from ``B``, ``BAC``, ``B A C``, ``B > A > C`` or a list of them."""
    joined = " ".join(map(str, chosen)) if isinstance(chosen, list) else str(chosen)
    if not re.fullmatch(r"[A-Za-z\s,>]+", joined):
        raise StylizeError(
            f"{where}: {joined!r} is no letter, nor letters in order; write B, or B A C"
        )
    return re.sub(r"[\s,>]", "", joined).upper()


def rankings(key, choices, name):
    """Return [(candidates, the best first; all candidates of the sheet)] of one file's choices.

    Raises:
        StylizeError: if a sheet or a letter is not in the key, or a ranking is neither of one nor of all.
    """
    found = []
    for sheet, letters in choices.items():
        if sheet not in key["sheets"]:
            raise StylizeError(
                f"{name}: there is no sheet {sheet} in the key; is it that of these sheets?"
            )
        known = key["sheets"][sheet]["letters"]
        wrong = [letter for letter in letters if letter not in known]
        if wrong or len(set(letters)) < len(letters) or len(letters) not in (1, len(known)):
            raise StylizeError(
                f"{name}: sheet {sheet} has {' '.join(known)}, and the choice is {' '.join(letters)}: "
                "name the best, or all of them once, the best first"
            )
        order = [known[letter] for letter in letters]
        rest = [one for one in known.values() if one not in order]
        found.append((order + rest if len(rest) == 1 else order, tuple(known.values())))
    return found


def wilson(wins, count, z=Z):
    """Return the ends of Wilson's 95 % interval of a share: wins of count, as (low, high)."""
    if count == 0:
        return 0.0, 1.0
    share, room = wins / count, z * z / count
    middle = share + room / 2
    half = z * (share * (1 - share) / count + room / (4 * count)) ** 0.5
    return max(0.0, (middle - half) / (1 + room)), min(1.0, (middle + half) / (1 + room))


def share(wins, count):
    """Return wins, their number, share and interval as plain data."""
    low, high = wilson(wins, count)
    return {
        "wins": wins,
        "of": count,
        "share": wins / count if count else None,
        "low": low,
        "high": high,
    }


def tally(found):
    """Return firsts and mean rank of each candidate, and of every two who was before whom."""
    names = sorted({name for _, known in found for name in known})
    firsts = Counter(order[0] for order, _ in found)
    shown = Counter(name for _, known in found for name in known)
    whole = [order for order, known in found if len(order) == len(known)]
    ranks = {name: [o.index(name) + 1 for o in whole if name in o] for name in names}
    candidates = {
        name: {
            "first": share(firsts[name], shown[name]),
            "mean_rank": fmean(ranks[name]) if ranks[name] else None,
        }
        for name in names
    }
    return {"choices": len(found), "candidates": candidates, "before": before(whole, names)}


def before(orders, names):
    """Return for every two candidates how often the one was ranked before the other."""
    found = []
    for one, other in combinations(names, 2):
        both = [
            order.index(one) < order.index(other) for order in orders if {one, other} <= set(order)
        ]
        if both:
            found.append({"one": one, "other": other, **share(sum(both), len(both))})
    return found


def report(told):
    """Return a tally as lines of text."""
    wide = max(len(name) for name in told["candidates"]) + 2
    lines = [
        f"{told['choices']} choices",
        "",
        f"{'':<{wide}}{'first':>10}{'share, 95 %':>24}{'mean rank':>12}",
    ]
    ordered = sorted(told["candidates"].items(), key=lambda item: -(item[1]["first"]["share"] or 0))
    for name, one in ordered:
        rank = "–" if one["mean_rank"] is None else f"{one['mean_rank']:.2f}"
        first = one["first"]
        lines.append(
            f"{name:<{wide}}{first['wins']:>4} of {first['of']:<3}{percent(first):>23}{rank:>12}"
        )
    lines += [""] if told["before"] else []
    for two in told["before"]:
        lines.append(
            f"{two['one']} before {two['other']}: {two['wins']} of {two['of']}, {percent(two)}"
        )
    return "\n".join(lines)


def percent(one):
    """Return a share and its interval: 75 % (43 to 92)."""
    return f"{100 * one['share']:.0f} % ({100 * one['low']:.0f} to {100 * one['high']:.0f})"


def count(options):
    """Read choices back and print what they say."""
    key = json.loads(read_text(options.key))
    if not isinstance(key, dict) or "sheets" not in key:
        raise StylizeError(
            f"{options.key} is no key of sheets; give the file that was written with them"
        )
    found = []
    for path in options.choices:
        choices = read_choices(read_text(path), path)
        found += rankings(key, choices, path)
        left = [sheet for sheet in key["sheets"] if sheet not in choices]
        if left:
            print(f"{path} has no choice on {len(left)} sheets: {', '.join(left)}", file=sys.stderr)
    if not found:
        raise StylizeError("there is no choice in these files; write 01: B, a line for each sheet")
    told = tally(found)
    print(json.dumps(told) if options.json else report(told))


def read_text(path):
    """Return a text file.

    Raises:
        StylizeError: if it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StylizeError(f"{path} cannot be read as text: {error}") from error
