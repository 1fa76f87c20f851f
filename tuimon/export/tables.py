"""What an event says, as a row of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tuimon import events
from tuimon.clean import line
from tuimon.errors import TuimonError

Row = dict[str, Any]

TABLES = ("steps", "epochs", "host", "gpus")

PLAIN = (int, float, str)

MOST_COLUMNS = 5000
"""Of a table: each is a cell in every row, and a spreadsheet has 16,384."""


def rows(those: Iterable[events.Event]) -> Iterator[tuple[str, Row]]:
    """Each row with the name of its table. What is not known is left out."""
    for event in those:
        if isinstance(event, events.StepsEnded):
            yield "steps", _beside(event, _metrics_of_steps(event))
        elif isinstance(event, events.EpochEnded):
            yield "epochs", _beside(event, _named("", event.metrics))
        elif isinstance(event, events.HostSampled):
            yield "host", _beside(event, _named("pressure_", event.pressure))
        elif isinstance(event, events.GpusSampled):
            for gpu in event.gpus:
                yield "gpus", {"at": None} | _named("", gpu) | {"at": event.at}


def _beside(event: events.Event, metrics: Row) -> Row:
    """The event's fields and its metrics; one that is called like a field has its origin before its name."""
    taken = events.DEFAULTS[type(event)].keys() | {"table"}
    return _fields(event) | {f"metric_{name}" if name in taken else name: value for name, value in metrics.items()}


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


def columns(those: Iterable[events.Event], at_most: bool = False) -> dict[str, dict[str, set[type]]]:
    """Table → column → types of its values; tables without a row are left out.

    With `at_most`, raises TuimonError where a table has more than `MOST_COLUMNS`.
    """
    found: dict[str, dict[str, set[type]]] = {}
    for table, row in rows(those):
        known = found.setdefault(table, {})
        for name, value in row.items():
            known.setdefault(name, set()).add(_type(value))
        if at_most and len(known) > MOST_COLUMNS:
            raise TuimonError(
                f"the table of {table} has more than {MOST_COLUMNS:,} columns", "--to jsonl has no columns"
            )
    return {table: found[table] for table in TABLES if table in found}


def _type(value: Any) -> type:
    """Whole numbers that no column of them holds are numbers."""
    return float if type(value) is int and not -(1 << 63) <= value < 1 << 63 else type(value)
