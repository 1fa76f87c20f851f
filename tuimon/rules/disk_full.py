"""The disk is full, or nearly.

What it means: a write failed because no space was left, or less than 1% of the disk (and under 2 GiB) is free where the
script runs.

Why it matters: the next checkpoint fails, and often leaves a damaged file behind.

How it is decided: an exception with "No space left on device" (errno 28), whoever caught it; or the free space.

What to do: delete old checkpoints, keep only the best (`save_best_only=True`), or write elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run

FULL = re.compile(r"No space left on device|\[Errno 28\]|ENOSPC|Disk quota exceeded|\[Errno 122\]")
PATH = re.compile(r"No space left on device: '([^']+)'")


@dataclass(frozen=True)
class DiskFull:
    free: float = 0.01  # of the disk; own choice
    bytes: int = 2 * 2**30  # free: on large disks 1% is plenty; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        raised = next((each for each in run.exceptions if FULL.search(each.event.message)), None)
        if raised is not None:
            path = PATH.search(raised.event.message)
            fit = run.fit_at(raised.fit)
            yield Finding(
                rule="disk-full",
                severity="error",
                message=f"no space left on the device{f' for {path[1]}' if path else ''}"
                f"{sayings.of_call(raised.event.site)}",
                advice="Delete old checkpoints, keep only the best one, or write to another disk.",
                fit=raised.fit,
                epoch=fit.epoch.index if fit and fit.epoch else None,
                at=raised.event.at,
                numbers={"path": path[1] if path else None},
                snippet='keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)',
            )
            return
        yield from self._nearly(run)

    def unjudged(self, run: Run) -> str | None:
        return None if run.processes or len(run.host.disk_free) else "neither the process nor the disk was watched"

    def _nearly(self, run: Run) -> Iterator[Finding]:
        latest = run.host.latest
        if latest is None or not latest.disk_total or not len(run.host.disk_free):
            return
        limit = min(self.free * latest.disk_total, float(self.bytes))
        if (run.host.disk_free.low or 0.0) >= limit:
            return
        first = next((point for point in run.host.disk_free if point.low < limit), None)
        least = run.host.disk_free.low or 0.0
        yield Finding(
            rule="disk-full",
            severity="error",
            message=f"{sayings.size(least)} of {sayings.size(latest.disk_total)} are left on the script's disk "
            f"(limit {sayings.size(limit)})",
            advice="Delete old checkpoints or logs before the next one is written.",
            at=first.x if first else None,
            numbers={"free": least, "limit": limit},
            over=latest.disk_free is not None and latest.disk_free >= limit,
        )
