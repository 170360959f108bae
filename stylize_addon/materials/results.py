"""A run's results, and applying them: files are put in place first, then graphs are changed."""

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Material
from numpy.typing import NDArray

from ...core.cli.console import format_seconds
from ...core.errors import StylizeError
from ...core.imaging.normals import TEXELS
from ...core.request.picture_job import SceneFile
from ...core.request.where import finish_of
from ..images import file_stem, is_tiled, load_made, load_stylized
from ..settings import Settings
from .graph import remove_unused_pictures, stylize_bake, stylize_site
from .image_editors import keep_beside
from .looks import look_for, mark
from .made_uvs import NAME, add_uvs, remove_uvs
from .paint import (
    COVERAGE,
    HEIGHT,
    METALLIC,
    NORMAL,
    ROUGHNESS,
    Plan,
    plan_bake,
    plan_picture,
    role_of,
)
from .paint_nodes import displace, follow_looks, show_normals, show_value
from .shaders import BUMPED
from .survey import survey_again
from .walk import PAINT
from .worklist import Bake, Picture, Survey

PART = ".part"
GONE = "is not there any more"
NOTHING = "Nothing was stylized"
MANY = 3
"""Most names that are listed in one sentence."""
USUAL = 1024.0
"""Texels per metre where they are not known."""
Look = tuple[str, str]
"""A look's name, and which style that is."""


@dataclass(slots=True)
class Made:
    """A stylized picture in the working folder: its files by UDIM tile (None without tiles)."""

    stem: str
    files: dict[int | None, Path] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """The engine's result for the last file."""
    maps: dict[str, "Made"] = field(default_factory=dict)
    """Maps of its paint by their names."""


@dataclass(slots=True)
class Outcome:
    """The results of a run, by the names of pictures and bakes."""

    settings: Settings
    work: Path
    owners: tuple[str, ...] = ()
    """Names of the materials, Worlds or pictures of the run."""
    pictures: dict[str, Made] = field(default_factory=dict)
    bakes: dict[str, Made] = field(default_factory=dict)
    texels: dict[str, float] = field(default_factory=dict)
    """Texels per metre of each picture or bake, where they are known."""
    brushes: dict[str, float] = field(default_factory=dict)
    """Brush size of each picture or bake, relative to the setting."""
    scene: tuple[SceneFile, ...] = ()
    """All pictures that get the style's palette together."""
    notes: list[str] = field(default_factory=list)
    """Notes on what was left out, and why."""
    remarks: list[str] = field(default_factory=list)
    """Other notes."""
    costs: dict[str, float] = field(default_factory=dict)
    """Seconds of each picture or bake on a machine of two cores."""
    began: float = field(default_factory=time.monotonic)
    lacking: list[str] = field(default_factory=list)
    """Names of materials without UVs for which UVs could be made."""
    uvs: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """New UVs by their meshes' full names."""
    seconds: float = 0.0
    """Seconds of the engine's work."""
    peak_memory_mb: int = 0

    def keep(self, survey: Survey) -> None:
        """Keep only results whose pictures and bakes are still in the file.

        Raises:
            StylizeError: if none are.
        """
        for results, there in ((self.pictures, survey.pictures), (self.bakes, survey.bakes)):
            for name in [name for name in results if name not in there]:
                del results[name]
                self.notes.append(f"{name}: {GONE}")
        if not self.pictures and not self.bakes:
            raise NothingMade(self.notes, self.lacking)

    def summary(self) -> list[str]:
        """Return sentences on what was done."""
        count = len(self.pictures) + len(self.bakes)
        pictures = "1 picture" if count == 1 else f"{count} pictures"
        return [f"Stylized {pictures} in {format_seconds(time.monotonic() - self.began)}"]

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.work, ignore_errors=True)


