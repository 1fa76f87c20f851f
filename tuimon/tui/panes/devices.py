"""GPU memory and load: what this run holds, what others hold, what is free; the framework's own allocator."""

from __future__ import annotations

from tuimon.state import Allocator, Gpu
from tuimon.tui import bars, units
from tuimon.tui.ink import Row
from tuimon.tui.pane import Pane
from tuimon.tui.view import View


class DevicesPane(Pane):
    number = 4
    label = "devices"

    def aside(self, view: View) -> Row:
        return Row(f"driver {view.run.driver}" if view.run.driver else "", view.theme.dim)

    def needs(self, view: View) -> int:
        return min(16, len(_visible(view)))

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        gpus = _visible(view)
        rows: list[Row] = []
        detailed = height >= 2 * len(gpus)
        for gpu in gpus:
            rows += _gpu(view, gpu, width, detailed)
        for allocator in view.run.allocators.values():
            if len(rows) < height and "in_use" in allocator.latest:
                rows.append(_allocator(view, allocator, width))
        if len(rows) < height and gpus:
            rows.append(_legend(view))
        return rows


def _visible(view: View) -> list[Gpu]:
    """The GPUs that the run may use, else all of the machine."""
    gpus = sorted(view.run.gpus.values(), key=lambda gpu: gpu.index)
    return [gpu for gpu in gpus if gpu.latest.get("visible", True)] or gpus


def _gpu(view: View, gpu: Gpu, width: int, detailed: bool) -> list[Row]:
    theme, facts = view.theme, gpu.latest
    row = Row(f"{gpu.index} ", theme.strong)
    if gpu.lost_at is not None:
        return [row.add(f"{view.glyphs.error} lost: no longer seen by the driver", theme.bad)]
    total, used = facts.get("memory_total"), facts.get("memory_used")
    load = facts.get("utilization")
    tail = Row(f" {units.size(used)}/{units.size(total)}", theme.text)
    tail.add(f"{units.ratio(load):>6}", theme.strong if load else theme.dim)
    if not detailed or width >= 70:
        tail.extend(_conditions(view, gpu))
    row.extend(_memory(view, gpu, max(4, width - row.width - tail.width))).extend(tail)
    if not detailed:
        return [row]
    second = Row(f"  {gpu.name}", theme.dim)
    if width < 70:
        second.extend(_conditions(view, gpu))
    throttle = facts.get("throttle") or []
    if throttle:
        second.add(f"  {view.glyphs.warning} slowed down: {', '.join(map(str, throttle))}", theme.warn)
    return [row, second]


def _memory(view: View, gpu: Gpu, width: int) -> Row:
    """This run's, other processes', and free memory of one GPU."""
    theme, glyphs, facts = view.theme, view.glyphs, gpu.latest
    total = facts.get("memory_total")
    used, own = facts.get("memory_used"), facts.get("memory_own")
    if not total or used is None:
        return Row(glyphs.empty * width, theme.frame)
    mine = min(own or 0, used)
    return bars.stacked(
        [
            (mine / total, glyphs.full, theme.own),
            ((used - mine) / total, glyphs.planned, theme.others),
            (max(0, total - used) / total, glyphs.empty, theme.frame),
        ],
        width,
    )


def _conditions(view: View, gpu: Gpu) -> Row:
    theme, facts = view.theme, gpu.latest
    row = Row()
    if (heat := facts.get("temperature")) is not None:
        row.add(f" {heat:.0f}°C", theme.warn if heat >= 85 else theme.dim)
    if (power := facts.get("power_watts")) is not None:
        row.add(f" {power:.0f} W", theme.dim)
    return row


def _allocator(view: View, allocator: Allocator, width: int) -> Row:
    theme, facts = view.theme, allocator.latest
    row = Row(f"{allocator.name}: ", theme.dim).add(units.size(facts.get("in_use")), theme.strong)
    row.add(" in use  peak ", theme.dim).add(units.size(allocator.peak), theme.text)
    if facts.get("limit"):
        row.add(f" of {units.size(facts['limit'])}", theme.dim)
    return row


def _legend(view: View) -> Row:
    theme, glyphs = view.theme, view.glyphs
    row = Row(glyphs.full, theme.own).add(" this run  ", theme.dim)
    return row.add(glyphs.planned, theme.others).add(" others  ", theme.dim).add(f"{glyphs.empty} free", theme.dim)
