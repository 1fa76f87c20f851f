"""Events in a line: `run_of(fit(epochs=3), epoch(0, steps=10, loss=0.5), …)`.

Each builder returns a list of events without times; `run_of` gives them times, one second apart unless they have one,
and folds them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from tuimon import events
from tuimon.state import Run

PID = 4711
START = 1_700_000_000.0


def run_of(*parts: events.Event | Iterable[events.Event], status: int | None = None, began: bool = True) -> Run:
    """The folded run: a start, these events a second apart, and an end with exit `status` when one is given."""
    run = Run()
    for event in timed(*parts, status=status, began=began):
        run.apply(event)
    return run


def timed(
    *parts: events.Event | Iterable[events.Event], status: int | None = None, began: bool = True
) -> list[events.Event]:
    """These events with times, in order. An event that has a time keeps it and sets the clock."""
    these: list[events.Event] = []
    if began:
        these += [
            events.RunStarted(run="r1", name="r1", command=["train.py"], host="h"),
            events.ChildStarted(pid=PID),
            events.FrameworkSeen(pid=PID, tensorflow="2.21.0", keras="3.15.1", keras_line=3, backend="tensorflow"),
        ]
    for part in parts:
        these += [part] if isinstance(part, events.Event) else list(part)
    if status is not None:
        these.append(events.ChildEnded(pid=PID, exit_code=status))
    now = START
    stamped = []
    for event in these:
        now = event.at if event.at else now + 1.0
        stamped.append(dataclasses.replace(event, at=now))
    return stamped


def keras2() -> list[events.Event]:
    return [events.FrameworkSeen(pid=PID, tensorflow="2.15.1", keras="2.15.0", keras_line=2, backend="tensorflow")]


def fit(number: int = 1, **fields: Any) -> list[events.Event]:
    fields.setdefault("epochs", 3)
    return [events.FitStarted(pid=PID, fit=number, **fields)]


def source(number: int = 1, **fields: Any) -> list[events.Event]:
    if fields.get("size") is not None:
        fields.setdefault("size_known_by", "exact")
    return [events.SourceDescribed(pid=PID, fit=number, **fields)]


def model(number: int = 1, **fields: Any) -> list[events.Event]:
    return [events.ModelDescribed(pid=PID, fit=number, **fields)]


def steps(epoch: int = 0, steps: int = 1, step: int | None = None, number: int = 1, **fields: Any) -> events.Event:
    """One report of steps. Metrics are given as numbers or lists of numbers: `loss=[1.0, nan]` is two steps' values."""
    known = {field.name for field in dataclasses.fields(events.StepsEnded)}
    metrics = {name: _seen(value) for name, value in fields.items() if name not in known}
    rest = {name: value for name, value in fields.items() if name in known}
    last = steps - 1 if step is None else step
    return events.StepsEnded(pid=PID, fit=number, epoch=epoch, steps=steps, step=last, metrics=metrics, **rest)


def _seen(value: Any) -> list[float | None]:
    values = [float(each) for each in (value if isinstance(value, list) else [value])]
    finite = [each for each in values if math.isfinite(each)]
    bad = next((index for index, each in enumerate(values) if not math.isfinite(each)), None)
    return [values[-1], min(finite, default=None), max(finite, default=None), bad]


def epoch(
    index: int, steps: int | None = 10, number: int = 1, validation: dict[str, Any] | None = None, **fields: Any
) -> list[events.Event]:
    """A whole epoch: begin, optional validation (fields of `ValidationEnded`), end. Other names are metrics."""
    known = {field.name for field in dataclasses.fields(events.EpochEnded)}
    metrics = {name: value for name, value in fields.items() if name not in known}
    rest = {name: value for name, value in fields.items() if name in known}
    these: list[events.Event] = [events.EpochStarted(pid=PID, fit=number, epoch=index)]
    if validation is not None:
        these += [
            events.ValidationStarted(pid=PID, fit=number, epoch=index),
            events.ValidationEnded(pid=PID, fit=number, epoch=index, **validation),
        ]
    these.append(events.EpochEnded(pid=PID, fit=number, epoch=index, steps=steps, metrics=metrics, **rest))
    return these


def fit_end(number: int = 1, **fields: Any) -> list[events.Event]:
    return [events.FitEnded(pid=PID, fit=number, **fields)]


def host(**fields: Any) -> events.Event:
    return events.HostSampled(**fields)


def guessed(share: float, seconds: int = 30, batches: int | None = 20) -> list[events.Event]:
    """Input wait as guessed from outside, so many seconds long, with 50 looks in each."""
    guess = events.WaitEstimated(seconds=1.0, wait=share, looks=50, batches_at_most=batches, known_by="stack-pointer")
    return [guess] * seconds


def batch(step: int = 0, rows: list[str] | int = 32, epoch: int = 0, number: int = 1, **fields: Any) -> events.Event:
    """A look at one batch; `rows` are its rows' contents, or how many different ones it has."""
    named = [f"{epoch}/{step}/{index}" for index in range(rows)] if isinstance(rows, int) else rows
    fields.setdefault("fingerprint", "|".join(named))
    fields.setdefault("row_fingerprints", named[:64])
    return events.BatchSampled(pid=PID, fit=number, epoch=epoch, step=step, rows=len(named), **fields)


def rows(looked_at: int, distinct: int, in_fit: int | None = None, epoch: int = 0, **fields: Any) -> events.Event:
    """How many different rows came in this epoch, and in the fit."""
    fields.setdefault("complete", True)
    return events.RowsCounted(
        pid=PID, fit=fields.pop("number", 1), epoch=epoch, looked_at=looked_at, distinct=distinct,
        distinct_in_fit=distinct if in_fit is None else in_fit, **fields,
    )  # fmt: skip


def iterated(batches: int = 1, number: int = 0, **fields: Any) -> events.Event:
    """An iterator over a dataset was used so far and then dropped."""
    return events.IteratorEnded(pid=PID, fit=number, batches=batches, **fields)


def printed(*epochs: int, of: int | None = None) -> list[events.Event]:
    """Lines such as ``Epoch 3/10`` in the script's output."""
    return [events.EpochLinePrinted(epoch=epoch, epochs=of) for epoch in epochs]


def raised(type: str, message: str = "", where: str = "script", **fields: Any) -> events.Event:
    return events.ExceptionRaised(pid=PID, type=type, message=message, where=where, **fields)


def ended(**fields: Any) -> events.Event:
    """The end of the process: `exit_code`, or `signal` and `oom_killed`."""
    return events.ChildEnded(pid=PID, **fields)


def agent(**fields: Any) -> events.Event:
    return events.AgentStarted(pid=PID, **fields)


def later(seconds: float) -> events.Event:
    """Nothing but time: a sample of the machine, so many seconds after the start."""
    return events.HostSampled(at=START + seconds)
