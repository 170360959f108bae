"""Train the translations that ship, from nothing: python tools/make_translations.py FOLDER [NAME ...].

Domains are drawn into FOLDER, stage after stage is trained there, each beginning with the networks of the
one before, and the last is written as FOLDER/compact.munit_NAME.safetensors; of autumn, both ways as
compact.cyclegan_autumn and compact.cyclegan_summer. Another run goes on with what
is there already.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from make_domains import write as draw_picture

from core.progress import Progress
from core.train.two_domains import Lesson, train_domains


@dataclass(frozen=True, slots=True)
class Stage:
    """One training: on which domain, how many pairs of it, how long."""

    domain: str
    pairs: int
    steps: int
    aligned: bool = False
    method: str = "munit"
    critics: bool = False
    """Whether discriminators take part; such a stage wants a GPU."""


STAGES: Mapping[str, tuple[Stage, ...]] = {
    "rust": (Stage("rust", 118, 2800), Stage("rust_all", 160, 700)),
    "snow": (Stage("snow_all", 260, 2342, aligned=True, critics=True),),
    "wet": (Stage("wet_ways", 300, 2600, aligned=True),),
    "night": (Stage("night_lights", 400, 2327, aligned=True, critics=True),),
    "autumn": (Stage("autumn", 220, 2000, method="cyclegan"),),
}
"""Of each translation, in order. The shipped ones learnt so, while this project's code still changed: made
anew they are alike, not equal."""

BACK = {"autumn": "summer"}
"""What the way back of a translation with a network for each way is called."""


def make(name: str, folder: Path, teacher: Path | None, *, share: float = 1.0) -> list[Path]:
    """Train all stages of a translation; return its weights, there and, if it learns that too, back.

    Args:
        name: one of ``STAGES``.
        folder: where pictures, checkpoints and weights go.
        teacher: the judge's published network; None: our own.
        share: of the usual steps, for a trial.
    """
    begin: Path | None = None
    written: list[Path] = []
    for number, stage in enumerate(STAGES[name]):
        a, b = (draw(stage, folder, side) for side in ("a", "pair_b"))
        steps = max(1, round(stage.steps * share))
        lesson = Lesson(
            a,
            b,
            steps,
            pairs=True,
            aligned=stage.aligned,
            critics=stage.critics,
            begin=begin,
            teacher=teacher,
            device="auto" if stage.critics else "cpu",
        )
        shared = "_".join(one.domain for one in STAGES[name][: number + 1])
        files = train_domains(stage.method, lesson, folder / f"{shared}.safetensors", _say)
        written = [path for path in files if path.suffix == ".safetensors"]
        begin = written[0]
    method = STAGES[name][-1].method
    names = [name, BACK[name]] if len(written) > 1 else [name]
    made = [folder / f"compact.{method}_{one}.safetensors" for one in names]
    for path, to in zip(written, made, strict=True):
        to.write_bytes(path.read_bytes())
    return made


def draw(stage: Stage, folder: Path, side: str) -> Path:
    """Draw the pictures of one side of a stage that are not there yet; return their folder."""
    place = folder / f"{stage.domain}_{stage.pairs}"
    for number in range(stage.pairs):
        drawn = draw_picture((folder, stage.domain, side, number, 256, 0))
        linked = place / side / drawn.name
        linked.parent.mkdir(parents=True, exist_ok=True)
        if not linked.exists():
            linked.write_bytes(drawn.read_bytes())
    return place / side


def _say(step: Progress) -> None:
    if step.done == step.total or step.done % 50 == 0:
        print(f"{step.stage} {step.done}/{step.total}", flush=True)


def main() -> None:
    """Train those that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STAGES))
    parser.add_argument(
        "--teacher",
        type=Path,
        metavar="FILE",
        help="cd16x encoder5.pth, by which the shipped learnt",
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the usual steps, for a trial")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(STAGES)):
        parser.error(f"there is no translation {unknown[0]!r}; choose of: {', '.join(STAGES)}")
    for name in options.names or STAGES:
        print(*make(name, options.folder, options.teacher, share=options.share), sep="\n")


if __name__ == "__main__":
    main()
