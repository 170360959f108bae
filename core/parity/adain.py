"""AdaIN's cases: features, result, mixture of styles, CORAL, and the training losses."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import torch
from torch import Tensor

from ..checkpoints.vgg import flat_decoder, flat_encoder
from ..methods.adain.network import adain, mix
from ..nn.coral import coral
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..nn.losses import content_loss, stats_loss
from .rows import Case, Wanted
from .weights import pseudo_network

LEVEL = "relu4_1"
STYLES = "style*"
INPUTS = ("content", STYLES, "alpha", "interp_weights", "loss_content_img", "loss_style_img")


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
        """Return the features to decode."""
        return self.alpha * target + (1 - self.alpha) * content

    def picture(self, content: Tensor, style: Tensor) -> Tensor:
        """Return the stylized picture."""
        features = self.encoder(content)[LEVEL]
        return self.decoder(self.toward(adain(features, self.encoder(style)[LEVEL]), features))


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results; tolerances are relative to an array's deviation, or to a loss's size."""
    unit = case.stated(r"([\d.]+e-\d+) max abs", 1e-4)
    with torch.inference_mode():
        for name, value in _compute_values(case, Published(case)).items():
            if name in case.arrays:
                stored = case.tensor(name)
                yield Wanted(
                    name, value, unit * float(stored.std() if stored.ndim else stored.abs())
                )


def _compute_values(case: Case, net: Published) -> dict[str, Tensor]:
    content = case.tensor("content")
    styles = [case.tensor(name) for name in sorted(case.arrays) if fnmatchcase(name, STYLES)]
    levels = net.encoder(content)
    targets = [net.encoder(style)[LEVEL] for style in styles]
    results = {name: levels[name[:7]] for name in case.arrays if name[:7] in levels}
    results["t"] = adain(levels[LEVEL], targets[0])
    results["out"] = net.picture(content, styles[0])
    results["coral_style"] = coral(styles[0], content)
    results["coral_out"] = net.picture(content, results["coral_style"])
    if "interp_weights" in case.arrays:
        mixed = mix(levels[LEVEL], targets, case.tensor("interp_weights").tolist())
        results["interp_out"] = net.decoder(net.toward(mixed, levels[LEVEL]))
    return results | (_compute_losses(net, case) if "loss_content_img" in case.arrays else {})


def _compute_losses(net: Published, case: Case) -> dict[str, Tensor]:
    content, style = (net.encoder(case.tensor(f"loss_{k}_img")) for k in ("content", "style"))
    target = net.toward(adain(content[LEVEL], style[LEVEL]), content[LEVEL])
    got = net.encoder(net.decoder(target))
    return {"loss_c": content_loss(got[LEVEL], target), "loss_s": stats_loss(got, style)}
