"""Files beside a picture's own: other tiles of its surface, other pictures of its scene."""

from dataclasses import dataclass

from ..errors import ParamsError
from ..fields import param


@dataclass(frozen=True, slots=True)
class TileFile:
    """One tile of a UDIM texture: its picture, where its result goes, and its number (1001 …)."""

    content: str
    output: str
    number: int = param(min=1001, max=9999)


@dataclass(frozen=True, slots=True)
class SceneFile:
    """A picture of the scene that a content belongs to."""

    path: str
    area: float = param(1.0, above=0, max=1e30)
    """The surface that shows it, relative to that of the others."""
    uv: str | None = None
    """The triangles that show it, as ``Job.uv``."""
    space: str = "auto"
    alpha: str = "opacity"
    needed: bool = True
    """Whether a picture that cannot be read is an error; else it does not count."""


def parse_scene_file(text: str) -> SceneFile:
    """Read ``FILE`` or ``FILE:AREA``.

    Raises:
        ParamsError: if there is no file's name.
    """
    path, colon, area = text.rpartition(":")
    try:
        found = SceneFile(path, float(area)) if colon and path else SceneFile(text)
    except ValueError:  # the colon is part of the name, as in C:/wood.png
        found = SceneFile(text)
    if not found.path:
        raise ParamsError("a picture of the scene has no name; write it as FILE or FILE:AREA")
    return found
