"""ReCoNet's cases: both published forms, their warping, the occlusion mask, and all losses."""

import re
from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..checkpoints.networks import reconet_of
from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD, torchvision_pairs
from ..methods.reconet.network import PAPER, SAFWAN, Form, ReCoNet
from ..methods.reconet.weights import (
    FORMATS,
    paper_layers,
    safwan_layers,
    thresholds,
)
from ..nn.encoder import FULL
from ..nn.losses import gram, total_variation
from ..nn.temporal import feature_temporal_loss, luminance, output_temporal_loss
from ..nn.vgg import VGG, VGG16
from ..nn.warp import resize_flow
from .johnson import STYLE
from .moved import warp_by_centres, warp_by_corners
from .rows import Case, Wanted
from .weights import as_published, pseudo_network, pseudo_state

INPUTS = (
    "img1", "img2", "frame_cur", "frame_prev", "style", "flow", "mask", "reverse_flow", "forward_flow",
    "motion_boundaries",
)  # fmt: skip  # a list
CONTENT = "relu3_3"
TYPED = (0.2126, 0.7512, 0.0722)
"""EmptySamurai's luminance, in which two digits changed places."""
BYTES = 255
SHARES = {
    "content": "alpha", "style": "beta", "tv": "gamma", "feature_temporal": "lambda_f",
    "output_temporal": "lambda_o",
}  # fmt: skip  # a list
"""What a case calls the weight of each loss."""
Found = dict[str, Tensor]


def compute(case: Case) -> Iterator[Wanted]:
    """Yield the case's results."""
    with torch.inference_mode():
        results, losses = (
            _compute_papers(case) if "frame_cur" in case.arrays else _compute_safwans(case)
        )
    for name, value in results.items():
        if name in case.arrays:
            mask = name == "occlusion_mask"  # of which a thousandth may differ
            yield Wanted(name, value, 5e-2 if name.endswith("_x100") else 1e-3, mean=mask)
    for name, values in _order_losses(case, losses).items():
        if name in case.arrays:
            yield Wanted(name, values, 2e-3, relative=True)


def _order_losses(case: Case, losses: Found) -> Found:
    """Return the losses in the case's order, unweighted and weighted."""
    order = [name.split()[0] for name in case.meta["loss_order"]]
    weights = case.meta.get("weights") or case.meta["default_weights"]
    plain = torch.stack([losses[name] for name in order]).double()
    shares = plain.new_tensor([weights[SHARES[name]] for name in order])
    return {"loss_parts_unweighted": plain, "loss_parts_weighted": plain * shares}


def _compute_safwans(case: Case) -> tuple[Found, Found]:
    """Return the results of safwankdb's code, which warps the first frame to the second, on 0 … 255."""
    net = _make_safwans_network(case.meta["prefix"])
    flow, mask = case.tensor("flow"), case.tensor("mask")[None, None]
    frames = [case.tensor(name) / BYTES for name in ("img1", "img2")]
    features = [net.encode(x) for x in frames]
    styled = [net.up(f) for f in features]
    size = features[0].shape[-2:]
    rows, columns = (a / b for a, b in zip(size, flow.shape[-2:], strict=True))
    small = F.interpolate(flow, size, mode="bilinear", align_corners=False)
    small = (
        small * flow.new_tensor([rows, columns])[:, None, None]
    )  # height and width are swapped there
    small_mask = F.interpolate(mask, size, mode="bilinear", align_corners=False)
    seen, painted = ([_normalise(x) for x in pictures] for pictures in (frames, styled))
    moved, moved_features = warp_by_corners(seen[0], flow), warp_by_corners(features[0], small)
    lighter = luminance(seen[1] - moved)
    results = {
        "features1": features[0],
        "styled1": styled[0] * BYTES,
        "warped_norm_img1": moved,
        "warped_features1_ch0_16": moved_features,
        "feature_flow": small,
        "feature_mask": small_mask,
        "luminance_diff": lighter[0, 0],
    }
    losses = _compute_safwans_losses(case, seen, painted) | {
        "feature_temporal": feature_temporal_loss(features[1], moved_features, small_mask),
        "output_temporal": output_temporal_loss(
            painted[1], warp_by_corners(painted[0], flow), lighter, mask
        ),
    }
    return results | {"styled1_last_conv_x100": _bound_strongly(net, features[0])}, losses


def _bound_strongly(net: ReCoNet, features: Tensor) -> Tensor:
    """Return the picture on 0 … 255 with the last convolution times 100."""
    for strength in net.up.conv3.parameters():
        strength.mul_(100)
    return net.up(features) * BYTES


def _compute_safwans_losses(case: Case, seen: list[Tensor], painted: list[Tensor]) -> Found:
    judge = _judge(case)
    target = judge(_normalise(case.tensor("style") / BYTES), STYLE)
    wanted, got = ([judge(x, STYLE) for x in pictures] for pictures in (seen, painted))
    content = [F.mse_loss(a[CONTENT], b[CONTENT]) for a, b in zip(got, wanted, strict=True)]
    style = [
        share * F.mse_loss(_compute_gram(a[layer]), _compute_gram(target[layer]))
        for layer, share in zip(STYLE, case.meta["weights"]["style"], strict=True)
        for a in got
    ]
    return {
        "content": torch.stack(content).sum() / got[0][CONTENT][0].numel(),
        "style": torch.stack(style).sum(),
        "tv": torch.stack([total_variation(x) for x in painted]).sum(),
    }


