"""What can be said of a bake of the toon look."""

from dataclasses import dataclass

from ...core.fields import param

LOOK, COLORS = "look", "colors"
UNLIT, PBR = "unlit", "pbr"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToonBake:
    """A bake of objects that are shown as toon."""

    what: str = param(
        LOOK,
        choices=(LOOK, COLORS),
        help="the look in the scene's light, with shadows, or the colors alone, for any light to fall on",
    )
    lamp: str = param("", help="the lamp in whose light it is baked; empty: all lamps of the scene")
    seen: bool = param(
        False,
        label="As Seen",
        help="highlights, rims and dots too, as the scene's camera sees them; else they are left out",
    )
    material: str = param(
        UNLIT,
        choices=(UNLIT, PBR),
        help="how the look is shown: unlit (KHR_materials_unlit), or as the light of an ordinary material",
    )
    size: int = param(1024, min=16, max=8192, unit="PIXELS", help="side of the pictures")
    samples: int = param(32, min=1, max=4096, help="samples of each pixel")
