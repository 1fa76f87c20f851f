"""A GPU's memory is nearly used up, or its use grows.

What it means: the framework's own allocator has handed out almost all that it may have; or, with memory growth switched
on, the device itself is nearly full.

Why it matters: the next larger batch, validation or checkpoint fails with ResourceExhaustedError.

How it is decided: TensorFlow reserves nearly all memory at its start, so what the driver shows as used says nothing
unless memory growth is on. Where the framework's allocator can be read, its bytes in use are compared with its limit.
More than 95% over ten samples is a warning, and so is a moving average that rose by 5 points of the limit since the
first epoch (SageMaker's GPUMemoryIncrease). Where use has risen steadily for two minutes, the time until it is full is
told.

What to do: smaller batches, mixed precision; keep no tensors in Python lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, forecast, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.series import Series
    from tuimon.state import Run


@dataclass(frozen=True)
class GpuMemoryNearLimit:
    used: float = 0.95  # of the limit; own choice
    risen: float = 0.05  # of the limit, the moving average since the first epoch; SageMaker GPUMemoryIncrease
    samples: int = 10  # of the moving average; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for device, series, limit in self._devices(run):
            found = self._of(run, device, series, limit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        if not run.gpus and not run.allocators:
            return evidence.no_gpu(run)
        readable = any(True for _ in self._devices(run))
        return None if readable else "TensorFlow reserves GPU memory at its start, and its allocator was not read"

    def _devices(self, run: Run) -> Iterator[tuple[str, Series, float]]:
        """Name, bytes in use over time, and limit, of the devices whose use tells something."""
        allocators = [
            each for each in run.allocators.values() if each.latest.get("limit") and "GPU" in each.name.upper()
        ]
        for allocator in allocators:
            yield allocator.name.rpartition("device:")[2], allocator.in_use, float(allocator.latest["limit"])
        if allocators or not self._grows(run):
            return
        for gpu in run.gpus.values():
            if gpu.latest.get("memory_total") and gpu.latest.get("visible") is not False:
                yield f"GPU {gpu.index}", gpu.used, float(gpu.latest["memory_total"])

    def _grows(self, run: Run) -> bool:
        """Memory growth is on: what is used is what was needed."""
        known = [process.devices for process in run.processes.values() if process.devices is not None]
        return any(facts.get("memory_growth") for devices in known for facts in devices.devices)

    def _of(self, run: Run, device: str, series: Series, limit: float) -> Finding | None:
        fit = next((each for each in run.training if each.epochs and each.epochs[0].ended_at), None)
        if fit is None or fit.epochs[0].ended_at is None:
            return None
        points = series.between(fit.epochs[0].ended_at, run.now)
        if len(points) < 2 * self.samples:
            return None
        first = sum(point.last for point in points[: self.samples]) / self.samples
        last = sum(point.last for point in points[-self.samples :]) / self.samples
        full, rose = last > self.used * limit, last - first > self.risen * limit
        if not full and not rose:
            return None
        how = (
            f"{sayings.share(last / limit)} of {sayings.size(limit)} are in use (limit {sayings.share(self.used)})"
            if full
            else f"use rose from {sayings.share(first / limit)} to {sayings.share(last / limit)} of "
            f"{sayings.size(limit)} since epoch 1 (limit {100 * self.risen:g} points)"
        )
        size = evidence.batch_size(fit)
        left = forecast.seconds_left(series, limit, run.now) if run.ended_at is None else None
        return Finding(
            rule="gpu-memory-near-limit",
            severity="warning",
            message=f"{device}: {how}{forecast.said(left)}",
            advice=f"Smaller batches{f' (now {size})' if size else ''} or mixed precision; keep no tensors in lists.",
            fit=fit.index,
            epoch=fit.epochs[0].index,
            at=fit.epochs[0].ended_at,
            numbers={"used": last, "at_first": first, "limit": limit, "seconds_left": left},
        )
