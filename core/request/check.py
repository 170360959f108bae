"""What can be checked of a request before a file is read; torch is not needed for it."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from .. import styles as builtin
from ..card import Card, find_start, make_params
from ..catalog import CARDS, find_card
from ..errors import ParamsError
from ..fields import check_limits
from ..formats.place import identify
from .auto_method import choose
from .directions import OVER_MESH, lays_strokes, parse_light
from .maps import FINISH, MAPS, file_of
from .picture_job import SURROUNDINGS, Job
from .sequence_job import SINGLE, SURFACES, SequenceJob, check_where, split_parts
from .toon_job import ToonJob, is_pattern, make_look
from .where import finish_of

BESIDE = ("mask", "labels", "depth", "relief", "own_normal", "flow", "detail_mask")
"""Fields that name a picture beside the content."""
GUIDES = {
    "flow": ("angle", "has no strokes to direct", "directions are"),
    "detail_mask": ("edges", "has no finer brushes", "detail is"),
}
"""Fields that name a picture that guides strokes: the setting of methods that have such, and its words."""


def check_job(job: Job) -> None:
    """Check a job for a picture, and each of its layers by the method that will be used.

    ``auto`` is taken for what it chooses for a small picture: how large this one is, its file says.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    check_limits(job)
    check_originals(job)
    if job.layers and (job.depth is None or len(job.layers) < 2):
        raise ParamsError(
            "layers need a picture of depth, and there are two or more: one look a depth", "layers"
        )
    for part in job.by_layer() if job.depth else (job,):
        check(part, _card(part))


def check_sequence(sequence: SequenceJob) -> None:
    """Check a request for a sequence, and its job by the method that will be used.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    check_limits(sequence)
    job = sequence.job
    for declared in fields(Job):
        if declared.name in SINGLE and getattr(job, declared.name) != declared.default:
            raise ParamsError(
                f"{declared.name} is for single pictures; leave it out for a sequence",
                declared.name,
            )
    if job.surface not in SURFACES:
        known = ", ".join(SURFACES)
        raise ParamsError(
            f"surface is {job.surface!r}, which is for single pictures; choose one of: {known}",
            "surface",
        )
    for style in job.styles:
        builtin.resolve(style.path)
    masks = [job.mask, *(style.mask for style in job.styles), *split_parts(job.detail_mask)]
    for where in [*filter(None, masks), *(region.where for region in sequence.regions)]:
        check_where(where)
    _check_layers(sequence)
    check(job, _card(job))


def _check_layers(sequence: SequenceJob) -> None:
    """Check that a sequence's layers are of strokes that are painted in every frame, and go beside it."""
    job = sequence.job
    if job.paint_layers is None:
        return
    wrong = ""
    if "#" not in Path(job.paint_layers).name:
        wrong = f"{job.paint_layers} has no place for frames' numbers; write a # for each digit"
    elif Path(job.paint_layers) in (Path(job.output), Path(job.content)):
        wrong = (
            f"{job.paint_layers} is the frames' own pattern; choose another one for their layers"
        )
    elif sequence.source != "combined":
        wrong = "layers are of the render, not of a pass of it; leave paint_layers or pass out"
    elif sequence.motion != "none" and not _card(job).film:
        able = ", ".join(c.id for c in CARDS if c.film)
        wrong = f"paint that is carried has no layers; choose motion none, or one of: {able}"
    if wrong:
        raise ParamsError(wrong, "paint_layers")


def check_originals(job: Job) -> None:
    """Check that no result would replace what is read, by whatever name or link, and that maps are of one.

    Raises:
        ParamsError: if one would, or maps of several layers are asked for.
    """
    if job.wanted_maps and job.depth is not None:
        raise ParamsError("a picture in layers has no one relief; leave maps or depth out", "maps")
    if job.paint_layers and job.depth is not None:
        wrong = (
            "a picture in layers of depth is painted several times; leave paint_layers or depth out"
        )
        raise ParamsError(wrong, "paint_layers")
    beside = [path for style in job.styles for path in (style.mask, style.labels)]
    read = [builtin.resolve(style.path) for style in job.styles]
    beside += [path for other in job.scene for path in (other.path, other.uv)]
    beside += [getattr(job, name) for name in BESIDE]
    beside += [file_of(job.own_roughness), file_of(job.own_metallic)]
    read += [Path(path) for path in beside if path]
    check_places([*read, *(content for content, _ in job.files)], job.results)


