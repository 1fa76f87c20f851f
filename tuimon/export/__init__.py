"""A run's figures as tables for other tools: steps, epochs, host and gpus.

A row is what one event said. A recording is read twice, first for the columns, so that memory does not grow with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tuimon import events
from tuimon.errors import TuimonError, UsageError
from tuimon.export import csv, jsonl, parquet, tensorboard

Opened = Callable[[], Iterable[events.Event]]
"""Gives all events from the start, each time it is called."""

FORMATS: dict[str, Callable[[Opened, Path], None]] = {
    "csv": csv.write,
    "parquet": parquet.write,
    "tensorboard": tensorboard.write,
    "jsonl": jsonl.write,
}
"""The forms by the names that `--to` takes: jsonl is one file, the others are directories."""


def export(opened: Opened, form: str, target: Path) -> None:
    """Write it all. What is there already is left alone, and no link is followed but to a directory.

    Raises TuimonError.
    """
    try:
        empty = form != "jsonl" and target.is_dir() and not any(target.iterdir())
        if os.path.lexists(target) and not empty and str(target) != jsonl.STDOUT:
            raise UsageError(f"{target} is there already", "choose another --output")
        FORMATS[form](opened, target)
    except OSError as error:
        raise TuimonError(f"cannot write {target}: {error.strerror or error}", "choose another --output") from None
