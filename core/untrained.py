"""Networks with random weights: for tests, and to time widths whose weights are not here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from .checkpoints.store import SUFFIX
from .checkpoints.write import write_state
from .methods.linear.network import LinearModule
from .methods.transport.network import CODE_LEVELS
from .methods.transport.network import Decoder as TransportDecoder
from .nn.decoder import Decoder
from .nn.encoder import COMPACT, FULL, LEVELS, Encoder

WIDTHS = {"compact": COMPACT, "vgg19": FULL}
SCALE = 10.0
"""About the deviation of these networks' features."""


def write_untrained(folder: Path, backbone: str = "compact", seed: int = 0) -> None:
    """Write every network that the methods ask of a backbone into ``folder``, random but reproducible.

    Weights keep the scale of what passes through them, so results are pictures, if ugly ones.
    """
    torch.manual_seed(seed)
    for name, network in _networks(WIDTHS[backbone]):
        state = _random(network)
        if name == "transport":
            state |= {f"scale.{level}": torch.tensor(SCALE) for level in CODE_LEVELS}
        path = folder / f"{backbone}.{name}{SUFFIX}"
        write_state(path, state, {"source": "random weights"}, dtype=torch.float16)


def _networks(widths: Sequence[int]) -> Iterator[tuple[str, nn.Module]]:
    yield "encoder", Encoder(widths)
    for level in LEVELS:
        yield f"decoder_{level}", Decoder(widths, level)
    for level in ("relu3_1", "relu4_1"):
        yield f"adain_{level}", Decoder(widths, level)
        yield f"linear_{level}", LinearModule(widths[LEVELS.index(level)])
    if tuple(widths) == COMPACT:
        yield "transport", TransportDecoder()


def _random(network: nn.Module) -> dict[str, Tensor]:
    """Return He's weights, which keep the scale through ReLUs; last layers paint softly about grey."""
    return {name: _drawn(name, value) for name, value in network.state_dict().items()}


def _drawn(name: str, value: Tensor) -> Tensor:
    painted = len(value) == 3 and not name.startswith("input")
    if value.ndim < 2:
        return 0.01 * torch.randn_like(value) + (
            0.5 if painted and "to_picture" not in name else 0.0
        )
    gain = 0.02 if painted or value.ndim == 2 else 2.0
    return torch.randn_like(value) * (gain / value[0].numel()) ** 0.5