def check_toon(job: ToonJob) -> None:
    """Check a request for a toon look.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    make_look(job)
    check_limits(job)
    several = is_pattern(job.content)
    for name in ("output", "fill", "layers"):
        text = getattr(job, name)
        if text is not None and is_pattern(text) != several:
            wanted = "frames, with a # for each digit of their number" if several else "one picture"
            raise ParamsError(f"{text} is not what {job.content} is; name {wanted}", name)
    if job.layers is not None and Path(job.layers).suffix.lower() != ".exr":
        raise ParamsError(f"{job.layers} cannot hold layers; let it end in .exr", "layers")
    check_places(*job.files)


def check_places(read: Sequence[str | Path], written: Sequence[str | Path]) -> None:
    """Check that no result would replace what is read, nor another result, by whatever name or link.

    Raises:
        ParamsError: if one would.
    """
    originals = {identify(path): path for path in read}
    before = set[tuple[int, int] | Path]()
    for path in written:
        own = identify(path)
        if own in originals:
            raise ParamsError(
                f"the output is {originals[own]} itself; originals are never overwritten: choose another "
                "output",
                "output",
            )
        if own in before:
            raise ParamsError(f"{path} would be written twice; choose two outputs", "output")
        before.add(own)


def check(job: Job, card: Card) -> Any:
    """Check a job without layers against the method that does it.

    Returns:
        The method's Params.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    check_limits(job)
    params = make_params(card, job.params)
    if job.relief is not None and job.tiles:
        raise ParamsError("a relief is of one picture; leave it out for tiles", "relief")
    _check_start(job, card, params)
    if len(job.styles) > card.max_styles:
        raise ParamsError(
            f"{card.id} mixes at most {card.max_styles} styles; {len(job.styles)} were given",
            "styles",
        )
    if job.backbone not in card.backbones:
        known = ", ".join(card.backbones)
        raise ParamsError(
            f"{card.id} has no backbone {job.backbone!r}; choose one of: {known}", "backbone"
        )
    if job.thumbnail and not card.thumbnail:
        able = ", ".join(known.id for known in CARDS if known.thumbnail)
        raise ParamsError(
            f"{card.id} cannot be measured in a thumbnail; methods that can: {able}", "thumbnail"
        )
    _check_guides(job, card)
    _check_paint_layers(job, card)
    _check_labels(job, card)
    _check_palette(job, card)
    _check_light(job)
    _check_maps(job, card)
    return params


def _card(job: Job) -> Card:
    return find_card(choose(job, 0).method)


def _check_start(job: Job, card: Card, params: Any) -> None:
    """Check that a method, and the one whose painting it paints over, has a style to paint in."""
    if not job.styles and card.needs_style:
        raise ParamsError(
            "no style was given; name a picture, or builtin: and one of the built-in styles",
            "styles",
        )
    start = find_start(card, params)
    if start and not job.styles and find_card(start).needs_style:
        wrong = f"{start} paints in a style, and none was given; name one, or set start to none"
        raise ParamsError(wrong, "styles")


def _check_guides(job: Job, card: Card) -> None:
    """Check that pictures that guide strokes are of one flat picture whose method has such strokes."""
    for name, (setting, lacking, guide) in GUIDES.items():
        if getattr(job, name) is None:
            continue
        able = [c.id for c in CARDS if any(f.name == setting for f in fields(c.params))]
        if card.id not in able:
            wrong = f"{card.id} {lacking}; methods that have: {', '.join(able)}"
            raise ParamsError(wrong, name)
        if job.tiles or job.surface in SURROUNDINGS:
            wrong = f"{guide} of one flat picture; leave {name} out for tiles and panoramas"
            raise ParamsError(wrong, name)
    _check_ways(job, card)


def _check_ways(job: Job, card: Card) -> None:
    """Check that what goes along a mesh are strokes, and that their light is a direction."""
    parse_light(job.light_from)
    asked = next((name for name in OVER_MESH if getattr(job, name)), None)
    if asked is None:
        return
    if not lays_strokes(card):
        able = ", ".join(c.id for c in CARDS if lays_strokes(c))
        raise ParamsError(f"{card.id} has no strokes to direct; methods that have: {able}", asked)
    if job.surface not in ("auto", "flat"):
        wrong = f"strokes go along UV islands alone; leave {asked} out for surface {job.surface}"
        raise ParamsError(wrong, asked)


