"""A training that asks for it itself is watched: by a callback, or by a line at its beginning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.harness import needs_keras3
from tests.harness import Tuimon
from tuimon import events
from tuimon.state import Fit, Run

SCRIPT = Path(__file__).parents[1] / "scripts" / "watches_itself.py"

pytestmark = [pytest.mark.timeout(900), needs_keras3]


def trained(tuimon: Tuimon, door: str) -> Run:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), door], env=tuimon.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "tuimon" not in done.stderr
    tuimon.wait_for_event(events.ChildEnded)
    run = tuimon.folded()
    assert run.started is not None
    assert (run.started.source, run.name, run.status) == ("watch", "of itself", "finished")
    assert not run.agent_failures
    (process,) = run.processes.values()
    assert process.started.door == door
    return run


def outcome(fit: Fit) -> tuple[bool, list[int | None], str | None]:
    ended = fit.ended.exception if fit.ended is not None else None
    return fit.started.joined, [epoch.samples for epoch in fit.epochs], ended


def test_by_a_callback(tuimon: Tuimon) -> None:
    """The fit that it is given to was called before anything could be wrapped, and is seen from its first step."""
    run = trained(tuimon, "callback")
    first, failed, last = run.fits
    assert outcome(first) == (False, [96, 96], "")
    assert first.started.site.startswith(f"{SCRIPT}:")
    assert first.sources["train"].size == 96
    assert all(epoch.wait is not None and epoch.complete for epoch in first.epochs)
    assert [epoch.validation.samples for epoch in first.epochs if epoch.validation] == [96, 96]
    assert first.ended is not None
    assert first.ended.steps == 24
    assert outcome(failed)[2] == "ValueError"
    assert outcome(last) == (False, [96, 96, 96], "")


def test_by_a_line(tuimon: Tuimon) -> None:
    run = trained(tuimon, "import")
    (fit,) = run.fits
    assert outcome(fit) == (False, [96, 96, 96], "")
