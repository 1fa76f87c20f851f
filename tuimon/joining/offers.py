"""What `tuimon attach` offers: runs that go on, and processes that train without tuimon."""

from __future__ import annotations

from tuimon import digest
from tuimon.joining.candidates import Candidate, candidates
from tuimon.runs import RunDirectory

NOT_OURS = "not started by tuimon"

COLUMNS = ("pid", "age", "cpu", "memory", "framework", "command")
WIDEST = 60


def processes(going_on: list[RunDirectory]) -> list[Candidate]:
    """Those that belong to none of the runs."""
    scripts = [pid for directory in going_on if (pid := directory.read().pid) is not None]
    return [each for each in candidates(scripts) if not each.trains_under_tuimon]


def table(listed: list[RunDirectory], others: list[Candidate]) -> str:
    """Runs, and below them the other processes."""
    parts = []
    if listed:
        parts.append(digest.table([digest.entry(directory) for directory in listed]))
    if others:
        parts.append("\n".join([NOT_OURS + ":", *_aligned([COLUMNS, *map(_cells, others)])]))
    return "\n\n".join(parts)


def lines(going_on: list[RunDirectory], others: list[Candidate]) -> list[tuple[RunDirectory | int, str]]:
    """Each choice with its line."""
    choices: list[tuple[RunDirectory | int, tuple[str, ...]]] = []
    for directory in going_on:
        summary = directory.read()
        choices.append((directory, ("run", summary.name or summary.id, _short(" ".join(summary.command)))))
    for each in others:
        pid, age, cpu, memory, framework, command = _cells(each)
        told = f"{command}  ({framework}, {age} old, {cpu} of CPU, {memory}; {NOT_OURS})"
        choices.append((each.pid, ("process", pid, told)))
    texts = _aligned([cells for _, cells in choices])
    return [(choice, text) for (choice, _), text in zip(choices, texts, strict=True)]


def _cells(each: Candidate) -> tuple[str, ...]:
    memory = f"{each.rss / 2**30:.1f} GiB" if each.rss >= 2**30 else f"{each.rss / 2**20:.0f} MiB"
    frameworks = ", ".join(each.frameworks)
    return (str(each.pid), _time(each.age), _time(each.cpu_seconds), memory, frameworks, _short(each.line))


def _time(seconds: float) -> str:
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if days >= 2:
        return f"{days:.0f} d"
    if hours >= 2:
        return f"{hours:.0f} h"
    return f"{minutes:.0f} min" if minutes >= 2 else f"{seconds:.0f} s"


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)] if rows else []
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
