"""Transport: our own method, the default. Any style, small, exact under tiling."""

from ...card import Card

CARD = Card(
    id="transport",
    number=1,
    title="Transport",
    look="Painterly",
    summary="Any style in one pass: colours, strokes and texture, content stays readable",
    paper="of this project; docs/methods/transport.md",
    year=2026,
    licence="GPL-3.0-or-later",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.transport.stylize",
    backbones=("compact",),
    networks=("transport",),
    bytes_per_pixel=600,
    halo=48,
)
