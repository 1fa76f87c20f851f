"""The same rows in every step."""

from __future__ import annotations

from tests.builders import batch, fit, iterated, rows, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.repeated_batch import RepeatedBatch

SAME = [f"row {index}" for index in range(32)]
LARGE = source(kind="sequence", batch_size=32, size=960, batches=30)


def again(steps: int = 8, content: list[str] | None = None) -> list[events.Event]:
    return [batch(step, content or SAME) for step in range(steps)]


def test_an_index_that_is_ignored() -> None:
    finding = found(RepeatedBatch(), run_of(fit(steps=30), LARGE, again()), "error")
    assert "the same 32 rows in 8 steps in a row (limit 6), since epoch 1, step 1" in finding.message
    assert "__getitem__" in finding.advice
    assert (finding.epoch, finding.step) == (0, 0)


def test_reshuffled_rows_of_one_batch() -> None:
    shuffled = [batch(step, SAME[step:] + SAME[:step]) for step in range(8)]
    found(RepeatedBatch(), run_of(fit(), LARGE, shuffled, rows(256, 32)), "error")


def test_of_unknown_size_it_is_a_warning() -> None:
    found(RepeatedBatch(), run_of(fit(steps=20), source(kind="generator"), again()), "warning")


def test_an_iterator_that_is_made_anew_for_each_step() -> None:
    pulls = [iterated(1, number=1, available=20, samples=32) for _ in range(8)]
    finding = found(RepeatedBatch(), run_of(fit(call="train_on_batch", epochs=None), again(), pulls), "error")
    assert "next(iter(dataset)) begins anew" in finding.advice


def test_near_misses() -> None:
    quiet(RepeatedBatch(), run_of(fit(), LARGE, [batch(step) for step in range(8)], rows(256, 256)))
    quiet(RepeatedBatch(), run_of(fit(), LARGE, again(5)))
    quiet(RepeatedBatch(), run_of(fit(steps=1), source(kind="numpy", size=40, batches=2, batch_size=32), again()))
    quiet(RepeatedBatch(), run_of(fit(call="train_on_batch"), again()))  # full batch in a loop of one's own
    peeked = iterated(1, available=20, samples=4)  # of a dataset in other batches than the one that is trained
    quiet(RepeatedBatch(), run_of(fit(call="train_on_batch"), again(), peeked))
    equal = again(8, ["zeros"] * 32)
    quiet(RepeatedBatch(), run_of(fit(), LARGE, equal, rows(256, 1)))  # a benchmark on zeros
    few = events.SourceRowsSampled(pid=4711, fit=1, looked_at=960, distinct=30, of=960)
    quiet(RepeatedBatch(), run_of(fit(), LARGE, again(), few))  # thirty rows are all that there is
