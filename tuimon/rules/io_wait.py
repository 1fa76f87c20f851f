"""The process waits for the disk most of the time.

What it means: training, or its workers, sit in uninterruptible sleep, which is waiting for storage: a slow or shared
file system, many small files, or swapping.

Why it matters: neither cores nor GPU can do anything meanwhile.

How it is decided: over 60 s of training more than half of the samples find the process waiting for storage; or the
kernel's pressure figure says that all tasks were held up for more than 20% of the time, and the process is among them
(SageMaker's IOBottleneck: 50%).

What to do: copy the data to a local disk first, pack small files into TFRecords, `cache()` after decoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.series import Point
    from tuimon.state import Run


@dataclass(frozen=True)
class IoWait:
    waiting: float = 0.5  # of the samples; SageMaker IOBottleneck
    pressure: float = 0.2  # of the time, all tasks held up; own choice
    own: float = 0.1  # of the samples in which this run waits, for the pressure to be its own; own choice
    seconds: float = 60.0  # own choice

    def check(self, run: Run) -> Iterator[Finding]:
        fit = run.fit
        if fit is None or not fit.trains or not run.host.io_waiting.high:
            return
        until = fit.ended.at if fit.ended else run.now
        points = evidence.while_running(run, fit, run.host.io_waiting.between(fit.started_at, until))
        held_up = [window for window in self._windows(points) if self._held_up(run, window)]
        if not held_up:
            return
        first, shown = held_up[0][0].x, max(held_up, key=_mean)
        yield Finding(
            rule="io-wait",
            severity="warning",
            message=f"waiting for storage in {sayings.share(_mean(shown))} of the samples over "
            f"{sayings.duration(shown[-1].x - shown[0].x)} (limit {sayings.share(self.waiting)}, or "
            f"{sayings.share(self.pressure)} of the time for all tasks)",
            advice="Copy the data to a local disk, pack small files into TFRecords, or cache() after decoding.",
            fit=fit.index,
            epoch=next((epoch.index for epoch in reversed(fit.epochs) if epoch.started_at <= first), None),
            at=first,
            numbers={"waiting": _mean(shown)},
            over=held_up[-1][-1].x + self.seconds < until,
        )

    def unjudged(self, run: Run) -> str | None:
        if not run.training:
            return evidence.NO_TRAINING
        return None if len(run.host.io_waiting) else "waiting for storage was not sampled"

    def _windows(self, points: list[Point]) -> list[list[Point]]:
        """The samples in parts of about the length that is judged; a shorter rest is left out."""
        windows: list[list[Point]] = []
        part: list[Point] = []
        for point in points:
            part.append(point)
            if point.x - part[0].x >= self.seconds:
                windows.append(part)
                part = []
        return windows

    def _held_up(self, run: Run, window: list[Point]) -> bool:
        waiting = _mean(window)
        if waiting > self.waiting:
            return True
        pressure = run.host.io_full.between(window[0].x, window[-1].x)
        return waiting >= self.own and bool(pressure) and _mean(pressure) > self.pressure


def _mean(points: list[Point]) -> float:
    return sum(point.last for point in points) / len(points)