class NothingMade(StylizeError):
    """Nothing was stylized; ``notes`` say why, ``lacking`` names materials for which UVs could be made."""

    def __init__(self, notes: Iterable[str], lacking: Iterable[str] = ()) -> None:
        """Keep the reasons."""
        self.lacking = tuple(lacking)
        self.notes = list(notes) or ["no picture or color feeds these materials"]
        super().__init__(f"{NOTHING}: {'; '.join(self.notes)}")


def group_sentences(lines: Iterable[str]) -> list[str]:
    """Merge sentences like ``name: text`` that have the same text."""
    groups: dict[str, dict[str, None]] = {}
    for line in lines:
        name, colon, rest = line.partition(": ")
        groups.setdefault(rest if colon else line, {})[name if colon else ""] = None
    return [
        ": ".join(filter(None, (_join_names(list(names)), rest))) for rest, names in groups.items()
    ]


def _join_names(names: list[str]) -> str:
    """Return names as a list in words, shortened if there are many."""
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(names[:MANY])} and {len(names) - MANY} more"


def keeps_packed(settings: Settings) -> bool:
    """Return whether results are packed into the .blend instead of saved beside it."""
    return settings.pack or (not bpy.data.filepath and settings.folder.startswith("//"))


def target_folder(settings: Settings) -> Path:
    """Return the folder of the files."""
    return Path(bpy.path.abspath(settings.folder)).absolute()


def apply(outcome: Outcome) -> list[str]:
    """Put a run's results into the graphs; return the names of the new pictures.

    The file is surveyed again first, because the user may have changed or deleted something meanwhile.

    Raises:
        StylizeError: if nothing is left or the files cannot be written; nothing is changed then.
    """
    settings = outcome.settings
    meshes, notes = add_uvs(outcome.uvs)
    try:
        survey = survey_again(outcome.owners, replace(settings, make_uvs=False))
        outcome.keep(survey)
        names = _apply(outcome, survey)
    except BaseException:
        remove_uvs(meshes)
        raise
    outcome.notes += notes
    outcome.remarks += [f"{mesh.name} got the UV map {NAME}" for mesh in meshes]
    return names


def _apply(outcome: Outcome, survey: Survey) -> list[str]:
    settings, look = outcome.settings, look_for(outcome.settings.job)
    made = [*outcome.pictures.items(), *outcome.bakes.items()]
    all_files = [one for _, result in made for one in (result, *result.maps.values())]
    paths = iter(_place_files(all_files, outcome, look))
    images: list[Image] = []
    named: dict[str, Image] = {}
    for name, result in made:
        path = next(paths)
        maps = {map_: next(paths) for map_ in result.maps}
        if name in outcome.pictures:
            image, plan = _apply_picture(survey.pictures[name], path, settings, look)
        else:
            image, plan = _apply_bake(survey.bakes[name], path, settings, look)
        images.append(image)
        painted = _load_maps(maps, result, settings, look)
        apply_paint(plan, painted, outcome, name)
        named |= {f"{result.maps[map_].stem}.{look[0]}": painted[map_] for map_ in painted}
    follow_looks(_owners_of(outcome))
    remove_unused_pictures()
    for title, image in named.items():
        image.name = title
    stems = (file_stem(survey.pictures[name].image.name) for name in outcome.pictures)
    for image, stem in zip(images, [*stems, *outcome.bakes], strict=True):
        image.name = (
            f"{stem}.{look[0]}"  # the image that it replaced may have had the name until now
        )
    if settings.source == "IMAGE":
        outcome.remarks += [f"The result is the picture {image.name}" for image in images]
    return [image.name for image in images]


def _owners_of(outcome: Outcome) -> list[Material]:
    """Return the materials of a run that are still there."""
    named = (bpy.data.materials.get((name, None)) for name in outcome.owners)
    return [material for material in named if material is not None]


def _load_maps(
    paths: dict[str, Path], result: Made, settings: Settings, look: Look
) -> dict[str, Image]:
    """Load maps of paint as data."""
    images: dict[str, Image] = {}
    for name, path in paths.items():
        tiled = None not in result.maps[name].files
        image = load_made(path, path.stem, pack=keeps_packed(settings), tiled=tiled)
        image.colorspace_settings.name = "Non-Color"
        mark(image, *look)
        images[name] = image
    return images


