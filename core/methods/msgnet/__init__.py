"""MSG-Net: one small network for many trained styles; a larger style picture gives larger strokes."""

from ...card import Card

CARD = Card(
    id="msgnet",
    number=6,
    title="MSG-Net",
    look="Wide Brush",
    summary="Many trained styles in one small network; the style's scale sets the width of the brush",
    paper="Zhang & Dana, Multi-style Generative Network for Real-time Transfer",
    year=2017,
    licence="MIT",
    call="local",
    thumbnail=True,
    module="methods.msgnet.stylize",
    backbones=("compact", "published"),
    networks=("msgnet",),
    styles="both",
    bytes_per_pixel=2700,  # of the published network; ours takes a quarter of it
    kept_bytes_per_pixel=256,
    halo=40,
)
