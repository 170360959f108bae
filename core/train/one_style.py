"""Train a network for one style picture; from the first minute on it can be used and previewed."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import styles
from ..checkpoints.store import CATALOG, SUFFIX, Store
from ..checkpoints.write import write_state
from ..errors import ParamsError, StylizeError
from ..imaging.image import load_image
from ..nn.encoder import Encoder
from ..picture.run import STYLE_SIDE
from ..picture.tensors import to_tensor
from ..progress import Report, ignore
from .loop import fit
from .msgnet import shown_at
from .pictures import write_rows
from .recipes import Recipe, Setup, averaged_state, find_recipe
from .sources import contents
from .teacher import Judge, OwnJudge
from .train import DATA, LICENCE, RENDERED, write_weights

PREVIEW = 384
"""Longest side in pixels of each picture in the preview."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A style to learn, and the data to learn from."""

    style: str
    """A picture's path, or ``builtin:<name>``."""
    scale: float = 1.0
    """Brush width; at 1 the style picture is 512 pixels long."""
    data: Path | None = None
    """Folder of content pictures; None: composed scenes."""
    teacher: Path | None = None
    """The published network that measures losses; None: our own encoder."""
    renders: Path | None = None
    """Folder of rendered sequences, for networks that learn from motion; None: moving layers."""
    steps: int | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """The style's name: its picture's file name without the suffix."""
        return styles.resolve(self.style).stem

    def key(self) -> str:
        """Return a key that is different for every lesson."""
        seen = hashlib.sha256(styles.resolve(self.style).read_bytes())
        return f"{seen.hexdigest()[:16]} at {self.scale:g}"


def target_of(out: Path, name: str, recipe: str) -> Path:
    """Return the weight file for ``out``: itself or, in a folder, a file named by recipe and style."""
    if out.is_dir():
        return out / f"compact.{recipe}_{name}{SUFFIX}"
    return out if out.suffix == SUFFIX else out.with_name(f"{out.name}{SUFFIX}")


def train_style(name: str, lesson: Lesson, out: Path, report: Report = ignore) -> list[Path]:
    """Train a recipe for one style, or resume; return the weight file and its preview.

    Every minute the current network and a preview (a content beside its picture) are written; from a
    ``.checkpoint`` beside them a stopped run resumes.

    Raises:
        ParamsError: if the recipe is not for one style.
        StylizeError: if a picture cannot be read, or the checkpoint is another style's.
    """
    recipe = find_recipe(name)
    if not recipe.styled:
        raise ParamsError(
            f"{name} is not trained for one style; name no style and no file", "style"
        )
    schedule = recipe.schedule
    schedule = schedule if lesson.steps is None else replace(schedule, steps=lesson.steps)
    target = target_of(out, lesson.name, recipe.id)
    setup = _set_up(lesson, report)
    trainee = recipe.build(setup)
    content = _content(trainee.contents)  # pyright: ignore[reportAttributeAccessIssue]  # styled ones have them
    facts = {
        "recipe": _command(recipe, lesson, schedule.steps),
        "licence": LICENCE,
        "data": _data_of(lesson),
    }

    def save(averaged: nn.Module, step: int, seconds: float) -> None:
        (state,) = recipe.export(trainee, averaged_state(averaged)).values()
        write(target, state, {**facts, "steps": step, "seconds": round(seconds)})
        write_preview(target.with_suffix(".png"), averaged, content)

    target.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = target.with_suffix(".checkpoint")
    options = {"seed": lesson.seed, "key": lesson.key(), "on_save": save}
    averaged, seconds = fit(trainee, schedule, checkpoint, report, **options)
    if not target.exists():
        save(averaged, schedule.steps, seconds)
    return [target, target.with_suffix(".png")]


def _set_up(lesson: Lesson, report: Report) -> Setup:
    load = Store().load
    judge = Judge(lesson.teacher) if lesson.teacher else own_judge(load)
    picture = to_tensor(load_image(styles.resolve(lesson.style)).rgb)
    style_picture = shown_at(picture, STYLE_SIDE * lesson.scale)
    name = lesson.name if lesson.style.startswith(styles.PREFIX) else ""
    return Setup(lesson.data, judge, load, lesson.seed, style_picture, report, name, lesson.renders)


def own_judge(load: Callable[[str], dict[str, Tensor]]) -> Judge:
    """Return our own encoder as a judge, for those who have no published network."""
    encoder = Encoder()
    encoder.load_state_dict(load("compact.encoder"))
    return OwnJudge(encoder)


def _command(recipe: Recipe, lesson: Lesson, steps: int) -> str:
    style = lesson.style if lesson.style.startswith(styles.PREFIX) else Path(lesson.style).name
    return (
        f"python -m core train {recipe.id} --style {style} --style-scale {lesson.scale:g} "
        f"--steps {steps} --seed {lesson.seed}" + (" --renders DIR" if lesson.renders else "")
    )


def _data_of(lesson: Lesson) -> str:
    """Return a description of the contents that a network was trained on."""
    if lesson.data is None:
        return "scenes composed as those of the built-in styles are (core/styles/recipes.py)"
    try:
        contents(lesson.data)
    except StylizeError:
        return "pictures of the user's own"
    return DATA + (RENDERED if lesson.renders else "")


def write(target: Path, state: Mapping[str, Tensor], facts: Mapping[str, object]) -> None:
    """Write a network in half precision; its facts go into the folder's catalogue or else the file."""
    if (target.parent / CATALOG).exists():
        write_weights(target.parent, target.name.removesuffix(SUFFIX), dict(state), dict(facts))
    else:
        texts = {key: str(value) for key, value in facts.items()}
        write_state(target, state, texts, dtype=torch.float16)


def _content(pool: list[Tensor]) -> Tensor:
    """Return one of the content pictures at the preview's size, (1, 3, H, W) in [0, 1]."""
    return shown_at(pool[len(pool) // 2][None].float() / 255, PREVIEW)


@torch.no_grad()
def write_preview(path: Path, network: nn.Module, content: Tensor) -> None:
    """Write a content picture (1, 3, H, W) and, beside it, a network's result."""
    picture = network(content)[..., : content.shape[-2], : content.shape[-1]]
    write_rows(path, [[content, picture]])
