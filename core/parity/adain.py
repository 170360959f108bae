"""AdaIN's cases: features, result, mixture of styles, CORAL, and the training losses."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..checkpoints.vgg import flat_decoder, flat_encoder
from ..methods.adain.network import adain, mix
from ..nn.coral import coral
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..nn.losses import content_loss, stats_loss
from .rows import Case
from .weights import pseudo_network

LEVEL = "relu4_1"
INPUTS = ("content", "style*", "alpha", "interp_weights", "loss_content_img", "loss_style_img")


class Published:
    """The published wiring: pooling rounds up, alpha blends in feature space."""

    def __init__(self, case: Case) -> None:
        meta = case.meta
        self.encoder = pseudo_network(
            Encoder(FULL, LEVEL, ceil=True), flat_encoder(LEVEL), meta["prefix_vgg"]
        )
        self.decoder = pseudo_network(
            Decoder(FULL, LEVEL), flat_decoder(LEVEL), meta["prefix_decoder"]
        )
        self.alpha = float(meta["alpha"])

    def toward(self, target: Tensor, content: Tensor) -> Tensor:
        """Return the features that are decoded."""
        return self.alpha * target + (1 - self.alpha) * content

    def picture(self, content: Tensor, style: Tensor) -> Tensor:
        """Return the stylized picture."""
        features = self.encoder(content)[LEVEL]
        return self.decoder(self.toward(adain(features, self.encoder(style)[LEVEL]), features))


def ours(case: Case) -> Iterator[tuple[str, Tensor, float]]:
    """Yield array, our value, and tolerance as a share of the stored array's deviation (losses: of its size)."""
    net, content = Published(case), case.tensor("content")
    levels = net.encoder(content)
    features = levels[LEVEL]
    styles = [case.tensor(name) for name in sorted(case.arrays) if name in ("style", "style2", "style3")]
    targets = [net.encoder(style)[LEVEL] for style in styles]
    found = {name: levels[name[:7]] for name in case.arrays if name[:7] in levels}
    found["t"] = adain(features, targets[0])
    found["out"] = net.picture(content, styles[0])
    if "interp_weights" in case.arrays:
        mixed = mix(features, targets, case.tensor("interp_weights").tolist())
        found["interp_out"] = net.decoder(net.toward(mixed, features))
    found["coral_style"] = coral(styles[0], content)
    found["coral_out"] = net.picture(content, found["coral_style"])
    if "loss_content_img" in case.arrays:
        found |= _losses(net, case)
    unit = case.stated(r"([\d.]+e-\d+) max abs", 1e-4)
    for name, value in found.items():
        if name in case.arrays:
            stored = case.tensor(name)
            yield name, value, unit * float(stored.std() if stored.ndim else stored.abs())


def _losses(net: Published, case: Case) -> dict[str, Tensor]:
    content, style = (net.encoder(case.tensor(f"loss_{k}_img")) for k in ("content", "style"))
    target = net.toward(adain(content[LEVEL], style[LEVEL]), content[LEVEL])
    got = net.encoder(net.decoder(target))
    return {"loss_c": content_loss(got[LEVEL], target), "loss_s": stats_loss(got, style)}


def rows_of(case: Case) -> Iterator[tuple[str, Tensor, float]]:
    """Yield the comparisons without keeping gradients."""
    with torch.inference_mode():
        yield from ours(case)
