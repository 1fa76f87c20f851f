"""Functions that are traced again and again."""

from __future__ import annotations

from typing import Any

from tests.builders import PID, epoch, fit, run_of
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.retracing import Retracing


def traced(traces: int, recent: int | None = None, **fields: Any) -> events.Event:
    described = {"fit": 1, "function": "train_step", "site": "/me/train.py:7", **fields}
    return events.FunctionTraced(pid=PID, traces=traces, recent=recent, **described)


def test_many_of_the_last_calls() -> None:
    finding = found(Retracing(), run_of(fit(call="custom-loop"), traced(6, 5)), "warning")
    assert "`train_step` (train.py:7) was traced 5 times in its last 10 calls (limit 5)" in finding.message


def test_new_traces_after_the_first_epoch() -> None:
    run = run_of(fit(), traced(1), epoch(0), *[traced(n) for n in range(2, 7)])
    assert "5 times after the first epoch (limit 3)" in found(Retracing(), run, "warning").message


def test_outside_of_any_fit() -> None:
    assert found(Retracing(), run_of(traced(6, 5, fit=0)), "warning").fit is None


def test_near_misses() -> None:
    quiet(Retracing(), run_of(fit(), traced(1), traced(2), traced(3), epoch(0), traced(4)))
    folds = [part for n in range(1, 8) for part in (fit(n), traced(1, 1, fit=n), epoch(0, number=n))]
    quiet(Retracing(), run_of(*folds))  # a new model per fold
    others = [traced(1, 1, function=f"predict_{n}") for n in range(9)]
    quiet(Retracing(), run_of(fit(), epoch(0), *others))  # each once
