"""Compare methods: every content with every style, judged by the same network.

Pictures are scaled to 512 pixels on the longest side, contents before they are stylized. Each method runs as
for an artist: a job from file to file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..errors import PictureError
from ..methods.microast.weights import read_published
from ..picture.run import run
from ..progress import Progress, Report, ignore
from ..request.picture_job import Job, StyleFile
from ..train.teacher import Judge
from .metrics import content_distance, fit, grain, style_distance

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
CONTENT_GLOB = "photos/bsds_*.jpg"
"""Below the data folder; none of these photos is trained on. ``COUNT`` of them, evenly spaced, are taken."""
COUNT = 12
STYLE_PREFIXES = (
    "art_002", "art_014", "art_018", "art_019", "art_124", "art_188",
    "art_261", "art_277", "art_297", "art_318", "art_351", "art_371",
)  # fmt: skip  # two short rows instead of twelve lines
"""Below ``paintings`` of the data folder; held out from every training recipe."""
BASELINE = "published.microast"
"""Name of the baseline's row; no method's id has a dot, so a method of the same kind keeps its own."""

Stylizer = Callable[[Path, Path], Tensor]
"""Content file, style file → (1, 3, H, W) in [0, 1]."""
Features = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Score:
    """One picture's distances and grain (see ``metrics``)."""

    style: float
    content: float
    grain: float


@dataclass(frozen=True, slots=True)
class Row:
    """One method's figures over all pairs; the two shares are percentages of the baseline's, if it ran."""

    method: str
    pairs: int
    style: float
    content: float
    grain_median: float
    grain_max: float
    style_percent: float | None = None
    content_percent: float | None = None


def default_contents(data: Path) -> list[Path]:
    """Return ``COUNT`` photos for measuring from the data folder, evenly spaced in order of name."""
    found = sorted(data.glob(CONTENT_GLOB))
    step = max(1, len(found) // COUNT)
    return _some(found[::step][:COUNT], f"{data / CONTENT_GLOB}")


def default_styles(data: Path) -> list[Path]:
    """Return the held-out paintings of the data folder."""
    found = [p for prefix in STYLE_PREFIXES for p in sorted(data.glob(f"paintings/{prefix}*"))]
    return _some(found, f"{data / 'paintings'}")


def expand(patterns: Iterable[str]) -> list[Path]:
    """Return the pictures that match glob patterns or plain paths, sorted, each once."""
    patterns = list(patterns)
    found = {p for pattern in patterns for p in _glob(Path(pattern))}
    return _some(sorted(p for p in found if p.suffix.lower() in SUFFIXES), ", ".join(patterns))


def _glob(pattern: Path) -> Iterator[Path]:
    if pattern.exists():
        return iter([pattern])
    anchor = Path(pattern.anchor)
    return anchor.glob(str(pattern.relative_to(anchor)))


def _some(pictures: list[Path], where: str) -> list[Path]:
    if not pictures:
        raise PictureError(f"no pictures to measure on in {where}")
    return pictures


def read(path: Path) -> Tensor:
    """Return a picture as (1, 3, H, W) in [0, 1].

    Raises:
        PictureError: if it cannot be read.
    """
    try:
        with Image.open(path) as opened:
            pixels = np.array(opened.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise PictureError(f"{path} cannot be read as a picture: {error}") from error
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def stylizer(method: str, options: Mapping[str, Any]) -> Stylizer:
    """Return a method as a function of two files; ``options`` are fields of its job."""

    def stylize(content: Path, style: Path) -> Tensor:
        output = content.with_name("result.png")
        styles = (StyleFile(str(style)),)
        run(
            Job(content=str(content), output=str(output), styles=styles, method=method, **options),
            ignore,
        )
        return read(output)

    return stylize


def baseline(folder: Path) -> Stylizer:
    """Return the published MicroAST; its four files are in ``folder``."""
    network = read_published(folder)

    @torch.no_grad()
    def stylize(content: Path, style: Path) -> Tensor:
        picture = read(content)
        height, width = picture.shape[-2:]  # the network rounds the size up to multiples of four
        return network(picture, fit(read(style)))[..., :height, :width].clamp(0, 1)

    return stylize


def untouched(content: Path, style: Path) -> Tensor:  # noqa: ARG001  # a Stylizer
    """Return the content unchanged; its figures are the start for every method."""
    return read(content)


def measure(
    stylizers: Mapping[str, Stylizer],
    contents: Sequence[Path],
    styles: Sequence[Path],
    judge: Judge,
    report: Report = ignore,
) -> list[Row]:
    """Return a row per stylizer over all pairs of contents and styles; shares are of ``BASELINE``."""
    scores: dict[str, list[Score]] = {name: [] for name in stylizers}
    total, done = len(stylizers) * len(contents) * len(styles), 0
    with TemporaryDirectory(prefix="stylize-measure-") as folder, torch.no_grad():
        wanted = [(path, judge.projected(fit(read(path)))) for path in styles]
        for content, features in _prepare_contents(contents, judge, Path(folder)):
            for style, style_features in wanted:
                for name, stylize in stylizers.items():
                    picture = stylize(content, style)
                    scores[name].append(_score(judge, picture, features, style_features))
                    done += 1
                    report(Progress(f"measure {name}", done, total))
    rows = [_row(name, figures) for name, figures in scores.items()]
    base = next((row for row in rows if row.method == BASELINE), None)
    return [_against(row, base) for row in rows] if base else rows


def _prepare_contents(
    contents: Sequence[Path], judge: Judge, folder: Path
) -> Iterator[tuple[Path, Features]]:
    """Yield each content, scaled and written to a file, with its features."""
    for path in contents:
        picture = fit(read(path))
        pixels = (picture[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        file = folder / "content.png"
        Image.fromarray(pixels).save(file)
        yield file, judge.projected(read(file))


def _score(judge: Judge, picture: Tensor, content: Features, style: Features) -> Score:
    got = judge.projected(picture)
    return Score(style_distance(got, style), content_distance(got, content), grain(picture[0]))


def _row(method: str, scores: Sequence[Score]) -> Row:
    grains = [score.grain for score in scores]
    style, content = fmean(s.style for s in scores), fmean(s.content for s in scores)
    return Row(method, len(scores), style, content, median(grains), max(grains))


def _against(row: Row, base: Row) -> Row:
    return replace(
        row,
        style_percent=_percent(row.style, base.style),
        content_percent=_percent(row.content, base.content),
    )


def _percent(value: float, base: float) -> float | None:
    return 100 * value / base if base > 0 else None


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of text."""
    wide = max([14, *(len(row.method) + 1 for row in rows)])
    lines = [
        f"{'method':<{wide}}{'pairs':>6}{'style':>9}{'content':>9}{'grain':>8}{'max':>8}   of {BASELINE}"
    ]
    for row in rows:
        share = "".join(
            "" if x is None else f"{x:7.1f} %" for x in (row.style_percent, row.content_percent)
        )
        lines.append(
            f"{row.method:<{wide}}{row.pairs:>6}{row.style:>9.4f}{row.content:>9.4f}"
            f"{row.grain_median:>8.2f}{row.grain_max:>8.2f}   {share}"
        )
    return "\n".join(lines)
