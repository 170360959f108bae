"""The runner of mutants: what a weak test lets through is told, and a strong one leaves nothing."""

import pytest

AREA = '''"""Words."""

ONCE = 1


def area(height: int, width: int) -> int:
    """Return how much there is."""
    if height < 0:
        raise ValueError("it must not be below 0")
    return height * width * ONCE


def count(number: int) -> int:
    """Return a number, the slow way."""
    found = 0
    while found < number:
        found += 1
    return found
'''
WEAK = """
from things.area import area

def test_area():
    assert area(2, 3) == 6
"""
STRONG = """
import pytest
from things.area import area, count

def test_area():
    assert area(2, 3) == 6
    assert area(0, 3) == 0
    with pytest.raises(ValueError):
        area(-1, 3)

def test_count():
    assert count(0) == 0
    assert count(3) == 3
"""
EQUIVALENT = """
[[equivalent]]
module = "things/area.py"
line = "return height * width * ONCE"
changes = ["height * width * ONCE → height * width / ONCE"]
reason = "to divide by one is to multiply by it"
"""
GONE = EQUIVALENT.replace("height", "depth")


@pytest.fixture
def score(python, tmp_path):
    """Score tests on ``AREA``: (text of the tests, more settings) -> what is printed, and the exit status."""

    def run(tests, more=""):
        for name, text in (
            ("things/area.py", AREA),
            ("things/__init__.py", ""),
            ("test_area.py", tests),
        ):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        settings = tmp_path / "settings.toml"
        settings.write_text('[modules]\n"things/area.py" = ["test_area.py"]\n' + more, "utf-8")
        done = python("tools/mutants.py", "--root", tmp_path, "--settings", settings, "--all")
        return done.stdout + done.stderr, done.returncode

    return run


def survivors(printed):
    """Return the changes that were not noticed, each under the line of code."""
    lines = printed.splitlines()
    return {
        (line.split(": ", 1)[1], lines[k + 1].strip())
        for k, line in enumerate(lines)
        if " survived: " in line or " reached by no test: " in line
    }


@pytest.mark.slow
def test_a_weak_test_lets_mutants_live(score):
    printed, status = score(WEAK)
    assert survivors(printed) == {
        ("if height < 0:", "height < 0 → height <= 0"),
        ("if height < 0:", "0 → 1"),
        (
            'raise ValueError("it must not be below 0")',
            "raise ValueError('it must not be below 0') → pass",
        ),
        ("return height * width * ONCE", "height * width * ONCE → height * width / ONCE"),
        ("found = 0", "0 → 1"),
        ("while found < number:", "found < number → found <= number"),
        ("while found < number:", "found < number → not found < number"),
        ("found += 1", "found += 1 → found -= 1"),
        ("found += 1", "1 → 2"),
    }
    assert "3 of 12 mutants that are not equivalent were killed: 25.0%" in printed
    assert status == 1


@pytest.mark.slow
def test_a_strong_test_kills_them_and_an_equivalent_one_does_not_count(score):
    """One counts downward for ever: it is ended, and was noticed."""
    printed, status = score(STRONG, EQUIVALENT + GONE)
    assert survivors(printed) == set()
    assert "11 of 11 mutants that are not equivalent were killed: 100.0%" in printed
    assert "1 equivalent" in printed
    assert printed.count("no such mutant any more") == 1
    assert status == 0


@pytest.mark.slow
def test_tests_that_fail_by_themselves_tell_nothing(score):
    printed, status = score(WEAK.replace("6", "7"))
    assert printed.endswith("the tests must pass without a mutant\n")
    assert "killed" not in printed
    assert status == 1
