"""Is it learning? Charts of loss and metrics, training and validation together."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.binding import Binding, BindingType

from tuimon.state import Fit
from tuimon.tui import charts, curves, units
from tuimon.tui.ink import Row
from tuimon.tui.pane import Pane
from tuimon.tui.view import View, called

SMOOTHINGS = (0.0, 0.6, 0.9)

WORDS: dict[str, charts.Words] = {"step time": units.duration, "input wait": units.ratio}
"""How values with a unit are said."""

NARROWEST, LOWEST = 34, 9
"""Cells that a chart needs to stand beside or below another one."""


class MetricsPane(Pane):
    """Keeps which metric comes first, the scale, the axis, how much of it is shown, and the cursor."""

    number = 3
    label = "metrics"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,up,k", "metric(-1)", "previous metric"),
        Binding("right_square_bracket,down,j", "metric(1)", "next metric"),
        Binding("left", "cursor(-1)", "cursor left"),
        Binding("right", "cursor(1)", "cursor right"),
        Binding("plus,equals_sign", "zoom_in", "zoom in"),
        Binding("minus", "zoom_out", "zoom out"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.first = 0
        self.hidden: set[str] = set()
        self.logarithmic = False
        self.smoothing = 0
        self.axis: curves.AxisKind = "step"
        self.magnified = 1.0
        self.cursor: int | None = None
        self._place = ""
        self._cells = 1  # of a chart's width, as last drawn

    def hint(self) -> str:
        return "[ ] metric  l log  s smooth  x axis  ←→ cursor  +- zoom"

    def aside(self, view: View) -> Row:
        words = [f"at {self._place}"] if self.cursor is not None else [f"by {self.axis}"]
        if self.logarithmic:
            words.append("log")
        if SMOOTHINGS[self.smoothing]:
            words.append(f"smooth {SMOOTHINGS[self.smoothing]}")
        if self.magnified > 1:
            words.append(f"{view.glyphs.times}{self.magnified:g}")
        if view.fit is not None and view.fit.values_left_out:
            words.append(f"{units.short(view.fit.values_left_out)} values of other names left out")
        if view.other is not None:
            words.append(f"vs {called(view.other)[:24]}")
        return Row("  ".join(words), view.theme.dim)

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        fit = view.fit
        if fit is None or not (names := self.shown(fit)):
            return [Row("no metric yet" if fit is None or not available(fit) else "none chosen: c", view.theme.dim)]
        names = names[self.first % len(names) :] + names[: self.first % len(names)]
        across = max(1, min(len(names), width // NARROWEST, 2 if height < 24 else 1 if width < 90 else 2))
        down = max(1, min(-(-len(names) // across), height // LOWEST, 4))
        wide = (width - 2 * (across - 1)) // across
        rows: list[Row] = []
        for line in range(down):
            high = height // down + (1 if line < height % down else 0)
            group = names[line * across : (line + 1) * across]
            blocks = [self._chart(view, fit, name, wide, high) for name in group]
            for y in range(high):
                row = Row()
                for index, block in enumerate(blocks):
                    row.pad(index * (wide + 2))
                    if y < len(block):
                        row.extend(block[y].cut(wide).pad(wide))
                rows.append(row)
        return rows

    def shown(self, fit: Fit) -> list[str]:
        return [name for name in available(fit) if name not in self.hidden]

    def _chart(self, view: View, fit: Fit, name: str, width: int, height: int) -> list[Row]:
        made = curves.knots(fit)
        cells = self._cells = max(1, width - charts.GUTTER)
        second = view.other.fit if view.other is not None else None
        beside = curves.knots(second) if second is not None else None
        over = fit.ended is not None or view.run.ended_at is not None
        window = curves.whole(made, self.axis, 2 * cells, self.magnified, beside, over)
        train, validation = view.theme.curves[0], view.theme.curves[1]
        lines = []
        steps = fit.metrics.get(name) or curves.pace(fit).get(name)
        if steps is not None and len(steps) > 1:
            lines.append(curves.by_step(steps, made, window, name, train, SMOOTHINGS[self.smoothing]))
        elif name in fit.epoch_metrics:
            lines.append(curves.by_epoch(fit.epoch_metrics[name], made, window, name, train, dashed=False))
            lines[-1].best = None
        other = fit.epoch_metrics.get(f"val_{name}")
        if other is not None:
            lines.append(curves.by_epoch(other, made, window, f"val_{name}", validation))
        if len(lines) == 1 and name in fit.epoch_metrics:
            lines[0].best = curves.by_epoch(fit.epoch_metrics[name], made, window, name, train).best
        if second is not None and beside is not None:
            lines += self._beside(view, second, beside, name, curves.shifted(window, made, beside))
        title = self._legend(view, fit, name, made, window, width)
        rows = charts.plot(
            lines,
            width,
            height - 1,
            view.theme,
            view.glyphs,
            log=self.logarithmic,
            ends=(_place(self.axis, window.first, made), _place(self.axis, window.last, made)),
            cursor=self.cursor,
            words=WORDS.get(name, units.short),
        )
        if not any(extent for line in lines for extent in line.columns):
            rows = [Row("no finite value yet", view.theme.dim)]
        return [title, *rows]

    def _beside(self, view: View, fit: Fit, made: curves.Knots, name: str, window: curves.Window) -> list[charts.Curve]:
        """The same metric of another run, without its best."""
        train, validation = view.theme.curves[2], view.theme.curves[3]
        lines = []
        steps = fit.metrics.get(name) or curves.pace(fit).get(name)
        if steps is not None and len(steps) > 1:
            lines.append(curves.by_step(steps, made, window, name, train, SMOOTHINGS[self.smoothing]))
        elif name in fit.epoch_metrics:
            lines.append(curves.by_epoch(fit.epoch_metrics[name], made, window, name, train, dashed=False))
        if f"val_{name}" in fit.epoch_metrics:
            lines.append(curves.by_epoch(fit.epoch_metrics[f"val_{name}"], made, window, name, validation))
        for line in lines:
            line.best = None
        return lines

    def _legend(self, view: View, fit: Fit, name: str, made: curves.Knots, window: curves.Window, width: int) -> Row:
        theme, glyphs = view.theme, view.glyphs
        at = None
        if self.cursor is not None:
            x = window.edges()[min(2 * self.cursor + 2, window.columns)]
            at = made.convert(x, window.axis, "step"), made.convert(x, window.axis, "epoch")
            self._place = _place(self.axis, x, made)
        solid, dashed = ("━", "┅") if glyphs.braille else ("-", ":")
        drawn = [(fit, name, name, theme.curves[0], solid), (fit, f"val_{name}", "val", theme.curves[1], dashed)]
        second = view.other.fit if view.other is not None else None
        if second is not None:
            drawn.insert(1, (second, name, "vs", theme.curves[2], solid))
            drawn.append((second, f"val_{name}", "vs val", theme.curves[3], dashed))
        items = []
        for of, key, word, style, sign in drawn:
            value = _value(of, key, at if of is fit else None)
            if value is not None:
                item = Row(f"{sign} ", style).add(f"{word} ", theme.text if key == name else theme.dim)
                items.append(item.add(_text(name, value), theme.strong if math.isfinite(value) else theme.bad))
        row = Row().items(items, width)
        if view.other is not None:
            return row
        row.add("  " if row.width else "")
        if at is not None:
            return row
        bad = fit.non_finite.get(name) or fit.non_finite.get(f"val_{name}")
        if bad is not None:
            epoch = f"epoch {bad[0] + 1}"
            place = f"from {epoch} step {bad[1] + 1:,}"
            return row.add(
                _fitting(row, width, *(f"{glyphs.error} {text}" for text in (f"not finite {place}", place, epoch, ""))),
                theme.bad,
            )
        best = _best(fit, name)
        if best is not None:
            found = f"{glyphs.best} {units.value_of(best[1])}"
            row.add(_fitting(row, width, f"{found} at {best[0] + 1}", found), theme.dim)
        return row

    # --- what the user chooses

    def action_scale(self) -> None:
        self.logarithmic = not self.logarithmic
        self.repaint()

    def action_smoothing(self) -> None:
        self.smoothing = (self.smoothing + 1) % len(SMOOTHINGS)
        self.repaint()

    def action_axis(self) -> None:
        self.axis = curves.AXES[(curves.AXES.index(self.axis) + 1) % len(curves.AXES)]
        self.repaint()

    def action_metric(self, step: int) -> None:
        self.first += step
        self.repaint()

    def action_zoom_in(self) -> None:
        self.magnified = min(64.0, self.magnified * 2)
        self.repaint()

    def action_zoom_out(self) -> None:
        self.magnified = max(1.0, self.magnified / 2)
        self.repaint()

    def action_cursor(self, step: int) -> None:
        last = self._cells - 1
        self.cursor = last if self.cursor is None else min(last, max(0, self.cursor + step))
        self.repaint()

    def key_escape(self) -> None:
        self.cursor = None
        self.repaint()


def available(fit: Fit) -> list[str]:
    """Everything of a fit that can be drawn; what has not changed yet comes last."""
    pace = curves.pace(fit)
    return [*curves.families(fit), *sorted(pace, key=lambda name: pace[name].low == pace[name].high)]


def _fitting(row: Row, width: int, *texts: str) -> str:
    """The first text that finds room behind the row; empty when none does."""
    return next((text for text in texts if row.width + len(text) <= width), "")


def _place(axis: curves.AxisKind, x: float, made: curves.Knots) -> str:
    """A point of the x axis in words."""
    if axis == "time":
        return units.clock(x - made.time[0])
    return f"{axis} {units.short(round(x)) if axis == 'step' else f'{x:.3g}'}"


def _text(name: str, value: float) -> str:
    """With the unit, where the name tells it."""
    return WORDS.get(name, units.value_of)(value)


def _value(fit: Fit, name: str, at: tuple[float, float] | None) -> float | None:
    """The newest value, or that at a place given as step and epoch."""
    steps = fit.metrics.get(name) or curves.pace(fit).get(name)
    epochs = fit.epoch_metrics.get(name)
    if at is not None:
        point = steps.at(at[0]) if steps is not None else epochs.at(at[1] - 1) if epochs is not None else None
        return point.last if point else None
    for series in (steps, epochs):
        if series is not None:
            if series.marks and (not len(series) or series.marks[-1][0] >= series.newest(1)[0].x):
                return series.marks[-1][1]
            if series.latest is not None:
                return series.latest.last
    return None


def _best(fit: Fit, name: str) -> tuple[int, float] | None:
    for key in (f"val_{name}", name):
        if key in fit.epoch_metrics:
            return curves.best_of(fit.epoch_metrics[key], key)
    return None
