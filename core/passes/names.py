"""One name for each pass, for all versions and engines of Blender."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Known:
    """A pass: our name, its spellings in files, and its setting in Blender."""

    name: str
    spelled: tuple[str, ...]
    """Case, spaces and underscores are ignored."""
    switch: str = ""
    """Its setting under View Layer Properties > Passes."""


_CYCLES = " (Cycles alone; Cryptomatte does the same in EEVEE)"
KNOWN = (
    Known("combined", ("Combined", "Image", "RGBA"), "Data > Combined"),
    Known("alpha", ("Alpha",), "Data > Combined"),
    Known("depth", ("Depth", "Z"), "Data > Depth, which is Z before Blender 5.0"),
    Known("mist", ("Mist",), "Data > Mist"),
    Known("position", ("Position",), "Data > Position"),
    Known("normal", ("Normal",), "Data > Normal"),
    Known("vector", ("Vector", "Speed"), "Data > Vector, with Motion Blur off"),
    Known("uv", ("UV",), "Data > UV (Cycles alone)"),
    Known("object_index", ("Object Index", "IndexOB"), "Data > Object Index" + _CYCLES),
    Known("material_index", ("Material Index", "IndexMA"), "Data > Material Index" + _CYCLES),
    Known("diffuse_direct", ("Diffuse Direct", "DiffDir"), "Light > Diffuse > Direct"),
    Known("diffuse_indirect", ("Diffuse Indirect", "DiffInd"), "Light > Diffuse > Indirect"),
    Known("diffuse_color", ("Diffuse Color", "DiffCol"), "Light > Diffuse > Color"),
    Known("glossy_direct", ("Glossy Direct", "GlossDir"), "Light > Glossy > Direct"),
    Known("glossy_indirect", ("Glossy Indirect", "GlossInd"), "Light > Glossy > Indirect"),
    Known("glossy_color", ("Glossy Color", "GlossCol"), "Light > Glossy > Color"),
    Known(
        "transmission_direct", ("Transmission Direct", "TransDir"), "Light > Transmission > Direct"
    ),
    Known(
        "transmission_indirect",
        ("Transmission Indirect", "TransInd"),
        "Light > Transmission > Indirect",
    ),
    Known("transmission_color", ("Transmission Color", "TransCol"), "Light > Transmission > Color"),
    Known("volume_direct", ("Volume Direct", "VolumeDir"), "Light > Volume > Direct"),
    Known("volume_indirect", ("Volume Indirect", "VolumeInd"), "Light > Volume > Indirect"),
    Known("emission", ("Emission", "Emit"), "Light > Other > Emission"),
    Known("environment", ("Environment", "Env"), "Light > Other > Environment"),
    Known("ambient_occlusion", ("Ambient Occlusion", "AO"), "Light > Other > Ambient Occlusion"),
    Known("shadow", ("Shadow",), "Light > Other > Shadow (EEVEE alone)"),
    Known("shadow_catcher", ("Shadow Catcher",), "Light > Other > Shadow Catcher (Cycles alone)"),
    Known("cryptomatte_object", ("CryptoObject",), "Cryptomatte > Object"),
    Known("cryptomatte_material", ("CryptoMaterial",), "Cryptomatte > Material"),
    Known("cryptomatte_asset", ("CryptoAsset",), "Cryptomatte > Asset"),
    Known("noisy_image", ("Noisy Image",), "Data > Denoising Data (Cycles alone)"),
    Known("denoising_normal", ("Denoising Normal",), "Data > Denoising Data (Cycles alone)"),
    Known("denoising_albedo", ("Denoising Albedo",), "Data > Denoising Data (Cycles alone)"),
    Known("denoising_depth", ("Denoising Depth",), "Data > Denoising Data (Cycles alone)"),
)
"""Passes of Blender 4.2 to 5.2. What is none of them, an AOV for instance, keeps the file's own name."""
RANKED = re.compile(r"(.*crypto.*?)(\d\d)", re.IGNORECASE)
"""A Cryptomatte's channels come in groups of four, numbered from 00."""


def _plain(spelled: str) -> str:
    return re.sub(r"[ _]", "", spelled).lower()


_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {_plain(spelled): known.name for known in KNOWN for spelled in (known.name, *known.spelled)}
)


def pass_name(spelled: str) -> tuple[str, int]:
    """Return our name for a file's spelling of a pass, and the rank of a Cryptomatte's group, else 0."""
    ranked = RANKED.fullmatch(spelled)
    if ranked:
        return pass_name(ranked[1])[0], int(ranked[2])
    return _SPELLINGS.get(_plain(spelled), spelled), 0


def how_to_get(name: str) -> str:
    """Return how to get a pass in Blender, as the end of a sentence."""
    switch = next((known.switch for known in KNOWN if known.name == name), "")
    if not switch:
        return "Blender has no pass of this name; an AOV must be added in the view layer's passes"
    return f"turn on View Layer Properties > Passes > {switch}, and render again"
