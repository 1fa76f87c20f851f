"""What an event says, as a row of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tuimon import events
from tuimon.clean import line

Row = dict[str, Any]

TABLES = ("steps", "epochs", "host", "gpus")

PLAIN = (int, float, str)


def rows(those: Iterable[events.Event]) -> Iterator[tuple[str, Row]]:
    """Each row with the name of its table. What is not known is left out."""
    for event in those:
        if isinstance(event, events.StepsEnded):
            yield "steps", _fields(event) | _metrics_of_steps(event)
        elif isinstance(event, events.EpochEnded):
            yield "epochs", _fields(event) | _named("", event.metrics)
        elif isinstance(event, events.HostSampled):
            yield "host", _fields(event) | _named("pressure_", event.pressure)
        elif isinstance(event, events.GpusSampled):
            for gpu in event.gpus:
                yield "gpus", {"at": event.at, **_named("", gpu)}


def _fields(event: events.Event) -> Row:
    defaults = events.DEFAULTS[type(event)]
    values = {name: getattr(event, name) for name in defaults}
    return {name: _cell(value) for name, value in values.items() if isinstance(value, PLAIN) and value != ""}


def _cell(value: Any) -> Any:
    """Text of unknown origin on one line, as the names of columns are: who looks at a table does so in a terminal."""
    return line(value) if isinstance(value, str) else value


def _metrics_of_steps(event: events.StepsEnded) -> Row:
    """The last value by the metric's name, and the extremes of the steps that one report stands for."""
    told: Row = {}
    for name, values in event.metrics.items():
        for suffix, value in zip(("", "_min", "_max"), values if isinstance(values, list) else (), strict=False):
            if isinstance(value, (int, float)):
                told[f"{line(name)}{suffix}"] = value
    return told


def _named(prefix: str, facts: events.Facts) -> Row:
    return {f"{prefix}{line(name)}": _cell(value) for name, value in facts.items() if isinstance(value, PLAIN)}


def columns(those: Iterable[events.Event]) -> dict[str, dict[str, set[type]]]:
    """Table → column → types of its values; tables without a row are left out."""
    found: dict[str, dict[str, set[type]]] = {}
    for table, row in rows(those):
        known = found.setdefault(table, {})
        for name, value in row.items():
            known.setdefault(name, set()).add(type(value))
    return {table: found[table] for table in TABLES if table in found}
