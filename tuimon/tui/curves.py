"""A fit's metrics as curves for a chart: one x axis for what is known per step and what is known per epoch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.style import Style

from tuimon.series import Point, Series
from tuimon.state import Fit
from tuimon.state.fit import KEPT_EPOCHS
from tuimon.tui.charts import Curve, Extent

AxisKind = Literal["step", "epoch", "time"]

AXES: tuple[AxisKind, ...] = ("step", "epoch", "time")

LOWER_IS_BETTER = (
    "loss",
    "error",
    "mse",
    "mae",
    "rmse",
    "mape",
    "msle",
    "logcosh",
    "divergence",
    "perplexity",
    "crossentropy",
)


class Knots(NamedTuple):
    """Where each epoch begins and the last one is now, on all three axes; between them the axes are linear."""

    step: list[float]
    epoch: list[float]
    time: list[float]

    def convert(self, value: float, source: AxisKind, target: AxisKind) -> float:
        """The place on the `target` axis of what lies at `value` on the `source` axis."""
        if source == target:
            return value
        xs, ys = self.on(source), self.on(target)
        right = min(max(1, bisect_right(xs, value)), len(xs) - 1)
        left = right - 1
        span = xs[right] - xs[left]
        part = min(1.0, max(0.0, (value - xs[left]) / span)) if span > 0 else 1.0
        return ys[left] + part * (ys[right] - ys[left])

    def on(self, axis: AxisKind) -> list[float]:
        return {"step": self.step, "epoch": self.epoch, "time": self.time}[axis]


def knots(fit: Fit) -> Knots:
    """At least two of them, for a fit without epochs too."""
    first = fit.epochs[0] if fit.epochs else None
    made = Knots([0.0], [float(first.index if first else 0)], [fit.started_at])
    for place, epoch in enumerate(fit.epochs):
        if place == KEPT_EPOCHS and fit.summed.epochs:  # those between the first and the newest ones
            made.step.append(made.step[-1] + fit.summed.steps)
            made.epoch.append(max(made.epoch[-1], float(epoch.index)))
            made.time.append(max(made.time[-1], epoch.started_at))
        done = 1.0 if epoch.ended else min(1.0, epoch.steps / (fit.planned_steps or epoch.steps or 1))
        made.step.append(made.step[-1] + epoch.steps)
        made.epoch.append(max(made.epoch[-1], epoch.index + done))
        made.time.append(max(made.time[-1], epoch.ended_at if epoch.ended_at is not None else fit.progress_at))
    if len(made.step) == 1:
        made.step.append(1.0)
        made.epoch.append(made.epoch[0] + 1)
        made.time.append(made.time[0] + 1)
    return made


def families(fit: Fit) -> list[str]:
    """Metrics to choose from, without their validation twins: loss first, then in the order of appearance."""
    names = [*fit.epoch_metrics, *fit.metrics]
    bases = list(dict.fromkeys(name.removeprefix("val_") for name in names))
    return sorted(bases, key=lambda name: name != "loss")


PACE = ("learning rate", "step time", "input wait")
"""What is drawn beside metrics, where it is known."""


def pace(fit: Fit) -> dict[str, Series]:
    """Learning rate, seconds of a step, and share of input wait, over global steps."""
    known = dict(zip(PACE, (fit.learning_rate, fit.step_seconds, fit.wait_share), strict=True))
    return {name: series for name, series in known.items() if len(series) > 1}


def lower_is_better(name: str) -> bool:
    return any(part in name for part in LOWER_IS_BETTER)


class Window(NamedTuple):
    """What of the x axis is shown, in `columns` dot columns."""

    axis: AxisKind
    first: float
    last: float
    columns: int

    def column(self, x: float) -> int:
        span = (self.last - self.first) or 1.0
        return round((x - self.first) / span * (self.columns - 1))

    def edges(self) -> list[float]:
        width = (self.last - self.first) / self.columns
        return [self.first + index * width for index in range(self.columns + 1)]


def whole(
    made: Knots, axis: AxisKind, columns: int, zoom: float = 1.0, beside: Knots | None = None, over: bool = False
) -> Window:
    """The newest `1 / zoom` of the axis, unless it is `over` with a little room to grow, so that a chart moves rarely.
    Another run that is shown beside it has room too."""
    values = made.on(axis)
    length = values[-1] - values[0]
    if beside is not None:
        other = beside.on(axis)
        length = max(length, other[-1] - (other[0] if axis == "time" else values[0]))
    last = values[0] + (length if over and length > 0 else roomy(length))
    return Window(axis, last - (last - values[0]) / max(1.0, zoom), last, max(2, columns))


def shifted(window: Window, made: Knots, other: Knots) -> Window:
    """The same window for another run: by time, both begin at its left edge."""
    by = other.time[0] - made.time[0] if window.axis == "time" else 0.0
    return window._replace(first=window.first + by, last=window.last + by)


def roomy(span: float) -> float:
    """The next round length, at most 5 % more: 1.25k, 1.3k, 4.6k, 8.2k."""
    if span <= 0:
        return 1.0
    unit: float = 10.0 ** (math.floor(math.log10(span)) - 1)
    step = unit / 2 if span < 20 * unit else unit if span < 50 * unit else 2 * unit
    return max(span, math.ceil(span / step - 1e-9) * step)


def by_step(series: Series, made: Knots, window: Window, name: str, style: Style, smoothing: float = 0.0) -> Curve:
    """A series over global steps."""
    edges = [made.convert(edge, window.axis, "step") for edge in window.edges()]
    edges[0] -= 1e-9
    points = series.buckets(edges)
    columns = (
        smoothed(points, smoothing) if smoothing else [Extent(p.low, p.high, p.last) if p else None for p in points]
    )
    marks = [window.column(made.convert(x, "step", window.axis)) for x, _ in series.marks]
    return Curve(name, style, columns, marks=[mark for mark in marks if 0 <= mark < window.columns])


def by_epoch(series: Series, made: Knots, window: Window, name: str, style: Style, dashed: bool = True) -> Curve:
    """A series over epochs: each value stands at the end of its epoch."""
    columns: list[Extent | None] = [None] * window.columns
    best: tuple[int, float] | None = None
    lower = lower_is_better(name)
    for point in series:
        column = window.column(made.convert(point.x + 1, "epoch", window.axis))
        if not 0 <= column < window.columns:
            continue
        before = columns[column] or point
        columns[column] = Extent(min(point.low, before.low), max(point.high, before.high), point.last)
        value = point.low if lower else point.high
        if best is None or (value < best[1] if lower else value > best[1]):
            best = column, value
    marks = [window.column(made.convert(x + 1, "epoch", window.axis)) for x, _ in series.marks]
    return Curve(name, style, columns, dashed, [mark for mark in marks if 0 <= mark < window.columns], best)


def smoothed(points: Sequence[Point | None], weight: float) -> list[Extent | None]:
    """An exponential mean of the columns' last values, without the bias of its start."""
    mean, scale = 0.0, 0.0
    columns: list[Extent | None] = []
    for point in points:
        if point is None:
            columns.append(None)
            continue
        mean = mean * weight + point.last * (1 - weight)
        scale = scale * weight + (1 - weight)
        columns.append(Extent(mean / scale, mean / scale, mean / scale))
    return columns


def best_of(series: Series, name: str) -> tuple[int, float] | None:
    """Epoch and value of the best one."""
    lower = lower_is_better(name)
    best: tuple[int, float] | None = None
    for point in series:
        value = point.low if lower else point.high
        if best is None or (value < best[1] if lower else value > best[1]):
            best = int(point.x), value
    return best
