"""Reports of runs, well-behaved and hostile."""

from __future__ import annotations

import math
from typing import Any

from tests.builders import PID, epoch, fit, fit_end, host, model, run_of, source, steps
from tuimon import events
from tuimon.report import report
from tuimon.rules import diagnose
from tuimon.state import Run

HOSTILE = "\x1b[31m\x07\u009b2J</td><script>alert(1)</script>|`*_[a](b)\n# \u202e]]>&amp;\"' \ud800 {0} %s"
"""What a name may hold that would be a command to a terminal, a browser or a renderer of markdown."""


def plain() -> Run:
    """Two epochs of three, half of the data, a NaN."""
    return run_of(
        fit(1, epochs=3, steps=10, site="train.py:9"),
        source(1, kind="tf.data", size=640, batch_size=32, pipeline=[{"op": "batch", "text": "batch(32)"}]),
        host(rss=3 << 30, memory_total=8 << 30, cores=4, cpu_cores=1.5),
        steps(0, steps=10, samples=320, samples_known_by="exact", seconds=4.0, wait=1.0, loss=1.25, accuracy=0.5),
        epoch(0, steps=10, samples=320, samples_known_by="exact", seconds=4.0, wait=1.0, loss=1.25, accuracy=0.5),
        epoch(1, steps=10, samples=320, samples_known_by="exact", seconds=4.0, wait=1.0, loss=math.nan, accuracy=0.5),
        fit_end(1),
        status=0,
    )


def unknown() -> Run:
    """Of whose epoch nothing is known but that it ended."""
    return run_of(fit(1, epochs=None), epoch(0, steps=None), began=False)


def hostile() -> Run:
    """Every text in it is `HOSTILE`."""
    bad: dict[str, Any] = {HOSTILE: math.nan, "loss": math.nan}
    return run_of(
        [events.RunStarted(run=HOSTILE, name=HOSTILE, command=[HOSTILE], host=HOSTILE, cwd=HOSTILE)],
        [events.AgentStarted(pid=PID, python=HOSTILE), events.FrameworkSeen(pid=PID, keras=HOSTILE)],
        fit(1, call="fit", site=HOSTILE),
        source(1, kind=HOSTILE, size=320, size_reason=HOSTILE, pipeline=[{"op": HOSTILE, "text": HOSTILE}]),
        model(1, name=HOSTILE, layers=[{"name": HOSTILE, "kind": HOSTILE, "activation": HOSTILE}]),
        [events.ModelProbed(pid=PID, fit=1, rows=32, layers=[{"name": HOSTILE, "kind": "Dense", "dead": 1.0}])],
        [events.WeightsScanned(pid=PID, fit=1, variables=2, non_finite=3, non_finite_in=[HOSTILE])],
        steps(0, steps=10, **bad),
        epoch(0, steps=10, samples=100, **bad),
        epoch(1, steps=10, samples=100, shorter=HOSTILE, **{**bad, HOSTILE: 2.0}),
        [events.GpusSampled(gpus=[{"uuid": HOSTILE, "name": HOSTILE, "index": 0}])],
        [events.EventsLost(count=1, reason=HOSTILE), events.AgentFailed(pid=PID, hook=HOSTILE, error=HOSTILE)],
        [events.ExceptionRaised(pid=PID, fit=1, type=HOSTILE, message=HOSTILE, traceback=HOSTILE, site=HOSTILE)],
        fit_end(1, exception=HOSTILE, message=HOSTILE),
        status=1,
        began=False,
    )


def document(run: Run) -> dict[str, Any]:
    return report(run, diagnose(run))


def holds_no_command(text: str) -> bool:
    """No control character but line feeds and tabs, nothing that turns the writing direction, valid Unicode."""
    text.encode("utf-8")
    return not any(
        (ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 or char in "\u202e\u2028\u2066"
        for char in text
    )
