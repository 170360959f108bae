"""The time left: it is said only when it is known, and it does not count upward."""

import re

import pytest


@pytest.fixture
def clock(module):
    return module("time_left")


def said(countdown):
    """The seconds that are said, or None."""
    if not countdown.text:
        return None
    if "few" in countdown.text:
        return 5
    number, unit = re.search(r"about ([\d.]+) (s|min|h)", countdown.text).groups()
    return float(number) * {"s": 1, "min": 60, "h": 3600}[unit]


def follow(clock, estimate, units, step=0.5):
    """Walk through (stage, seconds) units; return what was said at each step, with the true time left."""
    countdown, now, heard = clock.Countdown(), 0.0, []
    total, counts = sum(seconds for _, seconds in units), {}
    for name, seconds in units:
        until = now + seconds
        while now + step < until:
            now += step
            countdown.hear(estimate.left(now))
            heard.append((said(countdown), total - now))
        now = until
        counts[name] = counts.get(name, 0) + 1
        estimate.advance(name, counts[name], now)
        countdown.hear(estimate.left(now))
        heard.append((said(countdown), total - now))
    return heard


def never_up(heard):
    lowest = float("inf")
    for number, _ in heard:
        if number is not None:
            assert number <= lowest
            lowest = number


def test_nothing_is_said_before_anything_was_done(clock):
    estimate = clock.Estimate({"render": clock.Stage(10, 5)}, since=0)
    assert estimate.left(3) is None
    assert estimate.share == 0
    assert not clock.Countdown().text


def test_a_steady_run_is_told_truly(clock):
    estimate = clock.Estimate({"frames": clock.Stage(10, 1)}, since=0)
    heard = follow(clock, estimate, [("frames", 12.0)] * 10)
    never_up(heard)
    told = [(number, true) for number, true in heard if number is not None]
    assert len(told) > 100
    assert all(abs(number - true) <= max(31, 0.3 * true) for number, true in told)


def test_slow_renders_then_painting(clock):
    """Renders take a hundred times as long as was guessed, and as long again is not said for the rest."""
    stages = {"render": clock.Stage(6, 0.5), "stylize": clock.Stage(6, 2)}
    heard = follow(
        clock, clock.Estimate(stages, since=0), [("render", 50.0)] * 6 + [("stylize", 3.0)] * 6
    )
    never_up(heard)
    assert any(number is not None and number >= 180 for number, _ in heard)


def test_a_guess_that_weighs_most_is_not_said(clock):
    stages = {"render": clock.Stage(2, 1), "stylize": clock.Stage(2, 60)}
    estimate = clock.Estimate(stages, since=0)
    estimate.advance("render", 1, 1.0)
    assert estimate.left(1.0) is None
    estimate.advance("render", 2, 2.0)
    assert estimate.left(2.0) is None
    estimate.advance("stylize", 1, 62.0)
    assert estimate.left(62.0) == pytest.approx(60)


def test_work_that_gets_harder_does_not_count_upward(clock):
    """Each unit takes longer than the one before: the number holds, or gives way to none."""
    estimate = clock.Estimate({"frames": clock.Stage(12, 1)}, since=0)
    heard = follow(clock, estimate, [("frames", 2.0 * 1.6**n) for n in range(12)])
    never_up(heard)
    assert None in [number for number, _ in heard[len(heard) // 2 :]], "it is longer than was said"


def test_the_share_follows_what_things_cost(clock):
    stages = {"bake": clock.Stage(1, 30), "paint": clock.Stage(3, 10)}
    estimate = clock.Estimate(stages, since=0)
    estimate.advance("bake", 1, 30.0)
    assert estimate.share == pytest.approx(0.5)
    estimate.advance("paint", 3, 60.0)
    assert estimate.share == 1


def test_time_that_was_no_work_does_not_count(clock):
    estimate = clock.Estimate({"paint": clock.Stage(2, 1)}, since=0)
    estimate.begin(20.0)
    estimate.advance("paint", 1, 21.0)
    assert estimate.left(21.0) == pytest.approx(1)
