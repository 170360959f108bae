"""The network of one style: the image transformation network of Johnson et al. (``nn.transform_net``).

The network of pytorch/examples works on 0 … 255; here that factor is in its first and last weights.
Ours is half as wide, and its last kernel is small: the published network's 9x9 kernel to three channels takes
a third of its time.
"""

from ...nn.transform_net import SCALE, Sizes, TransformNet

__all__ = ["COMPACT", "PUBLISHED", "SCALE", "TransformNet"]

PUBLISHED = Sizes((32, 64, 128), 5, 9, 9)
COMPACT = Sizes((16, 32, 64), 4, 9, 3)
