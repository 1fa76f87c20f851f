"""Memory grows from step to step.

What it means: something is kept that should be let go: tensors in a list (each holds its graph or buffer), new layers
or functions made inside the loop, models that are not cleared.

Why it matters: the run ends with the kernel's SIGKILL, often hours later.

How it is decided: after the first epoch (caches and buffers fill in it), the slope of resident memory over the steps is
positive by the Theil–Sen estimate, in the newer half as well, and memory has risen by at least 64 MiB and 5%. It is an
error when at this pace the limit is reached before the planned end. A single long epoch is judged from its 1,000th step
on, unless its pipeline has a cache or a shuffle buffer.

What to do: keep numbers, not tensors (`float(loss)`); call `keras.backend.clear_session()` between models; put
`cache()` before `repeat()`; use `del` and `gc.collect()` only after that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, forecast, sayings, trend
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

Points = list[tuple[float, float]]
"""Global step, resident bytes."""


@dataclass(frozen=True)
class MemoryLeak:
    bytes: int = 64 * 2**20  # risen since the first epoch; own choice, measured leaks: 1.6 and 2.5 MB per step
    share: float = 0.05  # risen since the first epoch; own choice
    points: int = 5  # own choice: the ends of five epochs
    pace: float = 0.25  # of the slope, in the newer half: a cache that fills has levelled off by then; own choice
    long_epoch: int = 1000  # steps after which a single epoch is judged; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            points = self._points(fit)
            slope = self._slope(points)
            if slope is None:
                continue
            low, high = points[0][1], points[-1][1]
            reached = self._reached(run, fit, slope, high)
            limit, left = run.host.memory_limit, self._seconds_left(run)
            end = f", and reaches the limit of {sayings.size(limit or 0)} {reached}" if reached else ""
            if left is not None:
                end += f"; at this pace {sayings.size(limit or 0)} are full in about {sayings.duration(left)}"
            yield Finding(
                rule="memory-leak",
                severity="error" if reached else "warning",
                message=f"memory grows by {sayings.size(slope)} per step: from {sayings.size(low)} to "
                f"{sayings.size(high)} in {sayings.count(round(points[-1][0] - points[0][0]), 'step')} "
                f"(limits {sayings.size(self.bytes)} and {sayings.share(self.share)}){end}",
                advice="Look for what is kept with every step: tensors or arrays in a list (keep float(value) "
                "instead), predictions, models or functions made inside the loop.",
                fit=fit.index,
                epoch=fit.epochs[0].index,
                at=fit.epochs[0].started_at,
                numbers={"bytes_per_step": slope, "from": low, "to": high, "seconds_left": left},
                snippet="losses.append(float(loss))  # not: losses.append(loss)",
            )

    def unjudged(self, run: Run) -> str | None:
        known = "memory of the training process was not measured"
        return evidence.unjudged(run, lambda fit: fit.memory.by_epoch or len(fit.memory.by_step), known)

    def _points(self, fit: Fit) -> Points:
        """Resident memory after what fills buffers and caches."""
        if not fit.epochs:
            return []
        first = fit.epochs[0]
        source = evidence.described(fit)
        fills = evidence.has_stage(source, "cache", "shuffle")
        since = float(first.steps) if first.ended else math.inf if fills else float(self.long_epoch)
        points = [(point.x, point.last) for point in fit.memory.by_step.between(since, math.inf)]
        if len(points) < 4 * self.points:
            points = sorted({*points, *self._by_epoch(fit)})
        return points

    def _by_epoch(self, fit: Fit) -> Points:
        done, ends = 0, {}
        for epoch in fit.epochs[: 8 * self.points]:
            done += epoch.steps
            ends[epoch.index] = float(done)
        return [(ends[index], float(size)) for index, size in fit.memory.by_epoch if index in ends]

    def _slope(self, points: Points) -> float | None:
        """Bytes per step, when it is a leak."""
        if len(points) < self.points:
            return None
        rise = points[-1][1] - points[0][1]
        if rise < self.bytes or rise < self.share * points[0][1]:
            return None
        slope, newer = trend.slope(points), trend.slope(points[len(points) // 2 :])
        if slope is None or newer is None or slope <= 0 or newer < self.pace * slope:
            return None
        return slope

    def _seconds_left(self, run: Run) -> float | None:
        """Until the limit is reached, where the run's memory has risen steadily in the last minutes."""
        limit = run.host.memory_limit
        return forecast.seconds_left(run.host.rss, limit, run.now) if limit and run.ended_at is None else None

    def _reached(self, run: Run, fit: Fit, slope: float, now: float) -> str | None:
        """When the limit will be reached, if that is before the planned end."""
        limit, steps, epochs = run.host.memory_limit, fit.planned_steps, evidence.planned_epochs(fit)
        if limit is None or not steps or not epochs or fit.ended is not None:
            return None
        left = (limit - now) / slope
        if left >= steps * epochs - fit.steps_done:
            return None
        return f"in about {sayings.count(max(1, round(left)), 'step')}"
