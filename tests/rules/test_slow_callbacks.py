"""Callbacks that take longer than the steps."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, run_of, steps
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.slow_callbacks import SlowCallbacks


def called(peek: float, saved: float = 0.0, step: float = 0.01, index: int = 0, **fields: Any) -> list[events.Event]:
    """An epoch of 20 steps: a callback that works after every batch, and one that saves at the end."""
    return epoch(
        index,
        20,
        seconds=20 * (step + peek) + saved,
        compute=1.0 + 19 * step,
        first_step=1.0,
        callbacks=20 * peek + saved,
        callback_seconds={"Peek": 20 * peek, "Save": saved},
        epoch_callback_seconds={"Save": saved},
        **fields,
    )


def test_a_callback_that_predicts_after_every_batch() -> None:
    finding = found(SlowCallbacks(), run_of(fit(), called(0.12)), "warning")
    assert "callbacks take 120 ms per step, the step itself 10 ms" in finding.message
    assert "mostly Peek" in finding.message


def test_while_the_epoch_runs() -> None:
    found(SlowCallbacks(), run_of(fit(), steps(0, 20, callbacks=2.0, compute=0.5, seconds=2.5)), "warning")


def test_work_at_the_end_of_an_epoch_is_a_note() -> None:
    saving = [called(0.0, saved=1.2, index=e) for e in range(3)]
    assert "is work at its end (1.2 s" in found(SlowCallbacks(), run_of(fit(), *saving), "note").message


def test_near_misses() -> None:
    quiet(SlowCallbacks(), run_of(fit(), called(0.008)))  # less than the step
    quiet(SlowCallbacks(), run_of(fit(), called(0.004, step=0.001)))  # under 5 ms
    quiet(SlowCallbacks(), run_of(fit(), called(0.0, saved=0.05), called(0.0, saved=0.05, index=1)))
    quiet(SlowCallbacks(), run_of(fit(), epoch(0, 20, callbacks=5.0, compute=0.1)))  # at the end or by batch: not known
