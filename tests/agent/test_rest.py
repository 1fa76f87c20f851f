"""Arrays at rest: all rows read in pieces, single batches, and validation rows that are trained on too."""

from __future__ import annotations

from typing import Any

import pytest

from tuimon import events
from tuimon.agent import rest

numpy = pytest.importorskip("numpy")


def source(role: str = "train", size: int = 1000, **fields: Any) -> events.SourceDescribed:
    return events.SourceDescribed(fit=1, role=role, kind="numpy", size=size, batch_size=10, **fields)


def read(described: events.SourceDescribed, x: Any, y: Any = None) -> rest.Rest:
    found = rest.of(described, x, y)
    assert found is not None
    for _ in range(100_000):
        if found.done:
            return found
        found.advance()
    raise AssertionError("it does not come to its end")


X = numpy.random.default_rng(5).normal(size=(1000, 6)).astype("float32")
Y = numpy.repeat([0, 1], 500)


def test_every_row_is_read_once() -> None:
    whole, sampled = read(source(), X, Y).whole(0)
    assert isinstance(whole, events.BatchSampled)
    assert (whole.rows, whole.step) == (1000, None)
    assert whole.components[0]["mean"] == pytest.approx(float(X.mean()), abs=1e-6)
    assert whole.components[1]["classes"] == {"0": 500, "1": 500}
    assert isinstance(sampled, events.SourceRowsSampled)
    assert (sampled.looked_at, sampled.distinct, sampled.of) == (1000, 1000, 1000)


def test_of_a_large_source_rows_are_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "MOST_BYTES", 4000)
    whole = read(source(), X, Y).whole(0)[0]
    assert isinstance(whole, events.BatchSampled)
    assert whole.rows is not None
    assert 50 <= whole.rows <= 150
    assert set(whole.components[1]["classes"]) == {"0", "1"}


def test_batches_in_the_order_of_the_rows_are_told_from_all_over_the_pass() -> None:
    described = source(shuffled=False)
    found = rest.of(described, X, Y)
    assert found is not None
    told = list(found.batches(0))
    assert [each.step for each in told][:3] == [0, 1, 2]
    assert {label for each in told for label in each.components[1]["classes"]} == {"0", "1"}
    assert all(len(each.components[1]["classes"]) == 1 for each in told)
    assert told[5].components[0]["max"] == X[told[5].step * 10 : told[5].step * 10 + 10].max()  # type: ignore[operator]
    shuffled = rest.of(source(shuffled=True), X, Y)
    assert shuffled is not None
    assert list(shuffled.batches(0)) == []


def test_validation_rows_that_are_trained_on_too() -> None:
    train = read(source(), X)
    both = rest.overlap(train, read(source("validation", 200), X[900:1000].repeat(2, axis=0)))
    assert both is not None
    assert (both.looked_at, both.overlapping, both.expected) == (200, 200, 0.0)
    fresh = numpy.random.default_rng(6).normal(size=(100, 6))
    none = rest.overlap(train, read(source("validation", 100), fresh))
    assert none is not None
    assert none.overlapping == 0


def test_rows_that_are_equal_anyway_are_expected_to_meet_again() -> None:
    few = numpy.random.default_rng(7).integers(0, 2, size=(400, 3))
    seen = rest.overlap(read(source(size=300), few[:300]), read(source("validation", 100), few[300:]))
    assert seen is not None
    assert (seen.overlapping, seen.expected) == (100, 100.0)


@pytest.mark.parametrize(
    "x",
    [
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        {"a": X[:3], "b": X[:3]},
        [X[:3], X[:3]],
        numpy.array([["a"], ["b"], ["c"]], dtype=object),
        X[:0],
        numpy.zeros((3, 0)),
        3,
        None,
    ],
)
def test_whatever_is_given(x: Any) -> None:
    told = read(source(size=3), x, None).whole(0)
    assert all(event.fit == 1 for event in told if isinstance(event, events.BatchSampled))


def test_sources_that_do_not_rest() -> None:
    assert rest.of(events.SourceDescribed(kind="generator"), (each for each in X), None) is None
    assert rest.rows_behind(None) is None
