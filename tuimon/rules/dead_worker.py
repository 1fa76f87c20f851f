"""A worker process that loads data has died.

What it means: with `use_multiprocessing` (or a pool of the script's own) a child process has exited while fit() runs
and stays as a zombie.

Why it matters: its batches never come. Sooner or later training waits for them for ever.

How it is decided: a dead child process over at least five samples in a row while a fit runs. It is an error when the
data comes from worker processes, else a note: other children end on their own.

What to do: look at stderr for the worker's traceback; a worker killed by the kernel points to memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class DeadWorker:
    samples: int = 5  # in a row, so that a child that is about to be waited for is not reported; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        if not run.host.dead_workers.high:
            return
        for fit in run.training:
            until = fit.ended.at if fit.ended else run.now
            points = evidence.while_running(run, fit, run.host.dead_workers.between(fit.started_at, until))
            row, first = 0, None
            for index, point in enumerate(points):
                row = row + 1 if point.low > 0 else 0
                if row == self.samples and first is None:
                    first = points[index - self.samples + 1]
            if first is None:
                continue
            source = evidence.described(fit)
            loads = bool(source and source.multiprocessing)
            dead = round(max(point.high for point in points))
            yield Finding(
                rule="dead-worker",
                severity="error" if loads else "note",
                message=f"{sayings.count(dead, 'worker process')} died while fit(){sayings.of_call(fit.started.site)} "
                f"ran{self._of(source.workers if source else None)}",
                advice="Its traceback is in stderr; without one it was killed, most likely for its memory. Fewer "
                "workers, or use_multiprocessing=False.",
                fit=fit.index,
                epoch=self._epoch(fit, first.x),
                at=first.x,
                numbers={"dead": dead, "workers": source.workers if source else None},
                over=bool(points) and points[-1].last == 0,
            )

    def unjudged(self, run: Run) -> str | None:
        if not run.training:
            return evidence.NO_TRAINING
        return None if len(run.host.dead_workers) else "child processes were not watched"

    def _of(self, workers: int | None) -> str:
        return f" (of {workers})" if workers else ""

    def _epoch(self, fit: Fit, at: float) -> int | None:
        return next((epoch.index for epoch in reversed(fit.epochs) if epoch.started_at <= at), None)
