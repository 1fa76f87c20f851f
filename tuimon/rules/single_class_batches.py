"""Most batches hold a single class.

What it means: the data is sorted by label and not shuffled (or only within a small buffer), so that the model sees one
class for a long time, then the next.

Why it matters: each step pulls the model towards the class of the moment. Training is slow, swings, and ends biased
towards the class that came last; batch normalisation sees wrong statistics.

How it is decided: of at least ten batches, at least 80% hold one class only, at least two classes came in all, this
would happen with a chance under 0.1% if rows were mixed, and nothing shuffles (or only a buffer of less than a tenth of
the data). Where a generator or a Sequence brings the classes in mixed order, a batch may well be a unit of its own (all
slices of one patient, say), and it is a note. Regression targets are not judged.

What to do: shuffle all rows before batching: `dataset.shuffle(n).batch(...)` with n as large as the dataset, or shuffle
the file names.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.events import BatchSampled
from tuimon.rules import evidence, sayings, trend
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class SingleClassBatches:
    batches: int = 10  # that were looked at; own choice
    share: float = 0.8  # of them with one class; own choice
    chance: float = 1e-3  # that mixed rows would look like this; own choice
    changes: float = 0.5  # of the changes of class in random order, from which the order is mixed; own choice
    buffer: float = 0.1  # of the rows: a shuffle buffer below does not mix; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            if not self._mixed(fit):
                found = self._of(fit)
                if found is not None:
                    yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: any(map(_classes, fit.batches[:4])), "no class labels were looked at")

    def _mixed(self, fit: Fit) -> bool:
        """The rows are shuffled well enough."""
        source = evidence.described(fit)
        if source is None or not source.shuffled:
            return False
        rows = source.upstream_size or source.size
        buffers = [facts.get("buffer") for facts in source.pipeline if evidence.stage(facts) == "shuffle"]
        known = [buffer for buffer in buffers if isinstance(buffer, int)]
        return not rows or not known or max(known) >= self.buffer * rows

    def _of(self, fit: Fit) -> Finding | None:
        looked = [(batch, classes) for batch in fit.batches if batch.step is not None and (classes := _classes(batch))]
        if len(looked) < self.batches:
            return None
        single = [(batch, classes) for batch, classes in looked if len(classes) == 1]
        total: Counter[str] = Counter()
        for _, classes in looked:
            total.update(classes)
        if len(single) < self.share * len(looked) or len(total) < 2 or self._by_chance(looked, total, len(single)):
            return None
        rows = sum(total.values())
        source = evidence.described(fit)
        units = source is not None and source.kind in ("generator", "sequence") and self._alternates(single)
        size = (source.upstream_size or source.size if source else None) or rows
        first = single[0][0]
        return Finding(
            rule="single-class-batches",
            severity="note" if units else "warning",
            message=f"{len(single)} of {sayings.count(len(looked), 'batch')} hold a single class "
            f"(limit {sayings.share(self.share)}), {len(total)} classes in all: "
            f"{'a batch is of one kind' if units else 'the data is sorted by label'}",
            advice=f"Shuffle before batch(), with a buffer as large as the data: shuffle({size}).",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"single": len(single), "batches": len(looked), "classes": len(total)},
            snippet=f"dataset.shuffle({size}).batch({evidence.batch_size(fit) or '...'})",
        )

    def _alternates(self, single: list[tuple[BatchSampled, dict[str, int]]]) -> bool:
        """From batch to batch the class changes about as often as in random order."""
        labels = [next(iter(classes)) for _, classes in single]
        changes = sum(one != other for one, other in itertools.pairwise(labels))
        by_chance = 1.0 - sum((count / len(labels)) ** 2 for count in Counter(labels).values())
        return changes >= self.changes * by_chance * (len(labels) - 1)

    def _by_chance(self, looked: list[tuple[BatchSampled, dict[str, int]]], total: Counter[str], singles: int) -> bool:
        rows = sum(total.values())
        sizes = sorted(sum(classes.values()) for _, classes in looked)
        typical = sizes[len(sizes) // 2]
        one_class = sum((count / rows) ** typical for count in total.values())
        return trend.at_least(singles, len(looked), one_class) >= self.chance


def _classes(batch: BatchSampled) -> dict[str, int] | None:
    """Rows by class, of the batch's labels; None when they are no class labels."""
    for facts in batch.components:
        if facts.get("role") == "y" and facts.get("distribution") in ("index", "one_hot") and facts.get("classes"):
            return dict(facts["classes"])
    return None
