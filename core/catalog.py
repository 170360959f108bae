"""All methods, in the order they are shown. The one list; adding a method is adding its card here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .card import Card
from .errors import ParamsError
from .methods.adain import CARD as ADAIN
from .methods.adaptive_style import CARD as ADAPTIVE_STYLE
from .methods.brushwork import CARD as BRUSHWORK
from .methods.ccpl import CARD as CCPL
from .methods.covst import CARD as COVST
from .methods.cyclegan import CARD as CYCLEGAN
from .methods.deep_photo import CARD as DEEP_PHOTO
from .methods.deepdream import CARD as DEEPDREAM
from .methods.fast_multi_video import CARD as FAST_MULTI_VIDEO
from .methods.gatys import CARD as GATYS
from .methods.johnson import CARD as JOHNSON
from .methods.linear import CARD as LINEAR
from .methods.linear import PHOTO as LINEAR_PHOTO
from .methods.metanet import CARD as METANET
from .methods.microast import CARD as MICROAST
from .methods.msgnet import CARD as MSGNET
from .methods.munit import CARD as MUNIT
from .methods.nnst import CARD as NNST
from .methods.paint import CARDS as PAINTERS
from .methods.pca_kd import CARD as PCA_KD
from .methods.photowct import CARD as PHOTOWCT
from .methods.reconet import CARD as RECONET
from .methods.style_swap import CARD as STYLE_SWAP
from .methods.transport import CARD as TRANSPORT
from .methods.wct import CARD as WCT

CARDS: tuple[Card, ...] = (
    BRUSHWORK,
    TRANSPORT,
    ADAIN,
    LINEAR,
    WCT,
    JOHNSON,
    MSGNET,
    RECONET,
    COVST,
    FAST_MULTI_VIDEO,
    STYLE_SWAP,
    CCPL,
    METANET,
    MICROAST,
    PCA_KD,
    PHOTOWCT,
    LINEAR_PHOTO,
    DEEP_PHOTO,
    NNST,
    GATYS,
    DEEPDREAM,
    MUNIT,
    CYCLEGAN,
    ADAPTIVE_STYLE,
    *PAINTERS,
)
PAINTER_IDS = tuple(card.id for card in PAINTERS)
"""Methods that paint by code, without a network and, if wanted, without a style."""
DEFAULT = BRUSHWORK.id
TOON = "toon"
"""What is chosen like a method, but works on a render with its passes: ``core.request.toon_job``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A name for a method and its settings, which an artist can choose without knowing either."""

    id: str
    number: int
    """Its number in .blend files, where methods have theirs: from 101 on, never changed or given away."""
    title: str
    summary: str
    card: Card
    """Its method, or the one that it usually takes."""
    aim: str = ""
    """What its method is chosen for (``Job.aim``), by how large the picture is; nothing: it stands fast."""
    params: Mapping[str, str | int | float | bool] = field(
        default_factory=dict[str, str | int | float | bool]
    )
    brush: float = 1.0
    """What the brush size that is asked for is multiplied by."""


LOOKS: tuple[Look, ...] = (
    Look(
        id="fast",
        number=101,
        title="Fast",
        summary="the painting's colours, forms and strokes in seconds; materials stay themselves",
        card=BRUSHWORK,
    ),
    Look(
        id="finest",
        number=102,
        title="Finest",
        summary="closest to the painter's hand, in minutes: for the picture that counts",
        card=NNST,
    ),
    Look(
        id="bold",
        number=103,
        title="Bold",
        summary="wide, loose strokes: forms give way to paint, and fine joints and letters go",
        card=BRUSHWORK,
        params={"loyalty": 0.2, "strokes": 1.5},
        brush=3.0,
    ),
    Look(
        id="photo",
        number=104,
        title="Photo",
        summary="still a photograph: another light, weather or season, and no strokes",
        card=PHOTOWCT,
        aim="photo",
    ),
    Look(
        id="film",
        number=105,
        title="Film",
        summary="calm from frame to frame: for sequences",
        card=CCPL,
        aim="video",
    ),
)
"""What most choose from, beside the painters; the other methods are for research."""


def find_card(method: str) -> Card:
    """Return the card of a method by its id, or of a look; ``auto`` is the default method.

    Raises:
        ParamsError: for an unknown id, listing the known ones; for toon, saying what it takes.
    """
    if method == TOON:
        raise ParamsError(
            "the method toon shades and inks renders by their passes, not pictures; give it a multilayer "
            "EXR, or show a scene's materials as toon"
        )
    look = find_look(method)
    if look is not None:
        return look.card
    wanted = DEFAULT if method == "auto" else method
    for card in CARDS:
        if card.id == wanted:
            return card
    known = ", ".join([*(look.id for look in LOOKS), *(card.id for card in CARDS)])
    raise ParamsError(f"there is no method {method!r}; choose one of: auto, {known}")


def find_look(method: str) -> Look | None:
    """Return the look of a name; None if it is not one's."""
    return next((look for look in LOOKS if look.id == method), None)
