"""One fit's epochs as a table: steps, samples, coverage, wait, time and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from tuimon.state import Epoch, Fit
from tuimon.tui import curves, figures, units
from tuimon.tui.ink import Row
from tuimon.tui.page import Made, Page
from tuimon.tui.view import View


class Column(NamedTuple):
    title: str
    value: Callable[[Epoch], float | None]
    text: Callable[[float | None], str]


class EpochsPage(Page):
    """Keeps the column it is sorted by, the direction, and how far it is scrolled sideways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "sort(-1)", "sort by the column to the left"),
        Binding("right,l", "sort(1)", "sort by the column to the right"),
        Binding("o", "turn", "turn the order"),
        Binding("left_square_bracket", "fit(-1)", "previous fit"),
        Binding("right_square_bracket", "fit(1)", "next fit"),
    ]

    choosing = True
    keys = "esc back  ↑↓ choose  ←→ sort by  o turn order  [ ] fit"

    def __init__(self) -> None:
        super().__init__()
        self.sorted_by = 0
        self.descending = False

    def title_row(self, view: View) -> Row:
        fit = view.fit
        row = Row("epochs", view.theme.strong)
        if fit is not None:
            row.add(f"  fit {fit.index + 1} of {view.run.fits_begun}", view.theme.text)
            row.add(f"  {fit.call} {fit.started.site}", view.theme.dim)
            if fit.summed.epochs:
                words = (
                    f"  {units.count(fit.summed.epochs)} of {units.plural(fit.epochs_begun, 'epoch')} are not listed"
                )
                row.add(words, view.theme.warn)
        return row

    def head(self, view: View, width: int) -> list[Row]:
        fit = view.fit
        if fit is None:
            return []
        shown, first = self._shown(fit, width)
        row = Row()
        for index, column in enumerate(shown, first):
            arrow = (view.glyphs.down if self.descending else view.glyphs.up) if index == self.sorted_by else ""
            style = view.theme.accent if index == self.sorted_by else view.theme.dim
            row.add(f"{arrow + column.title:>{_width(column)}}", style)
        return [row]

    def content(self, view: View, width: int) -> Sequence[Row]:
        fit = view.fit
        if fit is None or not fit.epochs:
            return [Row("no epoch yet", view.theme.dim)]
        shown, _ = self._shown(fit, width)
        by = _columns(fit)[self.sorted_by]
        epochs = sorted(fit.epochs, key=lambda epoch: _order(by.value(epoch)), reverse=self.descending)
        return Made(epochs, lambda epoch: self._epoch(view, fit, epoch, shown))

    def _epoch(self, view: View, fit: Fit, epoch: Epoch, shown: list[Column]) -> Row:
        theme = view.theme
        row = Row()
        for column in shown:
            value = column.value(epoch)
            style = theme.text if epoch.ended else theme.accent
            if column.title == "data" and value is not None and value < 0.995 and epoch.ended:
                style = theme.warn
            if value is not None and value != value:
                style = theme.bad
            row.add(f"{column.text(value):>{_width(column)}}", style)
        if epoch.shorter:
            row.add(f"  {epoch.shorter}", theme.dim)
        return row

    def _shown(self, fit: Fit, width: int) -> tuple[list[Column], int]:
        """The columns that fit, so that the one sorted by is among them."""
        columns = _columns(fit)
        self.sorted_by = max(0, min(self.sorted_by, len(columns) - 1))
        first = 0
        while first < self.sorted_by and sum(map(_width, columns[first : self.sorted_by + 1])) > width:
            first += 1
        shown, used = [], 0
        for column in columns[first:]:
            used += _width(column)
            if used > width:
                break
            shown.append(column)
        return shown, first

    def action_sort(self, step: int) -> None:
        self.sorted_by += step
        self.sheet.repaint()

    def action_turn(self) -> None:
        self.descending = not self.descending
        self.sheet.repaint()

    def action_fit(self, step: int) -> None:
        view = self.sheet.view
        if view.fit is not None:
            fits = view.run.fits
            view.chosen = fits[(fits.index(view.fit) + step) % len(fits)].index
            self.sheet.repaint()


def _width(column: Column) -> int:
    return max(10, len(column.title) + 3)


def _order(value: float | None) -> tuple[bool, float]:
    return (value is None, value if value is not None and value == value else float("inf"))


def _columns(fit: Fit) -> list[Column]:
    size, _ = figures.whole_size(fit)

    def share(epoch: Epoch) -> float | None:
        return epoch.samples / size if size and epoch.samples is not None else None

    def wait(epoch: Epoch) -> float | None:
        parts = figures.split(epoch)
        return parts.share(parts.wait) if parts else None

    def seconds(epoch: Epoch) -> float | None:
        return epoch.seconds if epoch.backfilled or epoch.lasted is None else epoch.lasted

    def metric(name: str) -> Column:
        return Column(name, lambda epoch: epoch.metrics.get(name), units.value_of)

    names = [name for base in curves.families(fit) for name in (base, f"val_{base}") if name in fit.epoch_metrics]
    return [
        Column("epoch", lambda epoch: epoch.index + 1, units.count),
        Column("steps", lambda epoch: epoch.steps if epoch.counted or epoch.steps else None, units.count),
        Column("samples", lambda epoch: epoch.samples, units.count),
        Column("data", share, units.ratio),
        Column("time", seconds, units.duration),
        Column("wait", wait, units.ratio),
        *map(metric, names),
        Column("rate", lambda epoch: epoch.learning_rate, units.value_of),
    ]
