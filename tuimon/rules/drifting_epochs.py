"""The border of an epoch drifts through the data.

What it means: the dataset repeats for ever, and `steps_per_epoch` does not divide one pass evenly. Epochs are windows
that begin at another place each time.

Why it matters: mostly it does not. Metrics of successive epochs are taken over different rows, and with little data
they swing for that reason alone.

How it is decided: an endless source of known size, and steps that are neither a divisor nor a multiple of one pass.

What to do: use `steps_per_epoch = ceil(samples / batch_size)` if an epoch shall be a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


@dataclass(frozen=True)
class DriftingEpochs:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            steps, source, behind = fit.started.steps_per_epoch, evidence.described(fit), evidence.supply(run, fit)
            if not steps or source is None or behind is None or not source.infinite or behind.known_by == "estimated":
                continue
            if not behind.batches or behind.batches % steps == 0 or steps % behind.batches == 0:
                continue
            yield Finding(
                rule="drifting-epochs",
                severity="note",
                message=f"steps_per_epoch={steps}, one pass is {sayings.count(behind.batches, 'batch')}: "
                "epochs begin at another place in the data each time",
                advice=f"steps_per_epoch={behind.batches} makes an epoch one pass.",
                fit=fit.index,
                epoch=fit.started.initial_epoch,
                at=fit.started_at,
                numbers={"steps": steps, "batches": behind.batches},
                snippet=f"model.fit(..., steps_per_epoch={behind.batches})",
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)
