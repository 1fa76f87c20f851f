"""One line of JSON for each row, with the name of its table."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

from tuimon import events
from tuimon.export.tables import rows
from tuimon.report import spelled

STDOUT = "-"
"""The target that is standard output."""


def write(opened: Callable[[], Iterable[events.Event]], target: Path) -> None:
    with nullcontext(sys.stdout) if str(target) == STDOUT else target.open("x", encoding="utf-8") as file:
        for table, row in rows(opened()):
            file.write(json.dumps(spelled({"table": table, **row}), allow_nan=False) + "\n")
