"""Some steps take far longer than the others.

What it means: single steps stand out: garbage collection, a checkpoint, a busy disk, another job on the machine.

Why it matters: mostly it does not. If it happens regularly, look at what happens then.

How it is decided: more than ten single steps lie more than three standard deviations above the mean, the first step of
each epoch left out (SageMaker's StepOutlier).

What to do: nothing, unless they add up. The chart of step times shows when they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, trend
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


@dataclass(frozen=True)
class StepOutliers:
    deviations: float = 3.0  # SageMaker StepOutlier
    steps: int = 10  # SageMaker StepOutlier
    newest: int = 8  # epochs that are looked at; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            epochs = fit.epochs[-self.newest :]
            seconds = [second for epoch in epochs for second in epoch.durations[1:]]
            high = trend.outliers(seconds, self.deviations)
            if len(high) <= self.steps:
                continue
            mean = sum(seconds) / len(seconds)
            slowest = max(seconds)
            yield Finding(
                rule="step-outliers",
                severity="note",
                message=f"{len(high)} of {sayings.count(len(seconds), 'step')} that were timed singly lie more than "
                f"{self.deviations:g} standard deviations above the mean of {sayings.duration(mean)} "
                f"(limit {self.steps}); the slowest took {sayings.duration(slowest)}",
                advice="See when they come: at checkpoints, at buffer refills, or with another job on the machine.",
                fit=fit.index,
                epoch=fit.epochs[0].index,
                at=fit.epochs[0].started_at,
                numbers={"outliers": len(high), "steps": len(seconds), "mean": mean, "slowest": slowest},
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(
            run, lambda fit: any(e.durations for e in fit.epochs[:4]), "single steps were not timed"
        )
