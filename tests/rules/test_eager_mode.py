"""run_eagerly left on."""

from __future__ import annotations

from tests.builders import fit, run_of, steps
from tests.rules.judging import found, quiet
from tuimon.rules.eager_mode import EagerMode


def test_slow_steps_without_a_graph() -> None:
    run = run_of(fit(run_eagerly=True), steps(0, 60, seconds=6.0))
    assert "60 steps ran without a graph, 100 ms each (limit 5 ms)" in found(EagerMode(), run, "warning").message


def test_quick_steps_are_a_note() -> None:
    found(EagerMode(), run_of(fit(run_eagerly=True), steps(0, 60, seconds=0.06)), "note")


def test_near_misses() -> None:
    quiet(EagerMode(), run_of(fit(run_eagerly=True), steps(0, 50, seconds=6.0)))
    quiet(EagerMode(), run_of(fit(run_eagerly=False), steps(0, 60, seconds=6.0)))
    quiet(EagerMode(), run_of(fit(call="custom-loop", run_eagerly=True), steps(0, 600, seconds=60.0)))
