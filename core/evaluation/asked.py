"""What may be asked to be measured: the judges, and methods with their settings. No torch."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from ..catalog import find_card
from ..errors import ParamsError
from ..files.typed import read_typed
from ..request.check import check
from ..request.layer import Setting
from ..request.picture_job import Job

JUDGES = ("vgg16", "alexnet", "cd16x")
"""The networks that may judge, the default first; ``judges`` says what they are."""
TAKEN = ("content", "output", "styles", "method", "params", "tiles", "layers")
"""Fields of a job that say what is measured, or that are more than one value."""
SETTINGS = tuple(f.name for f in fields(Job) if f.name not in TAKEN)
"""Those that a method can be measured with, besides its own settings."""
NEXT = re.compile(r":(?=[\w-]+=)")
"""Between two settings; a colon inside a value, as in a path of Windows, is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A method with settings: a row of a table of figures, or a candidate on a sheet."""

    method: str
    options: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    """Fields of the job, of ``SETTINGS``."""
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    """The method's own settings."""
    name: str = ""
    """What it is called: as it was typed, but the method's id for ``auto``."""

    def job(self, content: str, output: str, style: str) -> Job:
        """Return the job that makes a result of two files."""
        return read_typed(
            Job,
            {
                **self.options,
                "content": content,
                "output": output,
                "styles": [{"path": style}],
                "method": self.method,
                "params": dict(self.params),
            },
            "job",
        )


def read_asked(text: str, options: Mapping[str, Setting] | None = None) -> Asked:
    """Read ``METHOD[:NAME=VALUE…]``, such as ``transport:strength=0.6:style_scale=2``.

    Args:
        text: What was typed.
        options: Fields of the job where the text says nothing else.

    Raises:
        ParamsError: if the method, a setting or a value is not known.
    """
    method, _, settings = text.partition(":")
    pairs = NEXT.split(settings) if settings else []
    card = find_card(method)
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParamsError(
                f"{text}: {pair!r} is no setting; write METHOD:NAME=VALUE, as in {method}:strength=0.6"
            )
        given[name.replace("-", "_")] = value
    own = {f.name for f in fields(card.params)}
    asked = Asked(
        card.id,
        dict(options or {})
        | {k: _value(v) for k, v in given.items() if k in SETTINGS and k not in own},
        {k: v for k, v in given.items() if k in own or k not in SETTINGS},
        ":".join([card.id, *pairs]),
    )
    check(asked.job("content", "output", "style"), card)
    return asked


def _value(text: str) -> Setting:
    """Return a number or a boolean where the text is one."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
