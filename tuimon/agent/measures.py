"""What the values of one component look like, and fingerprints of its rows."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from tuimon.events import Facts

FEATURES = 64
"""Features of the last axis that are told singly, at most; of more, so many are picked at regular distances."""

CLASSES = 1000
"""Different labels up to which they are counted singly."""

_SLICE = 1024
"""Values of a row that make its fingerprint, at most; of more, so many are picked at regular distances."""

_weights: Any = None


class Measure:
    """One component, measured piece by piece."""

    def __init__(self, role: str, name: str, dtype: str, shape: Optional[List[Any]]) -> None:
        self.facts: Facts = {"role": role, "name": name, "dtype": dtype, "shape": shape}
        self.rows = 0
        self._finite = 0
        self._sum = self._squares = 0.0
        self._zeros = self._below_zero = self._above_one = self._non_finite = 0
        self._low = self._high = None  # type: Optional[float]
        self._whole = True
        self._classes: Optional[Dict[str, int]] = {} if role == "y" else None
        self._values: Optional[set[Any]] = set()
        self._zero_one = self._one_hot = True
        self._width: Optional[int] = None  # of the last axis
        self._features: Any = None  # count, sum and sum of squares

    def add(self, array: Any) -> None:
        """Take in these rows; text is counted, numbers are measured."""
        import numpy

        array = numpy.asarray(array)
        self.rows += int(array.shape[0]) if array.ndim else 1
        if array.dtype.kind in "OSU":
            self._count([_text(value) for value in array.ravel()[: 64 * CLASSES].tolist()])
        elif array.dtype.kind in "fiub" and array.size:
            self._numbers(array)

    def _numbers(self, array: Any) -> None:
        import numpy

        flat = array.reshape(-1)
        if array.dtype.kind == "f":
            finite = numpy.isfinite(flat)
            bad = flat.size - int(finite.sum())
            self._non_finite += bad
            flat = flat[finite] if bad else flat
        if not flat.size:
            return
        exact = flat.astype(numpy.float64, copy=False)
        low, high = float(exact.min()), float(exact.max())
        self._low = low if self._low is None else min(self._low, low)
        self._high = high if self._high is None else max(self._high, high)
        self._finite += flat.size
        self._sum += float(exact.sum())
        self._squares += float(numpy.dot(exact, exact))
        self._zeros += int((exact == 0).sum())
        self._below_zero += int((exact < 0).sum())
        self._above_one += int((exact > 1).sum())
        self._whole = self._whole and (array.dtype.kind in "iub" or bool((exact == numpy.rint(exact)).all()))
        self._different(exact)
        if self._classes is not None:
            self._labels(array)
        self._by_feature(array)

    def _different(self, exact: Any) -> None:
        import numpy

        if self._values is None:
            return
        found = numpy.unique(exact[:4096])  # enough to tell what is continuous, at a small cost
        if len(found) <= CLASSES and exact.size > 4096:
            found = numpy.unique(exact[:65536])
        if len(found) <= CLASSES:
            self._values.update(found.tolist())
        if max(len(found), len(self._values)) > CLASSES:
            self._values = None

    def _labels(self, array: Any) -> None:
        import numpy

        self._width = int(array.shape[-1]) if array.ndim > 1 else None
        if array.ndim > 1 and array.shape[-1] > 1:
            self._zero_one = self._zero_one and bool(((array == 0) | (array == 1)).all())
            self._one_hot = self._one_hot and self._zero_one and bool((array.sum(axis=-1) == 1).all())
            if self._one_hot:
                self._count([str(label) for label in array.argmax(axis=-1).ravel().tolist()])
            else:
                self._classes = None
        elif self._whole and self._values is not None:
            labels, counts = numpy.unique(array.ravel(), return_counts=True)
            for label, count in zip(labels.tolist(), counts.tolist()):
                self._count([str(int(label))], count)
        else:
            self._classes = None

    def _count(self, labels: List[str], rows: int = 1) -> None:
        if self._classes is None:
            return
        for label in labels:
            self._classes[label] = self._classes.get(label, 0) + rows
        if len(self._classes) > CLASSES:
            self._classes = None

    def _by_feature(self, array: Any) -> None:
        import numpy

        if array.ndim < 2 or array.shape[-1] < 2:
            return
        width = array.shape[-1]
        picked = array.reshape(-1, width)[:4096, :: max(1, -(-width // FEATURES))].astype(numpy.float64)
        there = numpy.isfinite(picked)
        picked = numpy.where(there, picked, 0.0)
        sums = numpy.stack([there.sum(axis=0), picked.sum(axis=0), (picked * picked).sum(axis=0)])
        if self._features is None or self._features.shape != sums.shape:
            self._features = sums
        else:
            self._features = self._features + sums

    def told(self) -> Facts:
        """The facts, as `events.BatchSampled` lists them."""
        facts = dict(self.facts)
        if self._finite or self._non_finite:
            facts["non_finite"] = self._non_finite
        if self._finite:
            mean = self._sum / self._finite
            facts.update(min=self._low, max=self._high, mean=mean, integer=self._whole)
            facts["std"] = max(0.0, self._squares / self._finite - mean * mean) ** 0.5
            for name, count in (
                ("zeros", self._zeros),
                ("below_zero", self._below_zero),
                ("above_one", self._above_one),
            ):
                facts[name] = count / self._finite
        if self._values is not None and self._finite:
            facts["distinct"] = len(self._values)
        if facts["role"] == "y":
            facts["distribution"] = self._distribution()
        if self._classes:
            facts["classes"] = dict(sorted(self._classes.items(), key=lambda pair: -pair[1])[:256])
        if self._features is not None:
            count, total, squares = self._features
            count = count.clip(min=1)
            facts["feature_mean"] = (total / count).tolist()
            facts["feature_std"] = ((squares / count - (total / count) ** 2).clip(min=0) ** 0.5).tolist()
        return facts

    def _distribution(self) -> Optional[str]:
        if not self._finite:
            return "index" if self._classes else None
        if self._width is not None and self._width > 1:
            return "one_hot" if self._one_hot else "multi_hot" if self._zero_one else "continuous"
        return "index" if self._whole and self._values is not None else "continuous"


def fingerprints(array: Any) -> Any:
    """One 64-bit number for each row; equal rows have equal numbers, whatever their float type. None for text."""
    import numpy

    array = numpy.asarray(array)
    if array.dtype.kind not in "fiub" or not array.ndim or not array.size:
        return None
    rows = array.reshape(array.shape[0], -1)
    rows = rows[:, :: max(1, -(-rows.shape[1] // _SLICE))]
    words = numpy.ascontiguousarray(rows, dtype=numpy.float32).view(numpy.uint32).astype(numpy.uint64)
    words ^= words >> numpy.uint64(15)
    mixed = (words * _weighed(words.shape[1])).sum(axis=1, dtype=numpy.uint64)
    return mixed ^ (mixed >> numpy.uint64(29))


def _weighed(count: int) -> Any:
    """Odd numbers of 64 bits, the same in every process."""
    global _weights
    import numpy

    if _weights is None:
        numbers = numpy.arange(1, _SLICE + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        numbers ^= numbers >> numpy.uint64(32)
        _weights = numbers * numpy.uint64(0xD6E8FEB86659FD93) | numpy.uint64(1)
    return _weights[:count]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace")[:64] if isinstance(value, bytes) else str(value)[:64]
