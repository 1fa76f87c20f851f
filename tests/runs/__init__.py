"""Journals as they were recorded, one at least of each schema version, and what is found in them.

    python -m tests.runs

writes down anew what is found; the difference is what there is to review.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tuimon import journal
from tuimon.report import report
from tuimon.rules import diagnose
from tuimon.state import Run

HERE = Path(__file__).parent

RECORDED = sorted(HERE.glob("*.jsonl"))


def expected_of(path: Path) -> Path:
    return path.with_suffix(".expected.json")


def told(path: Path) -> dict[str, Any]:
    """The ledger and the findings of a recorded run, without the words that they are told in."""
    run = Run().apply_all(journal.read(path))
    document = report(run, diagnose(run))
    return {
        "schema": run.schema,
        "status": document["run"]["status"],
        "fits": [
            {
                **{name: fit[name] for name in ("kind", "epochs_planned", "epochs_done", "steps_done", "samples_done")},
                "epochs": [[epoch["steps"], epoch["samples"], epoch["samples_known_by"]] for epoch in fit["epochs"]],
            }
            for fit in document["fits"]
        ],
        "findings": [
            " ".join(str(finding[name]) for name in ("severity", "rule", "fit", "epoch"))
            for finding in document["findings"]
        ],
    }


def rewrite() -> None:
    for path in RECORDED:
        expected_of(path).write_text(json.dumps(told(path), indent=1) + "\n")
