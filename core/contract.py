"""The whole contract between the engine and a method, on one screen.

An operator on pictures is a function ``Tensor (B, 3, H, W) -> Tensor (B, 3, H, W)``: display-referred
sRGB, float32, [0, 1]. What a network needs besides (BGR, x255, a mean) lives inside that network.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .checkpoints.store import Store
from .crossings import Crossings
from .errors import ParamsError
from .nn.tiles import TileRun
from .progress import Report, ignore
from .tiling import Grid, Windows


@dataclass(frozen=True, slots=True)
class Style:
    """A style: a picture, (1, 3, H, W) already at its scale, or the name of one baked into weights."""

    source: Tensor | str
    weight: float = 1.0
    mask: Tensor | None = None
    """(1, 1, H, W) on the content, 1 where the style applies; None: everywhere."""
    labels: Tensor | None = None
    """(1, 1, H', W') on the style's picture: numbers of its regions, where ``RunContext.labels`` has some."""

    @property
    def picture(self) -> Tensor:
        """The style's picture, for methods that have no styles baked in."""
        if isinstance(self.source, str):
            raise ParamsError(
                f"this method takes style pictures, not the name of one ({self.source!r})"
            )
        return self.source


class Step(NamedTuple):
    """How things moved from the frame before to this one."""

    flow: Tensor
    """(1, 2, H, W) on the frame before: how far what its pixels show moves, x right and y down, pixels."""
    seen: Tensor
    """(1, 1, H, W) on the frame before, [0, 1]: how sure it is that this frame still shows it."""
    known: Tensor
    """(1, 1, H, W) on this frame: how sure it is that the frame before showed it."""


@dataclass(slots=True)
class Reel:
    """Where a sequence is, for a method whose strokes stick to things (``Card.film``)."""

    life: int
    """Frames after which every stroke has been laid anew."""
    wanted: Collection[int] | None = None
    """Numbers of the frames that are painted; through the others strokes are only carried. None: all."""
    frame: int = 0
    step: Step | None = None
    """How things moved since the frame before; None: a shot begins."""
    kept: dict[int, Any] = field(default_factory=dict[int, Any])
    """What is carried of each picture that a frame is painted as, by its place among them."""
    painted: int = 0
    """How many pictures of this frame there were."""

    @property
    def shown(self) -> bool:
        """Whether this frame is painted."""
        return self.wanted is None or self.frame in self.wanted

    def turn(self, frame: int, step: Step | None) -> None:
        """Go on to a frame."""
        self.frame, self.step, self.painted = frame, step, 0

    def carry(self, go_on: Callable[[Any], Any]) -> None:
        """Replace what is carried of the frame's next picture; ``go_on`` gets None where a shot begins."""
        before = None if self.step is None else self.kept.get(self.painted)
        self.kept[self.painted] = go_on(before)
        self.painted += 1


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a method is given besides pictures and settings: networks, machine, tiles, progress report."""

    store: Store = field(default_factory=Store)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    """What convolutions compute in; statistics are always pooled in float64."""
    seed: int = 0
    grid: Grid = field(default_factory=Grid)
    report: Report = ignore
    coverage: Tensor | None = None
    """(1, 1, H, W) weights of the content's pixels in its statistics; None: all alike."""
    labels: Tensor | None = None
    """(1, 1, H, W) numbers of the content's regions, each for the styles' region of that number."""
    relief: bool = False
    """Whether the planes of the paint are asked for, where a method has some (``Raised``)."""
    staged: bool = False
    """Whether what a picture looks like layer by layer is asked for (``Card.staged``)."""
    texture: bool = False
    """Whether the content is a texture on a surface; else it is a picture, of things to be recognised."""
    mapped: bool = False
    """Whether the content has the styles' colours already, by the map of its scene."""
    brush: float = 1.0
    """How many times larger than usual strokes are, where a method sizes them itself (``Card.brush``)."""
    rings: tuple[tuple[int, int] | None, tuple[int, int] | None] = (None, None)
    """Of rows and columns that go on around: how many copies precede the picture, and after how many it
    repeats; None: they end."""
    flow: Tensor | None = None
    """(1, 2, h, w) of any size: vectors that strokes go along, x to the right and y down, at most 1 long."""
    detail: Callable[[], Tensor] | None = None
    """Return where finer brushes are used now, (1, 1, h, w) of any size, [0, 1], by methods with a setting
    ``edges``: of frames each has its own."""
    pieces: NDArray[np.int32] | None = None
    """(H, W) numbers of pieces of the content; no stroke runs from one to another. None: it is one."""
    crossings: Crossings | None = None
    """Where strokes go on over the seams of those pieces; None: nowhere."""
    reel: Reel | None = None
    """Where a sequence is, if strokes are carried through it; None: of a picture by itself."""
    lit: bool = True
    """Whether paint with a relief is lit in the picture."""
    backbone: str = "compact"
    start: Tensor | None = None
    """(1, 3, H, W), another method's result that a ``Whole`` method begins with, where its card says so."""

    @property
    def tiles(self) -> TileRun:
        """How a picture is cut, where its tiles are computed, and who is told of each."""
        return TileRun(self.grid, self.device, self.report)


