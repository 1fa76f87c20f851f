"""Training that waits for its data."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, guessed, host, run_of, source
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.input_bound import InputBound

MAPPED = source(kind="tf.data", batch_size=8, pipeline=[{"op": "from_tensor_slices"}, {"op": "map"}, {"op": "batch"}])
GENERATOR = source(kind="generator")


def waited(index: int, wait: float, compute: float, steps: int = 21, **fields: Any) -> list[events.Event]:
    """An epoch whose steps after the first took so many seconds each."""
    rest = steps - 1
    return epoch(
        index, steps, wait=1.0 + wait * rest, compute=4.0 + compute * rest, first_step=5.0, first_wait=1.0, **fields
    )


def test_a_slow_generator() -> None:
    finding = found(InputBound(), run_of(fit(), GENERATOR, waited(0, 0.06, 0.002)), "error")
    assert "97% of the step time is waiting for data (60 ms per step; limits 20% and 5 ms)" in finding.message
    assert (finding.epoch, finding.over) == (0, False)


def test_the_share_decides_how_bad_it_is() -> None:
    found(InputBound(), run_of(fit(), MAPPED, waited(0, 0.03, 0.07)), "warning")
    found(InputBound(), run_of(fit(), MAPPED, waited(0, 0.01, 0.09)), "note")


def test_the_advice_follows_the_pipeline() -> None:
    advice = found(InputBound(), run_of(fit(), MAPPED, waited(0, 0.06, 0.002))).advice
    assert "map(..., num_parallel_calls=tf.data.AUTOTUNE), prefetch(tf.data.AUTOTUNE) at the end" in advice


def test_what_is_over_is_a_note() -> None:
    faster = [waited(e, 0.0001, 0.05) for e in range(1, 15)]
    assert found(InputBound(), run_of(fit(epochs=20), GENERATOR, waited(0, 0.06, 0.05), *faster), "note").over


def test_near_misses() -> None:
    quiet(InputBound(), run_of(fit(), MAPPED, waited(0, 0.0008, 0.001)))  # 44% of a tiny step
    quiet(InputBound(), run_of(fit(), MAPPED, waited(0, 0.06, 0.002, steps=10)))  # too few steps
    quiet(InputBound(), run_of(fit(), MAPPED, waited(0, 0.006, 0.9)))  # 0.7% of a long step
    filled = epoch(0, 21, wait=3.02, compute=0.06, first_step=3.0, first_wait=3.0)
    quiet(InputBound(), run_of(fit(), MAPPED, filled))  # a shuffle buffer
    cached = source(kind="tf.data", pipeline=[{"op": "map"}, {"op": "cache"}, {"op": "batch"}])
    quiet(InputBound(), run_of(fit(), cached, waited(0, 0.06, 0.002)))  # the first epoch fills the cache
    at_most_a_note(InputBound(), run_of(fit(), source(kind="numpy"), waited(0, 0.02, 0.01)))  # slices of an array
    busy = host(load=16.0, cores=2)
    quiet(InputBound(), run_of(fit(), MAPPED, busy, waited(0, 0.02, 0.01)))  # the machine is overloaded
    quiet(InputBound(), run_of(fit(), MAPPED, epoch(0, 50, seconds=10.0)))  # wait was not measured


def test_single_rows_out_of_a_generator_have_a_cost_of_their_own() -> None:
    rows = source(kind="tf.data", batch_size=32, pipeline=[{"op": "from_generator"}, {"op": "batch"}])
    quiet(InputBound(), run_of(fit(), rows, waited(0, 0.008, 0.002)))
    found(InputBound(), run_of(fit(), rows, waited(0, 0.02, 0.002)), "error")
    batches = source(kind="tf.data", batch_size=32, pipeline=[{"op": "batch"}, {"op": "from_generator"}])
    found(InputBound(), run_of(fit(), batches, waited(0, 0.008, 0.002)), "error")


def test_wait_that_was_only_guessed_from_outside() -> None:
    finding = found(InputBound(), run_of(guessed(0.8)), "warning")
    assert "about 80% of the time is waiting for data, estimated from outside" in finding.message
    assert (finding.fit, finding.numbers["known_by"]) == (None, "estimated")
    assert found(InputBound(), run_of(fit(), epoch(0, 50, seconds=10.0), guessed(0.8)), "warning").fit == 0
    assert InputBound().unjudged(run_of(guessed(0.1))) is None


def test_a_guess_is_believed_only_well_above_its_error() -> None:
    quiet(InputBound(), run_of(guessed(0.25)))  # it may be less than a fifth
    quiet(InputBound(), run_of(guessed(0.8, seconds=15)))  # too short
    quiet(InputBound(), run_of(guessed(0.8, batches=400)))  # perhaps 2 ms each
    quiet(InputBound(), run_of(guessed(0.8, batches=None)))  # nobody knows how many
    found(InputBound(), run_of(fit(), MAPPED, guessed(0.1), waited(0, 0.03, 0.07)), "warning")  # measured counts
    quiet(InputBound(), run_of(fit(), MAPPED, guessed(0.9), waited(0, 0.0001, 0.05)))
