"""The published MicroAST network, for measuring against; it is read, never shipped.

Wang et al., "MicroAST: Towards Super-Fast Ultra-Resolution Arbitrary Style Transfer", AAAI 2023. Only
the full effect (alpha 1) is built: in between, the published weights leave the range of a picture.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import WeightsError

PARTS = ("content_encoder", "style_encoder", "modulator", "decoder")


class _Conv(nn.Module):
    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.edge = kernel // 2
        self.conv_layer = nn.Conv2d(channels, out, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_layer(F.pad(x, (self.edge,) * 4, mode="reflect"))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _Conv(channels, channels, 3), _Conv(channels, channels, 3)

    def forward(self, x: Tensor, scale: Tensor | None = None, skip: Tensor | None = None) -> Tensor:
        if scale is None or skip is None:
            return x + self.conv2(F.relu(self.conv1(x)))
        hidden = F.relu(scale * self.conv1(x) + skip * x)
        return x + scale * self.conv2(hidden) + skip * hidden


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enc1 = nn.Sequential(
            _Conv(3, 16, 9), nn.ReLU(),
            _Conv(16, 32, 3, 2, 16), nn.ReLU(), _Conv(32, 32, 1), nn.ReLU(),
            _Conv(32, 64, 3, 2, 32), nn.ReLU(), _Conv(64, 64, 1), nn.ReLU(),
            _Residual(64),
        )  # fmt: skip  # a line a resolution
        self.enc2 = nn.Sequential(_Residual(64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.enc1(x)
        return first, self.enc2(first)


class _Modulator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        for name in ("weight1", "bias1", "weight2", "bias2"):
            self.add_module(name, nn.Sequential(_Conv(64, 64, 3, 1, 64)))

    def forward(self, style: tuple[Tensor, Tensor]) -> list[tuple[Tensor, Tensor]]:
        return [
            (self._pooled(f"weight{i}", x), self._pooled(f"bias{i}", x))
            for i, x in enumerate(style, 1)
        ]

    def _pooled(self, branch: str, x: Tensor) -> Tensor:
        return self.get_submodule(branch)(x).mean((2, 3), keepdim=True)


class _Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dec1, self.dec2 = _Residual(64), _Residual(64)
        self.dec3 = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear"),
            _Conv(64, 32, 3, 1, 32), nn.ReLU(), _Conv(32, 32, 1), nn.ReLU(),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            _Conv(32, 16, 3, 1, 16), nn.ReLU(), _Conv(16, 16, 1), nn.ReLU(),
            _Conv(16, 3, 9),
        )  # fmt: skip  # likewise

    def forward(
        self, x: Tensor, style: tuple[Tensor, Tensor], filters: list[tuple[Tensor, Tensor]]
    ) -> Tensor:
        x = self.dec1(_adain(x, style[1]), *filters[1])
        x = self.dec2(_adain(x, style[0]), *filters[0])
        return self.dec3(x)


class MicroAST(nn.Module):
    """The four published files of one folder, ready to call.

    Raises:
        WeightsError: if a file is missing or does not hold what it should.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.content_encoder, self.style_encoder = _Encoder(), _Encoder()
        self.modulator, self.decoder = _Modulator(), _Decoder()
        for part in PARTS:
            self.get_submodule(part).load_state_dict(_read(folder, part))
        self.requires_grad_(False).eval()

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Return (B, 3, H, W) in [0, 1] at the content's size; both pictures are (B, 3, *, *) in [0, 1]."""
        encoded = self.style_encoder(style)
        picture = self.decoder(self.content_encoder(content)[1], encoded, self.modulator(encoded))
        height, width = content.shape[-2:]  # the network rounds the size up to multiples of four
        return picture[..., :height, :width].clamp(0, 1)


def _read(folder: Path, part: str) -> dict[str, Tensor]:
    found = sorted(folder.glob(f"{part}_iter_*.pth.tar"))
    if not found:
        raise WeightsError(
            f"no MicroAST {part} in {folder}: give the folder of the four published files"
        )
    return torch.load(found[-1], map_location="cpu", weights_only=True)


def _adain(x: Tensor, style: Tensor) -> Tensor:
    def moments(features: Tensor) -> tuple[Tensor, Tensor]:
        flat = features.flatten(2)
        deviation = (flat.var(2) + 1e-5).sqrt()
        return flat.mean(2)[..., None, None], deviation[..., None, None]

    (mean, deviation), (style_mean, style_deviation) = moments(x), moments(style)
    return (x - mean) / deviation * style_deviation + style_mean
