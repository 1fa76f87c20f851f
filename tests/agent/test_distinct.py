"""How many different rows there were."""

from __future__ import annotations

from typing import Any

import pytest

from tuimon.agent.distinct import MOST, Distinct

numpy = pytest.importorskip("numpy")


def fingerprints(first: int, last: int) -> Any:
    """As of rows that hold one number each."""
    from tuimon.agent.measures import fingerprints

    return fingerprints(numpy.arange(first, last, dtype="float32")[:, None])


def test_some_thousands_are_counted() -> None:
    rows = Distinct()
    for _ in range(3):
        rows.epoch_began()
        for first in range(0, 10_000, 100):
            rows.add(fingerprints(first, first + 100))
    assert (rows.in_epoch, rows.in_fit, rows.known_by) == (10_000, 10_000, "exact")


def test_more_are_estimated_from_a_part_that_stays_small() -> None:
    rows = Distinct()
    for first in range(0, 1_000_000, 1000):
        rows.add(fingerprints(first, first + 1000))
    assert rows.known_by == "estimated"
    assert rows.in_fit == rows.in_epoch == pytest.approx(1_000_000, rel=0.04)
    assert len(rows._fit) <= MOST


def test_epochs_of_the_same_rows_bring_no_others() -> None:
    rows = Distinct()
    for _ in range(2):
        rows.epoch_began()
        rows.add(fingerprints(0, 100_000))
    assert rows.in_epoch == rows.in_fit
    rows.epoch_began()
    rows.add(fingerprints(200_000, 300_000))
    assert rows.in_fit == pytest.approx(2 * rows.in_epoch, rel=0.06)
