"""Blender's properties, made from the settings that the engine declares."""

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any, cast

from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..core.errors import StylizeError
from ..core.fields import is_share, label_of

LARGEST = 2**31 - 1
"""The largest whole number that a property holds."""
FINEST = 1 / 20
"""Of a default, the smallest value where one must be above 0."""


def shared_fields(request: type, *groups: str) -> Iterator[Field[Any]]:
    """Give the fields of a request, below these headings, that are set by hand in Blender too."""
    for declared in fields(request):
        facts = declared.metadata
        if facts and facts["whom"] == "all" and facts["group"] in groups and not facts["read"]:
            yield declared


def name_setting(error: StylizeError, *requests: type) -> str:
    """Return an error's sentence, with the name that Blender has for the setting it speaks of."""
    labels = {f.name: label_of(f) for kind in requests for f in fields(kind) if f.metadata}
    label, text = labels.get(error.setting, ""), str(error)
    text = text[:1].upper() + text[1:]
    return text if label.lower() in text.lower() else f"{text} ({label})"


def property_of(declared: Field[Any], **more: Any) -> Any:
    """Return the property of one setting.

    Args:
        declared: The setting.
        **more: What Blender says otherwise: the items of a list, with names and tooltips.
    """
    facts, default = declared.metadata, declared.default
    help_ = facts["help"]
    words = {"name": label_of(declared), "description": help_[:1].upper() + help_[1:], **more}
    if facts["choices"] or "items" in more:
        known = [(name, name.replace("_", " ").title(), "") for name in facts["choices"]]
        return EnumProperty(default=default, **{"items": known, **words})
    if isinstance(default, bool):
        return BoolProperty(default=default, **words)
    if isinstance(default, int):
        return IntProperty(default=default, **words, **_span(declared))
    if isinstance(default, float):
        kind = {"subtype": "FACTOR"} if is_share(declared) else {}
        return FloatProperty(default=default, **words, **_span(declared), **kind)
    return StringProperty(default=default or "", **words)


def _span(declared: Field[Any]) -> dict[str, Any]:
    """Return the ends of a number's range, and of its slider."""
    facts, default = declared.metadata, cast("float", declared.default)
    kind = type(default)
    low, high = facts["min"], facts["max"]
    if facts["above"] is not None:
        low = max(facts["above"], default * FINEST)
    ends = zip(("soft_min", "soft_max"), facts["soft"] or (None, None), strict=True)
    span = {"min": low, "max": high, **dict(ends)}
    limit = LARGEST if kind is int else float("inf")
    return {
        name: kind(max(-limit, min(limit, end))) for name, end in span.items() if end is not None
    }
