"""Train one recipe and write its weights with their facts."""

import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as serialize
from torch import Tensor

from ..checkpoints.store import CATALOG, SUFFIX, Store
from ..errors import ParamsError
from ..progress import Report, ignore
from .loop import fit
from .recipes import Setup, averaged_state, find_recipe
from .teacher import Judge

LICENCE = "GPL-3.0-or-later"
DATA = "openly licensed photos, textures and panoramas; public-domain paintings (core/train/sources.py)"
RENDERED = "; sequences rendered by tools/render_flow.py"


def train(  # noqa: PLR0913  # all but the first are named by the caller
    name: str,
    data: Path,
    teacher: Path,
    out: Path,
    *,
    steps: int | None = None,
    seed: int = 0,
    renders: Path | None = None,
    report: Report = ignore,
) -> list[Path]:
    """Train a recipe, or resume, and return the weight files that it wrote into ``out``.

    A stopped run resumes from the checkpoint ``<recipe>.checkpoint`` beside them.
    """
    recipe = find_recipe(name)
    if recipe.styled:
        raise ParamsError(f"{name} learns one style: give its picture", "style")
    if recipe.domains:
        raise ParamsError(f"{name} learns from two folders: give both")
    out.mkdir(parents=True, exist_ok=True)
    schedule = recipe.schedule if steps is None else replace(recipe.schedule, steps=steps)
    setup = Setup(data, Judge(teacher), Store.at(out).load, seed, renders=renders)
    trainee = recipe.build(setup)
    averaged, seconds = fit(trainee, schedule, out / f"{name}.checkpoint", report, seed=seed)
    states = recipe.export(trainee, averaged_state(averaged))
    facts = {
        "licence": LICENCE,
        "recipe": f"python -m core train {name} --steps {schedule.steps} --seed {seed}"
        + (" --renders DIR" if renders else ""),
        "data": DATA + (RENDERED if renders else ""),
        "steps": schedule.steps,
        "seconds": round(seconds),
    }
    return [write_weights(out, weights, state, facts) for weights, state in states.items()]


def write_weights(folder: Path, name: str, state: dict[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write a network in half precision and its facts into the folder's catalog; return the file."""
    half = {k: v.detach().to(torch.float16).contiguous() for k, v in state.items()}
    content = serialize(half, {"name": name, "licence": str(facts["licence"])})
    path = folder / f"{name}{SUFFIX}"
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), **facts}
    _write_catalog(folder / CATALOG, name, entry)
    return path


def _write_catalog(path: Path, name: str, entry: dict[str, Any]) -> None:
    catalog = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    old = catalog.get(name, {})
    catalog[name] = {**entry, **({"scores": old["scores"]} if "scores" in old else {})}
    lines = ["# Weights trained by this project; written by core/train.\n"]
    for key, facts in sorted(catalog.items()):
        lines += [f'\n["{key}"]\n', *(f"{k} = {_toml(v)}\n" for k, v in facts.items())]
    path.write_text("".join(lines), encoding="utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return (
        str(value) if isinstance(value, int | float) else '"' + str(value).replace('"', "'") + '"'
    )
