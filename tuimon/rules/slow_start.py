"""The first step took much longer than the others: this is normal.

What it means: in the first step the model is traced into a graph and compiled, and buffers (shuffle, prefetch) are
filled. Later steps do not pay for it.

Why it matters: it does not, unless it takes very long, or comes again with every step (see retracing).

How it is decided: the first step of the first epoch took at least 10 s and more than ten times the median step: a note.
More than 20 minutes are an error (the limit of SageMaker's MaxInitializationTime).

What to do: nothing. If it is too long: a smaller shuffle buffer, or shuffle file names instead of decoded data;
`jit_compile=False`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


@dataclass(frozen=True)
class SlowStart:
    times: float = 10.0  # the median step; own choice
    least: float = 10.0  # seconds, below which nobody wonders; own choice
    error_after: float = 1200.0  # seconds; SageMaker MaxInitializationTime, 20 minutes

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            epoch = fit.epochs[0] if fit.epochs else None
            if epoch is None or epoch.first_step is None or epoch.first_step < self.least or not epoch.durations:
                continue
            typical = median(epoch.durations)
            until = epoch.started_at + epoch.first_step
            first_step = epoch.first_step - run.not_running(fit.key[0], epoch.started_at, until, measured=True)
            if first_step <= self.times * typical or first_step < self.least:
                continue
            filling = (
                f", {sayings.duration(min(first_step, epoch.first_wait))} of it until the first batch came"
                if epoch.first_wait
                else ""
            )
            yield Finding(
                rule="slow-start",
                severity="error" if first_step > self.error_after else "note",
                message=f"the first step took {sayings.duration(first_step)}{filling}; "
                f"a step takes {sayings.duration(typical)} (limit {self.times:g} times that)",
                advice="Tracing the model and filling buffers happens once. A smaller shuffle buffer fills faster.",
                fit=fit.index,
                epoch=epoch.index,
                step=0,
                at=epoch.started_at,
                numbers={"first_step": first_step, "first_wait": epoch.first_wait, "step": typical},
                over=True,
            )

    def unjudged(self, run: Run) -> str | None:
        needed = "the first step was not timed: it needs the agent in the training process"
        return evidence.unjudged(run, lambda fit: any(epoch.first_step is not None for epoch in fit.epochs[:1]), needed)
