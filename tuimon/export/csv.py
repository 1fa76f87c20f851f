"""One CSV file for each table; an empty cell is not known."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from tuimon import events
from tuimon.export.tables import columns, rows


def write(opened: Callable[[], Iterable[events.Event]], target: Path) -> None:
    found = columns(opened())
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        writers = {}
        for table, names in found.items():
            file = files.enter_context((target / f"{table}.csv").open("w", newline="", encoding="utf-8"))
            writers[table] = csv.DictWriter(file, list(names))
            writers[table].writeheader()
        for table, row in rows(opened()):
            if table in writers:  # a run that goes on may have got a table meanwhile
                writers[table].writerow({name: row.get(name) for name in found[table]})
