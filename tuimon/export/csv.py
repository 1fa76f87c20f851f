"""One CSV file for each table; an empty cell is not known.

Names and texts come from whoever wrote the script or the log, and a spreadsheet takes what begins with `=` for a
formula: it runs commands and fetches pages. Such a text gets an apostrophe before it, which spreadsheets take for
"this is text" (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tuimon import events
from tuimon.clean import line
from tuimon.export.tables import columns, rows

FORMULA = re.compile(r"""(^|[;|])(?=[\s"']*[=+@\-\uff1d\uff0b\uff0d\uff20])""")
"""Where a formula would begin: also behind what separates cells elsewhere, and also by the signs of full width."""

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII)


def write(opened: Callable[[], Iterable[events.Event]], target: Path) -> None:
    found = columns(opened(), at_most=True)
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        writers = {}
        for table, names in found.items():
            file = files.enter_context((target / f"{table}.csv").open("x", newline="", encoding="utf-8"))
            writers[table] = csv.writer(file)
            writers[table].writerow(map(cell, names))
        for table, row in rows(opened()):
            if table in writers:  # a run that goes on may have got a table meanwhile
                writers[table].writerow([cell(row.get(name)) for name in found[table]])


def cell(value: Any) -> Any:
    """Text that no spreadsheet runs; anything else as it is."""
    if not isinstance(value, str):
        return value
    text = line(value)
    return text if NUMBER.fullmatch(text) else FORMULA.sub(r"\1'", text)
