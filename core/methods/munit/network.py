"""MUNIT's generator of one domain: a content code, a style code, and a decoder that joins two of them.

Huang et al., "Multimodal Unsupervised Image-to-Image Translation", ECCV 2018. Pictures are in [-1, 1] inside.

Our small generator departs in one thing: its decoder does not paint the picture anew out of codes at a
quarter of the size. It says for each pixel by how much the picture is multiplied and what is added, from
the codes and from the picture, so fine structure is kept and a network that has learnt nothing changes
nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.fix import Stage
from ...nn.instance import EPS, FixedNorm, Norm, PlainNorm, Spread
from ...nn.pad import Conv, Halve
from ...nn.retouch import Folded, Retouch
from ...nn.signed import Signed, Unsigned

SCALE = 4
"""Pixels of a cell of the content code."""
LAYER_EPS = 1e-5


class Sizes(NamedTuple):
    """The sizes of a generator; our small one by default."""

    dim: int = 16
    code: int = 8
    blocks: int = 2
    hidden: int = 64
    """Of the layers that turn a style code into gains and shifts."""
    look: int = 12
    """First width of the style encoder."""
    keeps: bool = True
    """Whether it changes the picture instead of painting it anew."""
    looks: int = 0
    """How many codes of pictures that were seen it brings."""


COMPACT = Sizes()
PUBLISHED = Sizes(64, 8, 4, 256, 64, keeps=False)


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a generator by the shapes of its tensors."""
    keeps = "retouch.last.weight" in shapes
    blocks = sum(
        name.startswith("content.block") and name.endswith("conv1.weight") for name in shapes
    )
    hidden, code = shapes["mlp.fc1.weight"]
    looks = shapes["codes"][0] if "codes" in shapes else 0
    first, look = (shapes[f"{name}.conv1.weight"][0] for name in ("content.down", "style"))
    dim = first // 2 if keeps else first
    return Sizes(dim, code, blocks, hidden, look, keeps=keeps, looks=looks)


class StyledNorm(Norm):
    """An instance norm whose gains and shifts, (B, C), come from a style code."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.gain: Tensor = torch.ones(1, channels)
        self.shift: Tensor = torch.zeros(1, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), each picture normalised by its own moments."""
        if x.device.type != "cpu":
            gain, shift = self.gain[..., None, None], self.shift[..., None, None]
            return (F.instance_norm(x, eps=EPS) * gain + shift).to(x.dtype)
        styles = zip(x.split(1), self.gain.split(1), self.shift.split(1), strict=True)
        return torch.cat(
            [F.batch_norm(one, None, None, g[0], s[0], True, 0.0, EPS) for one, g, s in styles]
        )

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a batch norm, of the first style."""
        return FixedNorm(moments.mean, moments.known_var(), self.gain[0], self.shift[0])


class LayerNorm(Norm):
    """A norm over all channels and cells of a picture together, with a gain and a shift a channel.

    It divides by the deviation (of n - 1) and not by the root of a variance, as the authors' does.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), each picture normalised by its own moments."""
        var, mean = torch.var_mean(x.float().flatten(1), 1, correction=1)
        scale = self.gain / (var.sqrt()[:, None] + LAYER_EPS)
        shift = self.shift - mean[:, None] * scale
        return (x * scale[..., None, None] + shift[..., None, None]).to(x.dtype)

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a batch norm of the picture's moments."""
        count = moments.weight * len(moments.mean)
        mean = moments.mean.mean()
        var = (moments.var + (moments.mean - mean).square()).mean()
        deviation = (var * count / max(count - 1, 1)).sqrt() + LAYER_EPS
        like = torch.ones_like(moments.mean)
        square = (deviation.square() - EPS).clamp_min(0)  # the batch norm adds it again
        return FixedNorm(like * mean, like * square, self.gain, self.shift)


class StyleEncoder(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], both sides 64 or more, to its style code (B, code)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        look, self.fold = sizes.look, 2 if sizes.keeps else 1
        self.conv1 = Conv(3 * self.fold**2, look, 3 if sizes.keeps else 7)
        widths = (look, 2 * look, 4 * look, 4 * look, 4 * look)
        self.halvings = 3 if sizes.keeps else 4
        for number in range(self.halvings):
            self.add_module(f"conv{number + 2}", Halve(widths[number], widths[number + 1]))
        self.last = nn.Conv2d(4 * look, sizes.code, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the code."""
        x = F.relu(self.conv1(F.pixel_unshuffle(x, self.fold)))
        for number in range(self.halvings):
            x = F.relu(self.get_submodule(f"conv{number + 2}")(x))
        return self.last(x.mean((2, 3), keepdim=True)).flatten(1)


class Block(nn.Module):
    """A residual block, with norms of its own or such as a style code moves."""

    def __init__(self, channels: int, *, styled: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(channels, channels), Conv(channels, channels)
        self.norm1, self.norm2 = (StyledNorm(channels) if styled else PlainNorm() for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class Down(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1] to features at a quarter of the size."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(3, dim, 7), Halve(dim, 2 * dim)
        self.conv3 = Halve(2 * dim, 4 * dim)
        self.norm1, self.norm2, self.norm3 = (PlainNorm() for n in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features."""
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return F.relu(self.norm3(self.conv3(x)))


class Content(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1] to its content code (B, 4 dim, H / 4, W / 4)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.down = Folded(sizes.dim) if sizes.keeps else Down(sizes.dim)
        self.blocks = sizes.blocks
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(4 * sizes.dim, styled=False))

    def forward(self, x: Tensor) -> Tensor:
        """Return the code."""
        x = self.down(x)
        for number in range(1, self.blocks + 1):
            x = self.get_submodule(f"block{number}")(x)
        return x


