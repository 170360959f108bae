"""Published networks that we train and measure against; they are read, never shipped."""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.encoder import COMPACT, LEVELS, Encoder, conv_names

Features = Mapping[str, Tensor]
CONTENT = ("relu3_1", "relu4_1")


class Judge(nn.Module):
    """VGG-19 compressed sixteen-fold (Collaborative Distillation), with its projections.

    Features of our own encoder's layout at relu1_1 … relu5_1, each followed by the published 1x1
    convolution onto VGG-19's channels.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        state = torch.load(path, map_location="cpu", weights_only=True)["model"]
        self.encoder = Encoder(COMPACT)
        kinds = ("weight", "bias")
        self.encoder.load_state_dict(
            {f"{a}.{k}": state[f"{b}.{k}"] for a, b in _names() for k in kinds}
        )
        self.heads = nn.ModuleDict()
        for level in LEVELS:
            weight = state[f"conv{level[4]}1_aux.weight"]
            head = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
            head.load_state_dict({"weight": weight, "bias": state[f"conv{level[4]}1_aux.bias"]})
            self.heads[level] = head
        self.channels = {level: len(state[f"conv{level[4]}1_aux.weight"]) for level in LEVELS}
        self.requires_grad_(False).to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the compressed features of (B, 3, H, W) in [0, 1]."""
        return self.encoder(x)

    def projected(self, x: Tensor) -> dict[str, Tensor]:
        """Return the features projected onto VGG-19's channels."""
        return {k: self.heads[k](f) for k, f in self.encoder(x).items()}


def _names() -> list[tuple[str, str]]:
    return [("input", "conv0")] + [(name, name.replace("_", "")) for name in conv_names()]


@torch.autocast("cpu", enabled=False)
def covariance(f: Tensor) -> tuple[Tensor, Tensor]:
    """Return means (B, C) and population covariances (B, C, C) of features, float32."""
    v = f.float().flatten(2)
    mean = v.mean(2)
    centred = v - mean[..., None]
    return mean, centred @ centred.mT / v.shape[2]


@torch.autocast("cpu", enabled=False)
def raw_moments(f: Tensor) -> Tensor:
    """Return the second raw moments of features with a 1 appended, (B, C + 1, C + 1)."""
    v = f.float().flatten(2)
    v = torch.cat([v, v.new_ones(v.shape[0], 1, v.shape[2])], 1)
    return v @ v.mT / v.shape[2]


@torch.autocast("cpu", enabled=False)
def projected_gram(head: nn.Module, moments: Tensor) -> Tensor:
    """Return the Gram matrix that features with these raw moments have after a 1x1 convolution."""
    parameters = dict(head.named_parameters())
    matrix = torch.cat([parameters["weight"].flatten(1), parameters["bias"][:, None]], 1)
    return matrix @ moments @ matrix.mT


def centred(moments: Tensor) -> Tensor:
    """Return raw moments as those of the same features with their mean removed."""
    mean = moments[:, :-1, -1:]
    return F.pad(moments[:, :-1, :-1] - mean @ mean.mT, (0, 1, 0, 1))


def content_distance(judge: Judge, got: Features, wanted: Features) -> Tensor:
    """Return the judge's content distance of two batches' compressed features."""
    return torch.stack([_content(judge.heads[k], got[k], wanted[k]) for k in CONTENT]).mean()


def _content(head: nn.Module, got: Tensor, wanted: Tensor) -> Tensor:
    a, b = (F.instance_norm(head(f).float()) for f in (got, wanted))
    return ((a - b).square().sum((1, 2, 3)) / b.square().sum((1, 2, 3))).mean()


def style_distances(judge: Judge, got: Features, style: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return relative distances to a style's moments (``judge.<level>``), summed over the five levels.

    ``gram`` is the judge's own style distance times five, ``cov`` the same of centred features, and
    ``far`` squares it, so the worst level weighs most.
    """
    rows = [_style(judge.heads[k], raw_moments(got[k]), style[f"judge.{k}"]) for k in LEVELS]
    gram, cov = torch.stack(rows).mean(2).sum(0)
    far = torch.stack(rows)[:, 0].square().clamp_max(4).mean(1).sum()
    return {"gram": gram, "cov": cov, "far": far}


def _style(head: nn.Module, got: Tensor, wanted: Tensor) -> Tensor:
    pairs = [(got, wanted), (centred(got), centred(wanted))]
    maps = [(projected_gram(head, a), projected_gram(head, b)) for a, b in pairs]
    return torch.stack([_norm(a - b) / _norm(b) for a, b in maps])


def _norm(matrix: Tensor) -> Tensor:
    return matrix.flatten(1).norm(dim=1)
