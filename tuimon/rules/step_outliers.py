"""Some steps take far longer than the others.

What it means: single steps stand out: garbage collection, a checkpoint, a busy disk, another job on the machine.

Why it matters: a slow step now and then is normal; these add up to a part of the training's time.

How it is decided: more than ten single steps lie more than three standard deviations above the mean, the first step of
each epoch left out (SageMaker's StepOutlier), and what they took beyond the median step is at least a tenth of the time
of all (own choice: step times have a long tail on any machine, and after thousands of steps some ten are far out).

What to do: see when they come. The chart of step times shows it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, trend
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class StepOutliers:
    deviations: float = 3.0  # SageMaker StepOutlier
    steps: int = 10  # SageMaker StepOutlier
    share: float = 0.1  # of the steps' time; own choice
    newest: int = 8  # epochs that are looked at; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            epochs = fit.epochs[-self.newest :]
            seconds = [second for epoch in epochs for second in epoch.durations[1:]]
            seconds = self._without_stops(run, fit, seconds)
            high = trend.outliers(seconds, self.deviations)
            if len(high) <= self.steps:
                continue
            mean, median, slowest = statistics.fmean(seconds), statistics.median(seconds), max(seconds)
            share = sum(seconds[index] - median for index in high) / sum(seconds)
            if share < self.share:
                continue
            yield Finding(
                rule="step-outliers",
                severity="note",
                message=f"{len(high)} of {sayings.count(len(seconds), 'step')} that were timed singly lie more than "
                f"{self.deviations:g} standard deviations above the mean of {sayings.duration(mean)} "
                f"(limit {self.steps}) and add {sayings.share(share)} of the training's time "
                f"(limit {sayings.share(self.share)}); the slowest took {sayings.duration(slowest)}",
                advice="See when they come: at checkpoints, at buffer refills, or with another job on the machine.",
                fit=fit.index,
                epoch=fit.epochs[0].index,
                at=fit.epochs[0].started_at,
                numbers={
                    "outliers": len(high),
                    "steps": len(seconds),
                    "mean": mean,
                    "slowest": slowest,
                    "share": share,
                },
            )

    def _without_stops(self, run: Run, fit: Fit, seconds: list[float]) -> list[float]:
        """Leave out as many of the longest as there were times when the process was stopped: it was in a step."""
        since = fit.epochs[-self.newest :][0].started_at if fit.epochs else 0.0
        stops = sum(1 for gap in run.stops(fit.key[0]) if gap.until is None or gap.until > since)
        return sorted(seconds)[: max(0, len(seconds) - stops)] if stops else seconds

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(
            run, lambda fit: any(e.durations for e in fit.epochs[:4]), "single steps were not timed"
        )
