"""Compare methods: every content with every style, judged by the same network.

Contents are scaled to 512 pixels on the longest side before they are stylized, styles to 512 times the brush
size. Each method runs as for an artist: a job from file to file. Two rows stand beside the methods: the
untouched content, and the style itself as a picture of the content's size. Figures lie between theirs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import PictureError
from ..methods.microast.weights import read_published
from ..nn.resize import resize
from ..picture.run import run
from ..progress import Progress, Report, ignore
from .asked import Asked
from .judges import Judge
from .metrics import SIDE, fit
from .pictures import find_made, read, save
from .score import Own, Score, Sight, know, mirror, score, see

BASELINE = "published.microast"
"""Name of the baseline's row; no method's id has a dot, so a method of the same kind keeps its own."""
UNTOUCHED, ITSELF = "untouched", "style itself"
"""Names of the two rows between which figures lie."""

Stylizer = Callable[[Path, Path], Tensor]
"""Content file, style file → (1, 3, H, W) in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What makes pictures, and the brush size that it was asked for."""

    stylize: Stylizer
    brush: float = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """The figures of one method for one content and one style."""

    method: str
    content: str
    style: str
    score: Score


@dataclass(frozen=True, slots=True)
class Row:
    """One method's figures over all pairs; the two shares are percentages of the baseline's, if it ran."""

    method: str
    pairs: int
    score: Score
    """Means; medians of lattice, grain and ratios."""
    grain_max: float
    lattice_worst: float
    """The largest ratio of lattice."""
    style_percent: float | None = None
    content_percent: float | None = None

    def facts(self) -> dict[str, Any]:
        """Return all figures by name, as ``--json`` prints them."""
        facts = asdict(self)
        return facts | facts.pop("score")


MEDIANS = ("grain", "lattice", "lattice_period", "lattice_ratio", "width_ratio", "length_ratio")
"""Figures of which a few pictures have a hundred times as much as the others."""


def stylizer(asked: Asked) -> Stylizer:
    """Return a method with its settings as a function of two files."""

    def stylize(content: Path, style: Path) -> Tensor:
        output = content.with_name(f"{content.stem}.stylized.png")
        run(asked.job(str(content), str(output), str(style)), ignore)
        return read(output)

    return stylize


def candidate(asked: Asked) -> Candidate:
    """Return a method with its settings, to be measured."""
    return Candidate(stylizer(asked), float(asked.options.get("style_scale", 1.0)))


def made(folder: Path) -> Stylizer:
    """Return a stylizer that finds the pictures that something else has made; see ``find_made``."""

    def find(content: Path, style: Path) -> Tensor:
        path = find_made(folder, content, style)
        return to_size(read(path), read(content).shape[-2:], path)

    return find


def to_size(picture: Tensor, size: Sequence[int], path: Path) -> Tensor:
    """Return a picture (1, 3, H, W) in its content's size.

    Raises:
        PictureError: if its proportions are others, by more than a tenth.
    """
    height, width = picture.shape[-2:]
    if abs(np.log(height * size[1] / (width * size[0]))) > 0.1:
        raise PictureError(
            f"{path} has {width} x {height} pixels and its content {size[1]} x {size[0]}: the proportions of "
            "another picture; look whether it is named after the right one"
        )
    return resize(picture, (size[0], size[1]))


def baseline(folder: Path) -> Stylizer:
    """Return the published MicroAST; its four files are in ``folder``."""
    network = read_published(folder)

    @torch.no_grad()
    def stylize(content: Path, style: Path) -> Tensor:
        picture = read(content)
        height, width = picture.shape[-2:]  # the network rounds the size up to multiples of four
        return network(picture, fit(read(style)))[..., :height, :width].clamp(0, 1)

    return stylize


def measure(
    candidates: Mapping[str, Candidate],
    contents: Sequence[Path],
    styles: Sequence[Path],
    judge: Judge,
    report: Report = ignore,
    *,
    side: int = SIDE,
) -> list[Pair]:
    """Return the figures of every candidate, of the untouched content and of the style, for every pair.

    Args:
        candidates: By the names of their rows.
        contents: Files of the pictures to stylize.
        styles: Files of the pictures to take the style from.
        judge: What compares them.
        report: Told after every picture.
        side: Pixels to which the longest side of a content is scaled.
    """
    pairs: list[Pair] = []
    total = len(candidates) * len(contents) * len(styles)
    with TemporaryDirectory(prefix="stylize-measure-") as folder:
        known = Known(judge)
        for file, name, own in _prepare_contents(contents, judge, Path(folder), side):
            for style in styles:
                pairs += _bracket(known, own, name, style)
                for method, made in candidates.items():
                    sight = see(made.stylize(file, style), judge)
                    painted = know(sight, own.sight)
                    found = score(painted, own, known.style(style, made.brush))
                    pairs.append(Pair(method, name, style.name, found))
                    done = sum(pair.method in candidates for pair in pairs)
                    report(Progress(f"measure {method}", done, total))
    return pairs


class Known:
    """What a judge has seen of the styles, each once."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.styles: dict[tuple[Path, float], Own] = {}
        self.mirrored: dict[tuple[Path, int, int], Sight] = {}

    def style(self, path: Path, brush: float = 1.0) -> Own:
        """Return a style at a brush size."""
        key = path, brush
        if key not in self.styles:
            picture = fit(read(path), round(SIDE * brush))
            self.styles[key] = know(see(picture, self.judge))
        return self.styles[key]

    def itself(self, path: Path, height: int, width: int) -> Sight:
        """Return a style as a picture of a content's size."""
        key = path, height, width
        if key not in self.mirrored:
            self.mirrored[key] = see(mirror(fit(read(path)), height, width), self.judge)
        return self.mirrored[key]


