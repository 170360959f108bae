import json

import numpy as np
import pytest
import torch

from core.errors import StylizeError
from core.parity.cases import read_case, run_case, run_cases
from core.parity.rows import Case, Wanted, compare
from core.parity.weights import pseudo_tensor

CHECKED = {
    ("adain.vgg.0.weight", (3, 3, 1, 1)): (-1.27363396, 0.223619461, 0.0471408218),
    ("adain.decoder.1.bias", (256,)): (-0.0292557776, -0.00367136789, 0.0422920659),
    ("johnson.net.in1.weight", (32,)): (0.890732765, 0.897812247, 1.11683965),
    ("lst.r41.snet.fc.weight", (1024, 1024)): (-0.00517821684, 0.0522533394, -0.0279005133),
    ("msgnet.model.1.weight", (1, 512, 512)): (0.000509997248, 0.0052930899, 0.00353609491),
}
"""First numbers of pseudo-weights, known from elsewhere."""


@pytest.mark.parametrize(("name", "shape"), CHECKED)
def test_pseudo_weights_are_the_agreed_ones(name, shape):
    found = pseudo_tensor(name, shape).flatten()[:3].numpy()
    np.testing.assert_allclose(found, CHECKED[name, shape], rtol=1e-7)


def test_every_open_case_is_within_its_tolerance(shared):
    rows = run_cases(shared / "parity" / "open", shared / "teachers")
    assert not [row for row in rows if not row.ok]
    assert {"adain", "lst", "wct_cd16x"} <= {row.case for row in rows if row.array}
    assert {"johnson", "msgnet", "styleswap", "urst"} <= {row.case for row in rows if row.array}


@pytest.fixture
def stored(shared):
    return read_case(shared / "parity" / "open" / "adain.npz")


def test_a_wrong_number_is_found(stored, shared):
    arrays = dict(stored.arrays)
    arrays["out"] = arrays["out"] + np.float32(1e-3)
    rows = list(run_case(Case("changed", arrays, stored.meta), shared / "teachers"))
    assert [row.array for row in rows if not row.ok] == ["out"]


def test_an_array_that_nothing_computes_is_found(stored, shared):
    arrays = {**stored.arrays, "surprise": np.zeros(3, np.float32)}
    rows = list(run_case(Case("more", arrays, stored.meta), shared / "teachers"))
    assert [(row.array, row.note) for row in rows if not row.ok] == [
        ("surprise", "nothing here computes it")
    ]


def test_sizes_and_strengths_are_taken_from_the_case(stored, shared):
    """A picture of 50 x 75 pixels comes out 56 x 80, and alpha 0 gives features back."""
    arrays = {**stored.arrays, "content": stored.arrays["content"][..., :50, :75]}
    case = Case("odd", arrays, {**stored.meta, "alpha": 0.0})
    notes = {row.array: row.note for row in run_case(case, shared / "teachers")}
    assert notes["out"] == "shape (1, 3, 56, 80) instead of (1, 3, 96, 112)"
    assert notes["relu4_1_content"].startswith("shape (1, 32, 7, 10)")


@pytest.mark.parametrize("name", ["johnson", "msgnet"])
def test_feed_forward_networks_round_sizes_up_as_published(shared, name):
    """A picture of 90 x 102 pixels comes out 92 x 104."""
    stored = read_case(shared / "parity" / "open" / f"{name}.npz")
    arrays = {k: v for k, v in stored.arrays.items() if not k.startswith("loss")}
    arrays["content"] = arrays["content"][..., :90, :102]
    rows = run_case(Case("odd", arrays, stored.meta), shared / "teachers")
    notes = {row.array: row.note for row in rows}
    assert notes["out"] == "shape (1, 3, 92, 104) instead of (1, 3, 96, 112)"


def case_of(stored):
    return Case("one", {"x": np.asarray(stored, np.float32)}, {"tolerance": "1e-4 max abs"})


def test_comparison():
    exact = np.arange(24.0).reshape(1, 2, 3, 4)
    ours = torch.from_numpy(exact).float()
    assert compare(case_of(exact), Wanted("x", ours, 0.0)).ok
    assert compare(case_of(exact[:, :1]), Wanted("x", ours, 0.0)).ok
    assert compare(case_of(exact[0]), Wanted("x", ours, 0.0)).ok
    assert not compare(case_of(exact), Wanted("x", ours * float("nan"), 1.0)).ok
    assert not compare(case_of(exact), Wanted("x", ours[..., :2], 1.0)).ok
    assert compare(case_of(exact), Wanted("x", ours + 0.5, 1.0, mean=True)).difference == 0.5


def test_a_method_that_is_not_built_is_listed(tmp_path):
    np.savez(tmp_path / "later.npz", x=np.zeros(2), meta=json.dumps({"method": "From Tomorrow"}))
    (row,) = run_cases(tmp_path, tmp_path)
    assert (row.case, row.note, row.ok) == ("later", "not built", True)


def test_what_is_no_case_is_said(tmp_path):
    with pytest.raises(StylizeError, match="no parity cases"):
        run_cases(tmp_path, tmp_path)
    (tmp_path / "bad.npz").write_bytes(b"PK no")
    with pytest.raises(StylizeError, match=r"bad\.npz is no parity case"):
        run_cases(tmp_path, tmp_path)
    np.savez(tmp_path / "bad.npz", x=np.zeros(2))
    with pytest.raises(StylizeError, match="no meta"):
        run_cases(tmp_path, tmp_path)


def test_missing_teachers_are_a_row(shared, tmp_path):
    (row,) = run_case(read_case(shared / "parity" / "open" / "wct_cd16x.npz"), tmp_path)
    assert not row.ok
    assert str(tmp_path) in row.note
