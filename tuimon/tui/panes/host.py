"""The machine under the run: processor, memory, disk, and the run's processes."""

from __future__ import annotations

from rich.style import Style

from tuimon import events
from tuimon.series import Series
from tuimon.tui import bars, units
from tuimon.tui.history import history
from tuimon.tui.ink import Row
from tuimon.tui.pane import Pane
from tuimon.tui.view import View

LABEL = 5

LEAST = 4
"""Cells of a bar at least."""

TALL, TALLEST = 6, 14
"""Rows that a chart needs, and that it gets at most."""


class HostPane(Pane):
    number = 5
    label = "host"

    def aside(self, view: View) -> Row:
        sample = view.run.host.latest
        if sample is None or sample.load is None:
            return Row()
        return Row("load ", view.theme.dim).add(f"{sample.load:.2f}", view.theme.text)

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        sample = view.run.host.latest
        if sample is None:
            return [Row("not sampled", view.theme.dim)]
        rows = [_processor(view, sample, width), _memory(view, sample, width), _processes(view, sample, width)]
        rows.append(_disk(view, sample, width))
        if view.run.gpu_problem is not None and not view.run.gpus:
            rows.append(Row("gpu  ", view.theme.dim).add(view.run.gpu_problem.reason, view.theme.dim))
        room = height - len(rows)
        if room >= 2 * TALL:
            rows += _charts(view, width, min(room, 2 * TALLEST))
        elif room >= 2:
            rows += [
                _history(view, "cpu", view.run.host.cpu_cores, width, view.theme.compute, sample.cores),
                _history(view, "rss", view.run.host.rss, width, view.theme.own, view.run.host.memory_limit),
            ]
        return rows


def _processor(view: View, sample: events.HostSampled, width: int) -> Row:
    """Cores that the run uses of those that it may use."""
    theme = view.theme
    share = sample.cpu_cores / sample.cores if sample.cpu_cores is not None and sample.cores else sample.cpu_ratio
    items = []
    if sample.cpu_cores is not None:
        cores = units.plural(sample.cores or 0, "core")
        items.append(Row(f"{sample.cpu_cores:.1f}", theme.strong).add(f" of {cores}", theme.dim))
    if sample.cpu_ratio is not None:
        items.append(Row("machine ", theme.dim).add(units.ratio(sample.cpu_ratio), theme.text))
    tail = Row(" ").extend(Row().items(items, width - LABEL - LEAST - 1))
    row = Row("cpu  ", theme.dim)
    meter = bars.meter(share, max(LEAST, width - LABEL - tail.width), theme.compute, theme.frame, view.glyphs)
    return row.extend(meter).extend(tail)


def _memory(view: View, sample: events.HostSampled, width: int) -> Row:
    """This run's, other processes', and free memory, of what the run can have at most."""
    theme, glyphs, limit = view.theme, view.glyphs, view.run.host.memory_limit
    rss, peak = sample.rss, view.run.host.rss.high
    tail = Row(" " if rss is not None else " peak ", theme.dim).add(
        units.size(peak if rss is None else rss), theme.strong
    )
    tail.add(f" of {units.size(limit)}", theme.dim)
    row, room = Row("mem  ", theme.dim), max(LEAST, width - LABEL - tail.width)
    if not limit or rss is None:
        return row.add(glyphs.empty * room, theme.frame).extend(tail)
    own = min(1.0, rss / limit)
    used = sample.memory_in_cgroup if sample.memory_limit else None
    if used is None and sample.memory_available is not None and sample.memory_total:
        used = sample.memory_total - sample.memory_available
    others = max(0.0, (used or 0) / limit - own)
    free = max(0.0, 1 - own - others)
    style = theme.bad if free < 0.05 else theme.own
    parts = [(own, glyphs.full, style), (others, glyphs.planned, theme.others), (free, glyphs.empty, theme.frame)]
    return row.extend(bars.stacked(parts, room)).extend(tail)


def _processes(view: View, sample: events.HostSampled, width: int) -> Row:
    theme = view.theme
    items = []
    if sample.dead_workers:
        items.append(Row(f"{view.glyphs.error} {units.plural(sample.dead_workers, 'dead worker')}", theme.bad))
    if sample.processes is not None:
        noun = " process" if sample.processes == 1 else " processes"
        items.append(Row(units.count(sample.processes), theme.text).add(noun, theme.dim))
    for number, noun in ((sample.threads, " threads"), (sample.open_files, " files")):
        if number is not None:
            items.append(Row(units.count(number), theme.text).add(noun, theme.dim))
    return Row("run  ", theme.dim).extend(Row().items(items, width - LABEL))


def _disk(view: View, sample: events.HostSampled, width: int) -> Row:
    theme = view.theme
    items = []
    if sample.disk_free is not None:
        low = bool(sample.disk_total) and sample.disk_free < 0.05 * (sample.disk_total or 1)
        items.append(Row(units.size(sample.disk_free), theme.warn if low else theme.text).add(" free", theme.dim))
    if sample.swap_used:
        style = theme.warn if sample.swapped else theme.text
        items.append(Row("swap ", theme.dim).add(units.size(sample.swap_used), style))
    waiting = sample.pressure.get("io")
    if waiting is not None:
        style = theme.warn if waiting > 0.2 else theme.text
        items.append(Row("waiting for i/o ", theme.dim).add(units.ratio(waiting), style))
    return Row("disk ", theme.dim).extend(Row().items(items, width - LABEL))


def _history(view: View, name: str, series: Series, width: int, style: Style, top: float | None) -> Row:
    """The last minutes, one column a sample."""
    room = width - LABEL
    values = [point.high for point in series.newest(room)]
    highest = max([*values, 0.0])
    limit = top if top and highest > 0.25 * top else None
    return Row(f"{name:<{LABEL}}", view.theme.dim).extend(bars.spark(values, room, style, view.glyphs, limit))


def _charts(view: View, width: int, height: int) -> list[Row]:
    """The run's processor and memory use since its start."""
    host, theme = view.run.host, view.theme
    high = height // 2
    return [
        Row("cores used", theme.dim),
        *history(view, host.cpu_cores, width, high - 1, theme.compute),
        Row("memory of the run, GiB", theme.dim),
        *history(view, host.rss, width, high - 1, theme.own, unit=1 << 30),
    ]
