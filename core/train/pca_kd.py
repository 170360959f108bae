"""Recipe of PCA-KD's students: small auto-encoders whose features are a large network's principal components.

Chiu & Gurari, CVPR 2022, section 3.2. Departures: the eigenbases are computed instead of learned, all blocks
are trained at once instead of one after the other, and every term is relative.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.pca_kd.network import SCALES, WIDTHS, Encoded, Student
from ..nn.initial import he_
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge

LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
VARIANCE = 10.0
"""Mean variance of a student's features: 1 is added to all of them before the root is taken."""
MEASURED = 64
"""Crops on which the eigenbases are computed."""
WEIGHTS = {"distilled": 5.0, "back": 1.0, "pixels": 1.0, "seen": 0.5}


class Distilled:
    """Train a student of one kind on pictures alone.

    Args:
        kind: ``vgg`` or ``mobilenet``.
        judge: The large network.
        pool: uint8 pictures (3, H, W).
        batch: Crops per step.
        size: Their side in pixels.
        seed: Of the first weights, and of the crops for the eigenbases.
    """

    def __init__(
        self,
        kind: str,
        judge: Judge,
        pool: list[Tensor],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.pool, self.batch, self.size = judge, pool, batch, size
        self.student = Student(kind)
        he_(self.student)
        self.module: nn.Module = self.student.to(memory_format=torch.channels_last)
        self.halve = SCALES[kind][0] == 2
        drawn = draw_crops(pool, MEASURED, size, torch.Generator().manual_seed(seed), zoom=2.0)
        pairs = zip(self._teach(drawn), WIDTHS[kind], strict=True)
        self.bases = [eigenbasis(features, width) for features, width in pairs]
        self._scale(drawn)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)
        taught = self._teach(x)
        with mixed():
            encoded = self.student.encode(x)
            decoded = [self._decoded(encoded, level) for level in range(4)]
            seen = self._teach(decoded[3][-1].float(), grad=True)
        triples = zip(self.bases, encoded.features, taught, strict=True)
        distilled = [_apart(_flat(z) @ basis, _flat(f)) for basis, z, f in triples]
        kept = [
            _flat(f).detach() for f in encoded.features
        ]  # or both would shrink until they agree
        back = [_apart(_flat(decoded[k][0]), kept[k - 1]) for k in (1, 2, 3)]
        terms = {
            "distilled": torch.stack(distilled).sum(),
            "back": torch.stack(back).sum(),
            "pixels": torch.stack([F.mse_loss(m[-1].float(), x) / x.var() for m in decoded]).sum(),
            "seen": torch.stack(
                [_apart(_flat(a), _flat(b)) for a, b in zip(seen, taught, strict=True)]
            ).mean(),
        }
        return {k: WEIGHTS[k] * v for k, v in terms.items()}

    @torch.no_grad()
    def _scale(self, drawn: Tensor) -> None:
        """Scale every block's last convolution so that its output has the wanted variance."""
        encoded = self.student.encode(drawn[:8])
        for block in range(4):
            _resize(self.student.encoder[block], encoded.features[block], VARIANCE)
            encoded = self.student.encode(drawn[:8])
        for block in (3, 2, 1, 0):
            output = self.student.decode(block, encoded.features[block], encoded.skips[block])
            _resize(self.student.decoder[block], output, VARIANCE if block else float(drawn.var()))

    def _decoded(self, encoded: Encoded, level: int) -> list[Tensor]:
        """Return the output of each block of the decoder, from a level's features on; the picture is last."""
        outputs, x = list[Tensor](), encoded.features[level]
        for block in range(level, -1, -1):
            x = self.student.decode(block, x, encoded.skips[block])
            outputs.append(x)
        return outputs

    def _teach(self, x: Tensor, *, grad: bool = False) -> list[Tensor]:
        """Return the large network's features, resized to the student's."""
        with torch.set_grad_enabled(grad), mixed():
            features = self.judge.encoder(x, LEVELS[-1])
        halved = (F.avg_pool2d(features[k], 2) if self.halve else features[k] for k in LEVELS)
        return [f.float() for f in halved]


def eigenbasis(features: Tensor, width: int) -> Tensor:
    """Return the map (width, C) of the first principal components of (B, C, h, w)."""
    flat = _flat(features).flatten(0, 1)
    values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
    kept = min(width, len(values))
    scale = (values[-kept:].sum() / width / VARIANCE).sqrt()
    rows = torch.zeros(width, features.shape[1])
    rows[:kept] = scale * vectors[:, -kept:].T
    return rows


def _resize(block: nn.Module, output: Tensor, variance: float) -> None:
    """Scale a block's last convolution so that its centred output has the variance."""
    last = [part for part in block.modules() if isinstance(part, nn.Conv2d)][-1]
    last.weight.mul_((variance / _flat(output).var().clamp_min(1e-12)) ** 0.5)


def _flat(features: Tensor) -> Tensor:
    """Return (B, h w, C) minus each picture's mean."""
    flat = features.float().flatten(2).mT
    return flat - flat.mean(1, keepdim=True)


def _apart(got: Tensor, wanted: Tensor) -> Tensor:
    return F.mse_loss(got, wanted) / wanted.detach().square().mean()
