"""Single steps that stand out."""

from __future__ import annotations

from tests.builders import fit, run_of, steps
from tests.rules.judging import found, quiet
from tuimon.rules.step_outliers import StepOutliers
from tuimon.state import Run


def timed(slow: int) -> Run:
    return run_of(fit(), steps(0, 240, durations=[5.0] + [0.01] * (239 - slow) + [1.0] * slow))


def test_many_slow_steps_are_a_note() -> None:
    assert "12 of 239 steps" in found(StepOutliers(), timed(12), "note").message


def test_near_misses() -> None:
    quiet(StepOutliers(), timed(5))
    quiet(StepOutliers(), timed(0))  # the first step traces
