"""Adaptive style transfer: one network an artist, trained on all of their work."""

from ...card import Card

CARD = Card(
    id="adaptive_style",
    number=24,
    title="Adaptive Style",
    look="One Artist",
    summary="One network an artist, which has seen all of their work: broad, sure strokes at high resolution",
    paper="Sanakoyeu et al., A Style-Aware Content Loss for Real-time HD Style Transfer",
    year=2018,
    licence="GPL-3.0",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.adaptive_style.stylize",
    backbones=("compact", "published"),
    encoder=False,
    networks=("adaptive_style_",),
    styles="names",
    max_styles=4,
    bytes_per_pixel=2600,
    kept_bytes_per_pixel=128,
    halo=416,
)
