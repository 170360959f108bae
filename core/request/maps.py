"""The maps of a painted surface: their names, and the files that they go to."""

from pathlib import Path

MAPS = ("height", "normal", "roughness", "coverage", "metallic")
"""How high paint stands, which way it looks (tangent space, +Y), how rough it is, where there is any, and
whether the surface is metal."""
FINISH = ("roughness", "coverage", "metallic")
"""Those of a state that has a finish and no relief, as of snow."""


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a list such as ``height, normal``, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def map_file(output: str, name: str) -> str:
    """Return the file of a result's map: beside it, as ``wall.normal.png``; an EXR's is an EXR."""
    path = Path(output)
    suffix = ".exr" if path.suffix.lower() == ".exr" else ".png"
    return str(path.with_name(f"{path.stem}.{name}{suffix}"))


def number_of(given: str | None) -> float | None:
    """Return the number that is given instead of a map's file, such as ``0.4``; None if it is none."""
    try:
        return None if given is None or Path(given).is_file() else float(given)
    except ValueError:
        return None


def file_of(given: str | None) -> str | None:
    """Return the file of a map that is given; None if it is none, or a number."""
    return given if number_of(given) is None else None
