"""Findings speak as people do."""

from __future__ import annotations

import pytest

from tuimon.rules import sayings


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (sayings.count(1, "batch"), "1 batch"),
        (sayings.count(2048, "row"), "2,048 rows"),
        (sayings.count(2, "training step"), "2 training steps"),
        (sayings.share(0.15), "15%"),
        (sayings.share(0.0), "0%"),
        (sayings.share(0.0001), "under 0.1%"),
        (sayings.share(0.9999), "99.9%"),
        (sayings.share(1.0), "100%"),
        (sayings.share(0.0333), "3.3%"),
        (sayings.duration(0.06), "60 ms"),
        (sayings.duration(2.5), "2.5 s"),
        (sayings.duration(250), "250 s"),
        (sayings.duration(750), "12 min"),
        (sayings.duration(12_000), "3 h 20 min"),
        (sayings.size(651 * 2**20), "651 MiB"),
        (sayings.size(4 * 2**30), "4.0 GiB"),
        (sayings.size(1), "1 byte"),
        (sayings.epochs([1]), "epoch 2"),
        (sayings.epochs([1, 2, 3, 4, 5]), "epochs 2–6"),
        (sayings.epochs([1, 3, 4]), "epochs 2, 4–5"),
        (sayings.since(1, 10), "since epoch 2, step 11"),
        (sayings.since(None), ""),
        (sayings.of_call("/home/me/train.py:42"), " (train.py:42)"),
        (sayings.of_call(""), ""),
        (sayings.listed(["a"]), "a"),
        (sayings.listed(["a", "b", "c"]), "a, b and c"),
        (sayings.listed(["a", "b", "c", "d", "e", "f"], most=2), "a, b and 4 more"),
    ],
)
def test_says(said: str, expected: str) -> None:
    assert said == expected