class Prepared(Protocol):
    """An immutable operator that holds all global statistics."""

    halo: int
    """Pixels of context ``apply`` needs around a tile."""
    multiple: int
    """Windows start and end at multiples of this many pixels."""

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window; depends on ``x`` alone, so tiles run in any order."""
        ...


@runtime_checkable
class Sketched(Prepared, Protocol):
    """A prepared operator whose windows see, besides the picture, a sketch made of the whole of it."""

    def lay_in(self, x: Windows) -> Windows:
        """Return what ``apply`` reads: the picture (1, 3, H, W) and the sketch's channels behind it.

        It is made in windows of its own, the same however the picture is cut into tiles afterwards.
        """
        ...


@runtime_checkable
class Raised(Prepared, Protocol):
    """A prepared operator that knows how thick its paint is."""

    def raise_paint(self, x: Tensor) -> Tensor:
        """Return height, roughness and coverage of a window as ``apply`` sees it, (1, 3, h, w) in [0, 1]."""
        ...


@runtime_checkable
class Staged(Prepared, Protocol):
    """A prepared operator that knows of which layers its pictures are made."""

    def split(self, x: Tensor) -> Tensor:
        """Return a window as it looks with each of ``Card.staged``, (1, 3 n, h, w) in [0, 1]."""
        ...


def lay_in(prepared: Prepared, x: Any) -> Any:
    """Return what a prepared operator reads of a picture (1, 3, H, W): it, or it with its sketch."""
    return prepared.lay_in(x) if isinstance(prepared, Sketched) else x


class Local(Protocol):
    """Feed-forward methods: everything global is measured first, then tiles are independent."""

    def prepare(
        self, content: Tensor, styles: Sequence[Style], params: Any, run: RunContext
    ) -> Prepared:
        """Measure what is global; content is (1, 3, H, W) and read by windows alone (``tiling.Windows``)."""
        ...


class Whole(Protocol):
    """Methods that must see the whole picture (optimisation, dense matching)."""

    def stylize(
        self, content: Tensor, styles: Sequence[Style], params: Any, run: RunContext
    ) -> Tensor:
        """Return the picture, (1, 3, H, W); report each step."""
        ...


class State(Protocol):
    """What the next frame of a sequence needs: an immutable value, a frozen dataclass."""

    @property
    def memory(self) -> Mapping[str, Tensor]:
        """Tensors that carry what was seen of earlier frames, by name; empty before the first.

        Put into a new state with ``dataclasses.replace``, they let it go on as this one would.
        """
        ...


S = TypeVar("S", bound=State)


class Recurrent(Protocol[S]):
    """Video methods: what one frame leaves for the next is a value."""

    def start(self, styles: Sequence[Style], params: Any, run: RunContext) -> S:
        """Return the state before the first frame."""
        ...

    def step(self, state: S, frame: Tensor) -> tuple[S, Tensor]:
        """Return the next state, and the frame's picture, (1, 3, H, W)."""
        ...
