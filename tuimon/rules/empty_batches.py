"""Batches without a single row are trained.

What it means: the Sequence claims more batches than it has data for (`__len__` is too large), so that its last slices
are empty; or a generator yields empty arrays.

Why it matters: the mean over no rows is NaN, which can spread into the weights; at best these steps do nothing but let
learning rate schedules run ahead.

How it is decided: a batch with 0 rows reached the model.

What to do: correct `__len__`; it is the number of samples divided by the batch size, rounded up.
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
class EmptyBatches:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            empty = [batch for batch in fit.batches if batch.rows == 0]
            if not empty:
                continue
            first = empty[0]
            yield Finding(
                rule="empty-batches",
                severity="warning",
                message=f"{sayings.count(len(empty), 'batch')} had 0 rows, {sayings.since(first.epoch, first.step)}",
                advice=self._advice(run, fit),
                fit=fit.index,
                epoch=first.epoch,
                step=first.step,
                at=first.at,
                numbers={"empty": len(empty), "looked_at": len(fit.batches)},
                snippet=self._snippet(run, fit),
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.batches, "no batch was looked at")

    def _advice(self, run: Run, fit: Fit) -> str:
        source, behind = evidence.described(fit), evidence.supply(run, fit)
        if source is not None and source.kind == "sequence" and behind is not None and source.batches:
            return (
                f"__len__ returns {source.batches}; {sayings.count(behind.rows, 'row')} in batches of "
                f"{evidence.batch_size(fit)} are {sayings.count(behind.batches, 'batch')}."
            )
        return "Do not yield empty batches: return fewer from __len__, or skip them in the generator."

    def _snippet(self, run: Run, fit: Fit) -> str:
        source = evidence.described(fit)
        if source is None or source.kind != "sequence":
            return ""
        return "def __len__(self):\n    return math.ceil(len(self.x) / self.batch_size)"
