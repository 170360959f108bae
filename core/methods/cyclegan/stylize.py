"""One network a name, its norms fixed to the moments of the whole picture."""

from ...named import prepare_with
from .network import SCALE
from .weights import load_network

prepare = prepare_with(load_network, multiple=SCALE)
"""Load each style's network and measure its norms; pictures of several networks are averaged."""
