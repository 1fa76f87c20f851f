"""The validation loss rises while the training loss falls.

What it means: the model learns the training rows by heart, and what it learns no longer holds for others.

Why it matters: the later epochs make the model worse where it counts, and the weights you keep may be the last ones.

How it is decided: the validation loss rises three epochs in a row while the training loss falls, and lies more than
half above it: a note. It is a warning when the validation loss has doubled since its best, and by more than a fifth of
its first value. With EarlyStopping or a checkpoint that keeps the best, or while a validation accuracy is still at its
best, it stays a note.

What to do: stop earlier (`EarlyStopping(restore_best_weights=True)`), add dropout, weight decay or augmentation, or
get more data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tuimon.rules import evidence, sayings
from tuimon.rules.curve import ACCURACIES, curve
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run

GUARDS = frozenset({"EarlyStopping", "ModelCheckpoint"})


class Pair(NamedTuple):
    epoch: Epoch
    training: float
    validation: float


@dataclass(frozen=True)
class Overfitting:
    epochs: int = 3  # in a row; own choice (UMLAUT's single epoch is noise)
    gap: float = 0.5  # validation above training, in times of the training loss; own choice (SageMaker 0.1)
    times: float = 2.0  # the best validation loss, a warning; own choice
    of_first: float = 0.2  # rise since the best, of the first validation loss; own choice
    close: float = 0.005  # from its best, an accuracy counts as still at its best; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        pairs = _pairs(fit)
        first = self._first(pairs)
        if first is None:
            return
        at, now = pairs[first], pairs[-1]
        best = min(pairs, key=lambda pair: pair.validation)
        over = now.validation - now.training <= self.gap * now.training
        doubled = (
            now.validation >= self.times * best.validation
            and now.validation - best.validation > self.of_first * pairs[0].validation
        )
        guarded = bool(GUARDS & set(fit.started.callbacks)) or self._still_best(fit)
        yield Finding(
            rule="overfitting",
            severity="warning" if doubled and not guarded and not over else "note",
            message=(
                f"the validation loss rose to {sayings.number(now.validation)} from its best of "
                f"{sayings.number(best.validation)} in epoch {best.epoch.index + 1} while the training loss fell to "
                f"{sayings.number(now.training)} (limit {sayings.count(self.epochs, 'epoch')} in a row; a warning at "
                f"{self.times:g} times the best)"
            ),
            advice=f"Keep the weights of epoch {best.epoch.index + 1}: stop early; add dropout, weight decay or data.",
            fit=fit.index,
            epoch=at.epoch.index,
            at=at.epoch.ended_at,
            numbers={"best": best.validation, "validation": now.validation, "training": now.training},
            snippet="keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)",
            over=over,
        )

    def _first(self, pairs: list[Pair]) -> int | None:
        """Where the validation loss has first risen for long enough, far above a training loss that fell."""
        rises = 0
        for index in range(1, len(pairs)):
            rises = rises + 1 if pairs[index].validation > pairs[index - 1].validation else 0
            if rises < self.epochs:
                continue
            now, before = pairs[index], pairs[index - self.epochs]
            if 0 < now.training < before.training and now.validation - now.training > self.gap * now.training:
                return index
        return None

    def _still_best(self, fit: Fit) -> bool:
        for name in ACCURACIES:
            values = [point.value for point in curve(fit, f"val_{name}")]
            if values:
                return values[-1] >= max(values) - self.close
        return False

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(
            run, lambda fit: fit.started.validation is False or _pairs(fit), "no validation loss was reported"
        )


def _pairs(fit: Fit) -> list[Pair]:
    validation = {point.epoch.index: point.value for point in curve(fit, "val_loss")}
    return [
        Pair(point.epoch, point.value, validation[point.epoch.index])
        for point in curve(fit)
        if point.epoch.index in validation
    ]
