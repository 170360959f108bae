"""Johnson's feed-forward networks: one small network for each style, trained from one picture of it."""

from ...card import Card

CARD = Card(
    id="johnson",
    number=5,
    title="Johnson",
    look="One Trained Style",
    summary="One trained style a network: its strokes learnt by heart, bold and steady",
    paper="Johnson et al., Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
    year=2016,
    licence="BSD-3-Clause",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.johnson.stylize",
    backbones=("compact", "published"),
    networks=("johnson_",),
    styles="names",
    max_styles=4,
    bytes_per_pixel=1100,  # of the published network; ours takes half of it
    kept_bytes_per_pixel=64,
    halo=56,
)
