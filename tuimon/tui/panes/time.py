"""Where does a step go? Input wait, compute, callbacks, validation and the rest, now and before."""

from __future__ import annotations

from rich.style import Style

from tuimon.series import Point
from tuimon.state import Epoch, Fit
from tuimon.state.unknown import wait_unknown
from tuimon.tui import bars, curves, figures, units
from tuimon.tui.ink import Row, wrapped
from tuimon.tui.pane import Pane
from tuimon.tui.view import View

HIGH_WAIT = 0.2
"""Share of the time spent waiting for input from which it is shown as a warning."""


class TimePane(Pane):
    number = 2
    label = "time"

    def aside(self, view: View) -> Row:
        fit = view.fit
        if fit is None:
            return Row()
        steps, samples = figures.steps_per_second(fit), figures.samples_per_second(fit)
        row = Row(units.rate(steps), view.theme.strong).add(" steps/s", view.theme.dim)
        if samples is not None and self.size.width >= 40:
            row.add(f"  {units.rate(samples)}", view.theme.strong).add(" samples/s", view.theme.dim)
        return row

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        fit = view.fit
        epoch = _timed(fit) if fit else None
        if fit is None or epoch is None:
            return estimated(view, width, height) or [Row("no step has ended yet", view.theme.dim)]
        parts = figures.split(epoch)
        if parts is None:
            return estimated(view, width, height) or [Row("times are not known", view.theme.dim)]
        rows = [stack(view, parts, width), *legend(view, parts, width, max(1, height - 3))]
        unknown = not_known(view, fit, width, max(1, height - len(rows) - 1))
        room = height - len(rows) - 1 - max(1, len(unknown))
        if room > 1:
            rows.insert(1, Row())
        if room > 0:
            rows.append(Row())
        rows.append(single(view, fit, epoch, width))
        room = height - len(rows)
        rows += estimated(view, width, room) or unknown or history(view, fit, width, room)
        return rows


LABEL = 5

TALLEST = 8
"""Rows of the history at most."""

SHORT = {"input wait": "wait", "callbacks": "callb.", "validation": "valid.", "compute and rest": "other"}


def _timed(fit: Fit) -> Epoch | None:
    return next((epoch for epoch in reversed(fit.epochs) if epoch.seconds), None)


def _parts(view: View, parts: figures.Split) -> list[tuple[str, float | None, str, Style]]:
    theme, textures = view.theme, view.glyphs.textures
    rest = "rest" if parts.compute is not None else "compute and rest"
    return [
        ("input wait", parts.wait, textures[0], theme.wait),
        ("compute", parts.compute, textures[1], theme.compute),
        ("callbacks", parts.callbacks, textures[2], theme.callbacks),
        ("validation", parts.validation, textures[3], theme.validation),
        (rest, parts.rest, textures[4], theme.rest),
    ]


def stack(view: View, parts: figures.Split, width: int) -> Row:
    return bars.stacked(
        [(parts.share(each) or 0.0, char, style) for _, each, char, style in _parts(view, parts)], width
    )


