"""Memory is nearly used up.

What it means: this run's container (cgroup) or the machine has almost no memory left.

Why it matters: the kernel kills the process with the most memory, which is usually the training, without a traceback.

How it is decided: over three samples in a row, more than 90% of the container's limit is in use; where there is no such
limit, less than 5% of the machine's memory is available. It is a note when others use the machine's memory: this run
has less than a quarter of it. Where use has risen steadily for two minutes, the time until it is full is told.

What to do: smaller batches, smaller shuffle and prefetch buffers, `np.load(..., mmap_mode="r")` instead of reading all
of it, fewer workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, forecast, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.series import Point
    from tuimon.state import Run


@dataclass(frozen=True)
class MemoryNearLimit:
    used: float = 0.9  # of the container's limit; own choice
    available: float = 0.05  # of the machine's memory; own choice
    samples: int = 3  # in a row; own choice
    own: float = 0.25  # of the machine's memory that this run has at least; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        latest = run.host.latest
        if latest is None:
            return
        if latest.memory_limit and len(run.host.in_cgroup):
            yield from self._of_container(run, latest.memory_limit)
        elif latest.memory_total and len(run.host.available):
            yield from self._of_machine(run, latest.memory_total)

    def unjudged(self, run: Run) -> str | None:
        return None if run.host.latest else "the machine's memory was not sampled"

    def _of_container(self, run: Run, limit: int) -> Iterator[Finding]:
        if (run.host.in_cgroup.high or 0.0) <= self.used * limit:
            return
        first, now = self._crossed([*run.host.in_cgroup], lambda point: point.low > self.used * limit)
        if first is None:
            return
        peak = run.host.in_cgroup.high or 0.0
        left = forecast.seconds_left(run.host.in_cgroup, limit, run.now) if now and run.ended_at is None else None
        yield self._finding(
            run,
            first.x,
            f"{sayings.size(peak)} of {sayings.size(limit)} ({sayings.share(min(1.0, peak / limit))}, "
            f"limit {sayings.share(self.used)}) of the container's memory are in use{forecast.said(left)}",
            over=not now,
            severe=True,
            used=peak,
            limit=limit,
            seconds_left=left,
        )

    def _of_machine(self, run: Run, total: int) -> Iterator[Finding]:
        if (run.host.available.low or 0.0) >= self.available * total:
            return
        first, now = self._crossed([*run.host.available], lambda point: point.high < self.available * total)
        if first is None:
            return
        least = run.host.available.low or 0.0
        own = run.host.rss.high or 0.0
        left = self._left_of_machine(run) if now and run.ended_at is None else None
        yield self._finding(
            run,
            first.x,
            f"{sayings.size(least)} of {sayings.size(total)} memory are left ({sayings.share(least / total)}, "
            f"limit {sayings.share(self.available)}); this run has {sayings.size(own)}"
            f"{forecast.said(left)}",
            over=not now,
            severe=own >= self.own * total,
            available=least,
            limit=total,
            seconds_left=left,
        )

    def _left_of_machine(self, run: Run) -> float | None:
        """Until this run's own growth has used up what is available now."""
        rss, available = run.host.rss.latest, run.host.available.latest
        if rss is None or available is None:
            return None
        return forecast.seconds_left(run.host.rss, rss.last + available.last, run.now)

    def _crossed(self, points: list[Point], beyond: Callable[[Point], bool]) -> tuple[Point | None, bool]:
        """The first of enough samples in a row beyond the limit, and whether the newest ones still are."""
        row = 0
        first = None
        for index, point in enumerate(points):
            row = row + 1 if beyond(point) else 0
            if row == self.samples and first is None:
                first = points[index - self.samples + 1]
        return first, row > 0

    def _finding(self, run: Run, at: float, message: str, over: bool, severe: bool, **numbers: float | None) -> Finding:
        fit = run.training_at(at)
        size = evidence.batch_size(fit) if fit else None
        smaller = f" (now {size})" if size else ""
        return Finding(
            rule="memory-near-limit",
            severity="error" if severe else "note",
            message=message,
            advice=f"Smaller batches{smaller}, smaller shuffle and prefetch buffers, fewer workers; "
            'np.load(..., mmap_mode="r") reads only what is used.',
            fit=fit.index if fit else None,
            at=at,
            numbers=dict(numbers),
            over=over,
        )
