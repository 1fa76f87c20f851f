"""Epochs that begin at another place each time."""

from __future__ import annotations

from tests.builders import fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.drifting_epochs import DriftingEpochs

ENDLESS = source(kind="tf.data", infinite=True, batch_size=32, upstream_size=320)


def test_steps_that_do_not_divide_a_pass() -> None:
    assert (
        "steps_per_epoch=7, one pass is 10 batches"
        in found(DriftingEpochs(), run_of(fit(steps_per_epoch=7), ENDLESS), "note").message
    )


def test_near_misses() -> None:
    quiet(DriftingEpochs(), run_of(fit(steps_per_epoch=10), ENDLESS))
    quiet(DriftingEpochs(), run_of(fit(steps_per_epoch=5), ENDLESS))
    quiet(DriftingEpochs(), run_of(fit(steps_per_epoch=20), ENDLESS))
    quiet(DriftingEpochs(), run_of(fit(steps_per_epoch=7), source(batches=10, batch_size=32, upstream_size=320)))
