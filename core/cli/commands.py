"""What the commands do. Each imports the engine only when it runs, so help and errors come without torch."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..card import Card
from ..catalog import CARDS, LOOKS, Look
from ..checkpoints.shipped import read_measured
from ..errors import ParamsError, StylizeError, WeightsError
from ..evaluation.asked import JUDGES, Asked, read_asked
from ..fields import check_limit
from ..progress import Report
from ..request.picture_job import Job
from .console import format_seconds, open_console
from .fields import read_fields, typed_fields
from .options import PREFIX

PICTURE = tuple(typed_fields(Job))
"""The fields of a job for a picture that are options."""
JSON_NAMES = {"kept_bytes_per_pixel": "kept"}
"""Names in ``methods --json`` of card fields that were renamed since."""
ROOT = Path(__file__).resolve().parents[2]


def shared_folder() -> Path:
    """Return the folder of measuring data and published networks: STYLIZE_SHARED, or beside the project."""
    return Path(os.environ.get("STYLIZE_SHARED") or ROOT.parent / "shared")


def job_of(arguments: argparse.Namespace) -> Job:
    """Return the job that ``stylize`` was asked for."""
    given = {f.name: getattr(arguments, PREFIX + f.name) for f in fields(arguments.card.params)}
    params = dict(arguments.set) | {n: value for n, value in given.items() if value is not None}
    values = read_fields(arguments, Job, [o for o in PICTURE if hasattr(arguments, o.place)])
    return Job(
        content=arguments.content,
        output=arguments.output,
        styles=arguments.styles,
        params=params,
        **values,
    )


def stylize(arguments: argparse.Namespace) -> None:
    """Run one job, or one in several variants, and say what came out."""
    from ..picture.grid import write_grid
    from ..picture.run import run

    report, console = open_console(quiet=arguments.quiet)
    try:
        if arguments.grid is not None:
            sheet = str(write_grid(job_of(arguments), arguments.grid, report))
            facts = {"output": sheet, "variants": arguments.grid}
            return print_json(facts) if arguments.json else say(sheet)
        result = run(job_of(arguments), report)
    finally:
        console.close()
    if arguments.json:
        print_json(asdict(result))
    elif not arguments.quiet:
        say(
            f"{result.output}: {result.width} x {result.height}, {result.method}, "
            f"{format_seconds(result.engine_seconds)}, {result.peak_memory_mb} MB"
        )
        for note in result.notes:
            say(f"  {note}")
    return None


def methods(arguments: argparse.Namespace) -> None:
    """List the cards."""
    if arguments.json:
        found = read_measured()
        return print_json([card_facts(c) | {"measured": found.get(c.id, {})} for c in CARDS])
    say("Looks, for most: --look ID")
    for look in LOOKS:
        say(f"{look.id:<12}{look.title}: {look.summary} ({_method_of(look)})")
    say("Methods, for research: --method ID")
    for card in CARDS:
        say(f"{card.id:<12}{card.title} ({card.year}): {card.summary}")
        for fact in card_facts(card)["params"]:
            say(f"{'':<14}{fact['name']} = {fact['default']}: {fact['help']}")
    return say("On renders with their passes: --method toon (its looks: toon --looks)")


def _method_of(look: Look) -> str:
    """Return what a look does in terms of methods: ``brushwork, loyalty=0.2, style_scale=3``."""
    settings = dict(look.params) | ({} if look.brush == 1 else {"style_scale": look.brush})
    chosen = f"auto for {look.aim}" if look.aim else look.card.id
    return ", ".join([chosen, *(f"{name}={value:g}" for name, value in settings.items())])


def card_facts(card: Card) -> dict[str, Any]:
    """Return a card and its settings as plain data."""
    facts = {
        JSON_NAMES.get(f.name, f.name): getattr(card, f.name)
        for f in fields(card)
        if f.name not in ("module", "params")
    }
    return facts | {"params": [_param_facts(f) for f in fields(card.params)]}


def _param_facts(declared: Any) -> dict[str, Any]:
    head = {
        "name": declared.name,
        "type": type(declared.default).__name__,
        "default": declared.default,
    }
    return head | {name: declared.metadata[name] for name in ("help", "min", "max", "choices")}


def identify(arguments: argparse.Namespace) -> None:
    """Say which published format a file has."""
    from ..published import identify_file

    _tell(arguments, asdict(identify_file(Path(arguments.file), arguments.format)))


def list_weights(arguments: argparse.Namespace) -> None:
    """List every network that is here, with its file and what the catalogue says of it."""
    from ..checkpoints.store import Store, read_catalog

    rows: dict[str, dict[str, Any]] = {}
    for name, path in Store.at(arguments.weights).list().items():
        entry = (read_catalog(path.parent) or {}).get(name, {})
        rows[name] = {"file": str(path), "bytes": path.stat().st_size, **entry}
    if arguments.json:
        return print_json(rows)
    for name, facts in rows.items():
        say(f"{name:<32}{facts['bytes'] / 2**20:7.2f} MB  {facts['file']}")
    return None


def verify_weights(arguments: argparse.Namespace) -> None:
    """Compare every network with the catalogue.

    Raises:
        WeightsError: if one is damaged; all findings have been printed then.
    """
    from ..checkpoints.store import Store
    from ..published import verify

    found = verify(Store.at(arguments.weights))
    _tell(arguments, {name: fault or "ok" for name, fault in found.items()})
    faults = [name for name, fault in found.items() if fault]
    if faults:
        raise WeightsError(f"damaged weights: {', '.join(faults)}; install or import them again")


def import_weights(arguments: argparse.Namespace) -> None:
    """Convert a published file and put it into the user's folder."""
    from ..checkpoints.store import user_folder
    from ..published import import_file

    folder = Path(arguments.weights) if arguments.weights else user_folder()
    found, path = import_file(Path(arguments.file), folder, arguments.format)
    _tell(arguments, {**asdict(found), "imported": str(path)})


