"""Later epochs with far fewer batches."""

from __future__ import annotations

from tests.builders import epoch, fit, keras2, run_of, source
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.shrinking_epochs import ShrinkingEpochs

GENERATOR = source(kind="generator")


def test_the_two_peeked_batches_of_a_used_up_generator() -> None:
    run = run_of(fit(epochs=6), GENERATOR, epoch(0, 10), *[epoch(e, 2) for e in range(1, 6)])
    finding = found(ShrinkingEpochs(), run, "error")
    assert "2 of 10 batches in epochs 2–6" in finding.message
    assert "steps_per_epoch=10" in finding.advice
    assert (finding.epoch, finding.at) == (1, run.fits[0].epochs[1].ended_at)


def test_its_identity_stays_as_epochs_come() -> None:
    parts = [fit(epochs=6), GENERATOR, epoch(0, 10)]
    seen = []
    for later in range(1, 6):
        parts.append(epoch(later, 2))
        finding = found(ShrinkingEpochs(), run_of(*parts))
        seen.append((finding.rule, finding.fit, finding.epoch, finding.step, finding.at))
    assert len(set(seen)) == 1


def test_also_where_steps_were_asked_for() -> None:
    run = run_of(fit(epochs=4, steps=31, steps_per_epoch=31), GENERATOR, epoch(0, 31), epoch(1, 1), epoch(2, 2))
    found(ShrinkingEpochs(), run, "error")


def test_other_sources_need_two_in_a_row() -> None:
    run = run_of(fit(), source(kind="tf.data"), epoch(0, 10), epoch(1, 3), epoch(2, 3))
    found(ShrinkingEpochs(), run, "warning")
    varying = run_of(fit(), source(kind="tf.data"), epoch(0, 10), epoch(1, 11), epoch(2, 5), epoch(3, 11))
    assert found(ShrinkingEpochs(), varying, "note").over


def test_near_misses() -> None:
    quiet(ShrinkingEpochs(), run_of(fit(), GENERATOR, epoch(0, 10), epoch(1, 9)))
    quiet(ShrinkingEpochs(), run_of(fit(), GENERATOR, epoch(0, 10), epoch(1, 2, stop_training=True)))
    quiet(ShrinkingEpochs(), run_of(fit(steps=10), source(kind="sequence"), epoch(0, 10), epoch(1, 2)))  # curriculum
    quiet(ShrinkingEpochs(), run_of(fit(), GENERATOR, epoch(0, 10), epoch(1, 0)))  # empty-epoch says so
    at_most_a_note(ShrinkingEpochs(), run_of(keras2(), fit(), GENERATOR, epoch(0, 10), epoch(1, 2)))
