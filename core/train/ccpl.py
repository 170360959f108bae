"""Recipes of CCPL's covariance transform and decoder on the compact backbone, in either mode.

The contrastive loss is the paper's. In art mode, style and content losses are the judge's relative distances,
as in all our recipes; in photo mode, where texture must not change, the style loss compares means and
deviations of shallow features, and most styles are photographs too. Training begins with an auto-encoder's
decoder.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.ccpl.network import FIRST, HALVINGS, LEVELS, CovarianceTransform
from ..nn.contrast import Heads, ccpl_loss, draw_all
from ..nn.decoder import Decoder
from ..nn.encoder import COMPACT, Encoder
from ..nn.encoder import LEVELS as ALL
from ..nn.grain import grain_loss
from ..nn.losses import channel_stats, gram
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge, content_distance, raw_moments, style_distances

PIXELS = 8
"""Inner pixels a level whose neighbours are compared."""
COMPARED = 3
"""Levels that are compared, from the deepest on up."""
WEIGHTS = {
    "art": {
        "keep": 2.0, "gram": 1.0, "cov": 0.2, "far": 0.25, "ccpl": 0.02, "grain": 0.2, "outside": 10.0,
    },
    "photo": {"keep": 4.0, "stats": 1.0, "ccpl": 0.1, "grain": 0.2, "outside": 10.0},
}  # fmt: skip  # a line a mode


class Coherent:
    """Train a covariance transform and its decoder above a fixed encoder.

    Args:
        mode: ``art`` or ``photo``.
        encoder: The compact encoder.
        start: The auto-encoder's decoder from the mode's level.
        judge: Network that measures style and content.
        pools: Contents and styles, uint8 pictures (3, H, W).
        batch: Crops per step.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        mode: str,
        encoder: Encoder,
        start: Decoder,
        judge: Judge,
        pools: tuple[list[Tensor], list[Tensor]],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.mode, self.level, self.encoder, self.judge = mode, LEVELS[mode], encoder, judge
        self.contents, self.styles = pools
        self.batch, self.size = batch, size
        self.levels = ALL[: ALL.index(self.level) + 1][-COMPARED:]
        channels = encoder.widths[ALL.index(self.level)]
        self.transform = CovarianceTransform(channels, HALVINGS[mode])
        self.decoder = beginning(mode, start)
        self._begin_with_principal_directions(seed)
        self.heads = Heads({k: encoder.widths[ALL.index(k)] for k in self.levels})
        parts = {"transform": self.transform, "decoder": self.decoder, "heads": self.heads}
        self.module: nn.Module = nn.ModuleDict(parts).to(memory_format=torch.channels_last)

    @torch.no_grad()
    def _begin_with_principal_directions(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        x, y = (
            self.encoder(draw_crops(pool, 48, self.size, generator, zoom=2.5), self.level)
            for pool in (self.contents, self.styles)
        )
        begin_principal(self.transform, x[self.level], y[self.level])

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5)
        y = draw_crops(self.styles, self.batch, self.size, generator, zoom=3.0, recolor=0.15)
        with mixed():
            with torch.no_grad():
                content, style = (self.encoder(p, self.level) for p in (x, y))
            picture = self.decoder(self._moved(content, style)).float()
            got = self.encoder(picture, self.level)
            terms = {
                **self._apart(picture, x, y),
                "stats": stats_apart(got, style),
                "ccpl": self._contrast(got, content, generator),
                "grain": grain_loss(picture),
                "outside": (picture - picture.clamp(0, 1)).square().mean(),
            }
        return {k: weight * terms[k] for k, weight in WEIGHTS[self.mode].items()}

    @torch.autocast("cpu", enabled=False)
    def _moved(self, content: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> Tensor:
        return self.transform(content[self.level].float(), style[self.level].float())

    def _apart(self, picture: Tensor, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the judge's distances to the contents and, in art mode, to the styles."""
        with torch.no_grad():
            wanted = self.judge.encoder(x, "relu4_1")
        if self.mode == "photo":
            got = self.judge.encoder(picture, "relu4_1")
            return {"keep": content_distance(self.judge, got, wanted)}
        with torch.no_grad():
            target = {f"judge.{k}": raw_moments(f) for k, f in self.judge(y).items()}
        got = self.judge(picture)
        keep = content_distance(self.judge, got, wanted)
        return {"keep": keep, **style_distances(self.judge, got, target)}

    @torch.autocast("cpu", enabled=False)
    def _contrast(
        self, got: Mapping[str, Tensor], content: Mapping[str, Tensor], generator: torch.Generator
    ) -> Tensor:
        query, key = ({k: f[k].float() for k in self.levels} for f in (got, content))
        return ccpl_loss(query, key, self.heads, draw_all(key, self.levels, PIXELS, generator))

    def parts(self, state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """Return the networks to store, by name, of trained parameters."""
        names = {
            "decoder": f"compact.ccpl_{self.mode}",
            "transform": f"compact.ccpl_sct_{self.mode}",
        }
        return {
            name: {
                k.removeprefix(f"{part}."): v for k, v in state.items() if k.startswith(f"{part}.")
            }
            for part, name in names.items()
        }


def beginning(mode: str, start: Decoder) -> Decoder:
    """Return a mode's decoder equal to the auto-encoder's; an additional convolution is the identity."""
    first = FIRST[mode]
    if not first:
        return start
    decoder = Decoder(COMPACT, LEVELS[mode], first=first)
    decoder.load_state_dict(start.state_dict(), strict=False)
    added = decoder.get_submodule(first)
    weight, bias = (dict(added.named_parameters())[name] for name in ("weight", "bias"))
    nn.init.dirac_(weight)
    nn.init.zeros_(bias)
    return decoder


@torch.no_grad()
def begin_principal(transform: CovarianceTransform, content: Tensor, style: Tensor) -> None:
    """Initialise a transform with the styles' principal directions, which random weights take long to find.

    Half of its inner channels carry such directions, as pairs of positive and negative parts through its
    ReLUs; with a style of usual contrast, the result has the styles' contrast.

    Args:
        transform: Changed in place.
        content: Features of contents, (B, C, h, w).
        style: Features of styles, (B, C, h', w').
    """
    mean, deviation = channel_stats(content)
    centred = style - style.mean((2, 3), keepdim=True)
    flat = centred.movedim(1, 0).flatten(1)
    half = min(transform.uncompress.in_channels, content.shape[1] >> transform.margin) // 2
    basis = torch.linalg.eigh(flat @ flat.T)[1][:, -half:].T
    sides = torch.cat([basis, -basis])
    usual = (basis @ flat).std(1)
    spread = (basis @ ((content - mean) / deviation).movedim(1, 0).flatten(1)).std(1)
    for net, scale in ((transform.cnet, 1 / spread), (transform.snet, usual.rsqrt())):
        first, *between, last = (layer for layer in net if isinstance(layer, nn.Conv2d))
        _set_rows(first, sides)
        split = torch.cat([torch.eye(half), -torch.eye(half)], 1)
        for layer in between:
            _set_rows(layer, torch.cat([split, -split]))
        _set_rows(last, split * scale[:, None])
    told = gram(transform.snet(centred)).diagonal(dim1=-2, dim2=-1)[:, :half].mean(0)
    last = next(layer for layer in reversed(list(transform.snet)) if isinstance(layer, nn.Conv2d))
    last.weight[:half] *= (usual / told).sqrt()[:, None, None, None]
    transform.uncompress.weight *= 0.1
    transform.uncompress.weight[:, :half, 0, 0] = basis.T
    nn.init.zeros_(transform.uncompress.bias)  # pyright: ignore[reportArgumentType]  # it has one


def _set_rows(layer: nn.Conv2d, rows: Tensor) -> None:
    """Set the weights of the first outputs to these rows; the others are made small."""
    layer.weight *= 0.1
    layer.weight[: len(rows)] = 0
    centre = layer.kernel_size[0] // 2
    layer.weight[: len(rows), : rows.shape[1], centre, centre] = rows
    nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]  # it has one


@torch.autocast("cpu", enabled=False)
def stats_apart(got: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> Tensor:
    """Return squared differences of means and deviations relative to the style's mean variance."""
    terms = []
    for level, target in style.items():
        wanted = channel_stats(target.float())
        unit = wanted[1].square().mean() + wanted[0].var()
        pairs = zip(channel_stats(got[level].float()), wanted, strict=True)
        terms += [F.mse_loss(a, b) / unit for a, b in pairs]
    return torch.stack(terms).sum()
