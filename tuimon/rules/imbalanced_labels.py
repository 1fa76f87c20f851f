"""Some classes have far more rows than others, or all rows have one class.

What it means: the labels that reached the model are counted. When one class has 50 times the rows of another, always
answering with the common class is nearly right, and the model learns just that.

Why it matters: accuracy looks excellent from the first epoch on, and the rare class, mostly the one that matters, is
never predicted.

How it is decided: class numbers, 0/1 labels and one-hot targets of the batches that were looked at, from 500 labels
on. A warning needs at most 20 classes, no class or sample weights, no focal loss, and a sample that can stand for the
data (shuffled, or nearly all of it); or an accuracy that stays at the share of the largest class. A single class in
nearly all of the data is an error.

What to do: weigh the classes (`class_weight`), sample the rare class more often, and watch precision, recall or AUC
instead of accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, signals
from tuimon.rules.curve import accuracy, curve
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import count, share
from tuimon.rules.targets import Target, targets

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


NEARLY = 0.9
"""Share of a pass from which it counts as whole."""


@dataclass(frozen=True)
class Balance:
    """How the labels of one output are spread over its classes."""

    target: Target
    rows: dict[str, int]  # by label, the largest first

    @property
    def labels(self) -> int:
        return sum(self.rows.values())

    @property
    def largest(self) -> str:
        return next(iter(self.rows))

    @property
    def smallest(self) -> str:
        return next(reversed(self.rows))

    @property
    def majority(self) -> float:
        """Share of the largest class."""
        return self.rows[self.largest] / self.labels

    @property
    def ratio(self) -> float:
        return self.rows[self.largest] / self.rows[self.smallest]


def balance(fit: Fit) -> Balance | None:
    """Of the first output that tells classes apart; None when there is none, or nothing was counted."""
    for target in targets(fit) if fit.call == "fit" else []:
        one_per_row = target.values.per_row or (target.values.distribution == "one_hot" and target.values.rank == 2)
        if target.loss_name in losses.CROSSENTROPY and one_per_row and target.values.classes:
            return Balance(target, dict(target.values.classes.most_common()))
    return None


@dataclass(frozen=True)
class ImbalancedLabels:
    labels: int = 500  # counted before anything is said; SageMaker ClassImbalance
    ratio: float = 10.0  # largest to smallest class, a note; SageMaker ClassImbalance
    strong: float = 50.0  # largest to smallest class, a warning; own choice
    classes: int = 20  # with more classes a long tail is natural, so only a note; own choice
    per_class: int = 20  # labels per class on average, so that chance cannot make the ratio; own choice
    epochs: int = 4  # of an accuracy at the share of the largest class; own choice
    close: float = 0.002  # how near to that share; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        found = balance(fit)
        if found is None or found.labels < self.labels:
            return
        if len(found.rows) == 1:
            if _all_alike(fit):
                yield self._single(fit, found)
        elif found.ratio > self.ratio and found.labels >= self.per_class * len(found.rows):
            yield self._uneven(fit, found)

    def _single(self, fit: Fit, found: Balance) -> Finding:
        first = fit.batches[0]
        return Finding(
            rule="imbalanced-labels",
            severity="error",
            message=f"all {count(found.labels, 'label')} looked at are {found.largest}: there is one class only",
            advice="Check how the labels are read: a filter, a wrong column, or one directory name for all files.",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"labels": found.labels, "classes": 1},
        )

    def _uneven(self, fit: Fit, found: Balance) -> Finding:
        first, counted = fit.batches[0], found.rows
        stuck = stuck_epochs(fit, found.majority, self.close) >= self.epochs
        warns = not _weighted(fit, found) and (stuck or self._strong(fit, found))
        message = (
            f"class {found.largest} has {found.ratio:.0f} times the rows of class {found.smallest} "
            f"({counted[found.largest]:,} to {counted[found.smallest]:,} of {found.labels:,} looked at; limit "
            f"{self.strong if warns and found.ratio > self.strong else self.ratio:g} times)"
        )
        if stuck:
            message += f", and the accuracy is that of always answering {found.largest} ({share(found.majority)})"
        return Finding(
            rule="imbalanced-labels",
            severity="warning" if warns else "note",
            message=message,
            advice="Weigh the classes or sample the rare one more often; watch recall or AUC instead of accuracy.",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"labels": found.labels, "ratio": found.ratio, "majority": found.majority, "rows": counted},
            snippet=_snippet(found),
        )

    def _strong(self, fit: Fit, found: Balance) -> bool:
        few = len(found.rows) <= self.classes
        return found.ratio > self.strong and few and _fair(fit)

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def stuck_epochs(fit: Fit, majority: float, close: float) -> int:
    """How many epochs, up to the newest, ended with an accuracy as near as this to the share of the largest class."""
    name = accuracy(fit)
    epochs = 0
    for point in reversed(curve(fit, name)) if name else []:
        if abs(point.value - majority) > close:
            break
        epochs += 1
    return epochs


def _weighted(fit: Fit, found: Balance) -> bool:
    started = fit.started
    in_batches = any(component.get("role") == "weight" for component in fit.batches[0].components)
    return started.class_weight or started.sample_weight or in_batches or "focal" in found.target.loss_name


def _fair(fit: Fit) -> bool:
    """What was looked at can stand for the data: it was shuffled, or is nearly one whole pass."""
    return (fit.source is not None and bool(fit.source.described.shuffled)) or _nearly_all(fit)


def _nearly_all(fit: Fit) -> bool:
    """The batches looked at within one epoch, so that none counts twice, are nearly one pass."""
    first = fit.batches[0].epoch
    rows = sum(batch.rows or 0 for batch in fit.batches if batch.epoch == first)
    size = fit.source.size if fit.source is not None else None
    known = size or next((epoch.samples for epoch in fit.ended_epochs[:1]), None)
    return bool(known) and rows >= NEARLY * (known or 0)


def _all_alike(fit: Fit) -> bool:
    """No other class can be where nobody looked: a whole pass, or rows that Keras itself drew from all over."""
    source = fit.source
    drawn = source is not None and source.described.kind in evidence.IN_MEMORY and bool(source.described.shuffled)
    return drawn or _nearly_all(fit)


def _snippet(found: Balance) -> str:
    if len(found.rows) != 2:
        return ""
    weights = {label: found.labels / (2 * rows) for label, rows in sorted(found.rows.items())}
    return "model.fit(..., class_weight={" + ", ".join(f"{label}: {each:.3g}" for label, each in weights.items()) + "})"
