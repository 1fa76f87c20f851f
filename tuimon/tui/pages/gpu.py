"""One GPU: its figures, who holds its memory, and what it did since the run's start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tuimon.rules.gpu_fault import HARDWARE, PROGRAM
from tuimon.state import Gpu
from tuimon.tui import units
from tuimon.tui.history import history
from tuimon.tui.ink import Row
from tuimon.tui.memory_bar import allocator_of, memory_bar
from tuimon.tui.page import Page
from tuimon.tui.panes.devices import legend, usable
from tuimon.tui.view import View

LABEL = 16

CHART = 8
"""Rows of each chart."""

MOST_PROCESSES = 32


class GpuPage(Page):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,left", "turn(-1)", "previous GPU"),
        Binding("right_square_bracket,right", "turn(1)", "next GPU"),
    ]

    keys = "esc back  ↑↓ scroll  [ ] previous, next GPU"

    def __init__(self, uuid: str) -> None:
        super().__init__()
        self.uuid = uuid

    def title_row(self, view: View) -> Row:
        gpu = view.run.gpus.get(self.uuid)
        if gpu is None:
            return Row("no such GPU", view.theme.dim)
        row = Row(f"GPU {gpu.index} ", view.theme.strong).add(f"{gpu.name}  {gpu.uuid}", view.theme.dim)
        if gpu.lost_at is not None:
            row.add(f"  {view.glyphs.error} no longer seen by the driver", view.theme.bad)
        return row

    def content(self, view: View, width: int) -> list[Row]:
        gpu = view.run.gpus.get(self.uuid)
        if gpu is None:
            return []
        return [*_memory(view, gpu, width), *_facts(view, gpu), *_holders(view, gpu), *_charts(view, gpu, width)]

    def action_turn(self, step: int) -> None:
        uuids = [gpu.uuid for gpu in usable(self.sheet.view)]
        if self.uuid in uuids:
            self.uuid = uuids[(uuids.index(self.uuid) + step) % len(uuids)]
            self.at = 0
            self.sheet.repaint()


def _memory(view: View, gpu: Gpu, width: int) -> Iterator[Row]:
    """The bar, and NVML's figures with the framework's below them."""
    facts, allocator = gpu.latest, allocator_of(view.run, gpu)
    yield Row()
    yield memory_bar(view, gpu, min(width, 100))
    yield legend(view)
    yield Row()
    yield from _fact(view, "driver", _sizes(facts, "used", "free", "reserved", "own", "others", "unaccounted"))
    yield from _fact(view, "peak used", units.size(gpu.used.high))
    if allocator is not None:
        own = {"in use": allocator.latest.get("in_use"), "peak": allocator.peak}
        own |= {name: allocator.latest.get(name) for name in ("reserved", "limit")}
        sizes = [f"{name} {units.size(value)}" for name, value in own.items() if value is not None]
        growth = allocator.latest.get("memory_growth")
        grows = "" if growth is None else f"  memory growth {'on' if growth else 'off'}"
        yield from _fact(view, f"framework {allocator.name.rpartition('device:')[2]}", "  ".join(sizes) + grows)


def _sizes(facts: dict[str, Any], *names: str) -> str:
    """Those that are known, of the whole."""
    known = [f"{name} {units.size(facts[f'memory_{name}'])}" for name in names if f"memory_{name}" in facts]
    return "  ".join([*known, f"of {units.size(facts.get('memory_total'))}"])


def _facts(view: View, gpu: Gpu) -> Iterator[Row]:
    facts = gpu.latest
    memory_load = facts.get("memory_utilization")
    controller = "" if memory_load is None else f"  memory controller {units.ratio(memory_load)}"
    yield from _fact(view, "load", units.ratio(facts.get("utilization")) + controller)
    yield from _pair(view, "power", facts.get("power_watts"), facts.get("power_limit_watts"), "W")
    yield from _pair(view, "clock", facts.get("clock_mhz"), facts.get("clock_max_mhz"), "MHz")
    if (heat := facts.get("temperature")) is not None:
        yield from _fact(view, "temperature", f"{heat:.0f}°C")
    yield from _fact(view, "slowed down by", ", ".join(map(str, facts.get("throttle") or [])))
    if "pcie_rx" in facts or "pcie_tx" in facts:
        rates = [units.size(facts.get(name)) + "/s" for name in ("pcie_rx", "pcie_tx")]
        yield from _fact(view, "PCIe", f"in {rates[0]}  out {rates[1]}")
    if facts.get("ecc_errors") is not None:
        yield from _fact(view, "memory errors", units.count(facts["ecc_errors"]))
    for at, number in gpu.faults:
        words = HARDWARE.get(number) or PROGRAM.get(number, "")
        yield from _fact(view, f"XID {number}", f"{units.clock(at - (view.run.started_at or at))}  {words}")
    for name, problem in (facts.get("problems") or {}).items():
        yield from _fact(view, f"no {name}", str(problem))


def _pair(view: View, name: str, value: float | None, most: float | None, unit: str) -> list[Row]:
    if value is None:
        return []
    return _fact(view, name, f"{value:.0f}" + (f" of {most:.0f} {unit}" if most else f" {unit}"))


def _holders(view: View, gpu: Gpu) -> Iterator[Row]:
    """MIG instances, and processes, the largest first."""
    for instance in gpu.latest.get("mig") or []:
        used, total = units.size(instance.get("memory_used")), units.size(instance.get("memory_total"))
        yield from _fact(view, f"MIG {instance.get('index', '')}", f"{instance.get('name', '')}  {used} of {total}")
    processes = sorted(gpu.latest.get("processes") or [], key=lambda each: -(each.get("memory") or 0))
    for each in processes[:MOST_PROCESSES]:
        whose = "this run" if each.get("own") else "others"
        yield from _fact(view, f"process {each.get('pid')}", f"{units.size(each.get('memory')):>10}  {whose}")
    if len(processes) > MOST_PROCESSES:
        yield from _fact(view, "", f"and {len(processes) - MOST_PROCESSES} more")


def _charts(view: View, gpu: Gpu, width: int) -> Iterator[Row]:
    theme, allocator = view.theme, allocator_of(view.run, gpu)
    charts = [
        ("memory used, GiB", gpu.used, theme.others, float(1 << 30)),
        ("in use by the framework, GiB", allocator.in_use if allocator else None, theme.own, float(1 << 30)),
        ("load, %", gpu.utilization, theme.compute, 0.01),
        ("temperature, °C", gpu.temperature, theme.warn, 1.0),
        ("power, W", gpu.power, theme.accent, 1.0),
    ]
    for title, series, style, unit in charts:
        if series is not None and len(series):
            yield Row()
            yield Row(title, theme.dim)
            yield from history(view, series, width, CHART, style, unit)


def _fact(view: View, name: str, value: str) -> list[Row]:
    """No row for what is not known."""
    return [Row(f"{name:<{LABEL}} ", view.theme.dim).add(value, view.theme.text)] if value else []