def train(arguments: argparse.Namespace) -> None:
    """Train a recipe, or go on with it; without an id, list the recipes."""
    from ..train.recipes import RECIPES

    if arguments.recipe is None:
        for recipe in RECIPES:
            say(f"{recipe.id:<16}{recipe.schedule.steps:>6} steps  {recipe.summary}")
        return
    report, console = open_console(quiet=arguments.quiet)
    try:
        written = _start_training(arguments)(arguments, report)
    finally:
        console.close()
    if arguments.json:
        print_json({"recipe": arguments.recipe, "written": [str(path) for path in written]})
    else:
        say("\n".join(str(path) for path in written))


def _start_training(
    arguments: argparse.Namespace,
) -> Callable[[argparse.Namespace, Report], list[Path]]:
    """Return what trains what was asked for: a translation, one style, or one of ours."""
    from ..train.recipes import find_recipe

    if arguments.a or arguments.b or find_recipe(arguments.recipe).domains:
        return _train_domains
    if arguments.device != "cpu":
        raise ParamsError(f"{arguments.recipe} learns on the processor alone; leave --device out")
    return _train_style if arguments.style else _train


def _train_domains(arguments: argparse.Namespace, report: Report) -> list[Path]:
    from ..train.two_domains import Lesson, train_domains

    if not (arguments.a and arguments.b):
        raise ParamsError("a translation is learnt from two folders; give both --a DIR and --b DIR")
    named = ("steps", "seed", "plot", "pairs", "aligned", "critics", "published", "device")
    lesson = Lesson(
        a=Path(arguments.a),
        b=Path(arguments.b),
        begin=Path(arguments.begin) if arguments.begin else None,
        teacher=None if arguments.teacher is None else judge_file(arguments.teacher),
        **{name: getattr(arguments, name) for name in named},
    )
    out = arguments.output or arguments.out or ROOT / "weights"
    return train_domains(arguments.recipe, lesson, Path(out), report)


def _train(arguments: argparse.Namespace, report: Report) -> list[Path]:
    from ..train.train import train as start

    if arguments.output:
        raise ParamsError("-o is for the network of one style; give --out DIR, or --style PICTURE")
    return start(
        arguments.recipe,
        Path(arguments.data) if arguments.data else shared_folder() / "data",
        judge_file(arguments.teacher),
        Path(arguments.out) if arguments.out else ROOT / "weights",
        steps=arguments.steps,
        seed=arguments.seed,
        renders=Path(arguments.renders) if arguments.renders else None,
        report=report,
    )


def _train_style(arguments: argparse.Namespace, report: Report) -> list[Path]:
    from ..train.one_style import Lesson, train_style

    scale = next(f for f in fields(Job) if f.name == "style_scale")
    check_limit(scale, arguments.style_scale)
    data = Path(arguments.data) if arguments.data else shared_folder() / "data"
    judge = None if arguments.teacher is None else judge_file(arguments.teacher)
    lesson = Lesson(
        style=arguments.style,
        scale=arguments.style_scale,
        data=data if arguments.data or data.is_dir() else None,
        teacher=judge,
        renders=Path(arguments.renders) if arguments.renders else None,
        steps=arguments.steps,
        seed=arguments.seed,
    )
    out = arguments.output or arguments.out or ROOT / "weights"
    return train_style(arguments.recipe, lesson, Path(out), report)


def judge_file(given: str | None) -> Path:
    """Return the published network that teaches and judges.

    Raises:
        WeightsError: if it is not there.
    """
    path = Path(given) if given else shared_folder() / "teachers" / "cd16x" / "encoder5.pth"
    if not path.is_file():
        raise WeightsError(
            f"there is no published network {path}; say where encoder5.pth of cd16x lies"
        )
    return path


