"""`drop_remainder=True` throws a good part of the data away in each epoch.

What it means: the rows that do not fill a last batch are left out. With large batches and little data that is much.

Why it matters: the epoch trains less than it seems. Without a shuffle before the batches it is always the same rows,
and the model never sees them.

How it is decided: rows left out, as a part of all rows: from 5% a warning, from 25% an error; one level worse when
nothing shuffles before `batch`, since the same rows are lost in every epoch.

What to do: leave `drop_remainder` out unless shapes must be fixed (TPU, stateful layers); else use a batch size that
divides the number of rows, or shuffle before `batch`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class DroppedRemainder:
    warning_from: float = 0.05  # of the rows; own choice
    error_from: float = 0.25  # of the rows; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)

    def _of(self, fit: Fit) -> Finding | None:
        source = evidence.described(fit)
        if source is None or not source.dropped or source.batches == 0:
            return None
        passes = evidence.has_stage(source, "repeat") and not source.infinite
        rows = source.upstream_size if passes or source.size is None else source.dropped + source.size
        if not rows:
            return None
        share = source.dropped / rows
        if share < self.warning_from:
            return None
        always = source.shuffled is False
        severity: Severity = "error" if share >= self.error_from or always else "warning"
        size = evidence.batch_size(fit)
        return Finding(
            rule="dropped-remainder",
            severity=severity,
            message=f"drop_remainder leaves out {source.dropped:,} of {sayings.count(rows, 'row')} "
            f"({sayings.share(share)}, limit {sayings.share(self.warning_from)}) in each epoch"
            f"{', always the same ones' if always else ''}",
            advice=f"Leave drop_remainder=True out of batch({size}); if shapes must be fixed, choose a batch size that "
            f"divides {rows:,}{', and shuffle before batch()' if always else ''}.",
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=source.at,
            numbers={"dropped": source.dropped, "rows": rows, "batch_size": size},
            snippet=f"dataset.shuffle({rows}).batch({size})",
        )
