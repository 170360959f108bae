"""Networks with random weights: for tests, and to time widths without shipped weights."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor, nn

from ..checkpoints.store import SUFFIX
from ..checkpoints.write import write_state
from ..methods.adaptive_style.network import Generator as AdaptiveStyle
from ..methods.ccpl.network import FIRST, HALVINGS, CovarianceTransform
from ..methods.ccpl.network import LEVELS as CCPL_LEVELS
from ..methods.covst.network import Mask
from ..methods.cyclegan.network import Generator as CycleGAN
from ..methods.fast_multi_video.network import VideoNet
from ..methods.johnson.network import COMPACT as JOHNSON
from ..methods.linear.network import LinearModule
from ..methods.metanet.network import MetaNet
from ..methods.microast.network import MicroAST
from ..methods.msgnet.network import Network as MsgNet
from ..methods.msgnet.weights import STYLE
from ..methods.munit import DOMAINS
from ..methods.munit.network import Generator as Munit
from ..methods.pca_kd import STUDENTS
from ..methods.pca_kd.network import Student
from ..methods.photowct.weights import STAGES
from ..methods.reconet.network import COMPACT as RECONET
from ..methods.reconet.network import ReCoNet
from ..methods.transport.network import CODE, CODE_LEVELS
from ..methods.transport.network import Decoder as TransportDecoder
from ..nn.decoder import Decoder
from ..nn.encoder import COMPACT, FULL, LEVELS, Encoder
from ..nn.flownet import COMPACT as FLOWNET
from ..nn.flownet import FlowNet
from ..nn.propagation import COMPACT as PROPAGATION
from ..nn.propagation import PropagationNet
from ..nn.transform_net import Sizes, TransformNet

WIDTHS = {"compact": COMPACT, "vgg19": FULL}
NAMED = ("oil", "mosaic")
"""Styles that networks with styles of their own know."""
SCALE = 10.0
"""About the deviation of these networks' features."""
STUDENT_FIRST = ("encoder.0.conv1_1.weight", "encoder.0.conv1.weight")
"""What makes PCA-KD's features strong: weak ones would hardly move beside the identity that it adds."""


def write_untrained(folder: Path, backbone: str = "compact", seed: int = 0) -> None:
    """Write every network that the methods need for a backbone into ``folder``, random but reproducible.

    Weights keep the scale of features, so results are pictures, though ugly.
    """
    for name, network in _networks(WIDTHS[backbone]):
        torch.manual_seed(crc32(name.encode()) + seed)  # its own: another network changes none
        state = _random(network)
        if name == "transport":
            state |= {f"scale.{level}": torch.tensor(SCALE) for level in CODE_LEVELS}
            state |= {"code.low": torch.full((CODE,), -9.0), "code.high": torch.full((CODE,), 9.0)}
        if name == "photowct":
            state |= {f"unit.relu{k}_1": torch.tensor(SCALE) for k in STAGES}
        if name.startswith("pca_kd"):
            state |= {k: SCALE * v for k, v in state.items() if k in STUDENT_FIRST}
        if name == "fast_multi_video":
            state = {k: _rows(k, v) if ".norm" in k else v for k, v in state.items()}
            state |= {f"{STYLE}{style}": torch.tensor(n) for n, style in enumerate(NAMED)}
        if name == "msgnet":
            state |= {f"{STYLE}{style}": _gram(network) for style in NAMED}
        path = folder / f"{backbone}.{name}{SUFFIX}"
        write_state(path, state, {"source": "random weights"}, dtype=torch.float16)


def _networks(widths: Sequence[int]) -> Iterator[tuple[str, nn.Module]]:
    yield "encoder", Encoder(widths)
    for level in LEVELS:
        yield f"decoder_{level}", Decoder(widths, level)
    for level in ("relu3_1", "relu4_1"):
        yield f"adain_{level}", Decoder(widths, level)
        yield f"linear_{level}", LinearModule(widths[LEVELS.index(level)])
    yield "style_swap_relu3_1", Decoder(widths, "relu3_1")
    for mode, level in CCPL_LEVELS.items():
        yield f"ccpl_{mode}", Decoder(widths, level, first=FIRST[mode])
        channels = widths[LEVELS.index(level)]
        yield f"ccpl_sct_{mode}", CovarianceTransform(channels, HALVINGS[mode])
    yield "photowct", nn.ModuleDict(dict(_photowct(widths)))
    yield "propagation_relu4_1", PropagationNet(PROPAGATION if tuple(widths) == COMPACT else 32)
    if tuple(widths) == COMPACT:
        yield "heads", _squares(widths)
        yield "transport", TransportDecoder()
        yield from ((f"johnson_{style}", TransformNet(JOHNSON)) for style in NAMED)
        yield from ((f"reconet_{style}", ReCoNet(RECONET)) for style in NAMED)
        yield from (
            (f"munit_{name}", nn.ModuleDict({k: Munit() for k in "ab"}))
            for name in (*DOMAINS, *NAMED)
        )
        for style in NAMED:
            yield f"cyclegan_{style}", CycleGAN()
            yield f"adaptive_style_{style}", AdaptiveStyle()
        yield "flownet", FlowNet(FLOWNET)
        yield "covst", _covst()
        yield "fast_multi_video", VideoNet()
        yield "msgnet", MsgNet()
        yield "metanet", MetaNet(2 * sum(widths[:4]), Sizes(blocks=1), group=8, rank=2)
        yield "microast", MicroAST()
        yield from ((f"pca_kd_{kind}", Student(kind)) for kind in STUDENTS)


def _covst() -> nn.Module:
    masks = {style: Mask(RECONET.sizes.widths[2]) for style in NAMED}
    return nn.ModuleDict({"mask": nn.ModuleDict(masks)})


def _squares(widths: Sequence[int]) -> nn.Module:
    sizes = zip(LEVELS, widths, strict=True)
    return nn.ParameterDict({k: torch.empty(n + 1, n + 1) for k, n in sizes})


def _photowct(widths: Sequence[int]) -> Iterator[tuple[str, nn.Module]]:
    for k in STAGES:
        yield f"decoder{k}", Decoder(widths, f"relu{k}_1")
        if tuple(widths) == FULL:
            yield f"encoder{k}", Encoder(widths, f"relu{k}_1")


def _random(network: nn.Module) -> dict[str, Tensor]:
    """Return He's weights, which keep the scale through ReLUs; last layers give low contrast around grey."""
    drawn = {name for name, _ in network.named_parameters()}
    state = network.state_dict()
    return {k: _draw_numbers(k, v) if k in drawn else v for k, v in state.items()}


def _draw_numbers(name: str, value: Tensor) -> Tensor:
    painted = len(value) == 3 and not ("input" in name or "preprocess" in name)
    if value.ndim < 2 and name.endswith("weight"):  # a norm's
        return 1 + 0.1 * torch.randn_like(value)
    if value.ndim < 2:
        return 0.01 * torch.randn_like(value) + (
            0.5 if painted and "to_picture" not in name else 0.0
        )
    gain = 0.02 if painted or value.ndim == 2 else 2.0
    return torch.randn_like(value) * (gain / value[0].numel()) ** 0.5


def _gram(network: nn.Module) -> Tensor:
    """Return a random Gram matrix for an MSG-Net."""
    features = torch.randn(len(dict(network.named_parameters())["match"]), 64).relu()
    return features @ features.T / features.numel()


def _rows(name: str, value: Tensor) -> Tensor:
    """Return a norm's tensor of one style repeated for all named styles, (S, C)."""
    return torch.stack([_draw_numbers(name, value) for _ in NAMED])
