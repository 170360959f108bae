"""Figures of a translation from domain A to B: is it B, is it as varied, is the picture still there.

All on features of a judge that taught no translation: AlexNet, where VGG-16 was the teacher.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from ..errors import PictureError
from .judges import Features, Judge
from .metrics import content_distance

Vectors = NDArray[np.float64]
"""(N, D): a picture's features a row."""
CROP = 128
"""Pixels of a side at which domains are compared: textures have no size of their own."""
LEAST = 8
"""Crops that a side must have."""
PENALTY = 1.0
"""Weight of the classifier's squared coefficients, for features of deviation 1."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a translation. Shares are in [0, 1]; a figure that was not asked for is None."""

    as_b: float
    """Crops of translated pictures that a classifier trained on real A and B calls B."""
    accuracy: float
    """Real crops, unseen by it, that it calls what they are; ``as_b`` means nothing where this is low."""
    untranslated_as_b: float
    """Crops of the pictures before that it calls B."""
    frechet: float
    """Fréchet distance of translated pictures to real B."""
    frechet_untranslated: float
    """The same of the pictures before."""
    content: float
    """Distance of normalised features to the picture before: 0 is equal."""
    diversity: float | None = None
    """Mean distance of pairs of variants."""
    cycle: float | None = None
    """Mean absolute difference of a picture that was translated there and back."""

    @property
    def nearer(self) -> float:
        """By which share translation brings pictures nearer to real B."""
        return 1 - self.frechet / self.frechet_untranslated if self.frechet_untranslated else 0.0

    def facts(self) -> dict[str, Any]:
        """Return all figures by name."""
        return {name: getattr(self, name) for name in (*self.__slots__, "nearer")}


def crops(picture: Tensor, side: int = CROP) -> list[Tensor]:
    """Return a picture (1, 3, H, W) cut into squares side by side; one smaller is enlarged to a square.

    A remainder at the right and below is left out.
    """
    height, width = picture.shape[-2:]
    if min(height, width) < side:
        size = [max(side, height), max(side, width)]
        return crops(F.interpolate(picture, size, mode="bilinear", antialias=True), side)
    return [
        picture[..., y : y + side, x : x + side]
        for y in range(0, height - side + 1, side)
        for x in range(0, width - side + 1, side)
    ]


def embed(pictures: Iterable[Tensor], judge: Judge) -> Vectors:
    """Return the features of all crops of pictures, (N, D): the means of each level.

    Raises:
        PictureError: if there are fewer than ``LEAST`` crops.
    """
    rows = [_row(judge.features(crop)) for picture in pictures for crop in crops(picture)]
    if len(rows) < LEAST:
        raise PictureError(
            f"a domain is judged by {LEAST} crops of {CROP} pixels or more, and there are {len(rows)}; "
            "give more or larger pictures"
        )
    return np.stack(rows)


def _row(features: Mapping[str, Tensor]) -> Vectors:
    return np.concatenate([level.mean((0, 2, 3)).double().numpy() for level in features.values()])


def frechet(first: Vectors, second: Vectors) -> float:
    """Return the Fréchet distance of two Gaussians with the moments of (N, D) and (M, D).

    The trace of the root of two covariances' product is the sum of the singular values of the product of
    what they are the squares of, so no matrix (D, D) is needed.
    """
    means = first.mean(0) - second.mean(0)
    one, other = ((v - v.mean(0)) / np.sqrt(len(v) - 1) for v in (first, second))
    shared = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    return max(0.0, float(means @ means + (one**2).sum() + (other**2).sum() - 2 * shared))


@dataclass(frozen=True, slots=True)
class Classifier:
    """Logistic regression that tells B from A."""

    shift: Vectors
    scale: Vectors
    weight: Vectors
    bias: float

    def share(self, vectors: Vectors) -> float:
        """Return the share of (N, D) that is called B."""
        score = (vectors - self.shift) * self.scale @ self.weight + self.bias
        return float((score > 0).mean())


