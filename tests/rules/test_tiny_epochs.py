"""Epochs of one or two batches, where there are many more."""

from __future__ import annotations

import pytest

from tests.builders import agent, batch, epoch, fit, iterated, printed, rows, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.tiny_epochs import TinyEpochs

TAKE = [{"op": "from_tensor_slices"}, {"op": "batch", "batch_size": 32}, {"op": "take", "take": 1}]
LEFT_IN = source(kind="tf.data", size=32, batches=1, batch_size=32, upstream_size=960, pipeline=TAKE)


def loop(*looks: events.Event, lines: int = 6, done: int = 6) -> list[events.Event]:
    """A loop of the user's own that printed lines and did steps."""
    return [
        *fit(call="train_on_batch", epochs=None),
        *(steps(0, 1, step=index) for index in range(done)),
        *looks,
        *printed(*range(1, lines + 1)),
    ]


def test_a_take_left_in_is_told_before_the_first_step() -> None:
    finding = found(TinyEpochs(), run_of(fit(epochs=8, steps=1, site="/home/me/train.py:9"), LEFT_IN), "error")
    assert "1 of 30 batches" in finding.message
    assert "Remove the take() before fit() (train.py:9)" in finding.advice
    assert (finding.epoch, finding.over) == (0, False)


def test_one_pulled_batch_instead_of_the_dataset() -> None:
    tensors = source(kind="tensor", size=32, batches=1, batch_size=32)
    for pulled in (iterated(1, samples=32, available=30), iterated(1, available=30)):
        run = run_of(pulled, fit(epochs=8, steps=1), tensors)
        assert "one batch of 32 rows, pulled from a dataset of 30" in found(TinyEpochs(), run, "error").message


def test_a_fit_in_the_body_of_a_loop_over_one_batch() -> None:
    tensors = source(kind="tensor", size=32, batches=1, batch_size=32)
    training = fit(epochs=8, steps=1)
    after = iterated(1, samples=32, available=30, exhausted=True, at=99.0)
    found(TinyEpochs(), run_of(training, tensors, after), "error")
    quiet(TinyEpochs(), run_of(training, tensors, iterated(1, samples=16, available=30, exhausted=True, at=99.0)))


def test_a_loop_that_pulls_one_batch_per_epoch_line() -> None:
    different = [batch(step, 32) for step in range(6)]
    assert "6 epoch lines and trained 6 steps" in found(TinyEpochs(), run_of(loop(*different)), "warning").message
    found(TinyEpochs(), run_of(loop(rows(192, 192))), "warning")
    found(TinyEpochs(), run_of(loop(*[iterated(1, available=30, number=1)] * 6)), "warning")
    found(TinyEpochs(), run_of(loop(iterated(6, available=30, number=1))), "warning")
    quiet(TinyEpochs(), run_of(loop(iterated(1, available=30, number=1), *different)))  # peeked into


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_of(fit(epochs=2, steps=1), LEFT_IN), id="two epochs are a try"),
        pytest.param(
            run_of(fit(epochs=50, steps=1), source(kind="numpy", size=40, batches=1, batch_size=64, upstream_size=40)),
            id="full batch",
        ),
        pytest.param(
            run_of(
                fit(epochs=100, steps=1, steps_per_epoch=1),
                source(kind="tf.data", infinite=True, batch_size=32, upstream_size=960, pipeline=[{"op": "repeat"}]),
            ),
            id="short epochs by choice that see all of the data",
        ),
        pytest.param(run_of(agent(environment={"KERAS_MAX_STEPS_PER_EPOCH": "1"}), fit(epochs=8, steps=1), LEFT_IN),
                     id="smoke run"),
        pytest.param(
            run_of(iterated(1, samples=64, available=30), fit(epochs=8, steps=1), source(kind="numpy", size=40)),
            id="a peek at another batch",
        ),
        pytest.param(run_of(fit(epochs=8), *[epoch(e, 1) for e in range(8)]), id="nothing known of the data"),
        pytest.param(run_of(loop(*[batch(0, 32)] * 6)), id="full batch in a loop of one's own"),
        pytest.param(run_of(loop(*[batch(step, 32) for step in range(60)], done=60)), id="ten steps per epoch line"),
        pytest.param(run_of(loop(*[batch(step, 32) for step in range(200)], done=200, lines=200)),
                     id="steps that are printed as epochs"),
    ],
)  # fmt: skip
def test_near_misses(run: object) -> None:
    quiet(TinyEpochs(), run)  # type: ignore[arg-type]
