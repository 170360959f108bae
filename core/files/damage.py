"""Damaged files: any exception of a library becomes one of our sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StylizeError

SAID = 160
"""Most letters of a library's message that are repeated."""


@contextmanager
def explain_damage(kind: type[StylizeError], sentence: str) -> Iterator[None]:
    """Turn any exception of the block into ``kind``, a child of StylizeError.

    A library that reads a broken file may raise any exception, so none is listed here.

    Args:
        kind: The class that is raised; our own errors pass unchanged.
        sentence: The message; ``{reason}`` in it is replaced by the library's first line.
    """
    try:
        yield
    except StylizeError:
        raise
    except Exception as error:
        raise kind(sentence.replace("{reason}", reason_of(error))) from error


def reason_of(error: BaseException) -> str:
    """Return an error's message as part of a sentence: one line, not too long, never empty."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(words.split()) or type(error).__name__
    return line if len(line) <= SAID else f"{line[:SAID]} …"
