"""Where weights lie and how they are loaded: the user's folder first, then what is shipped.

A network's file is ``<name>.safetensors``. Names are ``{backbone}.{part}``: ``compact.encoder``,
``vgg19.adain_relu4_1``, ``cd16x.decoder_relu5_1``. A shipped file is used only if its sha256 is the one in
``weights/catalog.toml``.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.torch import load as parse
from torch import Tensor

from ..errors import WeightsError
from ..files.damage import explain_damage
from .read import check_numbers, check_size
from .shipped import CATALOG, SHIPPED, read_catalog

SUFFIX = ".safetensors"


def user_folder() -> Path:
    """Return where this user's imported weights lie: ``STYLIZE_WEIGHTS``, or the system's data folder."""
    if named := os.environ.get("STYLIZE_WEIGHTS"):
        return Path(named)
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "stylize" / "weights"


@dataclass(frozen=True, slots=True)
class Store:
    """Folders of weights; a network is taken from the first folder that has it."""

    folders: tuple[Path, ...] = field(default_factory=lambda: (user_folder(), SHIPPED))

    @classmethod
    def at(cls, folder: str | Path | None) -> "Store":
        """Return a store that looks into ``folder`` before the shipped weights; None: the user's folder.

        Raises:
            WeightsError: if there is no such folder.
        """
        if folder and not Path(folder).is_dir():
            raise WeightsError(
                f"there is no folder {folder} to look for weights in; name one, or none", "weights"
            )
        return cls((Path(folder), SHIPPED)) if folder else cls()

    def has(self, name: str) -> bool:
        """Return whether a network of that name is here."""
        return self.find(name) is not None

    def find(self, name: str) -> Path | None:
        """Return the file of a network, or None."""
        paths = (folder / f"{name}{SUFFIX}" for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)

    def load(self, *names: str) -> dict[str, Tensor]:
        """Return the float32 tensors of the first of ``names`` that is here.

        Raises:
            WeightsError: if none is here, if the file is damaged, and later if a tensor is asked for that it
                lacks.
        """
        path = next((path for name in names if (path := self.find(name))), None)
        if path is None:
            raise WeightsError(_missing(names, self.folders))
        state = _parse(path, read_verified(path))
        return Loaded(path, {key: value.float() for key, value in state.items()})

    def list(self) -> dict[str, Path]:
        """Return every network by name, sorted, with the file that is used."""
        found: dict[str, Path] = {}
        for folder in reversed(self.folders):
            found |= {path.name.removesuffix(SUFFIX): path for path in folder.glob(f"*{SUFFIX}")}
        return dict(sorted(found.items()))


class Loaded(dict[str, Tensor]):
    """The tensors of a network's file; asking for a missing one raises an error that names the file."""

    def __init__(self, path: Path, state: Mapping[str, Tensor]) -> None:
        super().__init__(state)
        self.path = path

    def __missing__(self, key: str) -> Tensor:
        raise WeightsError(
            f"{self.path} is not the network that its name says: it lacks {key}; import or install it again"
        )


def read_verified(path: Path) -> bytes:
    """Return a weight file's bytes; in a folder with a catalog they must have the catalogued hash.

    Raises:
        WeightsError: if the file cannot be read, is not in its catalog, or was changed.
    """
    with explain_damage(WeightsError, f"{path} cannot be read ({{reason}})"):
        check_size(path)
        content = path.read_bytes()
    catalog = read_catalog(path.parent)
    if catalog is None:
        return content
    entry = catalog.get(path.name.removesuffix(SUFFIX))
    if entry is None:
        raise WeightsError(
            f"{path.name} is not in {path.parent / CATALOG}; remove it or reinstall Stylize"
        )
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise WeightsError(
            f"{path.name} is damaged: it has {len(content)} bytes that are not the {entry['bytes']} bytes "
            "it was shipped with; reinstall Stylize"
        )
    return content


def _parse(path: Path, content: bytes) -> dict[str, Tensor]:
    with explain_damage(
        WeightsError, f"{path} is damaged or cut short ({{reason}}); import or install it again"
    ):
        return check_numbers(parse(content), path.name)


def _missing(names: tuple[str, ...], folders: tuple[Path, ...]) -> str:
    wanted, backbone = " or ".join(names), names[0].split(".")[0]
    where = f"{wanted} is not in {' or '.join(str(folder) for folder in folders)}"
    if backbone == "compact":
        return f"the shipped network {where}; reinstall Stylize"
    return (
        f"the {backbone} network {where}; use the backbone compact, which works now, or fetch the published "
        "file (docs/methods says where) and run: python -m core weights import FILE"
    )
