"""One Parquet file for each table, where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.export.tables import Row, columns, rows

AT_ONCE = 20_000
"""Rows of a table that wait in memory to be written together."""


def write(opened: Callable[[], Iterable[events.Event]], target: Path) -> None:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise TuimonError(
            "Parquet needs pyarrow, which is not installed", "`pip install pyarrow`, or --to csv"
        ) from None
    found = columns(opened(), at_most=True)
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        schemas = {table: _schema(pyarrow, types) for table, types in found.items()}
        writers = {
            table: files.enter_context(
                ParquetWriter(files.enter_context((target / f"{table}.parquet").open("xb")), schema)
            )
            for table, schema in schemas.items()
        }
        waiting: dict[str, list[Row]] = {table: [] for table in found}

        def flush(table: str) -> None:
            writers[table].write_table(pyarrow.Table.from_pylist(waiting[table], schemas[table]))
            waiting[table].clear()

        for table, row in rows(opened()):
            if table in waiting:
                waiting[table].append({name: _fitting(row.get(name), found[table][name]) for name in found[table]})
                if len(waiting[table]) >= AT_ONCE:
                    flush(table)
        for table in found:
            flush(table)


def _schema(pyarrow: Any, types: dict[str, set[type]]) -> Any:
    kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    return pyarrow.schema([(name, kinds[_common(of)]) for name, of in types.items()])


def _common(types: set[type]) -> type:
    """The type that values of all of these can be written as."""
    if len(types) == 1:
        return next(iter(types))
    return str if str in types else float


def _fitting(value: Any, types: set[type]) -> Any:
    return None if value is None else _common(types)(value)
