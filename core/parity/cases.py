"""Run every case of a folder."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..errors import StylizeError, WeightsError
from . import (
    adain,
    adaptive_style,
    ccpl,
    cyclegan,
    deepdream,
    dpst,
    fast_multi_video,
    flownet,
    gatys,
    johnson,
    linear,
    metanet,
    metrics,
    microast,
    msgnet,
    munit,
    pca_kd,
    photowct,
    reconet,
    style_swap,
    urst,
    wct,
)
from .rows import Case, Row, Wanted, compare

Compute = Callable[[Case, Path], Iterable[Wanted]]
METHODS: Mapping[str, tuple[tuple[str, ...], Compute]] = {
    "adain": (adain.INPUTS, lambda case, _: adain.compute(case)),
    "adaptive style": (adaptive_style.INPUTS, lambda case, _: adaptive_style.compute(case)),
    "ccpl": (ccpl.INPUTS, lambda case, _: ccpl.compute(case)),
    "cyclegan": (cyclegan.INPUTS, lambda case, _: cyclegan.compute(case)),
    "johnson": (johnson.INPUTS, lambda case, _: johnson.compute(case)),
    "linear style transfer": (linear.INPUTS, lambda case, _: linear.compute(case)),
    "meta networks": (metanet.INPUTS, lambda case, _: metanet.compute(case)),
    "microast": (microast.INPUTS, microast.compute),
    "pca-kd": (pca_kd.INPUTS, pca_kd.compute),
    "deepdream": (deepdream.INPUTS, lambda case, _: deepdream.compute(case)),
    "fast multi-style video": (
        fast_multi_video.INPUTS,
        lambda case, _: fast_multi_video.compute(case),
    ),
    "flownets/c": (flownet.INPUTS, lambda case, _: flownet.compute(case)),
    "gatys": (gatys.INPUTS, lambda case, _: gatys.compute(case)),
    "deep photo": (dpst.INPUTS, lambda case, _: dpst.compute(case)),
    "munit": (munit.INPUTS, lambda case, _: munit.compute(case)),
    "msg-net": (msgnet.INPUTS, lambda case, _: msgnet.compute(case)),
    "photowct": (photowct.INPUTS, lambda case, _: photowct.compute(case)),
    "reconet": (reconet.INPUTS, lambda case, _: reconet.compute(case)),
    "style-swap": (style_swap.INPUTS, lambda case, _: style_swap.compute(case)),
    "temporal metrics": (metrics.INPUTS, lambda case, _: metrics.compute(case)),
    "urst": (urst.INPUTS, urst.compute),
    "wct 16x": (wct.INPUTS, wct.compute),
}
"""How a case's ``method`` begins: its arrays that are no results, and what computes ours."""


def run_cases(folder: Path, teachers: Path) -> list[Row]:
    """Return a row for every array in the cases of a folder, in the order of their names.

    Args:
        folder: Folder of the ``.npz`` files.
        teachers: Folder of the published networks; only cases with real weights need it.

    Raises:
        StylizeError: if there is no case, or a file is not one.
    """
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise StylizeError(f"there are no parity cases: {folder} holds no .npz file")
    return [row for path in paths for row in run_case(read_case(path), teachers)]


def read_case(path: Path) -> Case:
    """Return a case.

    Raises:
        StylizeError: if the file is damaged or has no ``meta``.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        found = [arrays.pop(name) for name in ("meta", "meta_json") if name in arrays]
        meta = json.loads(str(found[0])) if found else None
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise StylizeError(f"{path} is no parity case: {error}") from error
    if not isinstance(meta, dict):
        raise StylizeError(f"{path} is no parity case: it has no meta")
    return Case(path.stem, arrays, meta)


def run_case(case: Case, teachers: Path) -> Iterator[Row]:
    """Yield a row for every stored result, or one row saying that the method is not built."""
    method = str(case.meta.get("method", "")).casefold()
    known = next((key for key in METHODS if method.startswith(key)), None)
    if known is None:
        yield _without(case, "", ok=True, note="not built")
        return
    inputs, compute = METHODS[known]
    results = {name for name in case.arrays if not any(fnmatchcase(name, i) for i in inputs)}
    try:
        for wanted in compute(case, teachers):
            results.discard(wanted.array)
            yield compare(case, wanted)
    except WeightsError as error:
        yield _without(case, "", ok=False, note=str(error))
        return
    for array in sorted(results):
        yield _without(case, array, ok=False, note="nothing here computes it")


def _without(case: Case, array: str, *, ok: bool, note: str) -> Row:
    difference = 0.0 if ok else float("inf")
    return Row(case=case.name, array=array, difference=difference, tolerance=0.0, ok=ok, note=note)