def _apply_picture(
    picture: Picture, path: Path, settings: Settings, look: Look
) -> tuple[Image, Plan]:
    image = load_stylized(
        path,
        picture.image,
        tiled=is_tiled(picture.image),
        pack=keeps_packed(settings),
        straight=picture.straight,
    )
    mark(image, *look)
    plan = plan_picture(picture, settings)
    for site in picture.sites:
        stylize_site(site, image, settings.amount)
    if not picture.sites:
        keep_beside(image, picture.image.name)
    return image, plan


def _apply_bake(bake: Bake, path: Path, settings: Settings, look: Look) -> tuple[Image, Plan]:
    image = load_made(path, bake.name, pack=keeps_packed(settings))
    mark(image, *look)
    node = stylize_bake(bake.site, image, settings.amount)
    return image, plan_bake(bake, settings, node)


def apply_paint(plan: Plan, maps: dict[str, Image], outcome: Outcome, name: str) -> None:
    """Put the maps of a picture's paint, or of a state's finish, into the shaders that show it."""
    role, depth = role_of(finish_of(outcome.settings.job)), TEXELS / outcome.texels.get(name, USUAL)
    amount = outcome.settings.relief_amount if role == PAINT else outcome.settings.amount
    for shader in plan.shaders:
        bumps = maps.get(HEIGHT if shader.way == BUMPED else NORMAL)
        if bumps is not None:
            show_normals(shader, bumps, depth, amount)
        if shader.moves and HEIGHT in maps:
            displace(shader, maps[HEIGHT], depth, amount)
        for map_, socket in ((ROUGHNESS, shader.roughness), (METALLIC, shader.metallic)):
            if socket is not None and map_ in maps:
                show_value(shader, socket, maps[map_], maps.get(COVERAGE), amount, role)


def _place_files(results: list[Made], outcome: Outcome, look: Look) -> list[Path]:
    """Copy results to their final folder; return each one's path to load, with ``<UDIM>`` for tiles."""
    folder = (
        outcome.work / "packed"
        if keeps_packed(outcome.settings)
        else target_folder(outcome.settings)
    )
    written: list[Path] = []
    made_folder = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [place_files(item, folder, written, look[0]) for item in results]
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if made_folder:
            with suppress(OSError):
                folder.rmdir()
        raise StylizeError(
            f"The results cannot be written to {folder} ({error.strerror}); nothing was changed"
        ) from error


def place_files(result: Made, folder: Path, written: list[Path], look: str) -> Path:
    """Copy a result's files to a folder under a free name with the look's; return the path to load."""
    name = _find_free_name(result, folder, look)
    for tile, file in result.files.items():
        path = folder / _make_file_name(name, tile, file.suffix)
        written += (path.with_name(path.name + PART), path)
        replace_file(file, path)
    tile, file = next(iter(result.files.items()))
    return folder / _make_file_name(name, None if tile is None else "<UDIM>", file.suffix)


def replace_file(file: Path, target: Path) -> None:
    """Copy a file to its final path in one step, so that it is never half-written."""
    part = target.with_name(target.name + PART)
    shutil.copyfile(file, part)
    part.replace(target)


def _make_file_name(name: str, tile: int | str | None, suffix: str) -> str:
    return f"{name}{'' if tile is None else f'.{tile}'}{suffix}"


def _find_free_name(result: Made, folder: Path, look: str) -> str:
    """Return ``<stem>.<look>``, numbered if there is such a file: earlier results are kept."""
    taken = {path.name.casefold() for path in folder.iterdir()}
    name, count = f"{result.stem}.{look}", 1
    while any(
        _make_file_name(name, t, f.suffix).casefold() in taken for t, f in result.files.items()
    ):
        count += 1
        name = f"{result.stem}.{look}-{count}"
    return name
