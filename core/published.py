"""Published weight files: the list of known formats, recognising a file, and importing it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from .checkpoints import flow, vgg
from .checkpoints.formats import Format, State
from .checkpoints.identify import identify, shapes_of
from .checkpoints.read import check_numbers, read_state
from .checkpoints.store import SUFFIX, Store, read_verified
from .checkpoints.write import write_state
from .errors import WeightsError
from .files.damage import explain_damage
from .methods.adain import weights as adain
from .methods.adaptive_style import weights as adaptive_style
from .methods.ccpl import weights as ccpl
from .methods.cyclegan import weights as cyclegan
from .methods.fast_multi_video import weights as fast_multi_video
from .methods.gatys import weights as gatys
from .methods.johnson import weights as johnson
from .methods.linear import weights as linear
from .methods.metanet import weights as metanet
from .methods.microast import weights as microast
from .methods.msgnet import weights as msgnet
from .methods.munit import weights as munit
from .methods.pca_kd import weights as pca_kd
from .methods.photowct import weights as photowct
from .methods.reconet import weights as reconet
from .methods.style_swap import weights as style_swap
from .methods.wct import weights as wct

FORMATS: tuple[Format, ...] = (
    *vgg.FORMATS,
    *flow.FORMATS,
    *adain.FORMATS,
    *linear.FORMATS,
    *wct.FORMATS,
    *johnson.FORMATS,
    *gatys.FORMATS,
    *msgnet.FORMATS,
    *style_swap.FORMATS,
    *ccpl.FORMATS,
    *metanet.FORMATS,
    *microast.FORMATS,
    *pca_kd.FORMATS,
    *photowct.FORMATS,
    *reconet.FORMATS,
    *fast_multi_video.FORMATS,
    *munit.FORMATS,
    *cyclegan.FORMATS,
    *adaptive_style.FORMATS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The format that a file was recognised as; ``name`` is its network's name once imported."""

    file: str
    format: str
    name: str
    tensors: int
    parameters: int
    source: str
    licence: str


def identify_file(path: Path, format_id: str = "") -> Identified:
    """Return what a published file is.

    Raises:
        WeightsError: if it cannot be read safely, or no format, or more than one, claims it.
    """
    return _facts(path, *_recognise(path, format_id))


def import_file(path: Path, folder: Path, format_id: str = "") -> tuple[Identified, Path]:
    """Convert a published file to our names and write it into ``folder``; return what and where it is.

    Args:
        path: The published file; it is left as it is.
        folder: The user's own weights.
        format_id: Take the file for this format, where two kinds look alike.

    Raises:
        WeightsError: if it cannot be read, is not recognised, or the folder cannot be written to.
    """
    state, known = _recognise(path, format_id)
    target = folder / f"{_name(known, path)}{SUFFIX}"
    facts = {
        "format": known.id,
        "source": known.source,
        "licence": known.licence,
        "source_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    with explain_damage(
        WeightsError, f"{path.name} is not what {known.id} should be ({{reason}}); fetch it again"
    ):
        converted = check_numbers(known.convert(state), path.name)
    write_state(target, converted, facts)
    return _facts(path, state, known), target


def verify(store: Store) -> dict[str, str]:
    """Return for every network in the store what is wrong with its file; an empty text if nothing is."""
    return {name: _fault(store, name, path) for name, path in store.list().items()}


def _fault(store: Store, name: str, path: Path) -> str:
    try:
        read_verified(path)
        store.load(name)
    except WeightsError as error:
        return str(error)
    return ""


def _recognise(path: Path, format_id: str) -> tuple[State, Format]:
    state = read_state(path)
    chosen = [known for known in FORMATS if known.id == format_id] if format_id else FORMATS
    if not chosen:
        raise WeightsError(
            f"there is no format {format_id!r}; choose one of: {', '.join(known.id for known in FORMATS)}"
        )
    return state, identify(shapes_of(state), chosen, path.name)


def _facts(path: Path, state: State, known: Format) -> Identified:
    return Identified(
        file=str(path),
        format=known.id,
        name=_name(known, path),
        tensors=len(state),
        parameters=sum(tensor.numel() for tensor in state.values()),
        source=known.source,
        licence=known.licence,
    )


def _name(known: Format, path: Path) -> str:
    """Return what a file's network is called; a ``*`` stands for the file's own name."""
    own = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    return known.name.replace("*", own or "unnamed")
