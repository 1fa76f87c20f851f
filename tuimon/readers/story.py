"""The events of a log that tells only epochs and metrics: what its readers have in common."""

from __future__ import annotations

import math

from tuimon import events


class Story:
    """Builds the events of fits and epochs in order. Times are seconds from the log's beginning unless given.

    Epochs count from 0 here, as everywhere in events. A new fit begins when an epoch's number does not grow.
    """

    def __init__(self, name: str, source: str, clock: str = "relative", at: float = 0.0) -> None:
        self.name, self.source, self.clock = name, source, clock
        self.at = at
        self.fit = 0
        self.epoch: int | None = None
        self.epochs: int | None = None
        self.step = 0
        self._began = False
        self._running = False

    def begin(self) -> list[events.Event]:
        """The run's first event, once."""
        if self._began:
            return []
        self._began = True
        return [events.RunStarted(at=self.at, run=self.name, name=self.name, source=self.source, clock=self.clock)]

    def epoch_begins(
        self, epoch: int, epochs: int | None = None, steps: int | None = None, at: float | None = None
    ) -> list[events.Event]:
        self._move(at)
        told = self.begin()
        if self.epoch is None or epoch <= self.epoch:
            told += self.fit_begins(epochs, initial_epoch=epoch, steps=steps)
        self.epoch, self.epochs, self.step, self._running = epoch, epochs, 0, True
        return [*told, events.EpochStarted(at=self.at, fit=self.fit, epoch=epoch)]

    def fit_begins(
        self, epochs: int | None = None, call: str = "fit", initial_epoch: int = 0, steps: int | None = None
    ) -> list[events.Event]:
        self.fit += 1
        self.epoch, self.step = None, 0
        return [
            events.FitStarted(
                at=self.at, fit=self.fit, call=call, epochs=epochs, initial_epoch=initial_epoch, steps=steps
            )
        ]

    def steps_end(self, step: int, metrics: dict[str, float], at: float | None = None) -> list[events.Event]:
        """Steps up to `step` (how many are done in this epoch) have ended with these values."""
        if self.epoch is None or step <= self.step:
            return []
        self._move(at)
        done, self.step = step - self.step, step
        seen = {name: seen_once(value, step - 1) for name, value in metrics.items()}
        return [events.StepsEnded(at=self.at, fit=self.fit, epoch=self.epoch, step=step - 1, steps=done, metrics=seen)]

    def epoch_ends(
        self,
        metrics: dict[str, float],
        *,
        steps: int | None = None,
        seconds: float | None = None,
        at: float | None = None,
        stop_training: bool = False,
    ) -> list[events.Event]:
        """The running epoch has ended; said again of an ended one, it adds to what was known."""
        if self.epoch is None:
            return []
        self._move(at)
        self._running = False
        told: list[events.Event] = []
        validation = {name[4:]: value for name, value in metrics.items() if name.startswith("val_")}
        if validation:
            told.append(events.ValidationEnded(at=self.at, fit=self.fit, epoch=self.epoch, metrics=dict(validation)))
        rate = metrics.get("learning_rate", metrics.get("lr"))
        told.append(
            events.EpochEnded(
                at=self.at,
                fit=self.fit,
                epoch=self.epoch,
                steps=steps,
                steps_known_by="printed" if steps is not None else None,
                samples_known_by=None,
                seconds=seconds,
                metrics=dict(metrics),
                learning_rate=rate,
                stop_training=stop_training,
            )
        )
        return told

    def ends(self) -> list[events.Event]:
        """The log is over: the run ended as far as it tells, or the log breaks off."""
        if not self._began:
            return []
        done = self.epoch is None or self.epochs is None or self.epoch + 1 >= self.epochs
        if self._running or not done:
            within = (
                f"within epoch {(self.epoch or 0) + 1}" if self._running else f"after epoch {(self.epoch or 0) + 1}"
            )
            planned = f" of {self.epochs}" if self.epochs else ""
            return [events.RunLost(at=self.at, reason=f"the log ends {within}{planned}")]
        return [events.ChildEnded(at=self.at)]

    def _move(self, at: float | None) -> None:
        if at is not None and math.isfinite(at):
            self.at = max(self.at, at)


def seen_once(value: float, step: int) -> list[float | None]:
    """One value as `StepsEnded.metrics` holds it."""
    finite = math.isfinite(value)
    return [value, value if finite else None, value if finite else None, None if finite else step]


def number(text: str) -> float | None:
    """The number that a log wrote, NaN and infinities included; None when it is none."""
    try:
        return float(text)
    except (ValueError, OverflowError):
        return None
