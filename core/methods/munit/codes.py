"""Style codes of variants: random ones, or such as pictures of the domain have.

Codes of pictures lie in clusters, such as the lights of the night, and random ones mostly between them, where
all look alike. A network that learnt from pairs therefore brings codes that were seen, in the order of how
much each adds to those before it.
"""

import torch
from torch import Tensor

NEAR = 0.3
"""How far towards another code one is moved at most, that is neither seen nor far from one."""
TYPICAL = 0.9
"""Share of codes that are chosen from: those nearest to the middle one, for the others are beyond what looks
right."""


def draw_code(variant: float, seed: int, known: Tensor | int) -> Tensor:
    """Return the style code (1, length) of a variant, or on the way between those of two.

    Args:
        variant: which; 2.5 is half-way between 2 and 3.
        seed: another one draws others.
        known: codes (N, length) that were seen; or the length of random ones.
    """
    first, share = int(variant), variant - int(variant)
    if isinstance(known, Tensor):
        one, other = (_seen(first + n, seed, known) for n in range(2))
        return torch.lerp(one, other, share)
    one, other = (_normal(first + n, seed, known) for n in range(2))
    # on the way numbers keep the spread of random ones, as their plain mean would not
    return ((1 - share) * one + share * other) / ((1 - share) ** 2 + share**2) ** 0.5


def _generator(variant: int, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed * 1_009 + variant)


def _normal(variant: int, seed: int, length: int) -> Tensor:
    return torch.randn(1, length, generator=_generator(variant, seed))


def _seen(variant: int, seed: int, known: Tensor) -> Tensor:
    """Return a code that was seen; of other seeds, and beyond the last one, one near such a one."""
    if seed == 0 and variant < len(known):
        return known[variant : variant + 1]
    generator = _generator(variant, seed)
    first, second = torch.randperm(len(known), generator=generator)[:2].tolist()
    share = NEAR * float(torch.rand((), generator=generator))
    return torch.lerp(known[first : first + 1], known[second : second + 1], share)


def choose_codes(codes: Tensor, count: int) -> Tensor:
    """Return some of codes (M, length): the middle one, then each the farthest from those before it.

    Args:
        codes: of pictures, in units in which distances mean something (see ``whiten_codes_``).
        count: how many, if there are as many.
    """
    middle = torch.cdist(codes, codes).sum(1).argmin()
    away = (codes - codes[middle]).norm(dim=1)
    order = away.argsort()[: max(2, round(TYPICAL * len(codes)))]
    left, chosen = codes[order[1:]], [codes[middle]]
    while len(chosen) < count and len(left):
        far = torch.cdist(left, torch.stack(chosen)).amin(1).argmax()
        chosen.append(left[far])
        left = torch.cat([left[:far], left[far + 1 :]])
    return torch.stack(chosen)
