"""A run in one line: what `tuimon runs` says of it.

What only the journal tells is folded from it and kept beside it in `digest.json`, for as long as the journal does not
grow.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tuimon import __version__, ownership, prune
from tuimon.checkpoints import signing
from tuimon.clean import line
from tuimon.report import figures
from tuimon.runs import RunDirectory, short

LARGEST = 1 << 16
"""Bytes of `digest.json` that are read."""


@dataclass(frozen=True)
class Counts:
    """Of a journal: epochs that ended and steps done, over all fits that train, and findings by severity."""

    epochs: int = 0
    steps: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def findings(self) -> int:
        return self.errors + self.warnings + self.notes


def counts(directory: RunDirectory) -> Counts:
    """From `digest.json` where it is this user's and still true, else from the journal."""
    try:
        size = directory.journal.stat().st_size
    except OSError:
        return Counts()
    kept = directory.path / "digest.json"
    about = f"{directory.id} {size} {__version__}"
    counted = _kept(kept, about)
    if counted is None:
        try:
            counted = _counted(directory)
        except OSError:  # no journal at all, or another user's
            return Counts()
        with contextlib.suppress(OSError):  # another user's, or a full disk: it is counted again next time
            _keep(kept, about, counted)
    return counted


def _kept(path: Path, about: str) -> Counts | None:
    """None where it is about another state of the journal, or was not written by this user."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        found = json.loads(ownership.read_start(path, LARGEST))
        text, by = found["digest"].encode(), found["signature"].encode()
        key = signing.key()
        if key is not None and signing.signed(key, text, by, "digest"):
            facts = json.loads(text)
            return Counts(**facts["counts"]) if facts["about"] == about else None
    return None


def _keep(path: Path, about: str, counted: Counts) -> None:
    key = signing.made()
    if key is None:
        return
    text = json.dumps({"about": about, "counts": vars(counted)})
    signature = signing.signature(key, text.encode(), "digest").decode()
    ownership.replace(path, json.dumps({"digest": text, "signature": signature}).encode())


def _counted(directory: RunDirectory) -> Counts:
    from tuimon.checkpoints import store
    from tuimon.rules import diagnose
    from tuimon.state import Run

    run = Run().apply_all(store.read(directory.journal))
    severities = [finding.severity for finding in diagnose(run)]
    return Counts(
        epochs=run.epochs_done,
        steps=run.steps_done,
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        notes=severities.count("note"),
    )


def entry(directory: RunDirectory) -> dict[str, Any]:
    """The run as an object of `tuimon runs --json`. Times are ISO 8601 (UTC); what is unknown is None."""
    status = directory.status()
    summary = directory.read()
    counted = counts(directory)
    return {
        "id": summary.id,
        "name": summary.name or None,
        "status": status,
        "command": summary.command,
        "pid": summary.pid,
        "supervisor_pid": summary.supervisor_pid if directory.supervised() else None,
        "started_at": iso(summary.started_at or None),
        "ended_at": iso(summary.ended_at),
        "epochs": counted.epochs,
        "steps": counted.steps,
        "findings": counted.findings,
        "errors": counted.errors,
        "warnings": counted.warnings,
        "host": summary.host,
        "size": prune.size(directory),
        "directory": str(directory.path),
    }


def iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, timezone.utc).isoformat().replace("+00:00", "Z")


COLUMNS = ("id", "name", "status", "epochs", "steps", "findings", "size", "command")


def table(entries: list[dict[str, Any]]) -> str:
    """The entries below each other, columns as wide as they need to be."""
    rows = [COLUMNS, *(tuple(_cell(entry, column) for column in COLUMNS) for entry in entries)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def _cell(entry: dict[str, Any], column: str) -> str:
    value = entry[column]
    if column == "findings":
        parts = [
            f"{entry[kind]} {kind[: None if entry[kind] > 1 else -1]}" for kind in ("errors", "warnings") if entry[kind]
        ]
        return ", ".join(parts) or "-"
    if column == "command":
        text = line(short([str(each) for each in value]))
        return text if len(text) <= 60 else text[:59] + "…"
    if column == "size":
        return figures.size(value)
    return "-" if value is None else line(value)
