"""What a run's journal comes to, as one document: for machines as JSON, and what the readable forms are made of.

The shape is stable: members are only ever added. Times are ISO-8601 in UTC, durations seconds, sizes bytes. What is not
known is None, never 0. Floats that JSON cannot spell are the texts "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from tuimon.report.fits import called, summed, trained
from tuimon.report.resources import resources, wait_estimate
from tuimon.rules import Finding, not_judged
from tuimon.state import Run
from tuimon.state.left_out import left_out

SCHEMA_VERSION = 1

Document = dict[str, Any]


def report(run: Run, findings: Sequence[Finding]) -> Document:
    """The whole document. See the module for its promises."""
    dated = run.started is None or run.started.clock == "utc"
    document: Document = {
        "schema_version": SCHEMA_VERSION,
        "run": _run(run, dated),
        "fits": [trained(fit, run) for fit in run.training],
        "calls": [called(fit) for fit in run.fits if not fit.trains],
        "findings": [_finding(finding, dated) for finding in findings],
        "not_judged": [{"rule": rule, "reason": reason} for rule, reason in not_judged(run)],
        "resources": resources(run),
        "gaps": [
            {"what": gap.what, "since": _moment(gap.since, dated), "until": _moment(gap.until, dated)}
            | {"reason": gap.reason, "lost_events": gap.lost}
            for gap in run.gaps
        ],
        "wait_estimate": wait_estimate(run),
        "summed_fits": summed(run),
        "left_out": [each._asdict() for each in left_out(run)],
    }
    whole: Document = spelled(document)
    return whole


def _run(run: Run, dated: bool) -> Document:
    started, ended, framework = run.started, run.child_ended, run.framework
    process = next(iter(run.processes.values()), None)
    return {
        "id": run.id or None,
        "name": run.name or None,
        "command": list(started.command) if started else [],
        "cwd": (started.cwd or None) if started else None,
        "host": (started.host or None) if started else None,
        "source": started.source if started else None,
        "started_at": _moment(run.started_at, dated),
        "ended_at": _moment(run.ended_at, dated),
        "status": run.status,
        "exit_code": ended.exit_code if ended else None,
        "signal": ended.signal if ended else None,
        "oom_killed": ended.oom_killed if ended else None,
        "lost_because": run.lost.reason if run.lost else None,
        "frameworks": {
            "python": (process.started.python or None) if process else None,
            "tensorflow": framework.tensorflow if framework else None,
            "keras": framework.keras if framework else None,
            "backend": framework.backend if framework else None,
        },
        "exceptions": [
            {
                "where": raised.event.where,
                "fit": raised.fit,
                "type": raised.event.type,
                "message": raised.event.message,
                "site": raised.event.site or None,
                "traceback": raised.event.traceback or None,
            }
            for raised in run.exceptions
        ],
        "agent_failures": [{"hook": each.hook, "error": each.error} for each in run.agent_failures],
    }


def _finding(finding: Finding, dated: bool) -> Document:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "advice": finding.advice,
        "snippet": finding.snippet or None,
        "fit": finding.fit,
        "epoch": finding.epoch,
        "step": finding.step,
        "at": _moment(finding.at, dated),
        "over": finding.over,
        "numbers": dict(finding.numbers),
    }


def _moment(at: float | None, dated: bool) -> str | None:
    if at is None or not dated or not 0 < at < 1e11:
        return None
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spelled(value: Any) -> Any:
    """The value with every float that JSON cannot spell as its name."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(name): spelled(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [spelled(item) for item in value]
    return value
