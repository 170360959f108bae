"""ReCoNet's network: the image transformation network, bounded by a tanh.

Gao, Gu, Zhang & Yu, "ReCoNet: Real-time Coherent Video Style Transfer Network", ACCV 2018 (arXiv 1807.01197).
It is coherent by its training; each frame is stylized on its own. Two forms are published. The paper's has
a ReLU after each residual block, and instance norms or, against blobs in flat areas, filter response norms.
The other, by Safwan, has no such ReLU, and its values go slightly beyond black and white.
"""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from .fix import Stage
from .instance import FilterResponseNorm, InstanceNorm
from .transform_net import SCALE, Block, Down, Sizes, Up, sizes_of

BOUND = {True: 0.5, False: 150 / 255}
"""How far from grey the picture reaches, with a ReLU after the blocks and without."""


class Form(NamedTuple):
    """The form of such a network; our small one by default."""

    sizes: Sizes = Sizes((16, 32, 64), 4, 9, 3)
    rectified: bool = True
    """Whether a ReLU follows each block, as in the paper; blocks are named ``block``, else ``plain``."""
    filtered: bool = False
    """Whether the norms are filter response norms."""

    @property
    def blocks(self) -> list[str]:
        """Names of the residual blocks in order."""
        kind = "block" if self.rectified else "plain"
        return [f"{kind}{number}" for number in range(1, self.sizes.blocks + 1)]


def form_of(shapes: Mapping[str, tuple[int, ...]]) -> Form:
    """Return the form of a network by the names and shapes of its tensors."""
    rectified = "block1.conv1.weight" in shapes
    as_blocks = {name.replace("plain", "block"): shape for name, shape in shapes.items()}
    return Form(sizes_of(as_blocks), rectified, "down.norm1.scale" in shapes)


class ReCoNet(nn.Module):
    """A picture (B, 3, H, W) in [0, 1] to another, its sides rounded up to multiples of 4."""

    def __init__(self, form: Form = Form()) -> None:  # noqa: B008  # a constant
        super().__init__()
        self.form = form
        norm = FilterResponseNorm if form.filtered else InstanceNorm
        self.down = Down(form.sizes, norm)
        self.up = Up(form.sizes, norm, bound=BOUND[form.rectified])
        for name in form.blocks:
            block = Block(form.sizes.widths[2], norm, rectified=form.rectified)
            self.add_module(name, block)

    def encode(self, x: Tensor) -> Tensor:
        """Return the features after the last block, (B, C, H / 4, W / 4), for the feature temporal loss."""
        x = self.down(x)
        for name in self.form.blocks:
            x = self.get_submodule(name)(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture; every norm takes the moments of its own input."""
        return self.up(self.encode(x))

    def stages(self) -> list[Stage]:
        """Return the parts in order, each with the context that it needs around a tile."""
        blocks = [self.get_submodule(name) for name in self.form.blocks]
        return [
            Stage(self.down, self.form.sizes.first // 2 + 3),
            *(Stage(block, 2 * SCALE, SCALE) for block in blocks),
            Stage(self.up, self.form.sizes.last // 2 + 3, SCALE),
        ]
