"""Recipe of munit for pairs of pictures: of one thing in both states, though not the same spot for spot.

Where rust lies on a metal is chance: no network can know it from the clean one, and compared pixel by pixel
it would learn the mean of all chances, a brown veil. So what it makes is compared with its pair by
statistics of features (the judge's Gram matrices, as Johnson's networks are taught): as much rust, in such
patches, on the same metal, wherever. Where pairs are aligned and little is left to chance, as with stone
that is wet all over, pixels are compared too. The style code is the pair's own, with noise, so that it says
how much and which; on the way back, where chance has no part, pixels are compared too. No discriminator is
needed, and hundreds of steps do what tens of thousands do without pairs.

What is made in a code of another pair has no picture to be compared with. It is to have that code again
(MUNIT's reconstruction of styles), and its mean colour is to be multiplied as that pair's is: codes are held
apart as by mode seeking (Mao et al., "Mode Seeking Generative Adversarial Networks", CVPR 2019), by as much
as looks are, or networks make do with one look for all.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.munit.codes import choose_codes
from ..methods.munit.network import COMPACT, Generator, Pair, Sizes
from ..nn.grain import grain_loss
from .contest import to_device
from .data import draw_crops
from .mixed import CPU, mixed
from .revive import revive_
from .teacher import Judge, content_distance, raw_moments, style_distances
from .translation import Translation, begin_, draw_codes_, translate

COMMON = {"grain": 1.0, "patches": 1.5, "outside": 5.0}
THERE = {"gram": 0.6, "cov": 0.3, "far": 1.0, "keep": 0.4, "style": 0.1, "apart": 6.0, **COMMON}
"""Weights of the terms from a to b."""
BACK = {"gram": 0.3, "cov": 0.15, "far": 0.5, "keep": 1.0, "pixels": 4.0, **COMMON}
"""Weights of those from b to a."""
ALIGNED = 3.0
"""Weight of pixels from a to b, where pairs fit spot for spot."""
OWN = 1.0
"""Weight of leaving alone what is of the domain already."""
LOUD = 10.0
"""How much larger codes are at first than He's weights make them, so that they are heeded."""
QUIET = 0.5
"""How much smaller those are that are learnt anew: decoders heed them already."""
BLACK = 0.05
"""Added to mean lights before they are divided by each other."""
RIDGE = 0.02
"""Of a code's mean variance, what its numbers have at least before they are made white: a number that hardly
differs is not blown up, or a crop unlike all others has a code that is beyond everything."""
SLOWLY = 0.3
"""Of the usual rate, what the layers learn by that read large features: few steps could shut channels."""
LOOKS = 24
"""Codes of pictures that a network brings, a style each."""
NOISE = 0.05
"""Deviation of what is added to a code, so that codes in between mean something too."""


