"""Files of others: whatever a library raises about a broken one becomes a sentence of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StylizeError

SAID = 160
"""Letters of a library's own words that are repeated."""


@contextmanager
def explain_damage(kind: type[StylizeError], sentence: str) -> Iterator[None]:
    """Turn any exception of the block into ``kind``, a child of StylizeError.

    A library that is given a broken file may raise anything at all: what holds for the sorts that have been
    seen so far does not hold for the next one.

    Args:
        kind: What is raised; errors of ours pass as they are.
        sentence: What is said; ``{reason}`` in it is replaced by the library's first line.
    """
    try:
        yield
    except StylizeError:
        raise
    except Exception as error:
        raise kind(sentence.replace("{reason}", reason_of(error))) from error


def reason_of(error: BaseException) -> str:
    """Return an error's own words as a part of a sentence: one line, not too long, never empty."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(words.split()) or type(error).__name__
    return line if len(line) <= SAID else f"{line[:SAID]} …"
