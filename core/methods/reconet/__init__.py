"""ReCoNet: one network per style, trained to paint moving things as in the previous frame."""

from ...card import Card

CARD = Card(
    id="reconet",
    number=7,
    title="ReCoNet",
    look="Bold and Steady",
    summary="One trained style a network, calm in video: strokes stay where they are from frame to frame",
    paper="Gao et al., ReCoNet: Real-time Coherent Video Style Transfer Network",
    year=2018,
    licence="MIT",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.reconet.stylize",
    backbones=("compact", "published"),
    networks=("reconet_",),
    styles="names",
    steady=True,
    max_styles=4,
    bytes_per_pixel=1400,  # of the published network; ours takes a third of it
    kept_bytes_per_pixel=96,
    halo=56,
)
