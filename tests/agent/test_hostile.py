"""Programs that copy, replace, interrupt and end themselves: they behave as they do without the agent."""

from __future__ import annotations

import re
from pathlib import Path

from tests.agent.harness import both_lines, plain, watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "hostile.py"


@both_lines
def test_a_hostile_program(python: str) -> None:
    seen = watched(SCRIPT, python=python)
    bare = plain(SCRIPT, python=python)
    assert (seen.stdout, seen.status) == (bare.stdout, bare.returncode)
    assert seen.status == 7
    assert undated(seen.stderr) == undated(bare.stderr)
    assert seen.failures == []
    fits = [call.fit for call in seen.of(events.FitStarted, call="fit")]
    assert fits == [1, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    told = {
        fit: [(each.steps, each.samples, each.samples_known_by) for each in seen.of(events.EpochEnded, fit=fit)]
        for fit in fits
    }
    one = (2, 60, "exact")
    assert told == {
        **{fit: [one] for fit in fits},
        1: [one, one],
        6: [one, one],
        10: [],
        11: [(4, 60, "exact")],
    }
    assert seen.the(events.FitEnded, fit=10).exception == "KeyboardInterrupt"
    assert set(seen.of(events.EpochEnded, fit=6)[0].metrics) == {"loss"}
    assert [seen.the(events.FitStarted, fit=number).inside for number in (2, 3)] == [1, 1]
    assert seen.the(events.FitEnded, fit=12)


def undated(text: str) -> list[str]:
    """The lines that hold no time of day (XLA's do), without addresses."""
    return [re.sub("0x[0-9a-f]+", "0x", line) for line in text.splitlines() if not line.startswith("I0000")]
