"""Single steps that stand out."""

from __future__ import annotations

import pytest

from tests.builders import fit, run_of, steps
from tests.rules.judging import found, quiet
from tuimon.rules.step_outliers import StepOutliers
from tuimon.state import Run


def timed(slow: int, seconds: float = 1.0) -> Run:
    return run_of(fit(), steps(0, 240, durations=[5.0] + [0.01] * (239 - slow) + [seconds] * slow))


def test_many_slow_steps_that_add_up_are_a_note() -> None:
    finding = found(StepOutliers(), timed(12), "note")

    assert "12 of 239 steps" in finding.message
    assert "83% of the training's time" in finding.message
    assert finding.numbers["share"] == pytest.approx((12 * 0.99) / (12 + 227 * 0.01))


def test_a_long_tail_that_adds_up_to_little_is_normal() -> None:
    quiet(StepOutliers(), timed(12, 0.025))


def test_near_misses() -> None:
    quiet(StepOutliers(), timed(5))
    quiet(StepOutliers(), timed(0))  # the first step traces
