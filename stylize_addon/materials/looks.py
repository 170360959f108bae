"""Looks: the stylized versions of a material or a World, of which it shows one.

A Stylize node stores the pictures of its looks, so they are copied and appended with it. A look is named
after its style; styles of the same name in different folders get looks with different names.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import bpy
from bpy.types import Image, Node

from ...core.catalog import PAINTER_IDS
from ...core.request.picture_job import Job
from ...core.styles.states import find_state
from ..images import relative, safe_name
from ..style_picture import BUILTIN
from .graph import (
    LOOK,
    STYLE,
    looks_of,
    mixes_in,
    picture_of,
    remove_unused_pictures,
    show_picture,
    take_out,
)
from .made_uvs import remove_unused_uvs
from .paint_nodes import drop_look, follow_looks
from .walk import Owner

LONGEST = 40
"""Letters of a look's name: it becomes part of file names."""
AND = "+"


def look_for(job: Job) -> tuple[str, str]:
    """Return the name of a job's look, and its style as it is written into the look's pictures."""
    styles, variant = job.styles, _variant_of(job)
    style = (AND.join(_write(one.path) for one in styles) or job.method) + variant
    known = {i[LOOK]: i.get(STYLE, "") for i in bpy.data.images if LOOK in i}
    same = (name for name, other in known.items() if _make_absolute(other) == _make_absolute(style))
    taken = {name.casefold() for name in known}
    free = (name for name in _propose_names(job, variant) if name.casefold() not in taken)
    return next(same, None) or next(free), style


def mark(image: Image, look: str, style: str) -> None:
    """Write the look (``look_for``) into a stylized picture."""
    image[LOOK], image[STYLE] = look, style


def _variant_of(job: Job) -> str:
    """Return what stands behind a look's style: the variant of a state, or the painter who paints in it."""
    if job.method in PAINTER_IDS and job.styles:
        return f"-{job.method}"
    named = any(find_state(style.path) for style in job.styles)
    back = "-back" if named and job.params.get("back") else ""
    return f"{back}-{float(job.params['variant']):g}" if named and "variant" in job.params else back


def _write(path: str) -> str:
    named = path.startswith(BUILTIN) or find_state(path) is not None
    return path if named else relative(Path(path))


def _make_absolute(style: str) -> list[str]:
    return [bpy.path.abspath(part) for part in style.split(AND)]


def _propose_names(job: Job, variant: str) -> Iterator[str]:
    """Yield possible names of a look: the style's, or without one the method's, and numbered ones."""
    styles = job.styles
    own = AND.join(_read_stem(style.path) for style in styles) or job.method
    name = _shorten(own + variant)
    folders = [Path(s.path).parent.name for s in styles if not s.path.startswith(BUILTIN)]
    yield name
    if folders and folders[0]:
        yield _shorten(f"{safe_name(folders[0])}-{name}")
    yield from (f"{name}-{number}" for number in range(2, 10_000))


def _read_stem(path: str) -> str:
    if path.startswith(BUILTIN):
        return path.removeprefix(BUILTIN)
    return safe_name(Path(path).stem)


def _shorten(name: str) -> str:
    return name[:LONGEST].strip(". ") or "style"


def looks_in(owners: Iterable[Owner]) -> dict[str, bool]:
    """Return the names of the looks of materials or Worlds, and whether each is shown anywhere."""
    looks: dict[str, bool] = {}
    for mix in mixes_in(owners):
        node = picture_of(mix)
        for name, image in looks_of(mix).items():
            looks[name] = looks.get(name, False) or (node is not None and node.image == image)
    return looks


def show_look(owners: Collection[Owner], name: str) -> int:
    """Show a look wherever there is one of that name; return the number of places."""
    mixes = [mix for mix in _find_local_mixes(owners) if name in looks_of(mix)]
    for mix in mixes:
        looks = looks_of(mix)
        show_picture(mix, looks[name], looks)
    follow_looks(owners)
    return len(mixes)


def remove_look(owners: Collection[Owner], name: str) -> int:
    """Remove a look and show another one or the original instead; return the number of places."""
    mixes = [mix for mix in _find_local_mixes(owners) if name in looks_of(mix)]
    for mix in mixes:
        looks = looks_of(mix)
        removed, node = looks.pop(name), picture_of(mix)
        if not looks:
            take_out(mix)
            continue
        shown = (
            node.image if node is not None and node.image != removed else list(looks.values())[-1]
        )
        show_picture(mix, shown, looks)
    drop_look(owners, name)
    follow_looks(owners)
    remove_unused_pictures()
    remove_unused_uvs()
    return len(mixes)


def _find_local_mixes(owners: Iterable[Owner]) -> list[Node]:
    return [mix for mix in mixes_in(owners) if mix.id_data.library is None]