def legend(view: View, parts: figures.Split, width: int, height: int) -> list[Row]:
    """Each part's share and seconds, in as many columns as there is room for."""
    theme = view.theme
    items = []
    roomy = width >= 48
    for name, seconds, char, style in _parts(view, parts):
        share, mark = parts.share(seconds), ""
        if name == "input wait" and share is None:
            share, mark = _guess(view), "~"
        high = name == "input wait" and share is not None and share >= HIGH_WAIT
        item = Row(f"{char} ", style).add(
            f"{name if roomy else SHORT.get(name, name)} ", theme.warn if high else theme.text
        )
        told = mark + units.ratio(share) if share is not None else units.UNKNOWN
        items.append(item.add(told, theme.warn if high else theme.strong))
    wide = max(item.width for item in items) + (2 if roomy else 1)
    columns = max(1, min(len(items), width // wide))
    rows = []
    for first in range(0, len(items), columns):
        row = Row()
        for item in items[first : first + columns]:
            row.extend(item.pad(wide))
        rows.append(row)
    return rows[:height]


def _guess(view: View) -> float | None:
    """The share of input wait as guessed from outside, of late; None where it was measured."""
    estimate = view.run.wait_estimate
    return estimate.recent.value if estimate is not None else None


def single(view: View, fit: Fit, epoch: Epoch, width: int) -> Row:
    """One step: how long it takes now, at most, and the first one."""
    theme = view.theme
    items = [Row("step ", theme.dim).add(units.duration(figures.step_seconds(fit)), theme.strong)]
    highest = fit.step_seconds.newest(figures.RECENT)
    if highest:
        slowest = max(point.high for point in highest)
        items.append(Row("slowest ", theme.dim).add(units.duration(slowest), theme.text))
    first = fit.epochs[0].first_step
    if first is not None:
        items.append(Row("first ", theme.dim).add(units.duration(first), theme.text))
    return Row().items(items, width)


def estimated(view: View, width: int, height: int) -> list[Row]:
    """Input wait as guessed from outside, marked as a guess, and over the time; nothing where it was measured."""
    estimate, theme = view.run.wait_estimate, view.theme
    if estimate is None or height < 1:
        return []
    now = estimate.recent
    if now.value is None:
        return [Row(estimate.reason, theme.dim)]
    style = theme.warn if now.value >= HIGH_WAIT else theme.strong
    row = Row("wait ", theme.dim).add(f"~{units.ratio(now.value)}", style)
    row.add(f" ±{100 * now.error:.0f}  estimated from outside", theme.dim)
    if height < 2:
        return [row]
    first = estimate.first_at or 0.0
    span = view.run.now + 1 - first
    buckets = estimate.shares.buckets([first + span * index / width for index in range(width + 1)])
    shares = [point.last if point else None for point in _bridged(buckets)]
    if height < 4:
        return [row, bars.spark(shares, width, theme.wait, view.glyphs, top=1.0)]
    return [row, *bars.columns(shares, min(height - 1, TALLEST), theme.wait, view.glyphs, top=1.0)]


def not_known(view: View, fit: Fit, width: int, height: int) -> list[Row]:
    """Why the input wait of no step is known; nothing where it is."""
    if len(fit.wait_share):
        return []
    because = wait_unknown(view.run, fit)
    said = f"not known: {because}" if because else "over the steps: not known yet"
    first, *more = wrapped(said, max(20, width - LABEL), view.theme.dim, height)
    label = Row(f"{'wait':<{LABEL}}", view.theme.dim)
    return [label.extend(first), *(Row(" " * LABEL).extend(row) for row in more)]


def history(view: View, fit: Fit, width: int, height: int) -> list[Row]:
    """The share of input wait over the steps done so far, from none to all of the time."""
    theme = view.theme
    if height < 1:
        return []
    label = Row(f"{'wait':<{LABEL}}", theme.dim)
    room = width - label.width
    span = curves.roomy(fit.steps_done)
    edges = [span * index / room for index in range(room + 1)]
    buckets = fit.wait_share.buckets(edges)
    shares = [point.high if point else None for point in _bridged(buckets)]
    if height < 3:
        return [label.extend(bars.spark(shares, room, theme.wait, view.glyphs, top=1.0))]
    rows = bars.columns(shares, min(height, TALLEST), theme.wait, view.glyphs, top=1.0)
    labels = {0: "wait", 1: "100%", len(rows) - 1: "0%"}
    return [Row(f"{labels.get(y, ''):<{LABEL}}", theme.dim).extend(row) for y, row in enumerate(rows)]


def _bridged(buckets: list[Point | None]) -> list[Point | None]:
    """Reports are fewer than columns at first: each stands for the steps before it."""
    held: list[Point | None] = []
    last: Point | None = None
    for point in reversed(buckets):
        last = point or last
        held.append(last)
    return held[::-1]
