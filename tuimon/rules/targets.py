"""What the sampled batches tell of a model's targets and inputs, joined over the batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tuimon.rules import losses

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit


@dataclass
class Values:
    """One component of the batches, over all that were looked at. None is "not known"."""

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None  # of the first batch, rows first
    batches: int = 0
    rows: int = 0
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    zeros: float | None = None
    below_zero: float | None = None
    above_one: float | None = None
    integer: bool | None = None
    distinct: int | None = None
    distribution: str | None = None
    classes: Counter[str] = field(default_factory=Counter)

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)

    @property
    def per_row(self) -> bool:
        """One value for each row, not one for each pixel, word or moment of it."""
        return self.shape is not None and (len(self.shape) == 1 or (len(self.shape) == 2 and self.shape[1] == 1))

    @property
    def mean_square(self) -> float | None:
        return None if self.mean is None or self.std is None else self.mean**2 + self.std**2


@dataclass(frozen=True)
class Target:
    """One output of the model, the loss it is trained with, and what it is compared with."""

    output: dict[str, Any]
    loss: dict[str, Any] | None
    values: Values

    @property
    def units(self) -> int | None:
        units = self.output.get("units")
        return None if units is None else int(units)

    @property
    def loss_name(self) -> str:
        return losses.name(self.loss)

    @property
    def activation(self) -> str:
        """`linear` for none, `unknown` where nobody can tell."""
        return activation(self.output)


def activation(output: dict[str, Any]) -> str:
    return str(output.get("activation") or "linear") if "activation" in output else "unknown"


def targets(fit: Fit, batches: Sequence[events.BatchSampled] | None = None) -> list[Target]:
    """The fit's outputs with their targets in all sampled batches, or in these, where they can be matched.

    Empty without a model or a batch, and where the script computes its loss itself.
    """
    if fit.model is None or not (fit.batches if batches is None else batches) or losses.own_objective(fit):
        return []
    components = sampled(fit, "y") if batches is None else joined(batches, "y")
    return [
        Target(output, losses.for_output(fit, output), values)
        for output, values in _matched(fit.model.outputs, components)
    ]


def _matched(outputs: list[dict[str, Any]], components: list[Values]) -> list[tuple[dict[str, Any], Values]]:
    by_name = {values.name: values for values in components if values.name}
    pairs = [
        (output, by_name[name])
        for output in outputs
        for name in (output.get("name"), output.get("layer"))
        if name in by_name
    ]
    if len({id(output) for output, _ in pairs}) == len(outputs) == len(pairs):
        return pairs
    return list(zip(outputs, components, strict=True)) if len(outputs) == len(components) else []


_sampled: WeakKeyDictionary[Fit, dict[str, tuple[int, list[Values]]]] = WeakKeyDictionary()
"""The newest answers for each fit, and of how many batches: half a dozen rules ask, at every look."""


def sampled(fit: Fit, role: str) -> list[Values]:
    """As `joined`, over all batches of the fit that are kept. Not to be changed."""
    answers = _sampled.setdefault(fit, {})
    made_of, values = answers.get(role, (0, []))
    if made_of != fit.batches.total:
        values = joined(fit.batches, role)
        answers[role] = fit.batches.total, values
    return values


def joined(batches: Iterable[events.BatchSampled], role: str) -> list[Values]:
    """The components of one role (x, y, weight) over these batches, in the order of the first batch."""
    found: dict[tuple[int, str], Values] = {}
    for batch in batches:
        components = [component for component in batch.components if component.get("role") == role]
        for index, component in enumerate(components):
            name = str(component.get("name") or "")
            values = found.get((index, name))
            if values is None:
                values = found[(index, name)] = Values(name, str(component.get("dtype") or ""), _shape(component))
            _join(values, component, batch.rows)
    return list(found.values())


def _shape(component: dict[str, Any]) -> tuple[int | None, ...] | None:
    shape = component.get("shape")
    return None if shape is None else tuple(shape)


def _join(values: Values, component: dict[str, Any], rows: int | None) -> None:
    low, high = component.get("min"), component.get("max")
    values.min = low if values.min is None else values.min if low is None else min(values.min, low)
    values.max = high if values.max is None else values.max if high is None else max(values.max, high)
    for name in ("mean", "std", "zeros", "below_zero", "above_one"):
        setattr(values, name, _average(getattr(values, name), component.get(name), values.batches))
    whole = component.get("integer")
    if whole is not None:
        values.integer = bool(whole) and values.integer is not False
    distinct = component.get("distinct")
    if distinct is not None:
        values.distinct = max(values.distinct or 0, int(distinct))
    values.distribution = values.distribution or component.get("distribution")
    values.classes.update(component.get("classes") or {})
    values.batches += 1
    values.rows += rows or 0


def _average(so_far: float | None, value: float | None, count: int) -> float | None:
    if value is None:
        return so_far
    return value if so_far is None else so_far + (value - so_far) / (count + 1)
