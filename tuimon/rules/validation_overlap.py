"""Rows of the validation data were also trained.

What it means: training and validation data are not independent: the same rows are in both, by a split after
duplication, by oversampling before the split, or because the same array was passed twice.

Why it matters: validation metrics then measure memory. Overfitting stays unseen, and the model does worse on new data
than promised.

How it is decided: after the first epoch, the fingerprints of validation rows are looked up among those of training
rows. What duplicates within the training data explain is subtracted. From 1% it is a warning, from 50% an error.

What to do: split first, then repeat, augment or oversample the training part only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class ValidationOverlap:
    warning_from: float = 0.01  # of the validation rows; own choice
    error_from: float = 0.5  # of the validation rows; own choice
    least: int = 3  # rows, so that a single coincidence is not reported; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        if all(fit.started.validation is False for fit in evidence.fits(run)) and run.training:
            return "there is no validation data"
        return evidence.unjudged(run, lambda fit: fit.overlap, "rows of training and validation were not compared")

    def _of(self, fit: Fit) -> Finding | None:
        seen = fit.overlap
        if seen is None or not seen.looked_at or not fit.epochs or not fit.epochs[0].ended:
            return None
        surplus = seen.overlapping - (seen.expected or 0.0)
        share = surplus / seen.looked_at
        if surplus < self.least or share < self.warning_from:
            return None
        return Finding(
            rule="validation-overlap",
            severity="error" if share >= self.error_from else "warning",
            message=f"{seen.overlapping:,} of {sayings.count(seen.looked_at, 'validation row')} "
            f"({sayings.share(seen.overlapping / seen.looked_at)}) are also trained "
            f"(limit: {sayings.share(self.warning_from)})",
            advice="Split the data before anything is repeated, oversampled or augmented, and pass only the held-out "
            f"part as validation_data to fit(){sayings.of_call(fit.started.site)}.",
            fit=fit.index,
            epoch=fit.epochs[0].index,
            at=fit.epochs[0].ended_at,
            numbers={"overlapping": seen.overlapping, "looked_at": seen.looked_at, "expected": seen.expected},
            snippet="model.fit(x[n:], y[n:], validation_data=(x[:n], y[:n]))",
        )