def _bracket(known: Known, own: Own, name: str, path: Path) -> list[Pair]:
    """Return the figures of the untouched content, and of the style itself, where it is flat itself."""
    style = known.style(path)
    itself = replace(style, sight=known.itself(path, *own.sight.pixels.shape[1:]))
    return [
        Pair(UNTOUCHED, name, path.name, score(own, own, style)),
        Pair(ITSELF, name, path.name, score(itself, own, style)),
    ]


def _prepare_contents(
    contents: Sequence[Path], judge: Judge, folder: Path, side: int
) -> Iterator[tuple[Path, str, Own]]:
    """Yield each content, scaled and written to a file, with its name and its own figures."""
    for path in contents:
        picture = fit(read(path), side)
        file = folder / f"{path.stem}.png"
        save(picture, file)
        yield file, path.name, know(see(read(file), judge))


def rows(pairs: Sequence[Pair]) -> list[Row]:
    """Return a row per method, in order of appearance; shares are of ``BASELINE``."""
    by_method: dict[str, list[Score]] = {}
    for pair in pairs:
        by_method.setdefault(pair.method, []).append(pair.score)
    found = [_row(method, scores) for method, scores in by_method.items()]
    base = next((row for row in found if row.method == BASELINE), None)
    return [_against(row, base) for row in found] if base else found


def _row(method: str, scores: Sequence[Score]) -> Row:
    figures = {name: [getattr(one, name) for one in scores] for name in asdict(scores[0])}
    joined = {name: _join(name, [x for x in xs if x is not None]) for name, xs in figures.items()}
    grains, ratios = figures["grain"], figures["lattice_ratio"]
    return Row(method, len(scores), Score(**joined), max(grains), max(ratios))  # pyright: ignore[reportArgumentType]  # what is never None in a score is not in its mean


def _join(name: str, found: Sequence[float]) -> float | None:
    if not found:
        return None
    return median(found) if name in MEDIANS else fmean(found)


def _against(row: Row, base: Row) -> Row:
    return replace(
        row,
        style_percent=_percent(row.score.style, base.score.style),
        content_percent=_percent(row.score.content, base.score.content),
    )


def _percent(value: float, base: float) -> float | None:
    return 100 * value / base if base > 0 else None


COLUMNS = (
    ("style", "style", "{:.3f}"),
    ("whole", "style_whole", "{:.2f}"),
    ("1/2", "style_half", "{:.2f}"),
    ("1/4", "style_quarter", "{:.2f}"),
    ("hand", "hand", "{:.3f}"),
    ("content", "content", "{:.3f}"),
    ("lattice", "lattice", "{:.0f}"),
    ("ratio", "lattice_ratio", "{:.2f}"),
    ("halo", "halo", "{:.1f}"),
    ("fringe", "fringe", "{:.1f}"),
    ("values", "values", "{:.2f}"),
    ("width", "stroke_width", "{:.1f}"),
    ("length", "stroke_length", "{:.1f}"),
    ("of style", "width_ratio", "{:.2f}"),
    ("grain", "grain", "{:.1f}"),
)
"""Heading, figure and format of each column of the table."""


def table(found: Sequence[Row]) -> str:
    """Return the rows as lines of text; what could not be measured is a dash."""
    wide = max([14, *(len(row.method) + 1 for row in found)])
    heads = "".join(f"{head:>9}" for head, _, _ in COLUMNS)
    based = any(row.style_percent is not None for row in found)
    lines = [f"{'method':<{wide}}{'pairs':>6}{heads}" + (f"   of {BASELINE}" if based else "")]
    for row in found:
        cells = [(getattr(row.score, name), form) for _, name, form in COLUMNS]
        figures = "".join(f"{'–' if x is None else form.format(x):>9}" for x, form in cells)
        percents = (row.style_percent, row.content_percent) if based else ()
        share = "".join("" if x is None else f"{x:7.1f} %" for x in percents)
        lines.append(f"{row.method:<{wide}}{row.pairs:>6}{figures}   {share}".rstrip())
    return "\n".join(lines)
