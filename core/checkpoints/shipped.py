"""The networks that are shipped, listed without loading torch."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from ..files.damage import explain_damage

SHIPPED = Path(__file__).resolve().parents[2] / "weights"
CATALOG = "catalog.toml"
MEASURED = SHIPPED / "measured.toml"
"""Speed, memory and scores of each method, as tools/method_table.py found them."""


def read_catalog(folder: Path) -> Mapping[str, Mapping[str, Any]] | None:
    """Return a folder's ``catalog.toml``, a table a network, or None where there is none.

    Raises:
        WeightsError: if it is not TOML, or a network lacks its sha256 or its bytes.
    """
    path = folder / CATALOG
    if not path.is_file():
        return None
    with explain_damage(WeightsError, f"{path} cannot be read ({{reason}}); reinstall Stylize"):
        catalog = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, entry in catalog.items():
        for key, kind in (("sha256", str), ("bytes", int)):
            if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
                raise WeightsError(f"{path} does not say the {key} of {name}; reinstall Stylize")
    return catalog


def read_measured() -> Mapping[str, Mapping[str, float]]:
    """Return the measurements of each method; empty where there is no such file, or it is damaged.

    ``seconds_per_megapixel`` is on a plain machine of two cores, for a picture of 1024 x 1024.
    """
    try:
        return tomllib.loads(MEASURED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
