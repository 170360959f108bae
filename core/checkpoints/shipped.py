"""Which networks are shipped; told without loading torch."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import WeightsError

SHIPPED = Path(__file__).resolve().parents[2] / "weights"
CATALOG = "catalog.toml"


def read_catalog(folder: Path) -> Mapping[str, Mapping[str, Any]] | None:
    """Return a folder's ``catalog.toml``, a table a network, or None where there is none.

    Raises:
        WeightsError: if it is not TOML.
    """
    path = folder / CATALOG
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); reinstall Stylize") from error
