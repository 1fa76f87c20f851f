"""Training ended before all epochs were done, and nobody asked for it.

What it means: fit() raised and the script caught the exception and went on; or fit() returned early, as Keras 2 does
when the data runs out.

Why it matters: the script exits with status 0, and what follows (saving, evaluating) uses a model that was trained for
less than intended.

How it is decided: the exception that left fit() when the script went on: an error. Fewer epochs than asked for, without
`stop_training` (EarlyStopping, TerminateOnNaN, callbacks of your own) or a request: an error on Keras 2, which does
this when the data is used up, else a warning. A script that failed or was killed is reported as such.

What to do: let exceptions out (`except` only what you can handle); give fit() enough data for all epochs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.failures import cause_of
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Raised, Run

DELIBERATE = ("TrialPruned", "OptunaPruned", "StopTraining", "StopIteration", "EarlyStop")
"""Exceptions by which searches and scripts end a training on purpose."""


@dataclass(frozen=True)
class EndedEarly:
    patience: float = 30.0  # seconds after an exception until a script that is still alive has caught it; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            if fit.ended is None:
                continue
            found = self._raised(run, fit) if fit.ended.exception else self._returned(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        ended = any(fit.ended for fit in run.training)
        if run.training and not ended:
            return "fit() has not ended yet" if run.status == "running" else "the end of fit() was not seen"
        return evidence.unjudged(run, lambda fit: fit.ended, "the end of fit() was not seen")

    def _raised(self, run: Run, fit: Fit) -> Finding | None:
        assert fit.ended is not None
        name = fit.ended.exception.rpartition(".")[2]
        if name in (*evidence.INTERRUPTS, *DELIBERATE) or not self._went_on(run, fit):
            return None
        raised = self._event(run, fit)
        cause = cause_of(raised.event) if raised else None
        text = (cause.what if cause and cause.what else fit.ended.message.strip().partition("\n")[0])[:160]
        return Finding(
            rule="ended-early",
            severity="error",
            message=f"fit(){sayings.of_call(fit.started.site)} ended with {name}{f' ({text})' if text else ''} after "
            f"{self._done(fit)}, and the script went on",
            advice=(f"{cause.advice} " if cause else "") + "Let the exception end the script, so that nobody takes the "
            "model for a trained one.",
            fit=fit.index,
            epoch=fit.epoch.index if fit.epoch else fit.started.initial_epoch,
            step=fit.epoch.steps if fit.epoch else 0,
            at=fit.ended.at,
            numbers={"exception": fit.ended.exception, "epochs": fit.epochs_begun, "asked": fit.started.epochs},
            snippet=cause.snippet if cause else "",
        )

    def _went_on(self, run: Run, fit: Fit) -> bool:
        """The script caught what fit() raised."""
        assert fit.ended is not None
        if run.child_ended is not None and not run.goes_on(fit.key[0]):
            return run.child_ended.exit_code == 0
        later = run.last_fit_at.get(fit.key[0], 0.0) > fit.ended.at
        passed = run.now - fit.ended.at - run.not_running(fit.key[0], fit.ended.at, run.now)
        return later or (run.lost is None and passed > self.patience)

    def _event(self, run: Run, fit: Fit) -> Raised | None:
        return next((each for each in run.exceptions if each.fit == fit.index), None)

    def _returned(self, run: Run, fit: Fit) -> Finding | None:
        assert fit.ended is not None
        asked, last = fit.started.epochs, fit.epoch
        if asked is None or last is None or evidence.stopped_on_purpose(run, fit):
            return None
        if evidence.cap(run, fit, "KERAS_MAX_EPOCHS") is not None or last.index + 1 > asked:
            return None
        done = last.index + 1 if last.steps else last.index
        if done >= asked or (last.index + 1 == asked and evidence.keras_line(run) == 3):
            return None
        out_of_data = evidence.keras_line(run) == 2
        return Finding(
            rule="ended-early",
            severity="error" if out_of_data else "warning",
            message=f"fit(){sayings.of_call(fit.started.site)} ended after {self._done(fit)}, and nothing asked it to",
            advice="Keras 2 ends the training when its data runs out: give it data that starts over in each epoch, or "
            "steps_per_epoch that the data can fill."
            if out_of_data
            else "See what the script's output says at this point.",
            fit=fit.index,
            epoch=last.index,
            step=last.steps,
            at=fit.ended.at,
            numbers={"epochs": done, "asked": asked},
        )

    def _done(self, fit: Fit) -> str:
        last = fit.epoch
        done = 0 if last is None else last.index + 1 if last.ended and last.steps else last.index
        return f"{done} of {sayings.count(fit.started.epochs, 'epoch')}" if fit.started.epochs else f"epoch {done}"
