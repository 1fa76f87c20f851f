"""Every step trains the same rows again.

What it means: the index is ignored in `__getitem__`, the generator yields one batch for ever, or `next(iter(dataset))`
in a loop makes a new iterator each time and so returns its first batch each time. (An iterator that is kept goes on by
itself: calling `next` on it repeatedly is fine.)

Why it matters: the loss falls quickly, because one batch is learned by heart. The rest of the data is never seen.

How it is decided: by fingerprints of the rows. In at least six steps no more different rows came than one batch holds,
while the source has more than two batches of different rows. It is a warning when the size of the source is not known.
Data that is smaller than two batches, or whose rows are mostly equal, is never reported.

What to do: use the index (`self.x[i * n : (i + 1) * n]`), or loop over the dataset (`for x, y in dataset:`). If you let
the model overfit one batch on purpose, mute this rule for that line: `# tuimon: ignore[repeated-batch]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import BatchSampled
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class Repetition:
    steps: int  # in which the same rows came
    rows: int  # different ones among them
    first: BatchSampled


@dataclass(frozen=True)
class RepeatedBatch:
    steps: int = 6  # that bring the same rows; own choice
    batches: float = 2.0  # of different rows that the source has more than; own choice
    different: float = 0.9  # of the rows of one batch: where many are equal, the data itself repeats; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            seen = self._repetition(fit)
            certain = self._more_rows(run, fit, seen) if seen else None
            if seen is None or certain is None:
                continue
            first = seen.first
            yield Finding(
                rule="repeated-batch",
                severity="error" if certain else "warning",
                message=f"the same {sayings.count(seen.rows, 'row')} in {seen.steps} steps in a row "
                f"(limit {self.steps}), {sayings.since(first.epoch, first.step)}",
                advice=self._advice(fit),
                fit=fit.index,
                epoch=first.epoch,
                step=first.step,
                at=first.at,
                numbers={"steps": seen.steps, "rows": seen.rows},
                snippet=self._snippet(fit),
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.batches or fit.rows, "rows were not looked at")

    def _repetition(self, fit: Fit) -> Repetition | None:
        batches = [batch for batch in fit.batches if batch.rows and batch.fingerprint]
        first = batches[0] if batches else None
        if first is None or not self._differs_within(first):
            return None
        same = next((n for n, each in enumerate(batches) if each.fingerprint != first.fingerprint), len(batches))
        if same >= self.steps and same == len(batches):
            return Repetition(same, first.rows or 0, first)
        rows, size = fit.rows.get("train"), first.rows or 0
        if rows is None or not size or rows.distinct_in_fit > size or rows.distinct_in_fit < self.different * size:
            return None
        steps = rows.looked_at // size
        return Repetition(steps, rows.distinct_in_fit, first) if steps >= self.steps else None

    def _differs_within(self, batch: BatchSampled) -> bool:
        """The rows of this one batch are mostly different from each other."""
        looked_at = len(batch.row_fingerprints)
        return looked_at > 1 and len(set(batch.row_fingerprints)) >= self.different * looked_at

    def _more_rows(self, run: Run, fit: Fit, seen: Repetition) -> bool | None:
        """The source has more rows: certainly (True), as far as can be told (False), or not (None)."""
        size = seen.first.rows or 1
        if fit.call != "fit":
            pulled = [ended for ended in [*fit.iterators, *run.iterators] if ended.batches == 1 and not ended.exhausted]
            these = [ended for ended in pulled if ended.samples is None or ended.samples == size]
            return True if any((ended.available or 0) > self.batches for ended in these) else None
        rows = fit.source_rows.get("train")
        if rows is not None and rows.looked_at:
            return True if rows.distinct > self.batches * size else None
        source = fit.source
        if source is None:
            return None
        if source.size is not None or source.batches is not None:
            known = source.size if source.size is not None else (source.batches or 0) * size
            return True if known > self.batches * size else None
        return None if (fit.planned_steps or self.steps) <= 1 else False

    def _advice(self, fit: Fit) -> str:
        source = evidence.described(fit)
        if source is not None and source.kind == "sequence":
            return "Let __getitem__ use its index; it returns the same slice for all of them."
        if fit.call != "fit":
            return (
                f"Loop over the dataset{sayings.of_call(fit.started.site)}: next(iter(dataset)) begins anew each time "
                "and gives its first batch."
            )
        return "Let the generator move on through the data; it yields the same batch each time."

    def _snippet(self, fit: Fit) -> str:
        source = evidence.described(fit)
        if source is not None and source.kind == "sequence":
            return (
                "def __getitem__(self, index):\n"
                "    part = slice(index * self.batch_size, (index + 1) * self.batch_size)\n"
                "    return self.x[part], self.y[part]"
            )
        return "for x, y in dataset:\n    model.train_on_batch(x, y)" if fit.call != "fit" else ""
