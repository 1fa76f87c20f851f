"""A metric over the epochs that have ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit


class Point(NamedTuple):
    epoch: Epoch
    value: float


_known: WeakKeyDictionary[Fit, dict[str, tuple[int, list[Point]]]] = WeakKeyDictionary()
"""Curves that were asked for before, each with how many values it was made of: a dozen rules read the same one."""


def curve(fit: Fit, name: str = "loss") -> list[Point]:
    """The finite values of a metric at the ends of epochs, oldest first. Not to be changed.

    An epoch without a step counts for nothing: Keras 2 reports 0.0 for it. Some logs tell no steps at all.
    """
    if name.startswith("val_"):
        return _points([(epoch, _validated(epoch, name)) for epoch in fit.epochs])
    series = fit.epoch_metrics.get(name)
    if series is None:
        return []
    made_of, points = _known.setdefault(fit, {}).get(name, (0, []))
    if made_of != series.count:
        points = _points([(epoch, epoch.metrics.get(name)) for epoch in fit.epochs])
        _known[fit][name] = series.count, points
    return points


def _points(values: list[tuple[Epoch, float | None]]) -> list[Point]:
    finite = math.isfinite
    return [
        Point(epoch, value)
        for epoch, value in values
        if value is not None and epoch.ended_at is not None and (epoch.steps or value) and finite(value)
    ]


def _validated(epoch: Epoch, name: str) -> float | None:
    """A validation metric: of the validation itself, else as Keras tells it with the epoch."""
    done = epoch.validation
    value = done.metrics.get(name[4:]) if done is not None else None
    return epoch.metrics.get(name) if value is None else value


def best_before(values: Sequence[float]) -> list[float]:
    """For each value, the lowest of those before it; the first value for the first."""
    best: list[float] = []
    lowest = math.inf
    for value in values:
        best.append(lowest if best else value)
        lowest = min(lowest, value)
    return best


ACCURACIES = ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")


def accuracy(fit: Fit) -> str | None:
    """The name of the fit's training accuracy: that of its only output. None when there is none, or several."""
    found = [name for name in fit.epoch_metrics if name in ACCURACIES]
    return found[0] if len(found) == 1 else None
