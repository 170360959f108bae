"""What can go wrong, in words for an artist: what came, what was wanted, what to do."""


class StylizeError(Exception):
    """A job cannot be done; the message is one plain sentence for the user.

    ``setting`` is the name of the field of the request that would help, if one would: each front end adds how
    it is set there.
    """

    def __init__(self, message: str = "", setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class PictureError(StylizeError):
    """A picture cannot be read or written."""


class WeightsError(StylizeError):
    """A network's file is missing, damaged, or not what it should be."""


class ParamsError(StylizeError):
    """A setting is out of its range or unknown."""


class Cancelled(Exception):
    """The user stopped the job. Raised from a report, never caught below the edge."""


def readable(text: str) -> str:
    """Return a text that every terminal can print: bytes that are not UTF-8 are written as escapes."""
    return text.encode(errors="backslashreplace").decode()


OUT_OF_MEMORY = (
    "there is not enough memory for this; set a lower memory limit, so that it is done in smaller tiles, "
    "or make the picture smaller"
)
SHORT = ("out of memory", "not enough memory", "can't allocate memory", "insufficient memory", "bad_alloc",
         "failed to allocate")  # fmt: skip  # a list to scan
"""Messages, in lower case, of libraries that raise no MemoryError: torch's allocators, OpenCV, C++."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory has run out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in SHORT)
