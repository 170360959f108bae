"""All methods, in the order they are shown. The one list; adding a method is adding its card here."""

from .card import Card
from .errors import ParamsError
from .methods.adain import CARD as ADAIN
from .methods.brushwork import CARD as BRUSHWORK
from .methods.ccpl import CARD as CCPL
from .methods.covst import CARD as COVST
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
from .methods.nnst import CARD as NNST
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
)
DEFAULT = BRUSHWORK.id


def find_card(method: str) -> Card:
    """Return the card of a method by its id; ``auto`` is the default method.

    Raises:
        ParamsError: for an unknown id, listing the known ones.
    """
    wanted = DEFAULT if method == "auto" else method
    for card in CARDS:
        if card.id == wanted:
            return card
    known = ", ".join(card.id for card in CARDS)
    raise ParamsError(f"there is no method {method!r}; choose one of: auto, {known}")
