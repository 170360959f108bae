"""A method's card and its Params: everything that can be said of a method without loading torch."""

from collections.abc import Collection, Mapping
from dataclasses import Field, dataclass, fields
from importlib import import_module
from types import ModuleType
from typing import Any, Literal, cast

from .errors import ParamsError
from .fields import check_limit

Call = Literal["local", "whole", "recurrent"]


@dataclass(frozen=True, slots=True)
class NoParams:
    """Params of a method that has no settings of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a method is, how it is called, and where its code lies."""

    id: str
    number: int
    """The method's number in .blend files, from 1 on: never changed, and never given to another method."""
    title: str
    look: str
    """What its pictures look like, in a word or few, as an artist chooses by."""
    summary: str
    paper: str
    year: int
    licence: str
    """Licence of the published weights; our own are this project's."""
    call: Call
    module: str
    """Module below ``core`` that offers ``prepare``, ``stylize`` or ``start`` and ``step``."""
    params: type = NoParams
    backbones: tuple[str, ...] = ("compact", "vgg19")
    encoder: bool = True
    """Whether it needs its backbone's encoder; a method without any network needs none."""
    networks: tuple[str, ...] = ()
    """Networks of its first backbone that it needs besides the encoder; ``name_``: any that begins so."""
    styles: Literal["pictures", "names", "both"] = "pictures"
    """What a style may be: a picture, the name of one that a network was trained on, or either."""
    makes: Literal["painting", "photo"] = "painting"
    """What a result is: a painting, or still a photograph."""
    palette: bool = True
    """Whether a result is to have the style's colours."""
    brush: Literal["style", "canvas", "own"] = "style"
    """What makes its strokes larger: a larger style, a smaller picture to paint, enlarged afterwards, or
    the method itself (``RunContext.brush``)."""
    needs_style: bool = True
    """Whether it needs a style; else, without one, colours stay the content's own."""
    ground: bool = False
    """Whether bare ground shows between its strokes, so that local means are not held to the content's."""
    film: bool = False
    """Whether the method itself carries its strokes through a sequence (``RunContext.reel``)."""
    staged: tuple[str, ...] = ()
    """Layers of which a result is made, from the lowest up, which can be written apart."""
    steady: bool = False
    """Whether frames of a video stay calm when each is stylized for itself."""
    max_styles: int = 8
    thumbnail: bool = False
    """Whether ``prepare`` may see a small copy of the content, since it measures nothing but statistics."""
    labels: bool = False
    """Whether regions of the content may each take their style from a region of the style."""
    begins: tuple[str, ...] = ()
    """Methods whose result this one can start from; its setting ``start`` names one of them, or none."""
    half: bool = True
    """Whether bfloat16 gives the picture of float32 within 2/255; of a method that chooses strokes what is
    below them, in means of 16 pixels; of an optimisation the loss."""
    chooses: bool = False
    """Whether it chooses strokes of the style: where two are nearly as good, a rounding decides."""
    bytes_per_pixel: int = 1000
    """Peak memory of ``apply`` per pixel of its window, measured."""
    kept_bytes_per_pixel: int = 0
    """Bytes per pixel of the picture that ``prepare`` keeps between its passes."""
    kept_megabytes: int = 0
    """Megabytes that it holds besides, whatever the picture's size."""
    halo: int = 80
    """The most context ``apply`` may ask for around a tile, in pixels."""

    def load(self) -> ModuleType:
        """Import the method's code; this is the moment torch is needed."""
        return import_module(f".{self.module}", __package__)

    def works_with(self, here: Collection[str]) -> bool:
        """Return whether networks of these names are all that its first backbone needs."""
        return all(
            any(
                name.startswith(wanted) if wanted.endswith("_") else name == wanted for name in here
            )
            for wanted in self.needed
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the networks that it needs by default, of its first backbone."""
        names = ("encoder", *self.networks) if self.encoder else self.networks
        return tuple(f"{self.backbones[0]}.{name}" for name in names)


def find_start(card: Card, params: Any) -> str:
    """Return the method whose result another one starts from, by its settings; empty if from none."""
    name = getattr(params, "start", "")
    return name if name in card.begins else ""


def make_params(card: Card, values: Mapping[str, Any]) -> Any:
    """Return the card's Params with ``values`` checked against their declared ranges.

    Raises:
        ParamsError: naming the setting, what came and what is allowed.
    """
    known = {f.name: f for f in fields(card.params)}
    for name in values:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise ParamsError(f"{card.id} has no setting {name!r}; its settings are: {allowed}")
    return card.params(
        **{name: _check_value(card, known[name], value) for name, value in values.items()}
    )


def _check_value(card: Card, declared: Field[Any], value: Any) -> Any:
    kind = cast("type[Any]", type(declared.default))
    try:
        value = _parse_boolean(value) if kind is bool else kind(value)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ParamsError(
            f"{card.id}: {declared.name} is {value!r}; it must be a {kind.__name__}"
        ) from error
    check_limit(declared, value, card.id)
    return value


def _parse_boolean(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
            value.lower()
        ]
    return bool(value)
