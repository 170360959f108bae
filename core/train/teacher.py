"""Published networks for training and measuring; they are read, never shipped."""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.encoder import COMPACT, LEVELS, Encoder, conv_names
from .mixed import exact

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
            self.register_buffer(f"factor_{level}", _factor(head), persistent=False)
        self.channels = {level: len(state[f"conv{level[4]}1_aux.weight"]) for level in LEVELS}
        self.requires_grad_(False).to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the compressed features of (B, 3, H, W) in [0, 1]."""
        return self.encoder(x)

    def factor(self, level: str) -> Tensor:
        """Return R, (C + 1, C + 1): ||R M R^T|| = ||P M P^T|| for the projection P and any raw moments M."""
        return self.get_buffer(f"factor_{level}")

    def projected(self, x: Tensor) -> dict[str, Tensor]:
        """Return the features projected onto VGG-19's channels."""
        return {k: self.heads[k](f) for k, f in self.encoder(x).items()}


class OwnJudge(Judge):
    """Our own compact encoder as a judge, if there is no published network; without projections."""

    def __init__(self, encoder: Encoder) -> None:
        nn.Module.__init__(self)
        self.encoder, self.heads = encoder, nn.ModuleDict()
        self.channels = dict(zip(LEVELS, encoder.widths, strict=True))
        for level, width in self.channels.items():
            self.heads[level] = head = nn.Conv2d(width, width, 1, bias=False)
            nn.init.dirac_(head.weight)
            self.register_buffer(f"factor_{level}", _factor(head), persistent=False)
        self.requires_grad_(False).to(memory_format=torch.channels_last)


def _names() -> list[tuple[str, str]]:
    return [("input", "conv0")] + [(name, name.replace("_", "")) for name in conv_names()]


@exact
def covariance(f: Tensor) -> tuple[Tensor, Tensor]:
    """Return means (B, C) and population covariances (B, C, C) of features, float32."""
    v = f.float().permute(0, 2, 3, 1).flatten(1, 2)
    mean = v.mean(1)
    centred = v - mean[:, None]
    return mean, centred.mT @ centred / v.shape[1]


@exact
def raw_moments(f: Tensor) -> Tensor:
    """Return the second raw moments of features with a 1 appended, (B, C + 1, C + 1)."""
    v = f.float().permute(0, 2, 3, 1).flatten(1, 2)  # a view where channels are last
    count = v.shape[1]
    mean = v.mean(1)[:, :, None]
    second = torch.cat([v.mT @ v / count, mean], 2)
    return torch.cat([second, F.pad(mean, (0, 0, 0, 1), value=1.0).mT], 1)


def _factor(head: nn.Conv2d) -> Tensor:
    """Return the triangular factor of a 1x1 convolution with its bias as last column."""
    bias = head.weight.new_zeros(len(head.weight)) if head.bias is None else head.bias
    matrix = torch.cat([head.weight.flatten(1), bias[:, None]], 1)
    return torch.linalg.qr(matrix.detach().double(), mode="r").R.float()


def centre(moments: Tensor) -> Tensor:
    """Convert raw moments to those of the same features with their mean removed."""
    mean = moments[:, :-1, -1:]
    return F.pad(moments[:, :-1, :-1] - mean @ mean.mT, (0, 1, 0, 1))


def content_distance(judge: Judge, got: Features, wanted: Features) -> Tensor:
    """Return the judge's content distance of two batches' compressed features."""
    return torch.stack([_content(judge.heads[k], got[k], wanted[k]) for k in CONTENT]).mean()


@exact
def _content(head: nn.Module, got: Tensor, wanted: Tensor, eps: float = 1e-5) -> Tensor:
    """Return ||IN(a) - IN(b)||^2 / ||IN(b)||^2 of the projected features a and b.

    Variances and covariances of the projected channels are computed from those of the features.
    """
    weight = dict(head.named_parameters())["weight"].flatten(1)
    a, b = (_centre_columns(f) for f in (got, wanted))
    pairs = ((a, a), (b, b), (a, b))
    first, second, both = (((weight @ (p.mT @ q)) * weight).sum(2) / p.shape[1] for p, q in pairs)
    own, norm = first / (first + eps), second / (second + eps)
    both = both / ((first + eps) * (second + eps)).sqrt()
    return ((own + norm - 2 * both).sum(1) / norm.sum(1)).mean()


def _centre_columns(f: Tensor) -> Tensor:
    v = f.float().permute(0, 2, 3, 1).flatten(1, 2)
    return v - v.mean(1, keepdim=True)


def style_distances(judge: Judge, got: Features, style: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return relative distances to a style's moments (``judge.<level>``), summed over the five levels.

    ``gram`` is the judge's own style distance times five, ``cov`` the same for centred features, and
    ``far`` squares it, so that the worst level counts most.
    """
    rows = [_style(judge.factor(k), raw_moments(got[k]), style[f"judge.{k}"]) for k in LEVELS]
    gram, cov = torch.stack(rows).mean(2).sum(0)
    far = torch.stack(rows)[:, 0].square().clamp_max(4).mean(1).sum()
    return {"gram": gram, "cov": cov, "far": far}


@exact
def _style(factor: Tensor, got: Tensor, wanted: Tensor) -> Tensor:
    """Return relative distances of the projected Gram matrices, raw and centred, (2, B).

    The projected matrices, up to 512 x 512, are never computed.
    """
    pairs = [(got, wanted), (centre(got), centre(wanted))]
    maps = [(factor @ (a - b) @ factor.mT, factor @ b @ factor.mT) for a, b in pairs]
    return torch.stack([_norm(a) / _norm(b) for a, b in maps])


def _norm(matrix: Tensor) -> Tensor:
    return matrix.flatten(1).norm(dim=1)
