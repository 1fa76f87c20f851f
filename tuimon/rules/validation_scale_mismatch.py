"""The validation data has another scale than the training data.

What it means: most features of the validation batches are more than ten times larger or smaller than in training: the
division by 255, or the normalisation, was applied to one of them only.

Why it matters: the validation loss says nothing about the model, and early stopping and checkpoints act on it.

How it is decided: the root mean square of each feature, the median over the batches that were looked at, from 16 rows
on each side. At least half of the features must differ by more than ten times; 50 times is an error. Augmentation
changes scales by far less.

What to do: put the preprocessing into the model, or apply the same function to both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuimon.rules import evidence
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import number, share

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class ValidationScaleMismatch:
    times: float = 10.0  # difference in scale, a warning; own choice (pixels that were not divided differ 255 times)
    strong: float = 50.0  # difference in scale, an error; own choice
    features: float = 0.5  # share of the features that differ so much; own choice
    rows: int = 16  # looked at on each side; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        if min(_rows(fit.batches), _rows(fit.validation_batches)) < self.rows:
            return
        training, validation = scales(fit.batches), scales(fit.validation_batches)
        for index, (one, other) in enumerate(zip(training, validation, strict=False)):
            ratios = sorted(
                (b / a for a, b in zip(one, other, strict=False) if a and b), key=lambda ratio: abs(math.log(ratio))
            )
            if not ratios or len(one) != len(other):
                continue
            far = [ratio for ratio in ratios if max(ratio, 1 / ratio) > self.times]
            if len(far) >= self.features * len(ratios):
                yield self._finding(fit, index, len(far) / len(ratios), median(far))

    def _finding(self, fit: Fit, index: int, ratio: float, typical: float) -> Finding:
        first = fit.validation_batches[0]
        times = max(typical, 1 / typical)
        where = f" of input {index + 1}" if len(scales(fit.batches)) > 1 else ""
        return Finding(
            rule="validation-scale-mismatch",
            severity="error" if times > self.strong else "warning",
            message=(
                f"{share(ratio)} of the features{where} are about {number(times)} times "
                f"{'larger' if typical > 1 else 'smaller'} in the validation data than in training (limit "
                f"{self.times:g} times)"
            ),
            advice="Preprocess both in the same way; a Rescaling layer inside the model cannot be forgotten.",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"times": times, "features": ratio},
            snippet="x_val = x_val / 255.0  # as x_train" if 200 < times < 300 else "",
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(
            run,
            lambda fit: fit.started.validation is False or (fit.batches and fit.validation_batches),
            "no batch of the validation data was looked at",
        )


def _rows(batches: Sequence[events.BatchSampled]) -> int:
    return sum(batch.rows or 0 for batch in batches)


def scales(batches: Sequence[events.BatchSampled]) -> list[list[float]]:
    """For each input the root mean square of its features, the median over the batches."""
    by_input: dict[int, list[list[float]]] = {}
    for batch in batches:
        inputs = [component for component in batch.components if component.get("role") == "x"]
        for index, component in enumerate(inputs):
            found = _scale(component)
            if found:
                by_input.setdefault(index, []).append(found)
    return [[median(values) for values in zip(*those, strict=False)] for _, those in sorted(by_input.items())]


def _scale(component: events.Facts) -> list[float]:
    means, deviations = component.get("feature_mean"), component.get("feature_std")
    if not means or not deviations:
        means, deviations = [component.get("mean")], [component.get("std")]
    if any(value is None or not math.isfinite(value) for value in [*means, *deviations]):
        return []
    return [math.hypot(mean, deviation) for mean, deviation in zip(means, deviations, strict=False)]
