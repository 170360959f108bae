"""PCA-KD's cases: features, skips, three transforms and plain reconstruction, with the published students."""

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkpoints.identify import identify, shapes_of
from ..checkpoints.read import read_state
from ..errors import StylizeError
from ..methods.pca_kd import STUDENTS, TRANSFORMS
from ..methods.pca_kd.network import Encoded, Student
from ..methods.pca_kd.transform import affine
from ..methods.pca_kd.weights import FORMATS, student_of
from ..nn.stats import Moments
from .rows import Case, Wanted
from .weights import as_published

INPUTS = ("content", "style")
ROUGH = ("out_zca", "out_ot", "zca_feat3")
"""What hangs on roots of matrices, and has the wider tolerance."""


def read_student(teachers: Path, kind: str) -> Student:
    """Return a published student from ``teachers/pcakd``.

    Raises:
        WeightsError: if it is not there.
    """
    state = read_state(teachers / "pcakd" / f"pcakd_{kind}.npz")
    return as_published(student_of(identify(shapes_of(state), FORMATS).convert(state), kind))


def transfer(student: Student, content: Encoded, style: Encoded, kind: str) -> list[Tensor]:
    """Return the transformed features of blocks 3 to 0, then the picture; kind ``none``: no transform."""
    x, results = content.features[3], []
    for block in (3, 2, 1, 0):
        x = x if kind == "none" else _move(x, style.features[block], kind)
        results.append(x)
        x = student.decode(block, x, content.skips[block])
    return [*results, x]


def _move(x: Tensor, style: Tensor, kind: str) -> Tensor:
    matrix, offset = affine(kind, _exact(x), _exact(style))
    return F.conv2d(x.double(), matrix[:, :, None, None], offset).float()


def _exact(features: Tensor) -> Moments:
    flat = features[0].flatten(1).double()
    mean = flat.mean(1)
    centred = flat - mean[:, None]
    return Moments(float(flat.shape[1]), mean, centred @ centred.mT / flat.shape[1])


def compute(case: Case, teachers: Path) -> Iterator[Wanted]:
    """Yield the case's results.

    Raises:
        WeightsError: if the published networks are not in ``teachers``.
        StylizeError: if the case is of an unknown student.
    """
    kind = next((k for k in STUDENTS if k in str(case.meta["method"]).casefold()), None)
    if kind is None:
        raise StylizeError(f"{case.name} is of a student that is not known: {case.meta['method']}")
    rough = case.stated(r"([\d.]+e-\d+) max abs", 5e-4)
    fine = case.stated(r"([\d.]+e-\d+) \(adain", 1e-4)
    with torch.inference_mode():
        for name, value in _compute_values(case, read_student(teachers, kind)).items():
            if name in case.arrays:
                yield Wanted(name, value, rough if name in ROUGH else fine)


def _compute_values(case: Case, student: Student) -> dict[str, Tensor]:
    content, style = (student.encode(case.tensor(name)) for name in ("content", "style"))
    results = {f"content_feat{k}": features for k, features in enumerate(content.features)}
    for k, skip in enumerate(content.skips):
        results |= {f"skip{k}": skip, f"skip{k}_first4": skip}
    results["reconstruction"] = transfer(student, content, style, "none")[-1]
    for kind in TRANSFORMS:
        *features, picture = transfer(student, content, style, kind)
        results |= {f"{kind}_feat{3 - i}": f for i, f in enumerate(features)}
        results[f"out_{kind}"] = picture
    return results
