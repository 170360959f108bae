"""Checks of a job's files before any is decoded: what their headers claim, and where the results go."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .. import styles as builtin
from ..card import Card, find_start, make_params
from ..catalog import find_card
from ..checkpoints.store import SUFFIX
from ..device import IMAGE_BYTES_PER_PIXEL, pick_grid, resident_megabytes
from ..errors import PictureError, readable
from ..formats.header import Header, read_header
from ..formats.source import check_size
from ..formats.write import check_place
from ..imaging.image import LARGE
from ..imaging.lazy import Packed
from ..request.auto_method import settle
from ..request.check import check_originals
from ..request.maps import file_of
from ..request.picture_job import Job
from .brush_size import choose_brush, count_canvas_bytes

MEANWHILE = 32 << 20
"""Bytes that styles at their scale, and code loaded later, will take between this check and the work."""
FLOATS = 3 * 4
"""Bytes of a pixel as floats."""
DECODED = 4 * 4
"""Bytes that a decoded pixel of a style or a mask takes as floats, besides the file's own pixel."""


def check_files(job: Job) -> tuple[str, ...]:
    """Check that all of a job's pictures can be read within its limits and its results be written.

    Returns:
        Notes on the pictures for the user.

    Raises:
        PictureError: if one is missing, damaged in its header or too large, or cannot be written.
        ParamsError: if a result would overwrite what is read, or the method is not known.
        StylizeError: if the memory that is allowed is too small.
    """
    contents = dict(job.files)
    others = list(dict.fromkeys(_list_other_files(job)))
    check_originals(job)
    for path in job.results:
        _check_output(path)
    headers = _read_headers((*contents, *others), job.max_pixels)
    if job.max_memory is not None:
        _check_memory(job, job.max_memory, [headers[path] for path in contents], headers)
    return tuple(
        readable(f"{Path(path).name}: only the first of its {header.frames} pictures was read")
        for path, header in headers.items()
        if header.frames > 1
    )


def check_styles(job: Job) -> None:
    """Check that the style pictures of a sequence's job can be read within its limits.

    Raises:
        PictureError: if one is missing, damaged in its header or too large.
    """
    headers = _read_headers(dict.fromkeys(_list_style_files(job)), job.max_pixels)
    if job.max_memory is not None:
        for path, header in headers.items():
            _check_decoded(path, header, job.max_memory)


def trained_name(path: str, card: Card) -> str:
    """Return the name of a style that the method was trained on; an empty text if the path is a picture.

    Such a name is a word that is no file, a network's own file or, where pictures are not taken, a
    built-in style's.
    """
    if card.styles == "pictures":
        return ""
    if path.startswith(builtin.PREFIX):
        return path.removeprefix(builtin.PREFIX) if card.styles == "names" else ""
    suffix = Path(path).suffix
    return path if suffix == SUFFIX or (not suffix and not Path(path).exists()) else ""


def count_image_bytes(header: Header, card: Card, *, alone: bool, copies: int = 0) -> int:
    """Return the bytes that a pixel of content, result and other copies take together."""
    if alone and header.pixels > LARGE and card.call == "local":
        return header.pixel_bytes + Packed.BYTES
    return IMAGE_BYTES_PER_PIXEL + copies * FLOATS


def find_heaviest(job: Job, card: Card) -> Card:
    """Return which takes more memory: a job's method, or the one whose result it starts from."""
    start = find_start(card, make_params(card, job.params))
    return max(card, find_card(start or card.id), key=lambda one: one.bytes_per_pixel)


def count_copies(job: Job, card: Card) -> int:
    """Return how often colours around a method, or its paint's planes, take as much as the picture."""
    mapped = card.palette and wants_palette(job)
    own = card.call != "local" and (mapped or job.keep_color or job.keep_values)
    return int(mapped) + int(own) + 2 * bool(job.wanted_maps)


def wants_palette(job: Job) -> bool:
    """Return whether a picture's colours go by a map into the style's palette."""
    return job.palette in ("scene", "picture") or (job.palette == "auto" and bool(job.scene))


def _cards(job: Job, pixels: int) -> list[Card]:
    """Return the methods that a job will use for a content of so many pixels."""
    return [find_card(part.method) for part in _settle_parts(job, pixels)]


def _settle_parts(job: Job, pixels: int) -> list[Job]:
    """Return the job, or those of its layers, with their methods chosen."""
    return [settle(part, pixels)[0] for part in (job.by_layer() if job.depth else (job,))]


def _read_headers(paths: Iterable[str], max_pixels: int) -> dict[str, Header]:
    """Return what the headers claim; raises PictureError where one claims too many pixels."""
    headers = {path: read_header(Path(path)) for path in paths}
    for path, header in headers.items():
        check_size(Path(path), header.width, header.height, max_pixels)
    return headers


def _list_other_files(job: Job) -> Iterator[str]:
    """Yield the pictures that a job reads besides its content."""
    yield from _list_style_files(job)
    for style in job.styles:
        yield from (path for path in (style.mask, style.labels) if path)
    beside = (
        job.mask,
        job.labels,
        job.depth,
        job.relief,
        job.own_normal,
        file_of(job.own_roughness),
        file_of(job.own_metallic),
        job.flow,
        job.detail_mask,
    )
    yield from (path for path in beside if path)
    if wants_palette(job) and job.palette != "picture":
        yield from (other.path for other in job.scene if other.needed)


def _list_style_files(job: Job) -> Iterator[str]:
    """Yield the paths of the styles that the job's methods will read as pictures."""
    cards = _cards(job, 0)
    for style in job.styles:
        if not all(trained_name(style.path, card) for card in cards):
            yield str(builtin.resolve(style.path))


def _check_output(output: str) -> None:
    folder = Path(output).absolute().parent
    if not folder.is_dir():
        raise PictureError(f"cannot write {output}: there is no folder {folder}")
    check_place(Path(output))


def _check_memory(
    job: Job, allowed: int, contents: list[Header], headers: Mapping[str, Header]
) -> None:
    """Compare the least memory that the pictures need with the limit; raises StylizeError."""
    size = (contents[0].height, sum(header.width for header in contents))
    alone = len(contents) == 1 and not job.depth
    for part in _settle_parts(job, size[0] * size[1]):
        card = find_heaviest(part, find_card(part.method))
        brush, _ = choose_brush(part, card, size)
        pick_grid(
            size,
            bytes_per_pixel=card.bytes_per_pixel,
            halo=card.halo,
            kept_bytes_per_pixel=card.kept_bytes_per_pixel,
            kept_megabytes=card.kept_megabytes,
            max_memory=allowed,
            image_bytes_per_pixel=count_image_bytes(
                contents[0], card, alone=alone, copies=count_copies(job, card)
            )
            + count_canvas_bytes(brush, card),
            loaded_bytes=-MEANWHILE,
        )
    for path in _list_other_files(job):
        _check_decoded(path, headers[path], allowed)


def _check_decoded(path: str, header: Header, allowed: int) -> None:
    """Compare the memory that a decoded picture needs with the limit; raises PictureError."""
    needed = resident_megabytes() + header.pixels * (header.pixel_bytes + DECODED) / 2**20
    if needed > allowed:
        raise PictureError(
            f"cannot read {path}: its {header.width} x {header.height} pixels need {needed:.0f} MB, and "
            f"{allowed} MB are allowed: make it smaller or raise the memory limit",
            "max_memory",
        )
