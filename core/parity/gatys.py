"""Gatys' cases: the notebook's losses, gradient and descent, neural-style-pt's results, and colours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..checkpoints.vgg import torchvision_pairs
from ..methods.gatys.colors import MATCHES, luminance, match_color, recolor
from ..methods.gatys.descend import descend
from ..methods.gatys.network import Target, losses, pixel_losses, sums_of, variation
from ..methods.gatys.recipes import GATYS, NEURAL_STYLE, Recipe
from ..nn.losses import gram
from ..nn.vgg import VGG, VGG19
from .rows import Case, Wanted
from .weights import pseudo_network

INPUTS = ("content", "style", "start_bgr", "nspt_content_u8", "nspt_style_u8")
NOTEBOOK_MEAN = (0.40760392, 0.45795686, 0.48501961)
CAFFE_MEAN = (103.939, 116.779, 123.68)
SCALE = 255
START = 2
"""Evaluations of L-BFGS that are all but the same picture: its first step is a hundred-thousandth."""
AT_START = 1e-4
"""Share by which losses may be apart there."""
EARLY = 5
"""Evaluations before small differences grow."""
AT_FIRST = 2e-2
"""Share that is allowed after ``START``: a float32 gradient's change over so short a step is known to 1 %."""
STEADY = 3
"""Evaluations of neural-style-pt that are compared one by one."""
LATER = 0.1
"""Share by which totals may be apart after that, as may the losses of the pictures that were descended to."""
FLOOR = 1e-6
"""Share of a total below which a float32 loss is rounding."""


class Descent:
    """A picture's losses against a content and a style, in the network's input space.

    In a long descent the smallest differences grow large. So losses and gradients are computed in float64,
    where they are the same on every processor, and the picture is changed in float32, as in the references.
    """

    def __init__(self, net: VGG, content: Tensor, style: Tensor, recipe: Recipe) -> None:
        self.net, self.recipe = net.double(), recipe
        content, style = content.double(), style.double()
        with torch.no_grad():
            features, wanted = net(style, tuple(recipe.style)), net(content, tuple(recipe.content))
            sizes = net(content, recipe.layers)
        self.target = Target(
            {k: gram(f)[0] for k, f in features.items()},
            wanted,
            {k: float(f[0, 0].numel()) for k, f in sizes.items()},
        )
        self.rows: list[list[float]] = []
        self.last = content

    def losses(self, x: Tensor) -> dict[str, Tensor]:
        """Return the weighted losses of (1, 3, H, W)."""
        recipe = self.recipe
        free = dict.fromkeys(recipe.layers)
        sums = sums_of(self.net(x, recipe.layers), self.target.content, free, recipe)
        return losses(sums, self.target, recipe) | pixel_losses(x, recipe)

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        """Return loss and gradient; record the losses and the picture."""
        self.last = x.detach().clone()
        leaf = x.detach().double().requires_grad_()
        parts = self.losses(leaf)
        total = torch.stack(list(parts.values())).sum()
        (gradient,) = torch.autograd.grad(total, leaf)
        self.rows.append([float(v.detach()) for v in (*parts.values(), total)])
        return self.rows[-1][-1], gradient.to(x)

    @torch.no_grad()
    def loss(self, x: Tensor) -> Tensor:
        """Return the total loss of (1, 3, H, W)."""
        return torch.stack(list(self.losses(x.double()).values())).sum()


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    parts: tuple[Callable[[Case], Iterator[Wanted]], ...] = (
        _run_notebook,
        _run_neural_style,
        _compute_colors,
    )
    for part in parts:
        yield from (wanted for wanted in part(case) if wanted.array in case.arrays)


def _run_notebook(case: Case) -> Iterator[Wanted]:
    names = case.meta["style_layers"] + case.meta["content_layers"]
    layers = [_name_layer(name) for name in names]
    weights = dict(zip(layers, case.meta["weights"], strict=True))
    count = len(case.meta["style_layers"])
    recipe = replace(
        GATYS,
        style={k: weights[k] for k in layers[:count]},
        content={k: weights[k] for k in layers[count:]},
    )
    content, style = (_bgr(case.tensor(k), NOTEBOOK_MEAN) * 255 for k in ("content", "style"))
    net = _make_network(VGG(), "gatys.vgg19.", {})
    yield from _compute_grams(case, net, style)
    start = Descent(net, content, style, recipe)
    _, gradient = start(case.tensor("start_bgr"))
    yield _compare_losses(case, "gatys_layer_losses_at_start", start.rows[0], AT_START)
    size = float(case.tensor("gatys_grad_at_start").abs().max())
    yield Wanted("gatys_grad_at_start", gradient, 1e-3 * size)
    walk, count = Descent(net, content, style, recipe), len(case.arrays["gatys_lbfgs_losses"])
    descend(content, walk, recipe, count + 1)  # the loss of the last step is not computed
    allowed = [AT_START] * START + [AT_FIRST] * (EARLY - START)
    yield _compare_losses(case, "gatys_lbfgs_losses", walk.rows[:count], 1e-3, allowed)
    yield Wanted("gatys_lbfgs_image_bgr", walk.last, LATER, relative=True, by=walk.loss)


def _name_layer(name: str) -> str:
    """Return our name of the notebook's r42."""
    return f"relu{name[1]}_{name[2]}"


