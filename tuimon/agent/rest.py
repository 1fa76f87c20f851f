"""Data at rest: arrays that a fit was given, read in small pieces apart from the training."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Tuple

from tuimon import events
from tuimon.agent import closures, components, rows
from tuimon.agent.measures import Measure, fingerprints

MOST_BYTES = 64 * 1024 * 1024
"""Of a larger source, rows at regular distances are read."""

MOST_ROWS = 200_000
"""Rows whose fingerprints are kept for the comparison with the validation data."""

_PIECE = 256 * 1024
_BATCHES = 16
_IN_A_ROW = 3
_COMPARED = 4096
_COMPARED_BYTES = 8 * 1024 * 1024


class Rest:
    """The arrays of one source."""

    def __init__(self, described: events.SourceDescribed, x: Any, y: Any) -> None:
        self.described = described
        self.leaves: List[Tuple[str, str, Any]] = components.of_batch((x, y) if y is not None else (x,))
        self.rows = components.rows(x) or 0
        self.seen: Any = None  # fingerprints of the inputs
        self.done = not self.rows or not all(_sliceable(leaf) for _, _, leaf in self.leaves)
        self._measures = [
            Measure(role, name, components.dtype_of(leaf), components.shape_of(leaf))
            for role, name, leaf in self.leaves
        ]
        width = described.element_bytes or max(1, sum(_row_bytes(leaf) for _, _, leaf in self.leaves))
        self._step = max(1, -(-self.rows * width // MOST_BYTES))
        self._piece = max(1, _PIECE // width) * self._step
        self._at = 0
        self._hashes: List[Any] = []

    def batches(self, epoch: int) -> Iterator[events.BatchSampled]:
        """Some batches of a pass, where they come in the order of the rows: the first ones, then some of the rest."""
        per = self.described.batch_size
        if self.done or self.described.shuffled is not False or not per:
            return
        for index in _spread(-(-self.rows // per)):
            taken = [(r, n, _rows(leaf, index * per, (index + 1) * per, 1)) for r, n, leaf in self.leaves]
            yield sampled(self.described, epoch, index, taken)

    def advance(self) -> None:
        """Read the next piece, a quarter of a megabyte."""
        if self.done:
            return
        end = min(self.rows, self._at + self._piece)
        hashes = []
        for measure, (role, _, leaf) in zip(self._measures, self.leaves):
            piece = _rows(leaf, self._at, end, self._step)
            measure.add(piece)
            if role == "x":
                hashes.append(fingerprints(piece))
        combined = _combined(hashes)
        if combined is not None and sum(len(each) for each in self._hashes) < MOST_ROWS:
            self._hashes.append(combined)
        self._at = -(-end // self._step) * self._step
        if self._at >= self.rows:
            self._finish()

    def _finish(self) -> None:
        import numpy

        self.done = True
        self.leaves = []
        if self._hashes:
            self.seen = numpy.concatenate(self._hashes)[:MOST_ROWS]
        self._hashes = []

    def whole(self, epoch: int) -> List[events.AgentEvent]:
        """What all rows that were read look like; their distinct ones. Call when done."""
        looked_at = self._measures[0].rows if self._measures else 0
        if not looked_at:
            return []
        fit, role = self.described.fit, self.described.role
        found: List[events.AgentEvent] = [
            events.BatchSampled(
                fit=fit, role=role, epoch=epoch, rows=looked_at, components=[each.told() for each in self._measures]
            )
        ]
        if self.seen is not None:
            import numpy

            distinct = len(numpy.unique(self.seen))
            found.append(
                events.SourceRowsSampled(fit=fit, role=role, looked_at=len(self.seen), distinct=distinct, of=self.rows)
            )
        return found


def of(described: events.SourceDescribed, x: Any, y: Any) -> Optional[Rest]:
    """The arrays behind this source; None when there are none, or when their values are changed on the way."""
    if described.kind in ("numpy", "tensor", "pandas", "list"):
        return Rest(described, x, y)
    if described.kind == "tf.data":
        found = rows.behind(x)
        return Rest(described, *found) if found is not None else None
    return None


def rows_behind(source: Any) -> Any:
    """The longest array that the code of a generator or a Sequence can see; None when there is none."""
    if source is None or hasattr(source, "_variant_tensor"):
        return None
    seen = [value for value in closures.variables(source).values() if type(value).__module__ == "numpy"]
    arrays = [value for value in seen if getattr(value, "ndim", 0) >= 2]
    return max(arrays, key=len, default=None)


def distinct_rows(described: events.SourceDescribed, array: Any) -> Optional[events.SourceRowsSampled]:
    """How many of the array's rows differ, of at most some thousand."""
    step = max(1, len(array) // _COMPARED, array.nbytes // _COMPARED_BYTES)
    found = fingerprints(array[::step])
    if found is None:
        return None
    return events.SourceRowsSampled(
        fit=described.fit,
        role=described.role,
        looked_at=len(found),
        distinct=len(set(found.tolist())),
        of=len(array),
    )


def overlap(training: Rest, validation: Rest) -> Optional[events.ValidationOverlapped]:
    """Validation rows that are trained on too, against what duplicates within the training rows make likely."""
    import numpy

    if training.seen is None or validation.seen is None or training.rows > MOST_ROWS:
        return None
    known, counts = numpy.unique(training.seen, return_counts=True)
    at = numpy.searchsorted(known, validation.seen).clip(max=len(known) - 1)
    overlapping = int((known[at] == validation.seen).sum())
    twice = int(counts[counts > 1].sum())
    return events.ValidationOverlapped(
        fit=validation.described.fit,
        looked_at=len(validation.seen),
        overlapping=overlapping,
        expected=len(validation.seen) * twice / max(1, len(training.seen)),
    )


def sampled(
    described: events.SourceDescribed, epoch: int, step: Optional[int], taken: List[Tuple[str, str, Any]]
) -> events.BatchSampled:
    """The event of one batch, of which these rows were taken."""
    measures, hashes, rows_in = [], [], None
    for role, name, array in taken:
        measure = Measure(role, name, components.dtype_of(array), components.shape_of(array))
        measure.add(array)
        measures.append(measure.told())
        rows_in = measure.rows if rows_in is None else rows_in
        if role == "x":
            hashes.append(fingerprints(array))
    combined = _combined(hashes)
    singly = ["%016x" % each for each in combined[:64].tolist()] if combined is not None else []
    return events.BatchSampled(
        fit=described.fit,
        role=described.role,
        epoch=epoch,
        step=step,
        rows=rows_in,
        components=measures,
        fingerprint="%016x" % (int(combined.sum()) & (2**64 - 1)) if combined is not None else "",
        row_fingerprints=singly,
    )


def _spread(batches: int) -> List[int]:
    if batches <= _BATCHES:
        return list(range(batches))
    rest = _BATCHES - _IN_A_ROW
    return [*range(_IN_A_ROW), *(_IN_A_ROW + (batches - _IN_A_ROW) * at // rest for at in range(rest))]


def _combined(hashes: List[Any]) -> Any:
    """One number for each row over all inputs; None when one of them has none."""
    if not hashes or any(each is None or len(each) != len(hashes[0]) for each in hashes):
        return None
    total = hashes[0]
    for index, each in enumerate(hashes[1:], 1):
        total = total ^ (each << each.dtype.type(index % 31))
    return total


def _rows(leaf: Any, start: int, end: int, step: int) -> Any:
    import numpy

    if hasattr(leaf, "iloc"):
        return leaf.iloc[start:end:step].to_numpy()
    piece = leaf[start:end:step]
    if hasattr(piece, "detach"):
        piece = piece.detach().cpu()
    return piece.numpy() if hasattr(piece, "numpy") else numpy.asarray(piece)


def _sliceable(leaf: Any) -> bool:
    return (
        hasattr(leaf, "iloc")
        or isinstance(leaf, (list, tuple))
        or bool(components.shape_of(leaf) and hasattr(leaf, "dtype"))
    )


def _row_bytes(leaf: Any) -> int:
    shape = components.shape_of(leaf)
    count = 8
    for size in (shape or [])[1:]:
        count *= size or 1
    return count
