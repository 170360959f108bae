"""Recipe of munit: two generators learn to translate between two domains, from pictures without pairs.

Losses are MUNIT's (Huang et al., ECCV 2018) with its domain-invariant perceptual loss. Two departures make
it learn in hours on a processor what the authors' takes days for on a GPU: the small generator changes a
picture instead of painting it anew (``methods.munit.network``), and besides the multi-scale discriminators
of pixels there are such of the teacher's features (Sauer et al., "Projected GANs Converge Faster", NeurIPS
2021).
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.munit.codes import draw_code
from ..methods.munit.losses import CODE, CYCLE, OWN, STYLE, translation_terms
from ..methods.munit.network import COMPACT, Generator, Pair, Sizes
from ..nn.adversary import fool, tell
from .contest import Contest, Pools
from .critics import Rival, Sight, join_features
from .mixed import CPU, mixed
from .tolerant import Features, Tolerant

WEIGHTS = {
    "adv": 1.0, "seen": 1.0, "own": 2.0, "style": 0.5, "code": 0.2, "cycle": 1.0, "keep": 0.3, "outside": 5.0,
}  # fmt: skip  # a line
"""Of the small generators, which keep what they do not change, so that less has to be asked of them."""
PUBLISHED = {"adv": 1.0, "own": OWN, "style": STYLE, "code": CODE, "cycle": CYCLE, "keep": 1.0}
"""Of the published ones."""
NOW_AND_THEN = ("own", "code", "cycle")
"""Terms that are asked for in some steps only, and weigh the more."""
KEPT = ("relu2_1", "relu3_1")
"""Levels at which a translated picture is to be what it was, apart from means and deviations."""


class Translation(nn.Module):
    """Both generators; what a weight file of munit holds."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.a, self.b = Generator(sizes), Generator(sizes)

    def side(self, name: str) -> Generator:
        """Return the generator of a or b."""
        return self.a if name == "a" else self.b


def seeded(number: int) -> torch.Generator:
    """Return a generator that begins at a number."""
    return torch.Generator().manual_seed(number)


@torch.no_grad()
def translate(
    network: nn.Module,
    x: Tensor,
    variant: int,
    *,
    back: bool = False,
    like: Tensor | None = None,
) -> Tensor:
    """Return a picture (1, 3, H, W) in [0, 1] in the other domain; ``like``: of an example's style."""
    networks = cast("Translation", network)
    pair = Pair(networks.a, networks.b).turned(back)
    with mixed(x.device):
        code = draw_code(variant, 0, pair.there.known()).to(x.device)
        code = code if like is None else pair.there.style(like * 2 - 1)
        made = pair.translate(x * 2 - 1, code)
    return made.float().clamp(-1, 1) * 0.5 + 0.5


