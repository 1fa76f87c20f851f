"""The script ended with an exception.

What it means: an exception was not caught, or the script ended with a status other than 0.

Why it matters: what was trained since the last checkpoint is lost.

How it is decided: by the exception that left the script, else by its exit status. Ctrl-C is not reported. A label that
is out of range is explained by labels-out-of-range and is a note here. A process that is still there half a minute
after its exception is said to be: threads of the program or of TensorFlow can keep it from ending, for ever.

What to do: the finding names the usual cause of such a message and its remedy; the traceback is among the details.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.failures import Cause, cause_of
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import ExceptionRaised
    from tuimon.state import Raised, Run

LONGEST = 160
"""Characters of an exception's message that are repeated."""


@dataclass(frozen=True)
class ScriptFailed:
    ending: float = 30.0  # seconds that a failed process may take to end before that is told; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        ended = run.child_ended
        raised = run.exceptions_of_script[-1] if run.exceptions_of_script else None
        if raised is None and ended is not None and ended.exit_code:
            raised = self._of_fit(run)
        if raised is not None and raised.event.type not in evidence.INTERRUPTS:
            yield self._raised(run, raised)
        elif raised is None and ended is not None and ended.exit_code and ended.exit_code != 130:
            yield Finding(
                rule="script-failed",
                severity="error" if run.status == "failed" else "warning",
                message=f"the script ended with status {ended.exit_code}",
                advice="The last lines of its output say why.",
                at=ended.at,
                numbers={"exit_code": ended.exit_code},
            )

    def unjudged(self, run: Run) -> str | None:
        seen = run.child or run.child_ended or run.processes
        return None if seen else "the process was not watched"

    def _of_fit(self, run: Run) -> Raised | None:
        """The exception that left a fit last, when none was seen to leave the script."""
        return next((each for each in reversed(run.exceptions) if each.event.where == "fit"), None)

    def _raised(self, run: Run, raised: Raised) -> Finding:
        event = raised.event
        cause = cause_of(event)
        fit = run.fit_at(raised.fit)
        epoch = fit.epoch if fit else None
        shown = _text(event, cause)
        explained = cause is not None and bool(cause.explained_by)
        hanging = self._hanging(run, event)
        return Finding(
            rule="script-failed",
            severity="note" if explained else "error",
            message=f"{event.type}{sayings.of_call(event.site)}: {shown}"
            + (f"; its process has not ended for {sayings.duration(hanging)} since" if hanging else ""),
            advice=(cause.advice if cause else "The traceback shows where it was raised.")
            + (f" What is left of it does not end by itself: `kill {event.pid}`." if hanging else ""),
            fit=raised.fit,
            epoch=epoch.index if epoch else None,
            step=epoch.steps if epoch else None,
            at=event.at,
            numbers={"type": event.type, "op": event.op, "site": event.site, "traceback": event.traceback[-4000:]},
            snippet=cause.snippet if cause else "",
        )

    def _hanging(self, run: Run, event: ExceptionRaised) -> float:
        """Seconds since the exception left the script while its process goes on; 0 if it ends in time."""
        child = run.child
        if event.where != "script" or child is None or child.pid != event.pid or run.child_ended or run.lost:
            return 0.0
        since = run.now - event.at - run.not_running(event.pid, event.at, run.now)
        return since if since > self.ending else 0.0


def _text(event: ExceptionRaised, cause: Cause | None) -> str:
    """One line of what it says: what is known of the cause, else the line that tells most."""
    if cause is not None and cause.what:
        return cause.what
    lines = [line.strip() for line in event.message.splitlines() if line.strip()]
    telling = next((line for line in lines if not line.startswith(("Detected at", "Graph execution", "File "))), "")
    return telling if len(telling) <= LONGEST else telling[: LONGEST - 1] + "…"
