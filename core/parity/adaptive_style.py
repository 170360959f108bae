"""The case of adaptive style transfer: codes, picture, verdicts, the block of means and all losses."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..methods.adaptive_style.losses import feature_loss, image_loss, rival_loss, taken_for
from ..methods.adaptive_style.network import PUBLISHED, Generator
from ..methods.adaptive_style.rival import HEADS, WIDTHS, Rival, smear
from ..methods.adaptive_style.weights import FORMATS, generator_of, published_names
from .rows import Case, Wanted
from .weights import as_published, pseudo_state

INPUTS = ("photo", "painting")
PICTURE, RELATIVE = 2e-3, 2e-3


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        net, rival = _generator(case), _rival(case)
        photo, painting = case.tensor("photo"), case.tensor("painting")
        code = net.encoder(photo)
        made = net.decode(code)
        again = net.encoder(made)
        verdicts = [rival(x) for x in (painting, photo, made)]
        yield Wanted("output", made, PICTURE)
        yield Wanted("transformer_block_of_photo", smear(photo), PICTURE)
        relative = {"features_ch0_32": code, "features_of_output_ch0_32": again}
        relative |= {f"D_painting_scale_{n}": v for n, v in zip(HEADS, verdicts[0], strict=True)}
        for name, value in relative.items():
            yield Wanted(name, value, RELATIVE * float(case.tensor(name).abs().max()))
        losses = torch.stack([
            rival_loss(*verdicts),
            taken_for(verdicts[2], 1.0),
            image_loss(made, photo),
            feature_loss(again, code),
        ])  # fmt: skip  # one a line
        yield Wanted("losses_discr_gener_img_feature", losses, RELATIVE, relative=True)


def _generator(case: Case) -> Generator:
    """Return the network of pseudo-weights, recognised and converted like a published checkpoint."""
    with torch.device("meta"):
        own = shapes_of(Generator(PUBLISHED).state_dict())
    names = published_names()
    state = {t: _as_theirs(v) for t, v in _draw(case, {t: own[o] for t, o in names.items()})}
    known = identify(shapes_of(state), FORMATS)
    return as_published(generator_of(known.convert(state), known.id))


def _rival(case: Case) -> Rival:
    rival = Rival()
    names = {f"d_h{n}_conv/Conv/weights": f"conv{n}.weight" for n in range(len(WIDTHS))}
    names |= {f"d_h{n}_pred/Conv/weights": f"head{n}.weight" for n in HEADS}
    kinds = {"scale": "weight", "offset": "bias"}
    names |= {f"d_bn{n}/{k}": f"norm{n}.{v}" for n in range(len(WIDTHS)) for k, v in kinds.items()}
    own = shapes_of(rival.state_dict())
    found = _draw(case, {f"discriminator/{t}": own[o] for t, o in names.items()})
    rival.load_state_dict({names[t.removeprefix("discriminator/")]: v for t, v in found})
    return as_published(rival)


def _draw(case: Case, shapes: dict[str, tuple[int, ...]]) -> list[tuple[str, Tensor]]:
    """Return tensors by TensorFlow's names, drawn in PyTorch's order of axes by names with dots."""
    dotted = {name.replace("/", "."): shape for name, shape in shapes.items()}
    drawn = pseudo_state(dotted, case.meta["prefix"])
    return [(name, drawn[name.replace("/", ".")]) for name in shapes]


def _as_theirs(value: Tensor) -> Tensor:
    return value.permute(2, 3, 1, 0) if value.ndim == 4 else value
