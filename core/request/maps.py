"""The maps of a painted surface's relief: their names, and the files that they go to."""

from pathlib import Path

MAPS = ("height", "normal", "roughness", "coverage")
"""How high paint stands, which way it looks (tangent space, +Y), how rough it is, and where there is any."""


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a list such as ``height, normal``, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def map_file(output: str, name: str) -> str:
    """Return the file of a result's map: beside it, as ``wall.normal.png``; an EXR's is an EXR."""
    path = Path(output)
    suffix = ".exr" if path.suffix.lower() == ".exr" else ".png"
    return str(path.with_name(f"{path.stem}.{name}{suffix}"))
