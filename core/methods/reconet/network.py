"""The networks of styles: ReCoNet's, which is in ``nn.reconet``.

Ours is a third as wide as the paper's, and its last kernel is small.
"""

from ...nn.reconet import Form, ReCoNet
from ...nn.transform_net import SCALE, Sizes

__all__ = ["COMPACT", "PAPER", "SAFWAN", "SCALE", "Form", "ReCoNet"]

COMPACT = Form(Sizes((16, 32, 64), 4, 9, 3))
PAPER = Form(Sizes((48, 96, 192), 4, 9, 9))
SAFWAN = Form(Sizes((32, 64, 128), 5, 9, 9), rectified=False)