class Munit(Contest):
    """Train the small generators of two domains, or those of the published sizes.

    Args:
        pools: Pictures of each domain.
        teacher: Network whose features are looked at.
        sizes: Of the generators.
        batch: Crops of each domain a step.
        size: Their side in pixels.
        zoom: Crops are cut up to so many times larger, and shrunk.
        forth: Share of steps that go from a to b, the others from b to a; 1: all go both ways.
        lazy: Every so many-th step also looks at the way back and at pictures that are of the domain already
            (lazy regularisation: Karras et al., "StyleGAN2", CVPR 2020).
        bank: Real crops of a domain whose features are held; 0: new ones are drawn at each step.
        seed: Of the first weights.
        device: Where they learn.
    """

    variants, both_ways, examples = 4, True, True

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        pools: Pools,
        teacher: Tolerant,
        sizes: Sizes = COMPACT,
        *,
        batch: int = 2,
        size: int = 128,
        zoom: float = 1.8,
        forth: float = 1.0,
        lazy: int = 1,
        bank: int = 0,
        seed: int = 0,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(seed)
        self.networks = Translation(sizes)
        begin_(self.networks)
        self.rivals = {side: Rival(32, size) for side in "ab"}
        rival = nn.ModuleDict(self.rivals)
        options = {"batch": batch, "size": size, "zoom": zoom, "device": device}
        super().__init__(pools, self.networks, rival, **options)
        self.forth, self.lazy = forth, lazy
        self.weights = WEIGHTS if sizes.keeps else PUBLISHED
        with torch.no_grad():
            some = torch.cat([self.draw(side, seeded(0)) for side in "ab"])
            self.sight = Sight(teacher, some)
        self.banks = {k: self._fill(k, bank, seed) for k in "ab"}
        self.made: dict[str, tuple[Tensor, Features]] = {}
        self.real: dict[str, tuple[Tensor, Features]] = {}

    def translate(
        self,
        network: nn.Module,
        x: Tensor,
        variant: int,
        *,
        back: bool = False,
        like: Tensor | None = None,
    ) -> Tensor:
        """Return a picture (1, 3, H, W) in [0, 1] in the other domain; ``like``: of an example's style."""
        return translate(network, x, variant, back=back, like=like)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the generators' weighted terms for one batch."""
        fully = self.lazy == 1 or int(torch.randint(self.lazy, (), generator=generator)) == 0
        self.made, terms = {}, dict[str, Tensor]()
        with mixed(self.device):
            self.real = {k: self._real(k, generator) for k in "ab"}
            for source, target in self._ways(generator):
                one = self._one_way(source, target, self._draw_codes(generator), fully=fully)
                terms = {k: terms[k] + v if k in terms else v for k, v in one.items()}
        often = {k: self.lazy if k in NOW_AND_THEN else 1 for k in terms}
        return {k: self.weights[k] * often[k] * v for k, v in terms.items() if k in self.weights}

    @torch.no_grad()
    def _real(self, side: str, generator: torch.Generator) -> tuple[Tensor, Features]:
        """Return a batch of real crops and what the teacher sees in them."""
        bank = self.banks[side]
        if not bank:
            x = self.draw(side, generator)
            return x, self.sight.see(x)
        chosen = torch.randint(len(bank), (self.batch,), generator=generator).tolist()
        crops, features = zip(*(bank[i] for i in chosen), strict=True)
        return torch.cat(crops), join_features(features)

    @torch.no_grad()
    def _fill(self, side: str, count: int, seed: int) -> list[tuple[Tensor, Features]]:
        generator = seeded(seed + 1)
        found: list[tuple[Tensor, Features]] = []
        while len(found) < count:
            x = self.draw(side, generator)
            seen = self.sight.see(x)
            found += [
                (x[i : i + 1], {k: f[i : i + 1] for k, f in seen.items()}) for i in range(len(x))
            ]
        return found

    def _ways(self, generator: torch.Generator) -> list[tuple[str, str]]:
        """Return from where to where this step goes."""
        if self.forth >= 1:
            return [("a", "b"), ("b", "a")]
        there = float(torch.rand((), generator=generator)) < self.forth
        return [("a", "b") if there else ("b", "a")]

    def _draw_codes(self, generator: torch.Generator) -> Tensor:
        code = self.networks.a.sizes.code
        return torch.randn(self.batch, code, generator=generator).to(self.device)

    def _one_way(self, source: str, target: str, code: Tensor, *, fully: bool) -> dict[str, Tensor]:
        """Return the terms of going from ``source`` to ``target``; ``fully``: also of the way back."""
        (x, seen_x), (y, _) = self.real[source], self.real[target]
        pair = Pair(self.networks.side(source), self.networks.side(target))
        terms, made, shown = translation_terms(pair, x, y, code, fully=fully)
        seen = self.sight.see(shown)
        self.made[target] = (shown.detach(), {k: f.detach() for k, f in seen.items()})
        pixels, features = (fool(v) for v in self.rivals[target].verdicts(shown, seen))
        return terms | {
            "adv": pixels,
            "seen": features,
            "keep": torch.stack([domain_invariant(seen[k], seen_x[k]) for k in KEPT]).mean(),
            "outside": F.mse_loss(made, shown),
        }

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the discriminators' terms on the pictures of the step before it, or of earlier ones."""
        terms: list[Tensor] = []
        with mixed(self.device):
            for side, (last, seen) in self.made.items():
                rival = self.rivals[side]
                made = rival.pool.swap(last, generator)
                fake = rival.verdicts(made, self._see_again(made, last, seen))
                pairs = zip(fake, rival.verdicts(*self.real[side]), strict=True)
                terms += [tell(f, r) for f, r in pairs]
        return {"tell": torch.stack(terms).sum()}

    @torch.no_grad()
    def _see_again(self, made: Tensor, last: Tensor, seen: Features) -> Features:
        """Return the features of pictures, of which some are the last ones, whose features are known."""
        old = [i for i in range(len(made)) if not torch.equal(made[i], last[i])]
        if not old:
            return seen
        fresh = self.sight.see(made[old])
        found = {k: f.clone() for k, f in seen.items()}
        for k, f in found.items():
            f[old] = fresh[k]
        return found


def begin_(networks: Translation) -> None:
    """Initialise in place: He's weights, and a decoder that at first changes nothing."""
    draw_weights_(networks)
    for side in (networks.a, networks.b):
        if side.sizes.keeps:
            for last in (side.retouch.last, side.retouch.fine):
                nn.init.normal_(last.weight, std=1e-3)
        _temper_(side)
        ones = side.mlp.fc3.bias.detach().view(-1, 2, 4 * side.sizes.dim)
        ones[:, 1] = 1


def draw_weights_(network: nn.Module) -> None:
    """Draw He's weights in place."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def draw_codes_(side: Generator) -> None:
    """Draw weights of what finds style codes and of what heeds them, in place."""
    for part in (side.style, side.mlp):
        draw_weights_(part)
    _temper_(side)


def _temper_(side: Generator) -> None:
    nn.init.normal_(side.mlp.fc3.weight, std=0.6 / side.sizes.hidden**0.5)


def domain_invariant(got: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean squared difference of features without their means and deviations (section 5)."""
    return F.mse_loss(F.instance_norm(got.float()), F.instance_norm(wanted.float()))
