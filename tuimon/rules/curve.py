"""A metric over the epochs that have ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit


class Point(NamedTuple):
    epoch: Epoch
    value: float


def curve(fit: Fit, name: str = "loss") -> list[Point]:
    """The finite values of a metric at the ends of epochs, oldest first. Epochs without a step count for nothing."""
    return [
        Point(epoch, value)
        for epoch in fit.epochs
        if epoch.ended_at is not None and epoch.steps != 0
        for value in (_value(epoch, name),)
        if value is not None and math.isfinite(value)
    ]


def _value(epoch: Epoch, name: str) -> float | None:
    if name.startswith("val_") and epoch.validation is not None and name[4:] in epoch.validation.metrics:
        return epoch.validation.metrics[name[4:]]
    return epoch.metrics.get(name)


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
