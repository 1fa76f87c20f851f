"""The trainable weights at the end of an epoch: are they finite, do they move, how large are they.

A scan reads every value once, on the training thread. Scans may take a thousandth of the time trained (see `budget`);
a model too large for that is scanned in some epochs only. Against the scan before, up to `COMPARED` values are
compared, a regular selection where a model has more.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Dict, List, Optional, Tuple

from tuimon import events
from tuimon.agent.budget import Budget

COMPARED = 500_000
"""Values that are kept for comparison (2 MB)."""

NAMED = 8

SECONDS_PER_VARIABLE = 100e-6
BYTES_PER_SECOND = 1e9
"""What the first scan of a model is expected to cost; later ones as the last one did."""

_budget = Budget(share=0.001, early_share=0.005, early_looks=16)


class Scanner:
    """Scans the weights of one fit's model, as often as the budget allows."""

    def __init__(self, fit: int, model: Any, budget: Budget = _budget) -> None:
        self.fit = fit
        self.model = model
        self._budget = budget
        self._cost: Optional[float] = None
        self._seen: Dict[int, Tuple[Any, Any]] = {}  # id → variable (kept, so that its id stays its own), values

    def epoch_ended(self, epoch: int, seconds: Optional[float]) -> Optional[events.WeightsScanned]:
        """The scan at the end of an epoch that took `seconds`; None when it would cost too much now.

        Runs on the training thread, in `on_epoch_end`.
        """
        self._budget.earn(seconds)
        if self._cost is not None and not self._budget.allows(self._cost):
            return None
        variables = list(self.model.trainable_variables)
        if self._cost is None:
            self._cost = _expected(variables)
            if not self._budget.allows(self._cost):
                return None
        scanned, self._cost = self._budget.measure(lambda: self._scanned(epoch, variables))
        return events.WeightsScanned(**scanned, seconds=self._cost)

    def _scanned(self, epoch: int, variables: List[Any]) -> Dict[str, Any]:
        numpy = sys.modules["numpy"]  # every Keras has loaded it
        with numpy.errstate(all="ignore"):
            return self._scan(epoch, variables, numpy)

    def _scan(self, epoch: int, variables: List[Any], numpy: Any) -> Dict[str, Any]:
        stride = max(1, math.ceil(sum(map(_size, variables)) / COMPARED))
        seen, self._seen = self._seen, {}
        square, largest_change = 0.0, None
        non_finite: Dict[str, int] = {}
        unchanged: List[str] = []
        for variable in variables:
            values = _values(variable)
            if values is None:
                continue  # no numbers
            norm_squared, bad = _norm_squared(values, numpy)
            square += norm_squared
            if bad:
                non_finite[_name(variable)] = bad
            kept = values[::stride].copy()
            self._seen[id(variable)] = variable, kept
            if id(variable) in seen:
                same, change = _compared(seen[id(variable)][1], kept, numpy)
                if same:
                    unchanged.append(_name(variable))
                if change is not None:
                    largest_change = max(largest_change or 0.0, change)
        return {
            "fit": self.fit,
            "epoch": epoch,
            "variables": len(variables),
            "non_finite": sum(non_finite.values()),
            "non_finite_in": list(non_finite)[:NAMED],
            "unchanged": len(unchanged),
            "unchanged_in": unchanged[:NAMED],
            "compared": bool(self._seen) and all(each in seen for each in self._seen),
            "norm": math.sqrt(square) if math.isfinite(square) and not non_finite else None,
            "largest_change": largest_change,
        }


def _expected(variables: List[Any]) -> float:
    return len(variables) * SECONDS_PER_VARIABLE + sum(map(_size, variables)) * 4 / BYTES_PER_SECOND


def _size(variable: Any) -> int:
    return math.prod(int(each) for each in variable.shape)


def _values(variable: Any) -> Any:
    """The variable's values as a flat array of float32 or float64; None when it holds no numbers.

    May share memory with the variable.
    """
    array = variable.numpy().reshape(-1)
    if array.dtype.name in ("float32", "float64"):
        return array
    return array.astype("float32") if array.dtype.kind in "fVbiu" or "float" in array.dtype.name else None


def _norm_squared(values: Any, numpy: Any) -> Tuple[float, int]:
    """The sum of squares, and how many values are not finite (which are left out of the sum)."""
    square = float(values.dot(values))
    if math.isfinite(square):
        return square, 0
    # A sum that overflows in single precision is no sign of a bad value yet.
    finite = values[numpy.isfinite(values)].astype("float64")
    return float(finite.dot(finite)), int(values.size - finite.size)


def _compared(before: Any, now: Any, numpy: Any) -> Tuple[bool, Optional[float]]:
    """Whether all values are close (rtol 1e-5, atol 1e-8), and the largest change; None when none can be told."""
    if before.shape != now.shape or not now.size:
        return False, None
    change = abs(now - before)
    largest = float(change.max())
    if not math.isfinite(largest):
        finite = change[numpy.isfinite(change)]
        return False, float(finite.max()) if finite.size else None
    return bool((change <= 1e-8 + 1e-5 * abs(before)).all()), largest


def _name(variable: Any) -> str:
    """Keras 3 has a path for what Keras 2 calls the name."""
    return str(getattr(variable, "path", None) or getattr(variable, "name", "?"))
