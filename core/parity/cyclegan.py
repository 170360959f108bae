"""CycleGAN's case: both generators, three kinds of discriminators, the smaller generators, and all losses."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ..checkpoints.identify import identify, shapes_of
from ..methods.cyclegan.losses import generator_terms, rival_loss, total
from ..methods.cyclegan.network import PUBLISHED, Generator, Sizes
from ..methods.cyclegan.weights import FORMATS, generator_of, published_names
from ..nn.adversary import Patches, Pixels
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = ("real_A", "real_B")
PICTURE, VERDICT, LOSS = 2e-3, 1e-3, 2e-3
LOSSES = ("adv b", "cycle a", "own b"), ("adv a", "cycle b", "own a")


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        there, back = (_generator(case, name, PUBLISHED) for name in ("G_A", "G_B"))
        rivals = tuple(_rival(case, name, Patches()) for name in ("D_A", "D_B"))
        a, b = case.tensor("real_A"), case.tensor("real_B")
        terms, (made_b, made_a) = generator_terms(there, back, (rivals[0], rivals[1]), (a, b))
        told = [
            rival_loss(r, m, x) for r, m, x in zip(rivals, (made_b, made_a), (b, a), strict=True)
        ]
        pictures = {
            "fake_B": made_b,
            "fake_A": made_a,
            "rec_A": back(made_b),
            "resnet6_out": _generator(case, "G6", PUBLISHED._replace(blocks=6))(a),
            "resnet6_bn_eval_out": _generator(
                case, "G6bn", PUBLISHED._replace(blocks=6, batch=True)
            )(a),
        }
        verdicts = {
            "D_A_on_real_B": rivals[0](b),
            "D_A_on_fake_B": rivals[0](made_b),
            "pixel_D_out": _rival(case, "Dpix", Pixels())(b),
        }
        yield from (Wanted(name, value, PICTURE) for name, value in pictures.items())
        for name, value in verdicts.items():
            yield Wanted(name, value, VERDICT * float(case.tensor(name).abs().max()))
        rows = [[t, *(terms[k] for k in ks)] for t, ks in zip(told, LOSSES, strict=True)]
        losses = torch.stack([value for row in rows for value in row])
        yield Wanted("losses", losses, LOSS, relative=True)
        yield Wanted("loss_G_total", total(terms), LOSS, relative=True)


def _generator(case: Case, net: str, sizes: Sizes) -> Generator:
    """Return a generator of pseudo-weights, recognised and converted like a published file."""
    with torch.device("meta"):
        own = shapes_of(Generator(sizes).state_dict())
    theirs = {t: own[o] for t, o in published_names(sizes).items()}
    state: dict[str, Tensor] = pseudo_state(theirs, case.meta["prefix"].replace("<net>", net))
    known = identify(theirs, FORMATS)
    return as_published(generator_of(known.convert(state), known.id))


def _rival(case: Case, net: str, rival: nn.Module) -> nn.Module:
    if isinstance(rival, Pixels):
        places = [(f"net.{n}", f"conv{k}") for k, n in enumerate((0, 2, 5), 1)]
    else:
        places = [(f"model.{n}", f"conv{k}") for k, n in enumerate((0, 2, 5, 8, 11), 1)]
    return pseudo_network(rival, places, case.meta["prefix"].replace("<net>", net))
