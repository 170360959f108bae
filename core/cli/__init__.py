"""The command line: ``python -m core``. Torch is imported only when a command has work for it.

Exit codes: 0 done, 1 the job failed, 2 wrong usage, 130 cancelled. What went wrong is one line on stderr.
"""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

from ..errors import OUT_OF_MEMORY, Cancelled, StylizeError, is_out_of_memory, readable
from .arguments import UsageError, parse, say_option

DONE, FAILED, USAGE, CANCELLED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``argv`` defaults to the process's own."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        arguments.command(arguments)
    except UsageError as error:
        return _fail(f"{error} (see {error.program} --help)", USAGE)
    except StylizeError as error:
        return _fail(say_option(error), FAILED)
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {error.strerror or error}", FAILED)
    except (Cancelled, KeyboardInterrupt):
        return _fail("cancelled", CANCELLED)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return _fail(OUT_OF_MEMORY, FAILED)
    return DONE


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # signal's signature
    """End on SIGTERM as on Ctrl-C, so that a farm's kill leaves nothing behind either."""
    raise KeyboardInterrupt


def _fail(sentence: str, code: int) -> int:
    line = readable(" ".join(sentence.split()))
    print(f"stylize: {line}", file=sys.stderr)  # noqa: T201  # the command line speaks
    return code