def _compute_papers(case: Case) -> tuple[Found, Found]:
    """Return the results of EmptySamurai's code, which warps the previous frame, on -1 … 1."""
    plain, filtered = re.findall(r"[\w.]+\.(?= \()", case.meta["prefix"])
    net = _make_papers_network(plain)
    backward, forward = (
        case.tensor(f"{name}_flow").permute(0, 3, 1, 2) for name in ("reverse", "forward")
    )
    frames = [case.tensor(name) for name in ("frame_prev", "frame_cur")]
    features = [net.encode(x) for x in frames]
    styled = [2 * net.up(f) - 1 for f in features]
    size = features[0].shape[-2:]
    visible = _find_visible(backward, forward, case.tensor("motion_boundaries"))
    small_flow, small_mask = resize_flow(backward, (size[0], size[1])), F.interpolate(visible, size)
    moved = warp_by_centres(frames[0], backward)
    lighter = luminance(2 * (frames[1] - moved), TYPED)
    results = {
        "occlusion_mask": visible,
        "features_cur_ch0_32": features[1],
        "output_cur": styled[1],
        "warped_prev": moved,
        "output_cur_frn": 2 * _make_papers_network(filtered, filtered=True)(frames[1]) - 1,
    }
    return results, _compute_papers_losses(case, frames, styled) | {
        "feature_temporal": feature_temporal_loss(
            features[1], warp_by_centres(features[0], small_flow), small_mask
        ),
        "output_temporal": output_temporal_loss(
            styled[1], warp_by_centres(styled[0], backward), lighter, visible
        ),
    }


def _find_visible(backward: Tensor, forward: Tensor, boundaries: Tensor) -> Tensor:
    """Return (B, 1, H, W), 1 where both flows agree and there is no motion boundary."""
    forward = warp_by_centres(forward, backward)
    apart, size = (
        v.sum(1, keepdim=True)
        for v in ((forward + backward).square(), forward.square() + backward.square())
    )
    return ((apart < 0.01 * size + 0.5) & ~boundaries[:, None]).float()


def _compute_papers_losses(case: Case, frames: list[Tensor], styled: list[Tensor]) -> Found:
    judge = _judge(case)
    target = judge(_normalise(case.tensor("style")), STYLE)
    wanted = [judge(_normalise(x), STYLE) for x in frames]
    got = [judge(_normalise((x + 1) / 2), STYLE) for x in styled]
    content = [F.mse_loss(a[CONTENT], b[CONTENT]) for a, b in zip(got, wanted, strict=True)]
    style = [
        (_compute_gram(a[layer]) - _compute_gram(target[layer])).square().sum()
        for layer in STYLE
        for a in got
    ]
    return {
        "content": torch.stack(content).sum(),
        "style": torch.stack(style).sum(),
        "tv": torch.stack([total_variation(x) for x in styled]).sum(),
    }


def _make_safwans_network(prefix: str) -> ReCoNet:
    return _convert_published(SAFWAN, dict(safwan_layers()), prefix)


def _make_papers_network(prefix: str, *, filtered: bool = False) -> ReCoNet:
    convs, norms = paper_layers()
    return _convert_published(PAPER, dict([*convs, *norms]), prefix, filtered=filtered)


def _convert_published(
    form: Form, layers: Mapping[str, str], prefix: str, *, filtered: bool = False
) -> ReCoNet:
    """Return the network of pseudo-weights, recognised and converted like a published file."""
    with torch.device("meta"):
        own = shapes_of(ReCoNet(form).state_dict())
    shapes = {
        f"{t}.{kind}": own[f"{o}.{kind}"] for t, o in layers.items() for kind in ("weight", "bias")
    }
    shapes = _list_filter_shapes(shapes) if filtered else shapes
    known = identify(shapes, FORMATS)
    return as_published(reconet_of(known.convert(pseudo_state(shapes, prefix)), known.id))


def _list_filter_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the network with filter response norms."""
    norms = {ours: theirs for theirs, ours in paper_layers()[1]}
    wide = {name: (1, *shapes[f"{name}.weight"], 1, 1) for name in norms.values()}
    taus = {tau: wide[norms[ours]] for ours, tau in thresholds().items()}
    return {name: wide.get(name.rpartition(".")[0], shape) for name, shape in shapes.items()} | taus


def _judge(case: Case) -> VGG:
    pairs = [(t.removeprefix("features."), o) for t, o in torchvision_pairs(VGG16[:4])]
    return pseudo_network(VGG(VGG16[:4], FULL[:4]), pairs, case.meta["vgg_prefix"])


def _compute_gram(features: Tensor) -> Tensor:
    return gram(features, divide_by="all")


def _normalise(x: Tensor) -> Tensor:
    mean, std = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return (x - mean) / std
