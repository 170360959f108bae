"""One training at a time for each checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import StylizeError


@contextmanager
def hold(checkpoint: Path) -> Iterator[None]:
    """Keep others from training into a checkpoint until the block ends.

    The system holds the lock, a file beside it, for this process alone, and lets go of it however the process
    ends; so a file that a killed run has left keeps nobody out.

    Raises:
        StylizeError: if another training holds it, or the folder cannot be written to.
    """
    lock = FileLock(checkpoint.with_name(f"{checkpoint.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise StylizeError(
            f"another training is writing {checkpoint}; wait for it, stop it, or choose another output"
        ) from error
    except (OSError, NotImplementedError) as error:
        raise StylizeError(
            f"{lock.lock_file} cannot be written ({error}); choose another folder"
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # before it is let go: afterwards another's would be removed
            Path(lock.lock_file).unlink()
        lock.release()
