"""What a run took of the machine, as members of the report."""

from __future__ import annotations

from typing import Any

from tuimon.report.last_minutes import last_minutes
from tuimon.series import Series
from tuimon.state import Gpu, Run


def resources(run: Run) -> dict[str, Any]:
    host = run.host
    by_agent = [run.summed.peak_rss, *(fit.memory.by_step.high for fit in run.fits)]
    peak = host.rss.high if host.rss.high is not None else max(filter(None, by_agent), default=None)
    latest = host.latest
    return {
        "peak_rss_bytes": _whole(peak),
        "mean_cpu_cores": _mean(host.cpu_cores),
        "host_cores": latest.cores if latest else None,
        "host_memory_bytes": latest.memory_total if latest else None,
        "memory_limit_bytes": latest.memory_limit if latest else None,
        "read_bytes": latest.read_bytes if latest else None,
        "major_faults": latest.major_faults if latest else None,
        "peak_swapped_bytes": _whole(host.swapped.high),
        "gpus": [_gpu(gpu) for gpu in run.gpus.values()],
        "gpus_unreadable": run.gpu_problem.reason if run.gpu_problem else None,
        "allocators": [
            {"name": each.name, "peak_bytes": each.peak, "limit_bytes": each.latest.get("limit")}
            for each in run.allocators.values()
        ],
        "last_minutes": last_minutes(run),
    }


def wait_estimate(run: Run) -> dict[str, Any] | None:
    """Input wait as guessed from outside, in a run whose wait nobody measured. Never beside measured wait."""
    estimate = run.wait_estimate
    if estimate is None:
        return None
    whole = estimate.whole
    return {
        "share": whole.value,
        "error": whole.error if whole.value is not None else None,
        "seconds": whole.seconds,
        "looks": whole.looks,
        "seconds_per_batch_at_least": whole.per_batch_at_least,
        "known_by": estimate.known_by or None,
        "unknown_because": estimate.reason or None,
    }


def _gpu(gpu: Gpu) -> dict[str, Any]:
    return {
        "index": gpu.index,
        "uuid": gpu.uuid,
        "name": gpu.name or None,
        "visible": gpu.latest.get("visible"),
        "memory_total_bytes": gpu.latest.get("memory_total"),
        "peak_used_bytes": _whole(gpu.used.high),
        "peak_own_bytes": _whole(gpu.own.high),
        "mean_utilization": _mean(gpu.utilization),
        "peak_temperature": gpu.temperature.high,
        "xid_errors": [number for _, number in gpu.faults],
        "lost": gpu.lost_at is not None,
    }


def _mean(series: Series) -> float | None:
    """Of what is kept of a series; its points stand for equally many values."""
    values = [point.last for point in series]
    return sum(values) / len(values) if values else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
