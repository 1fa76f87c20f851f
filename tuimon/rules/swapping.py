"""Memory is being swapped to disk.

What it means: the machine has too little memory, and parts of the training process are written to disk and read again.

Why it matters: every access that hits such a part takes a thousand times as long. Training becomes so slow that it
looks like missing data or a hang.

How it is decided: since the first epoch began, the swapped part of the process tree grew by more than 100 MiB: a
warning, by more than 1 GiB an error; or it has some, and takes more than 200 major page faults per second over 30 s.
Page faults alone are not counted: reading a memory-mapped file makes them too.

What to do: smaller batches and buffers, fewer workers, or a machine with more memory.
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
class Swapping:
    grown: int = 100 * 2**20  # bytes; own choice
    error_from: int = 2**30  # bytes; own choice
    faults: float = 200.0  # major page faults per second; own choice
    seconds: float = 30.0  # over which they are counted; own choice
    some: int = 10 * 2**20  # bytes swapped, without which faults are those of mapped files; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        fit = next((each for each in run.training if each.epochs), None)
        if fit is None or not len(run.host.swapped):
            return
        began = fit.epochs[0].started_at
        if (run.host.swapped.high or 0.0) < self.some:
            return
        base = run.host.swapped.at(began)
        points = run.host.swapped.between(began, run.now)
        high = max((point.high for point in points), default=0.0)
        grown = high - (base.last if base else 0.0)
        rate = self._faults(run, began)
        if grown <= self.grown and rate <= self.faults:
            return
        limit = (base.last if base else 0.0) + self.grown
        first = next((point for point in points if point.high > limit), points[0])
        faults = f", {sayings.number(rate)} major page faults per second" if rate > self.faults else ""
        yield Finding(
            rule="swapping",
            severity="error" if grown > self.error_from else "warning",
            message=f"{sayings.size(high)} of the training are swapped to disk (limit: {sayings.size(self.grown)} more "
            f"than at first){faults}",
            advice="The machine has too little memory for this run: smaller batches and buffers, fewer workers.",
            fit=fit.index,
            at=first.x,
            numbers={"swapped": high, "grown": grown, "faults_per_second": rate},
            over=bool(points) and points[-1].last < limit - self.grown / 2 and rate <= self.faults,
        )

    def unjudged(self, run: Run) -> str | None:
        if not run.training:
            return evidence.NO_TRAINING
        return None if len(run.host.swapped) else "swapped memory was not sampled"

    def _faults(self, run: Run, began: float) -> float:
        """Major page faults per second over the newest window; 0 while it is not full."""
        since = max(began, run.now - self.seconds)
        points = run.host.major_faults.between(since, run.now)
        span = points[-1].x - points[0].x if len(points) > 1 else 0.0
        return (points[-1].last - points[0].last) / span if span >= self.seconds * 0.8 else 0.0
