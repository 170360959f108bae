"""Networks that tell real pictures from made ones, and the least-squares game that they play.

Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017. ``MultiScale`` is MUNIT's: the same
small network at several sizes of the picture. ``Patches`` is CycleGAN's 70x70 PatchGAN.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .instance import InstanceNorm
from .pad import reflect

SLOPE = 0.2
"""Of the leaky ReLUs."""


class Scale(nn.Module):
    """Four convolutions with steps to half the size, and a verdict a cell: 1 for real, 0 for made."""

    def __init__(self, width: int = 64, depth: int = 4) -> None:
        super().__init__()
        self.depth, before = depth, 3
        for number in range(depth):
            self.add_module(f"conv{number + 1}", nn.Conv2d(before, width << number, 4, 2))
            before = width << number
        self.last = nn.Conv2d(before, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return verdicts (B, 1, H / 16, W / 16) of pictures (B, 3, H, W) in [-1, 1]."""
        for number in range(1, self.depth + 1):
            x = F.leaky_relu(self.get_submodule(f"conv{number}")(reflect(x)), SLOPE)
        return self.last(x)


class MultiScale(nn.Module):
    """One ``Scale`` for the picture, and one for each of its halvings."""

    def __init__(self, width: int = 64, scales: int = 3) -> None:
        super().__init__()
        self.scales = nn.ModuleList(Scale(width) for _ in range(scales))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the verdicts at each scale of pictures (B, 3, H, W) in [-1, 1]."""
        found: list[Tensor] = []
        for scale in self.scales:
            found.append(scale(x))
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return found


class Patches(nn.Module):
    """CycleGAN's discriminator: five 4x4 convolutions whose verdicts see 70x70 pixels each."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        sizes = (3, width, 2 * width, 4 * width, 8 * width, 1)
        strides = (2, 2, 2, 1, 1)
        for number, stride in enumerate(strides, 1):
            layer = nn.Conv2d(sizes[number - 1], sizes[number], 4, stride, 1)
            self.add_module(f"conv{number}", layer)
        self.norm = InstanceNorm(1, affine=False)  # it has no numbers of its own: one for all

    def forward(self, x: Tensor) -> Tensor:
        """Return verdicts (B, 1, h, w) of pictures (B, 3, H, W) in [-1, 1]."""
        x = F.leaky_relu(self.get_submodule("conv1")(x), SLOPE)
        for number in (2, 3, 4):
            x = F.leaky_relu(self.norm(self.get_submodule(f"conv{number}")(x)), SLOPE)
        return self.get_submodule("conv5")(x)


class Pixels(nn.Module):
    """CycleGAN's discriminator of single pixels."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, width, 1), nn.Conv2d(width, 2 * width, 1)
        self.conv3, self.norm = nn.Conv2d(2 * width, 1, 1), InstanceNorm(1, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return a verdict a pixel, (B, 1, H, W), of pictures in [-1, 1]."""
        x = F.leaky_relu(self.norm(self.conv2(F.leaky_relu(self.conv1(x), SLOPE))), SLOPE)
        return self.conv3(x)


def tell(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Return what a discriminator minimises, summed over scales: made ones are 0, real ones 1."""
    pairs = zip(made, real, strict=True)
    return torch.stack([m.square().mean() + (r - 1).square().mean() for m, r in pairs]).sum()


def fool(made: Sequence[Tensor]) -> Tensor:
    """Return what its opponent minimises: that made ones are taken for real."""
    return torch.stack([(verdict - 1).square().mean() for verdict in made]).sum()


class ReplayPool(nn.Module):
    """Made pictures of earlier steps, so that a discriminator does not forget them (Shrivastava et al. 2017).

    It is a module so that it goes into checkpoints with the discriminator.
    """

    pictures: Tensor
    held: Tensor

    def __init__(self, room: int = 50, size: int = 128) -> None:
        super().__init__()
        self.room = room
        self.register_buffer("pictures", torch.zeros(room, 3, size, size, dtype=torch.bfloat16))
        self.register_buffer("held", torch.zeros((), dtype=torch.int64))

    def swap(self, made: Tensor, generator: torch.Generator) -> Tensor:
        """Return pictures to show: while there is room these, later half of the time one of earlier."""
        return torch.stack([self._one(picture, generator) for picture in made])

    def _one(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        held = int(self.held)
        if held < self.room:
            self.pictures[held] = picture
            self.held += 1
            return picture
        if float(torch.rand((), generator=generator)) < 0.5:
            return picture
        place = int(torch.randint(held, (), generator=generator))
        earlier = self.pictures[place].to(picture.dtype)
        self.pictures[place] = picture
        return earlier
