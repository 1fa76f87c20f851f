"""GPU memory and load: what this run has in use and in reserve, what others hold, what is free; enter for one GPU."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tuimon.state import Allocator, Gpu
from tuimon.tui import bars, units
from tuimon.tui.ink import Row
from tuimon.tui.memory_bar import memory_bar
from tuimon.tui.pane import Pane
from tuimon.tui.view import View

HOT = 85
"""°C from which the temperature is a warning: NVIDIA's data centre cards slow down at about 87."""

BESIDE = 8
"""Cells of a bar or a sparkline that can still be read."""

MOST_ROWS = 8
"""Rows asked for, one of them for the framework's own account; more GPUs stand in columns where the room is short."""


class DevicesPane(Pane):
    """Keeps which GPU is selected."""

    number = 4
    label = "devices"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "previous GPU"),
        Binding("down,j", "move(1)", "next GPU"),
        Binding("enter", "open", "whole page"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.selected = 0

    def hint(self) -> str:
        return "↑↓ choose  enter page"

    def aside(self, view: View) -> Row:
        return Row(f"driver {view.run.driver}" if view.run.driver else "", view.theme.dim)

    def needs(self, view: View) -> int:
        told = any("in_use" in allocator.latest for allocator in view.run.allocators.values())
        return min(MOST_ROWS, len(usable(view)) + told)

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        gpus = usable(view)
        self.selected = max(0, min(self.selected, len(gpus) - 1))
        columns = 1 if len(gpus) <= height else min(4, -(-len(gpus) // max(1, height)))
        if columns > 1:
            rows = self._side_by_side(view, gpus, width, columns)
        else:
            detailed = height >= 2 * len(gpus)
            rows = [row for gpu in gpus for row in self._gpu(view, gpu, width, detailed)]
        for allocator in view.run.allocators.values():
            if len(rows) < height and "in_use" in allocator.latest:
                rows.append(_allocator(view, allocator))
        if len(rows) < height and gpus:
            rows.append(legend(view))
        return rows

    def _side_by_side(self, view: View, gpus: list[Gpu], width: int, columns: int) -> list[Row]:
        each, lines = (width - 2 * (columns - 1)) // columns, -(-len(gpus) // columns)
        rows = []
        for line in range(lines):
            row = Row()
            for gpu in gpus[line::lines]:
                row.add("  " if row.width else "").extend(self._gpu(view, gpu, each, False)[0].cut(each).pad(each))
            rows.append(row)
        return rows

    def _gpu(self, view: View, gpu: Gpu, width: int, detailed: bool) -> list[Row]:
        theme, facts = view.theme, gpu.latest
        gpus = usable(view)
        chosen, digits = self.has_focus and gpus[self.selected] is gpu, len(str(gpus[-1].index))
        row = Row(f"{gpu.index:<{digits}} ", theme.selected if chosen else theme.strong)
        if gpu.lost_at is not None:
            return [row.add(f"{view.glyphs.error} lost: no longer seen by the driver", theme.bad)]
        tail = _tail(view, gpu, width - row.width)
        history = _history(view, gpu, width - row.width - tail.width)
        row.extend(memory_bar(view, gpu, max(4, width - row.width - tail.width - history.width)))
        row.extend(tail).extend(history)
        if not detailed:
            return [row]
        second = Row(f"  {gpu.name}", theme.dim)
        throttle = facts.get("throttle") or []
        if throttle:
            second.add(f"  {view.glyphs.warning} slowed down: {', '.join(map(str, throttle))}", theme.warn)
        return [row, second]

    def action_move(self, step: int) -> None:
        self.selected = max(0, min(len(usable(self.view)) - 1, self.selected + step))
        self.repaint()

    def action_open(self) -> None:
        from tuimon.tui.pages.gpu import GpuPage  # pages are loaded when they are first needed

        gpus = usable(self.view)
        if gpus:
            page = GpuPage(gpus[self.selected].uuid)
            self.app.push_screen(page)
            self.app.call_after_refresh(page.paint, self.view)


def usable(view: View) -> list[Gpu]:
    """The GPUs that the run may use, else all of the machine."""
    gpus = sorted(view.run.gpus.values(), key=lambda gpu: gpu.index)
    return [gpu for gpu in gpus if gpu.latest.get("visible", True)] or gpus


def _tail(view: View, gpu: Gpu, room: int) -> Row:
    """Sizes, load, temperature and power, as far as a bar that can be read leaves room for them."""
    theme, facts = view.theme, gpu.latest
    total, used, load = facts.get("memory_total"), facts.get("memory_used"), facts.get("utilization")
    heat, power, cap = facts.get("temperature"), facts.get("power_watts"), facts.get("power_limit_watts")
    tail = Row(f"{units.ratio(load):>5}", theme.strong if load else theme.dim)
    for more, before in (
        (Row(f" {_of(used, total)}", theme.text), True),
        (Row(f" {heat:.0f}°C", theme.warn if heat >= HOT else theme.dim) if heat is not None else Row(), False),
        (Row(f" {power:.0f}", theme.dim) if power is not None else Row(), False),
        (Row(f"/{cap:.0f}", theme.dim) if power is not None and cap and room > 60 else Row(), False),
        (Row(" W", theme.dim) if power is not None else Row(), False),
    ):
        if room - tail.width - more.width < BESIDE:
            break
        tail = more.extend(tail) if before else tail.extend(more)
    return tail


def _of(used: float | None, total: float | None) -> str:
    """``31.2/80 GiB``: both in the unit of the whole."""
    whole = units.size(total)
    if used is None or total is None:
        return f"{units.size(used)}/{whole}"
    number, _, unit = whole.partition(" ")
    share = used / total * float(number)
    return f"{share:.0f}/{number} {unit}" if share >= 99.5 else f"{share:.3g}/{number} {unit}"


def _history(view: View, gpu: Gpu, room: int) -> Row:
    """The load of the last minutes, where the bar stays twice as wide."""
    wide = min(30, (room - 1) // 3)
    if wide < BESIDE:
        return Row()
    values = [point.high for point in gpu.utilization.newest(wide)]
    return Row(" ").extend(bars.spark(values, wide, view.theme.compute, view.glyphs, top=1.0)).pad(wide + 1)


def _allocator(view: View, allocator: Allocator) -> Row:
    theme, facts = view.theme, allocator.latest
    row = Row(f"{allocator.name}: ", theme.dim).add(units.size(facts.get("in_use")), theme.strong)
    row.add(" in use  peak ", theme.dim).add(units.size(allocator.peak), theme.text)
    if facts.get("limit"):
        row.add(f" of {units.size(facts['limit'])}", theme.dim)
    return row


def legend(view: View) -> Row:
    theme, glyphs = view.theme, view.glyphs
    row = Row(glyphs.full, theme.own).add(" in use ", theme.dim).add(glyphs.reserved, theme.own)
    row.add(" reserved ", theme.dim).add(glyphs.planned, theme.others).add(" others ", theme.dim)
    row.add(glyphs.empty, theme.frame).add(" free ", theme.dim).add(glyphs.vertical, theme.strong)
    return row.add(" peak", theme.dim)
