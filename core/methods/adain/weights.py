"""AdaIN's published decoder. Its encoder is the normalised VGG-19 that several methods share."""

from ...checkpoints.vgg import decoder_format, flat_decoder

FORMATS = (
    decoder_format(
        "adain-decoder",
        flat_decoder("relu4_1"),
        "relu4_1",
        role="adain",
        source="github.com/naoto0804/pytorch-AdaIN",
        licence="MIT",
        file="decoder.pth",  # CCPL's decoders have the same tensors
    ),
)
