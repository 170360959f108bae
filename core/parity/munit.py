"""MUNIT's case: both codes, AdaIN's numbers, pictures in random and example's styles, and all losses."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..methods.munit.losses import adversarial_loss, rival_loss, total, translation_terms
from ..methods.munit.network import PUBLISHED, Generator, Pair
from ..methods.munit.weights import FORMATS, pair_of, published_names
from ..nn.adversary import MultiScale
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("x_a", "x_b", "style_noise_a", "style_noise_b")
PICTURE, CODE, LOSS = 2e-3, 1e-3, 2e-3


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        pair = _pair(case)
        for name, value in _compute_codes(case, pair).items():
            yield Wanted(name, value, CODE * max(1.0, float(case.tensor(name).abs().max())))
        for name, value in _compute_pictures(case, pair).items():
            yield Wanted(name, value, PICTURE)
        rivals = [_rival(case, side) for side in "ab"]
        for scale, verdicts in enumerate(rivals[1](case.tensor("x_b"))):
            yield Wanted(f"dis_b_real_scale{scale}", verdicts, CODE)
        yield Wanted("losses", _compute_losses(case, pair, rivals), LOSS, relative=True)


def _pair(case: Case) -> Pair:
    """Return both generators of pseudo-weights, recognised and converted like a published file."""
    with torch.device("meta"):
        own = shapes_of(Generator(PUBLISHED).state_dict())
    theirs = {t: own[o] for t, o in published_names().items()}
    state: dict[str, Tensor] = {}
    for side in "ab":
        prefix = case.meta["prefix"].replace("<net>", f"gen_{side}")
        state |= {f"{side}.{k}": v for k, v in pseudo_state(theirs, prefix).items()}
    known = identify(shapes_of(state), FORMATS)
    pair = pair_of(known.convert(state), known.id)
    return Pair(*(as_published(side) for side in pair))


def _rival(case: Case, side: str) -> MultiScale:
    places = [
        (f"cnns.{s}.{n}.conv" if n < 4 else f"cnns.{s}.4", f"scales.{s}.{ours}")
        for s in range(3)
        for n, ours in enumerate(("conv1", "conv2", "conv3", "conv4", "last"))
    ]
    prefix = case.meta["prefix"].replace("<net>", f"dis_{side}")
    return pseudo_network(MultiScale(), places, prefix)


def _noise(case: Case, side: str) -> Tensor:
    return case.tensor(f"style_noise_{side}").flatten(1)


def _compute_codes(case: Case, pair: Pair) -> dict[str, Tensor]:
    a, b = case.tensor("x_a"), case.tensor("x_b")
    return {
        "content_a_ch0_16": pair.here.content(a),
        "style_a": pair.here.style(a)[..., None, None],
        "style_b": pair.there.style(b)[..., None, None],
        "adain_params_b": pair.there.mlp(_noise(case, "b")),
    }


def _compute_pictures(case: Case, pair: Pair) -> dict[str, Tensor]:
    a, b = case.tensor("x_a"), case.tensor("x_b")
    here, there = pair
    both = torch.cat([a, a.flip(3)])
    recon = here.decode(here.content(both), here.style(both), both)
    return {
        "recon_a": here.decode(here.content(a), here.style(a), a),
        "a2b_random": pair.translate(a, _noise(case, "b")),
        "b2a_random": pair.turned(True).translate(b, _noise(case, "a")),
        "a2b_example": pair.translate(a, there.style(b)),
        "recon_batch2_second": recon[1:],
    }


def _compute_losses(case: Case, pair: Pair, rivals: list[MultiScale]) -> Tensor:
    a, b = pictures = (case.tensor("x_a"), case.tensor("x_b"))
    there, _, made_b = translation_terms(pair, a, b, _noise(case, "b"))
    back, _, made_a = translation_terms(pair.turned(True), b, a, _noise(case, "a"))
    made = (made_a, made_b)
    fooled = [adversarial_loss(rival, x) for rival, x in zip(rivals, made, strict=True)]
    told = [rival_loss(r, m, x) for r, m, x in zip(rivals, made, pictures, strict=True)]
    of_side = {
        "own": (back, there),
        "style": (back, there),
        "code": (there, back),
        "cycle": (there, back),
    }
    values = {
        f"{k} {side}": t[k] for k, ts in of_side.items() for side, t in zip("ab", ts, strict=True)
    }
    whole = total(values, torch.stack(fooled).sum())
    return torch.stack([*values.values(), *fooled, whole, *told, told[0] + told[1]])
