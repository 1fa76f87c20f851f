"""A number that is missing comes with its reason, in the report and on the screen."""

from __future__ import annotations

import pytest

from tests.builders import PID, fit, run_of, steps
from tests.tui.screen import screen, shown
from tuimon import events
from tuimon.report import report
from tuimon.report.text import text
from tuimon.rules import diagnose
from tuimon.state import Run
from tuimon.state.unknown import samples_unknown, wait_unknown

AGENT = events.AgentStarted(pid=PID, python="3.11.9")


def trained(*parts: object, agent: bool = True, wait: float | None = None, samples: int | None = 640) -> Run:
    done = steps(0, 20, samples=samples, seconds=2.0, wait=wait)
    return run_of(AGENT if agent else [], *parts, done, began=agent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (trained(fit(joined=True)), "compiled before the agent came"),
        (trained(fit(call="custom-loop")), "inside a tf.function"),
        (trained(fit()), "op determinism"),
        (trained(fit(), agent=False), "what was printed"),
    ],
)
def test_the_wait(run: Run, words: str) -> None:
    assert words in (wait_unknown(run, run.fits[0]) or "")
    told = report(run, diagnose(run))
    assert words in told["fits"][0]["wait_unknown_because"]
    assert f"waiting     not known: {wait_unknown(run, run.fits[0])}" in text(told)


def test_samples() -> None:
    run = trained(fit(call="custom-loop"), wait=0.5, samples=None)
    assert "inside a tf.function" in (samples_unknown(run, run.fits[0]) or "")
    assert wait_unknown(run, run.fits[0]) is None


def test_what_is_known_or_will_be_needs_no_reason() -> None:
    known = trained(fit(), wait=0.5)
    assert (wait_unknown(known, known.fits[0]), samples_unknown(known, known.fits[0])) == (None, None)
    early = run_of(AGENT, fit(), steps(0, 2, samples=None))
    assert (wait_unknown(early, early.fits[0]), samples_unknown(early, early.fits[0])) == (None, None)


async def test_the_screen_shows_the_reason() -> None:
    done = steps(0, 20, samples=640, seconds=2.0, wait=None)
    async with screen([AGENT, *fit(joined=True), done], (120, 40)) as (app, _):
        assert "not known: the step was compiled before" in " ".join(shown(app).split())