def parity(arguments: argparse.Namespace) -> None:
    """Compare every case of a folder with the authors' own results.

    Raises:
        StylizeError: if an array is outside its tolerance; all rows have been printed then.
    """
    from ..parity.cases import run_cases

    teachers = Path(arguments.teachers) if arguments.teachers else shared_folder() / "teachers"
    rows = run_cases(Path(arguments.folder), teachers)
    if arguments.json:
        print_json([_finite(asdict(row)) for row in rows])
    else:
        say("\n".join(_parity_line(row) for row in rows))
    wrong = [f"{row.case}.{row.array}" for row in rows if not row.ok]
    if wrong:
        raise StylizeError(
            f"{len(wrong)} of {len(rows)} arrays differ too much: {', '.join(wrong)}"
        )


def _parity_line(row: Any) -> str:
    if not row.array:
        return f"     {row.case:<18}{row.note}"
    verdict = "ok  " if row.ok else "FAIL"
    figures = f"difference {row.difference:.2e}  tolerance {row.tolerance:.2e}"
    return f"{verdict} {row.case:<18}{row.array:<24}{figures}  {row.note}".rstrip()


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts that JSON can hold: an infinite difference is null."""
    return {name: None if value == float("inf") else value for name, value in facts.items()}


def measure(arguments: argparse.Namespace) -> None:
    """Measure methods on contents x styles, or a scene before and after, and print a table."""
    if arguments.before or arguments.after:
        return _measure_scene(arguments)
    from ..evaluation import measure as measuring
    from ..evaluation.judges import load_judge

    contents, styles = _measured_pictures(arguments)
    wanted: dict[str, measuring.Candidate] = {}
    if arguments.microast:
        published = measuring.baseline(Path(arguments.microast))
        wanted[measuring.BASELINE] = measuring.Candidate(published)
    for name, folder in arguments.made:
        wanted[name] = measuring.Candidate(measuring.made(Path(folder)))
    for asked in _asked(arguments):
        wanted[asked.name] = measuring.candidate(asked)
    judge = load_judge(*_judge(arguments.judge))
    report, console = open_console(quiet=arguments.quiet)
    try:
        pairs = measuring.measure(wanted, contents, styles, judge, report, side=arguments.side)
    finally:
        console.close()
    rows = measuring.rows(pairs)
    if arguments.json:
        facts = {"pairs": len(contents) * len(styles), "judge": judge.name, "side": arguments.side}
        methods = [row.facts() for row in rows]
        print_json(facts | {"methods": methods, "scores": [asdict(pair) for pair in pairs]})
    else:
        say(measuring.table(rows))
    return None


def _measured_pictures(arguments: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    from ..evaluation import pictures

    data, expand = shared_folder() / "data", pictures.expand
    given, styles = arguments.contents, arguments.styles
    return (
        expand(given) if given else pictures.default_contents(data),
        expand(styles) if styles else pictures.default_styles(data),
    )


def _asked(arguments: argparse.Namespace) -> list[Asked]:
    """Return the methods to measure; the command's own options hold where one says nothing."""
    options = {name: getattr(arguments, name) for name in ("backbone", "weights")}
    given = {name: value for name, value in options.items() if value is not None}
    named = arguments.methods or ([] if arguments.made else ["auto"])
    return [read_asked(text, given) for text in named]


def _judge(named: str) -> tuple[str, Path | None]:
    """Return a judge's name, and its file if it has one; what is no judge's name is cd16x's file."""
    if named in JUDGES:
        return named, judge_file(None) if named == "cd16x" else None
    return "cd16x", judge_file(named)


def _measure_scene(arguments: argparse.Namespace) -> None:
    from ..evaluation.scenes import measure_scene, scene_table

    if not (arguments.before and arguments.after):
        raise ParamsError("a scene is measured before and after; give the pictures of both")
    found = measure_scene(_in_order(arguments.before), _in_order(arguments.after))
    if arguments.json:
        print_json(asdict(found.scene) | {"materials": [asdict(one) for one in found.materials]})
    else:
        say(scene_table(found))


def _in_order(given: list[str]) -> list[Path]:
    """Return pictures in the order in which they were typed, those of a pattern sorted."""
    from ..evaluation.pictures import expand

    return list(dict.fromkeys(path for pattern in given for path in expand([pattern])))


def _tell(arguments: argparse.Namespace, facts: Mapping[str, Any]) -> None:
    if arguments.json:
        return print_json(facts)
    for name, value in facts.items():
        say(f"{name}: {value}")
    return None


def print_json(value: Any) -> None:
    """Print a value as one line of JSON; letters that stdout's encoding lacks are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    say(text)


def say(text: str) -> None:
    """Print a text on stdout; letters that its encoding lacks are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201  # the command line speaks
