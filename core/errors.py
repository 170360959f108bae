"""What can go wrong, in words for an artist: what came, what was wanted, what to do."""


class StylizeError(Exception):
    """A job cannot be done; the message is one plain sentence for the user."""


class PictureError(StylizeError):
    """A picture cannot be read or written."""


class WeightsError(StylizeError):
    """A network's file is missing, damaged, or not what it should be."""


class ParamsError(StylizeError):
    """A setting is out of its range or unknown."""


class Cancelled(Exception):
    """The user stopped the job. Raised from a report, never caught below the edge."""


def readable(text: str) -> str:
    """Return a text that any screen takes: bytes of names that are no UTF-8 are spelled out."""
    return text.encode(errors="backslashreplace").decode()
