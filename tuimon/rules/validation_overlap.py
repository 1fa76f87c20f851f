"""Rows of the validation data were also trained.

What it means: training and validation data are not independent: the same rows are in both, by a split after
duplication, by oversampling before the split, because the same array was passed twice, or because `shuffle()` comes
before `take()` and `skip()` and draws another order, and so another split, for each pass.

Why it matters: validation metrics then measure memory. Overfitting stays unseen, and the model does worse on new data
than promised.

How it is decided: after the first epoch, the fingerprints of validation rows are looked up among those of training
rows. What duplicates within the training data explain is subtracted. From 1% it is a warning, from 50% an error. A
split that moves is seen before the first step, by the two pipelines: a warning, when the shuffle reaches a tenth of the
rows.

What to do: split first, then shuffle, repeat, augment or oversample the training part only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import Facts, SourceDescribed
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class ValidationOverlap:
    warning_from: float = 0.01  # of the validation rows; own choice
    error_from: float = 0.5  # of the validation rows; own choice
    least: int = 3  # rows, so that a single coincidence is not reported; own choice
    reach: float = 0.1  # of the rows that a shuffle before the split mixes; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(fit) or self._moving_split(fit)
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
            f"({sayings.share(seen.overlapping / seen.looked_at)}) are also in the training data "
            f"(limit: {sayings.share(self.warning_from)})",
            advice="Split the data before anything is repeated, oversampled or augmented, and pass only the held-out "
            f"part as validation_data to fit(){sayings.of_call(fit.started.site)}.",
            fit=fit.index,
            epoch=fit.epochs[0].index,
            at=fit.epochs[0].ended_at,
            numbers={"overlapping": seen.overlapping, "looked_at": seen.looked_at, "expected": seen.expected},
            snippet="model.fit(x[n:], y[n:], validation_data=(x[:n], y[:n]))",
        )

    def _moving_split(self, fit: Fit) -> Finding | None:
        train, held_out = evidence.described(fit), evidence.described(fit, "validation")
        if train is None or held_out is None:
            return None
        kept, left = _part(train, "take", "skip"), _part(held_out, "skip", "take")
        if kept is None or left is None or kept.shuffle != left.shuffle or kept.source != left.source:
            return None
        rows, buffer = kept.rows, int(kept.shuffle.get("buffer") or 0)
        if {kept.op, left.op} != {"take", "skip"} or (rows and buffer < self.reach * rows):
            return None
        drawn = f"shuffle({buffer:,}) draws another order for each pass"
        return Finding(
            rule="validation-overlap",
            severity="warning",
            message=f"{drawn}, and {kept.op}({kept.count:,}) and {left.op}({left.count:,}) split it afterwards: rows "
            "that validate in one epoch are trained in others",
            advice="Pass reshuffle_each_iteration=False to the shuffle() before the split, or split first and shuffle "
            "the training part only.",
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=fit.started_at,
            numbers={"buffer": buffer, "rows": rows, "training": kept.count, "validation": left.count},
            snippet="rows = rows.shuffle(n, reshuffle_each_iteration=False)\n"
            "train, held_out = rows.take(k).shuffle(k), rows.skip(k)",
        )


@dataclass(frozen=True)
class _Part:
    """What a `take` or `skip` leaves of a pipeline that is shuffled anew for each pass before it."""

    op: str
    count: int
    shuffle: Facts
    source: Facts
    rows: int | None


def _part(described: SourceDescribed, *ops: str) -> _Part | None:
    shuffle: Facts | None = None
    for facts in described.pipeline:
        op = evidence.stage(facts)
        if op == "shuffle":
            shuffle = facts if facts.get("reshuffle") else None
        elif op == "cache":
            shuffle = None  # the first pass decides
        elif op in ops and shuffle is not None and facts.get(op):
            source = described.pipeline[0]
            return _Part(op, int(facts[op]), shuffle, source, source.get("rows"))
    return None