class Paired:
    """Train the generators of two domains on pairs.

    Args:
        pools: uint8 pictures (3, H, W) of each domain; equal places are pairs of one size.
        judge: Network that measures style and content.
        sizes: Of the generators.
        batch: Crops a step.
        size: Their side in pixels.
        zoom: Crops are cut up to so many times larger, and shrunk.
        forth: Share of steps that go from a to b.
        aligned: Whether pairs fit spot for spot, and what changes is hardly chance.
        seed: Of the first weights.
        device: Where they learn.
    """

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        pools: tuple[list[Tensor], list[Tensor]],
        judge: Judge,
        sizes: Sizes = COMPACT,
        *,
        aligned: bool = False,
        batch: int = 2,
        size: int = 128,
        zoom: float = 1.8,
        forth: float = 0.7,
        seed: int = 0,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(seed)
        self.pairs = to_device([torch.cat(pair) for pair in zip(*pools, strict=True)], device)
        self.there = THERE | {"pixels": ALIGNED} if aligned else THERE
        self.judge, self.device, self.forth = judge.to(device), device, forth
        self.batch, self.size, self.zoom = batch, size, zoom
        self.networks = Translation(sizes).to(device).to(memory_format=torch.channels_last)
        begin_(self.networks)
        with torch.no_grad():
            for side in (self.networks.a, self.networks.b):
                side.style.last.weight.mul_(LOUD)
        self.module: nn.Module = self.networks
        self.made: list[Tensor] = []
        self.real, self.target = torch.empty(0), "b"

    @torch.no_grad()
    def forget_codes(self) -> None:
        """Draw what finds codes and what heeds them anew, about the looks that there were on average.

        The networks of another translation heed codes that tell nothing here, and hardly learn others.
        """
        for side in (self.networks.a, self.networks.b):
            usual = side.mlp(torch.zeros(1, side.sizes.code, device=self.device))[0]
            fresh = Generator(side.sizes)
            draw_codes_(fresh)
            side.style.load_state_dict(fresh.style.state_dict())
            side.mlp.load_state_dict(fresh.mlp.state_dict())
            side.mlp.fc3.weight.mul_(QUIET)
            side.mlp.fc3.bias.copy_(usual)
        for pair, pool in zip(self._ways(), self._pools(), strict=True):
            revive_(pair, pool)
        whiten_codes_(self.networks, self._pools())

    variants, both_ways, examples = 4, True, True
    rates = MappingProxyType({"a.retouch": SLOWLY, "b.retouch": SLOWLY})
    translate = staticmethod(translate)

    def ready(self, network: nn.Module) -> Translation:
        """Return a copy of averaged networks whose codes are as random ones, with some that were seen."""
        networks = deepcopy(cast("Translation", network)).to(self.device)
        found = whiten_codes_(networks, self._pools())
        for net, codes in zip((networks.a, networks.b), found, strict=True):
            net.keep_codes(choose_codes(codes, LOOKS))
        return networks

    def _ways(self) -> tuple[Pair, Pair]:
        pair = Pair(self.networks.a, self.networks.b)
        return pair, pair.turned(back=True)

    def _pools(self) -> list[list[Tensor]]:
        return [[pair.chunk(2)[k] for pair in self.pairs] for k in range(2)]

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms of one batch, in one direction."""
        a, b = self._draw(generator)
        there = float(torch.rand((), generator=generator)) < self.forth
        self.target = "b" if there else "a"
        with mixed(self.device):
            if there:
                return self._one_way(a, b, self.networks.a, self.networks.b, self.there, generator)
            return self._one_way(b, a, self.networks.b, self.networks.a, BACK, generator)

    def _one_way(  # both pictures, both generators
        self,
        x: Tensor,
        y: Tensor,
        here: Generator,
        there: Generator,
        weights: Mapping[str, float],
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        code = there.style(y).float()
        noisy = code + NOISE * torch.randn(code.shape, generator=generator).to(self.device)
        content = here.content(x)
        made = there.decode(content, noisy, x)
        own = there.decode(there.content(y), noisy, y)
        shown = made.clamp(-1, 1) * 0.5 + 0.5
        with torch.no_grad():
            wanted = {f"judge.{k}": raw_moments(f) for k, f in self.judge(y * 0.5 + 0.5).items()}
            kept = self.judge.encoder(x * 0.5 + 0.5, "relu4_1")
        got = self.judge(shown)
        terms = {
            **style_distances(self.judge, got, wanted),
            "keep": content_distance(self.judge, got, kept),
            "grain": grain_loss(shown),
            "patches": steps_of(made - x),
            "outside": (made - made.clamp(-1, 1)).square().mean(),
            "pixels": F.l1_loss(made, y),
        }
        self.made, self.real = [made], y
        if "apart" in weights and len(x) > 1:
            code = noisy.detach()
            swapped = there.decode(content, code.roll(1, 0), x)
            terms |= swapped_terms(there, swapped, code, x, y)
            self.made.append(swapped)
        asked = {k: weights[k] * v for k, v in terms.items() if k in weights}
        return asked | {"own": OWN * F.l1_loss(own, y)}

    def _draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        crops = draw_crops(self.pairs, self.batch, self.size, generator, zoom=self.zoom)
        turns = int(torch.randint(4, (), generator=generator))
        a, b = (
            side.contiguous(memory_format=torch.channels_last)
            for side in (crops.rot90(turns, (2, 3)) * 2 - 1).chunk(2, 1)
        )
        return a, b


def swapped_terms(
    there: Generator, swapped: Tensor, code: Tensor, x: Tensor, y: Tensor
) -> dict[str, Tensor]:
    """Return the unweighted terms of pictures in each other's codes: codes come back, looks are apart.

    Args:
        there: The generator of where they go.
        swapped: What it makes of the pictures in each other's codes, each in that of the one before.
        code: Their own style codes (B, code).
        x: The pictures (B, 3, H, W) in [-1, 1], two or more.
        y: Their pairs.
    """
    others = code.roll(1, 0)
    again = there.style(swapped.clamp(-1, 1)).float()
    far = (others - code).abs().mean(1).clamp_min(NOISE)
    before, after, got = (_mean_light(z) for z in (x, y, swapped))
    wanted = before * (after / before).roll(1, 0)
    lost = (again - others).abs().mean(1) / far
    return {"style": lost.mean(), "apart": (got - wanted).abs().mean()}


def _mean_light(x: Tensor) -> Tensor:
    """Return the mean of each channel (B, C) of pictures in [-1, 1], from ``BLACK`` to 1 and a little."""
    return x.mean((2, 3)) * 0.5 + 0.5 + BLACK


def steps_of(change: Tensor) -> Tensor:
    """Return the mean absolute step between neighbours of a change (B, 3, H, W); patches have few."""
    down, across = change.diff(dim=2).abs().mean(), change.diff(dim=3).abs().mean()
    return down + across


@torch.no_grad()
def whiten_codes_(networks: Translation, pools: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Change both generators in place so that codes of their domain's pictures have mean 0 and covariance 1.

    Return these codes (N, code), of a and of b.

    Random codes are then such as pictures have, and pictures come out as before: what is taken from the
    style encoder's last layer is given to the first that reads it.
    """
    found = list[Tensor]()
    for net, pool in zip((networks.a, networks.b), pools, strict=True):
        codes = torch.cat([net.style(x[None].float() / 127.5 - 1) for x in pool]).double()
        mean, spread = codes.mean(0), torch.cov(codes.T)
        least = RIDGE * spread.trace() / len(spread) + 1e-9
        root = torch.linalg.cholesky(
            spread + least * torch.eye(len(spread), device=spread.device).double()
        )
        inverse = torch.linalg.inv(root)
        last, first = net.style.last, net.mlp.fc1
        bias = mean.new_zeros(len(mean)) if last.bias is None else last.bias
        last.weight.copy_((inverse @ last.weight.flatten(1).double())[..., None, None])
        last.bias = nn.Parameter((inverse @ (bias.double() - mean)).float())
        first.bias.add_((first.weight.double() @ mean).float())
        first.weight.copy_(first.weight.double() @ root)
        found.append(((codes - mean) @ inverse.T).float())
    return found