class Mlp(nn.Module):
    """A style code (B, code) to the gains and shifts of the decoder's norms."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.fc1, self.fc2 = (nn.Linear(n, sizes.hidden) for n in (sizes.code, sizes.hidden))
        self.fc3 = nn.Linear(sizes.hidden, 2 * sizes.blocks * 2 * 4 * sizes.dim)

    def forward(self, code: Tensor) -> Tensor:
        """Return (B, norms x 2 x channels): of each norm its shifts, then its gains."""
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(code)))))


class Up(nn.Module):
    """Features (B, 4 dim, h, w) to a picture (B, 3, 4 h, 4 w) in [-1, 1]."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(4 * dim, 2 * dim, 5), Conv(2 * dim, dim, 5)
        self.norm1, self.norm2 = LayerNorm(2 * dim), LayerNorm(dim)
        self.last = Conv(dim, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        x = F.relu(self.norm1(self.conv1(F.interpolate(x, scale_factor=2.0))))
        x = F.relu(self.norm2(self.conv2(F.interpolate(x, scale_factor=2.0))))
        return torch.tanh(self.last(x))


class Generator(nn.Module):
    """All of a domain: what finds a picture's codes, and ``decode``."""

    def __init__(self, sizes: Sizes = COMPACT) -> None:
        super().__init__()
        self.sizes = sizes
        self.style, self.content, self.mlp = StyleEncoder(sizes), Content(sizes), Mlp(sizes)
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(4 * sizes.dim, styled=True))
        if sizes.keeps:
            self.retouch = Retouch(sizes.dim)
        else:
            self.up = Up(sizes.dim)
        if sizes.looks:
            self.keep_codes(torch.zeros(sizes.looks, sizes.code))

    def known(self) -> Tensor | int:
        """Return codes (N, code) of pictures that were seen, or, if there are none, a code's length."""
        return self.get_buffer("codes") if self.sizes.looks else self.sizes.code

    def keep_codes(self, codes: Tensor) -> None:
        """Bring codes (N, code) of pictures that were seen."""
        self.sizes = self.sizes._replace(looks=len(codes))
        self.register_buffer("codes", codes)

    def styled(self) -> list[Block]:
        """Return the blocks that a style code moves."""
        names = range(1, self.sizes.blocks + 1)
        return [self.get_submodule(f"block{number}") for number in names]  # pyright: ignore[reportReturnType]

    def dress(self, code: Tensor) -> None:
        """Set the decoder's norms to style codes (B, code)."""
        parts = self.mlp(code).float().chunk(4 * self.sizes.blocks, 1)
        norms = [norm for block in self.styled() for norm in (block.norm1, block.norm2)]
        for norm, shift, gain in zip(norms, parts[::2], parts[1::2], strict=True):
            norm.shift, norm.gain = shift, gain

    def decode(self, content: Tensor, code: Tensor, x: Tensor) -> Tensor:
        """Return pictures (B, 3, H, W) of content codes in style codes (B, code).

        Args:
            content: (B, 4 dim, H / 4, W / 4), of either domain.
            code: The styles.
            x: The pictures that the contents are of, in [-1, 1], which the published generator never sees.
        """
        self.dress(code)
        for block in self.styled():
            content = block(content)
        return self.retouch(content, x) if self.sizes.keeps else self.up(content)

    def finish(self, stages: nn.Module) -> tuple[nn.Module, int]:
        """Return what goes on after the stages, with them before it, and the context in pixels it needs."""
        if self.sizes.keeps:
            return Finished(stages, self.retouch), 16
        return Finished(stages, None), 0

    def content_stages(self) -> list[Stage]:
        """Return the parts that make a content code of a picture in [0, 1]."""
        first = nn.Sequential(Signed(), self.content.down)
        names = range(1, self.sizes.blocks + 1)
        blocks = [self.content.get_submodule(f"block{number}") for number in names]
        return [Stage(first, 8), *(Stage(block, 2 * SCALE, SCALE) for block in blocks)]

    def style_stages(self, code: Tensor) -> list[Stage]:
        """Return the parts that make features or a picture of a content code, in the style (1, code)."""
        self.dress(code)
        blocks = [Stage(block, 2 * SCALE, SCALE) for block in self.styled()]
        return blocks if self.sizes.keeps else [*blocks, Stage(self.up, 9, SCALE)]


class Finished(nn.Module):
    """A picture in [0, 1] to one translated, by stages, whose norms may be fixed, and what follows them."""

    def __init__(self, stages: nn.Module, retouch: nn.Module | None) -> None:
        super().__init__()
        self.stages, self.retouch, self.end = stages, retouch, Unsigned()

    def forward(self, x: Tensor) -> Tensor:
        """Return (1, 3, H, W)."""
        made = self.stages(x)
        return self.end(made if self.retouch is None else self.retouch(made, 2 * x - 1))


class Pair(NamedTuple):
    """The generators of where a picture comes from and where it goes."""

    here: Generator
    there: Generator

    def turned(self, back: bool) -> "Pair":
        """Return the pair, or where it goes ``back`` the other way round."""
        return Pair(self.there, self.here) if back else self

    def to(self, device: torch.device) -> "Pair":
        """Return the pair on a device."""
        return Pair(self.here.to(device), self.there.to(device))

    def stages(self, code: Tensor) -> list[Stage]:
        """Return all parts of a translation in order."""
        return [*self.here.content_stages(), *self.there.style_stages(code)]

    def translate(self, x: Tensor, code: Tensor) -> Tensor:
        """Return pictures (B, 3, H, W) in [-1, 1] in the other domain, in styles (B, code)."""
        return self.there.decode(self.here.content(x), code, x)