def _bgr(x: Tensor, mean: Sequence[float]) -> Tensor:
    return x.flip(1) - x.new_tensor(mean)[:, None, None]


def _make_network(net: VGG, prefix: str, names: Mapping[str, str]) -> VGG:
    pairs = [(names.get(name, name), name) for name, _ in net.named_children()]
    return pseudo_network(net, pairs, prefix)


def _compute_grams(case: Case, net: VGG, style: Tensor) -> Iterator[Wanted]:
    with torch.no_grad():
        features = net(style, ("relu1_1", "relu3_1"))
    near = {k: gram(f) for k, f in features.items()}
    parts = {
        "style_gram_r11": near["relu1_1"],
        "style_gram_r31_row0": near["relu3_1"][:, 0],
        "tutorial_gram_r31_row0": gram(features["relu3_1"], divide_by="all")[:, 0],
    }
    for array, value in parts.items():
        if array in case.arrays:
            yield Wanted(array, value, 1e-4 * float(case.tensor(array).abs().max()))


def _compare_losses(
    case: Case,
    array: str,
    rows: Sequence[object],
    within: float,
    first: Sequence[float] | None = None,
) -> Wanted:
    """Return losses relative to the stored ones, in rows with the total at the end.

    Args:
        case: The case with the stored losses.
        array: Their name in the case.
        rows: Our losses.
        within: The tolerance.
        first: The tolerance of the first rows; of later rows only totals are compared, within ``LATER``.
    """
    stored = case.tensor(array).double()
    allowed = torch.full_like(stored, within)
    if first is not None:
        allowed[: len(first)] = torch.tensor(first, dtype=stored.dtype)[:, None]
        allowed[len(first) :] = torch.inf
        allowed[len(first) :, -1] = LATER
    size = torch.maximum(stored.abs(), FLOOR * stored[..., -1:].abs())
    apart = (torch.tensor(rows).double() - stored) / size * within / allowed
    return Wanted(array, stored + apart, within)


def _run_neural_style(case: Case) -> Iterator[Wanted]:
    facts = case.meta["nspt"]
    recipe = replace(
        NEURAL_STYLE,
        style=dict.fromkeys(NEURAL_STYLE.style, float(facts["style_weight"])),
        content=dict.fromkeys(NEURAL_STYLE.content, float(facts["content_weight"])),
        variation=float(facts["tv_weight"]),
    )
    content, style = (
        _bgr(_read_picture(case, f"nspt_{k}_u8") * SCALE, CAFFE_MEAN) for k in ("content", "style")
    )
    names = {ours: theirs for theirs, ours in torchvision_pairs(VGG19)}
    net = _make_network(VGG(), "gatys.vgg19tv.", names)
    for name, rate in (("adam", float(facts["adam_lr"])), ("lbfgs", 1.0)):
        walk = Descent(net, content, style, replace(recipe, optimiser=name, rate=rate))
        descend(content, walk, walk.recipe, int(facts["iterations"]))
        rows = [[row[5], *row[:5], row[-1]] for row in walk.rows]
        yield _compare_losses(case, f"nspt_{name}_losses", rows, 1e-3, [1e-3] * STEADY)
        picture = (walk.last + walk.last.new_tensor(CAFFE_MEAN)[:, None, None]).flip(1) / SCALE
        yield Wanted(f"nspt_{name}_out_u8", _round_to_bytes(picture), 1.0, mean=True)


def _read_picture(case: Case, array: str) -> Tensor:
    return case.tensor(array).permute(2, 0, 1)[None].float() / 255


def _round_to_bytes(picture: Tensor) -> Tensor:
    """Return (1, 3, H, W) in [0, 1] as (H, W, 3), 0 to 255, rounded down as in the reference."""
    return (picture[0].permute(1, 2, 0).clamp(0, 1) * 255).floor()


def _compute_colors(case: Case) -> Iterator[Wanted]:
    content, style = case.tensor("content"), case.tensor("style")
    for kind in MATCHES:
        moved = match_color(style, content, kind)[0].permute(1, 2, 0)
        yield Wanted(f"match_color_{kind}", moved, 1e-4)
    grey = luminance(style)[0].permute(1, 2, 0).expand(-1, -1, 3)
    yield Wanted("lum_of_style", grey, 1e-6)
    total = NEURAL_STYLE.variation * variation(content * 255, squared=False)
    yield Wanted("tv_loss_1e-3_on_content255", total, 1e-5 * float(total))
    if "original_colors_out_u8" in case.arrays:
        yield from _compute_original_colors(case)


def _compute_original_colors(case: Case) -> Iterator[Wanted]:
    """Yield the merge in Pillow's 8 bits, which lower colours by up to 4, and our own."""
    array = "original_colors_out_u8"
    content, picture = (case.arrays[f"nspt_{k}_u8"] for k in ("content", "lbfgs_out"))
    chroma = Image.fromarray(content).convert("YCbCr").split()[1:]
    y = Image.fromarray(picture).convert("YCbCr").split()[0]
    merged = np.array(Image.merge("YCbCr", (y, *chroma)).convert("RGB"))
    yield Wanted(array, torch.from_numpy(merged), 1.0)
    ours = recolor(_read_picture(case, "nspt_lbfgs_out_u8"), _read_picture(case, "nspt_content_u8"))
    yield Wanted(array, ours[0].permute(1, 2, 0) * 255, 3.0, mean=True)
