"""Settings that are other ones for a while, and exactly what they were afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def meanwhile(owner: Any, values: Mapping[str, Any]) -> Iterator[None]:
    """Give an owner other values; names that it does not have are left out.

    Values are set, and set back, in the order given: one may allow the next.
    """
    names = [name for name in values if hasattr(owner, name)]
    before = [getattr(owner, name) for name in names]
    try:
        for name in names:
            setattr(owner, name, values[name])
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(owner, name, value)
