"""Changing settings for a while and restoring them afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def meanwhile(owner: Any, values: Mapping[str, Any]) -> Iterator[None]:
    """Set other values on an owner until the block ends; names that it does not have are skipped.

    Values are set, and set back, in the given order, because one may be needed for the next.
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
