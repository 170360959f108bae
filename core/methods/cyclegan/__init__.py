"""CycleGAN: a network for each way between two domains, trained on pictures that are no pairs."""

from ...card import Card

CARD = Card(
    id="cyclegan",
    number=23,
    title="CycleGAN",
    look="One Trained Change",
    summary="One trained change a network: photo to painting, summer to winter, or back",
    paper="Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    year=2017,
    licence="BSD-2-Clause",
    call="local",
    thumbnail=True,
    brush="canvas",
    palette=False,
    module="methods.cyclegan.stylize",
    backbones=("compact", "published"),
    encoder=False,
    networks=("cyclegan_",),
    styles="names",
    max_styles=4,
    bytes_per_pixel=2600,
    kept_bytes_per_pixel=256,
    halo=96,
)
