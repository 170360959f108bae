"""``python -m core``: the engine's command line."""

import sys

from .cli import main
from .threads import wait_passively

wait_passively()
sys.exit(main())
