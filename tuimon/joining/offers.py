"""What `tuimon attach` offers: runs that go on, and processes that train without tuimon."""

from __future__ import annotations

import os
from collections import Counter

from tuimon import digest
from tuimon.clean import line
from tuimon.joining.candidates import Candidate, candidates, used
from tuimon.runs import RunDirectory

NOT_OURS = "not started by tuimon"

HEADING = ("run", "pid", "age", "cpu", "memory", "gpu memory", "command")
WIDEST = 60

GPU = HEADING.index("gpu memory")

Row = tuple[str, ...]


def processes(going_on: list[RunDirectory]) -> list[Candidate]:
    """Those that belong to none of the runs."""
    scripts = [pid for directory in going_on for pid in (directory.read().pid, *directory.remaining())]
    known = [pid for pid in scripts if pid is not None]
    return [each for each in candidates(known) if not each.trains_under_tuimon]


def gpu_memory() -> dict[int, int] | None:
    """Bytes on all GPUs together by process id; None where there is no GPU that can be asked."""
    from tuimon.supervisor.samplers.nvml import Gpus

    reader = Gpus(os.environ)
    gpus = getattr(reader.sample(1.0, ()), "gpus", [])
    reader.close()
    held: Counter[int] = Counter()
    for gpu in gpus:
        for each in gpu.get("processes", []):
            held[each["pid"]] += each["memory"] or 0
    return held if gpus else None


def table(listed: list[RunDirectory], others: list[Candidate]) -> str:
    """Runs, and below them the other processes."""
    parts = []
    if listed:
        parts.append(digest.table([digest.entry(directory) for directory in listed]))
    if others:
        on_gpus = gpu_memory()
        rows = [HEADING[1:], *(_of_process(each, on_gpus)[1:] for each in others)]
        parts.append("\n".join([NOT_OURS + ":", *_aligned(rows, on_gpus is not None, GPU - 1)]))
    return "\n\n".join(parts)


def lines(going_on: list[RunDirectory], others: list[Candidate]) -> tuple[str, list[tuple[RunDirectory | int, str]]]:
    """A heading, and each choice with its line."""
    on_gpus = gpu_memory()
    choices: list[RunDirectory | int] = [*going_on, *(each.pid for each in others)]
    rows = [_of_run(each, on_gpus) for each in going_on] + [_of_process(each, on_gpus) for each in others]
    heading, *texts = _aligned([HEADING, *rows], on_gpus is not None, GPU)
    return heading, list(zip(choices, texts, strict=True))


def _of_run(directory: RunDirectory, on_gpus: dict[int, int] | None) -> Row:
    summary = directory.read()
    script = used(summary.pid) if summary.pid is not None else None
    told = _cells(script, on_gpus) if script else ("–",) * 5
    return (line(summary.name or summary.id), *told, _short(summary.line))


def _of_process(each: Candidate, on_gpus: dict[int, int] | None) -> Row:
    return (NOT_OURS, *_cells(each, on_gpus), _short(each.line))


def _cells(each: Candidate, on_gpus: dict[int, int] | None) -> Row:
    held = (on_gpus or {}).get(each.pid, 0)
    return (str(each.pid), _time(each.age), _time(each.cpu_seconds), _size(each.rss), _size(held) if held else "–")


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _time(seconds: float) -> str:
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if days >= 2:
        return f"{days:.0f} d"
    if hours >= 2:
        return f"{hours:.0f} h"
    return f"{minutes:.0f} min" if minutes >= 2 else f"{seconds:.0f} s"


def _short(text: str) -> str:
    text = line(text)  # anybody may choose his command line
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _aligned(rows: list[Row], with_gpus: bool, gpu: int) -> list[str]:
    """In columns; the one of the GPUs is left out where there are none."""
    shown = rows if with_gpus else [row[:gpu] + row[gpu + 1 :] for row in rows]
    widths = [max(len(row[index]) for row in shown) for index in range(len(shown[0]) - 1)]
    return ["  ".join([*(map(str.ljust, row, widths)), row[-1]]).rstrip() for row in shown]