def _check_paint_layers(job: Job, card: Card) -> None:
    """Check that layers are of one picture whose method has some, and go into an EXR."""
    if job.paint_layers is None:
        return
    if not card.staged:
        able = ", ".join(c.id for c in CARDS if c.staged)
        raise ParamsError(f"{card.id} paints in no layers; methods that do: {able}", "paint_layers")
    if Path(job.paint_layers).suffix.lower() != ".exr":
        wrong = f"{job.paint_layers} cannot hold layers; let it end in .exr"
        raise ParamsError(wrong, "paint_layers")
    if job.tiles or job.surface in SURROUNDINGS or any(style.mask for style in job.styles):
        raise ParamsError(
            "layers are of one flat picture without masked styles; leave paint_layers out for tiles, "
            "panoramas and styles with masks",
            "paint_layers",
        )


def _check_palette(job: Job, card: Card) -> None:
    """Check that a palette that is asked for can be known: a style's name has none."""
    if job.palette in ("scene", "picture") and card.styles == "names":
        raise ParamsError(
            f"{card.id} knows its styles by name and not their palettes; choose palette auto or free",
            "palette",
        )
    if job.palette in ("scene", "picture") and not card.palette:
        raise ParamsError(
            f"{card.id} gives nothing a style's palette; choose palette auto or free", "palette"
        )


def _check_light(job: Job) -> None:
    """Check that light is kept of what surrounds a scene alone."""
    if job.light == "keep" and job.surface not in SURROUNDINGS:
        raise ParamsError(
            f"light is kept of what surrounds a scene; choose surface {' or '.join(SURROUNDINGS)}, "
            "or leave light out",
            "light",
        )


def _check_maps(job: Job, card: Card) -> None:
    """Check that maps of paint are known ones, and asked of a surface that is painted."""
    maps = job.wanted_maps
    for name in maps:
        if name not in MAPS:
            raise ParamsError(f"there is no map {name!r}; choose of: {', '.join(MAPS)}", "maps")
    _check_own_maps(job)
    if maps and card.makes == "photo":
        _check_finish(job, card)
    if maps and job.surface in SURROUNDINGS:
        raise ParamsError("what surrounds a scene has no relief; leave maps out", "maps")


def _check_finish(job: Job, card: Card) -> None:
    """Check that of what is no paint only such maps are asked for as its state has."""
    finish = finish_of(job)
    if finish is None:
        raise ParamsError(
            f"{card.id} lays no paint on, so it has no relief; leave maps out", "maps"
        )
    lacking = [name for name in job.wanted_maps if name not in FINISH]
    lacking += ["metallic"] if finish.metallic is None and "metallic" in job.wanted_maps else []
    if lacking:
        able = [name for name in FINISH if name != "metallic" or finish.metallic is not None]
        raise ParamsError(
            f"{job.styles[0].path} changes no {lacking[0]}; its maps are: {', '.join(able)}", "maps"
        )


def _check_own_maps(job: Job) -> None:
    for name in ("normal", "roughness", "metallic"):
        asked = name in job.wanted_maps and not job.tiles
        if getattr(job, f"own_{name}") is not None and not asked:
            raise ParamsError(
                f"own_{name} is for the map {name} of one picture; add {name} to maps, or leave it out",
                f"own_{name}",
            )


def _check_labels(job: Job, card: Card) -> None:
    """Check that the content and all styles have label pictures, or none, and that the method takes them."""
    lacking = [style.path for style in job.styles if style.labels is None]
    if job.labels is None and len(lacking) == len(job.styles):
        return
    if not card.labels:
        able = ", ".join(known.id for known in CARDS if known.labels)
        raise ParamsError(f"{card.id} knows no regions; methods that take labels: {able}", "labels")
    if job.labels is None:
        raise ParamsError(
            "a style has a label picture and the content has none; give it one, too", "labels"
        )
    if lacking:
        raise ParamsError(
            f"the content has a label picture and {lacking[0]} has none; give it one, too",
            "style_labels",
        )
