"""Callbacks take longer than the training steps.

What it means: what callbacks do after every batch (a `predict`, a plot, a write to a slow disk) costs more than the
batch itself; or what they do at the end of an epoch is a large part of it.

Why it matters: the training waits meanwhile. Keras 2 printed a warning for this, Keras 3 does not.

How it is decided: callbacks take more than the step itself and at least 5 ms per step (more on an overloaded machine),
over at least five steps: a warning. Work at epoch ends (checkpoints, uploads) of more than 25% of the epoch is a note.

What to do: do the work every hundredth batch, or at the end of the epoch; `save_freq="epoch"` for checkpoints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run


@dataclass(frozen=True)
class SlowCallbacks:
    times: float = 1.0  # the step itself; Keras 2's own warning
    seconds: float = 0.005  # per step; own choice
    steps: int = 5  # Keras 2 took the median of five
    epoch_share: float = 0.25  # of an epoch, for work at its end; own choice
    epoch_seconds: float = 1.0  # of such work, below which nobody wonders; own choice
    looked_at: int = 20  # epochs at the begin and at the end of a fit; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._by_batch(run, fit, self.seconds * evidence.overload(run)) or self._by_epoch(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        needed = "callbacks were not timed: it needs the agent in the training process"
        return evidence.unjudged(run, lambda fit: any(e.callbacks is not None for e in fit.epochs[:4]), needed)

    def _looked_at(self, fit: Fit) -> list[Epoch]:
        known = fit.epochs
        return known if len(known) <= 2 * self.looked_at else known[: self.looked_at] + known[-self.looked_at :]

    def _by_batch(self, run: Run, fit: Fit, limit: float) -> Finding | None:
        slow = [
            (epoch, times)
            for epoch in self._looked_at(fit)
            if (times := self._slow(epoch, limit, evidence.stopped(run, fit, epoch))) is not None
        ]
        if not slow:
            return None
        epoch, (callback, step) = slow[-1]
        whose = self._whose(epoch, by_batch=True)
        return Finding(
            rule="slow-callbacks",
            severity="warning",
            message=f"callbacks take {sayings.duration(callback)} per step, the step itself {sayings.duration(step)} "
            f"(limit: {self.times:g} times the step){f'; mostly {whose}' if whose else ''}",
            advice=f"Do the work of {whose or 'the batch callbacks'} every hundredth batch, or in on_epoch_end.",
            fit=fit.index,
            epoch=slow[0][0].index,
            at=slow[0][0].started_at,
            numbers={"callback": callback, "step": step, "callbacks": dict(epoch.callback_seconds)},
            snippet="def on_train_batch_end(self, batch, logs=None):\n    if batch % 100 == 0:\n        ...",
            over=fit.epochs[-1].ended and fit.epochs[-1].index != epoch.index,
        )

    def _slow(self, epoch: Epoch, limit: float, stopped: float) -> tuple[float, float] | None:
        """Seconds per step of the callbacks and of the step itself, when the former are too slow; even if all the time
        in which the process was `stopped` were theirs."""
        spent, own = _batch_callbacks(epoch), _own(epoch)
        if spent is None or own is None or epoch.steps < self.steps:
            return None
        callback, step = max(0.0, spent - stopped) / epoch.steps, own / max(1, epoch.steps - 1)
        return (callback, step) if callback > self.times * step and callback >= limit else None

    def _by_epoch(self, run: Run, fit: Fit) -> Finding | None:
        for epoch in self._looked_at(fit):
            spent = sum(epoch.epoch_callback_seconds.values()) - evidence.stopped(run, fit, epoch)
            if not epoch.ended or not epoch.seconds or epoch.index == fit.epochs[0].index:
                continue
            if spent >= self.epoch_seconds and spent > self.epoch_share * epoch.seconds:
                whose = self._whose(epoch, by_batch=False)
                return Finding(
                    rule="slow-callbacks",
                    severity="note",
                    message=f"{sayings.share(min(1.0, spent / epoch.seconds))} of epoch {epoch.index + 1} is work at "
                    f"its end ({sayings.duration(spent)}, limit {sayings.share(self.epoch_share)})"
                    f"{f', mostly {whose}' if whose else ''}",
                    advice="Save or upload less often, if this is more than you want to pay for it.",
                    fit=fit.index,
                    epoch=epoch.index,
                    at=epoch.ended_at,
                    numbers={"seconds": spent, "epoch": epoch.seconds, "callbacks": dict(epoch.epoch_callback_seconds)},
                )
        return None

    def _whose(self, epoch: Epoch, by_batch: bool) -> str:
        """The class of the callback that takes most of the time."""
        spent = Counter(epoch.callback_seconds if by_batch else epoch.epoch_callback_seconds)
        if by_batch:
            spent.subtract(epoch.epoch_callback_seconds)
        return spent.most_common(1)[0][0] if spent else ""


def _batch_callbacks(epoch: Epoch) -> float | None:
    """Seconds in batch callbacks; None where they cannot be told from those at the end of the epoch."""
    if not epoch.ended:
        return epoch.callbacks
    if not epoch.callback_seconds:
        return None
    return sum(epoch.callback_seconds.values()) - sum(epoch.epoch_callback_seconds.values())


def _own(epoch: Epoch) -> float | None:
    """Seconds of the steps themselves, the first one left out."""
    if epoch.compute is not None:
        spent = epoch.compute + (epoch.wait or 0.0)
    elif epoch.seconds is not None and epoch.callbacks is not None:
        spent = epoch.seconds - epoch.callbacks - (epoch.validation.seconds or 0.0 if epoch.validation else 0.0)
    else:
        return None
    return max(0.0, spent - (epoch.first_step or 0.0))