def fit_classifier(a: Vectors, b: Vectors) -> Classifier:
    """Return a classifier trained on the features of both sides, (N, D) and (M, D); each side counts half."""
    both = np.concatenate([a, b])
    shift, scale = both.mean(0), 1 / np.maximum(both.std(0), 1e-9)
    x = (both - shift) * scale
    sign = np.repeat([-1.0, 1.0], [len(a), len(b)])
    share = np.repeat([0.5 / len(a), 0.5 / len(b)], [len(a), len(b)])

    def loss(at: Vectors) -> tuple[float, Vectors]:
        margin = sign * (x @ at[:-1] + at[-1])
        pull = -share * sign / (1 + np.exp(np.clip(margin, -500, 500)))
        slope = np.append(x.T @ pull + PENALTY / len(x) * at[:-1], pull.sum())
        value = share @ np.logaddexp(0, -margin) + PENALTY / (2 * len(x)) * at[:-1] @ at[:-1]
        return float(value), slope

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Classifier(shift, scale, found[:-1], float(found[-1]))


def feature_distance(first: Features, second: Features) -> float:
    """Return how unlike two pictures are: squared differences of cells' unit features, mean over levels."""
    levels = [F.normalize(first[k]) - F.normalize(second[k]) for k in first]
    return fmean(float(d.pow(2).sum(1).mean()) for d in levels)


def diversity(variants: Sequence[Tensor], judge: Judge) -> float:
    """Return the mean distance of all pairs of one picture's variants; 0 where all are equal.

    Raises:
        PictureError: if there are fewer than two.
    """
    if len(variants) < 2:
        raise PictureError("diversity is of two variants or more")
    seen = [judge.features(picture) for picture in variants]
    return fmean(feature_distance(*pair) for pair in combinations(seen, 2))


Translator = Callable[[Tensor, int], Tensor]
"""A picture (1, 3, H, W) in [0, 1] and the number of a variant → its translation in the same size."""


def measure(
    domains: tuple[Sequence[Tensor], Sequence[Tensor]],
    pictures: Sequence[Tensor],
    there: Translator,
    judge: Judge,
    *,
    back: Translator | None = None,
    variants: int = 0,
) -> Figures:
    """Return the figures of a translation.

    Args:
        domains: real pictures of A and of B, (1, 3, H, W); every fourth of each is kept from the classifier.
        pictures: what is translated, of no training set; each in another variant.
        there: from A to B.
        judge: whose features are compared.
        back: from B to A, for the cycle.
        variants: of the first picture, for diversity; 0 or 1 leaves it out.
    """
    real = [embed(side[k::4], judge) for side in domains for k in range(4)]
    learnt, unseen = ([np.concatenate(real[s : s + 3]) for s in (0, 4)], (real[3], real[7]))
    told = fit_classifier(*learnt)
    made = [there(picture, number) for number, picture in enumerate(pictures)]
    before, after = embed(pictures, judge), embed(made, judge)
    target = np.concatenate(real[4:])
    kept = [_content(*pair, judge) for pair in zip(made, pictures, strict=True)]
    many = [there(pictures[0], k) for k in range(variants)] if variants > 1 else None
    return Figures(
        as_b=told.share(after),
        accuracy=(1 - told.share(unseen[0]) + told.share(unseen[1])) / 2,
        untranslated_as_b=told.share(before),
        frechet=frechet(after, target),
        frechet_untranslated=frechet(before, target),
        content=fmean(kept),
        diversity=diversity(many, judge) if many else None,
        cycle=_cycle(made, pictures, back) if back else None,
    )


def _content(made: Tensor, picture: Tensor, judge: Judge) -> float:
    return content_distance(judge.features(made), judge.features(picture), judge.content)


def _cycle(made: Sequence[Tensor], pictures: Sequence[Tensor], back: Translator) -> float:
    again = (back(picture, number) for number, picture in enumerate(made))
    return fmean(float((x - y).abs().mean()) for x, y in zip(again, pictures, strict=True))
