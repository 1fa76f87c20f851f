"""Batches on their way to the model that pass through Python: a few rows are copied, and looked at elsewhere."""

from __future__ import annotations

import dataclasses
import math
import weakref
from collections import deque
from time import monotonic, perf_counter
from typing import Any, Callable, Deque, Iterator, List, NamedTuple, Optional, Tuple

from tuimon import events
from tuimon.agent import components, generators, iterators, pipeline, rest, sizes, sources
from tuimon.agent.distinct import Distinct
from tuimon.agent.measures import fingerprints

SHARE = 0.004
"""Of the time, how much may go into copying rows."""

ALLOWANCE = 0.02
"""Seconds of copying that are free at the beginning of an epoch: the first batches are always looked at."""


def first_of(epoch: int) -> int:
    """How many batches at the beginning of this epoch are looked at one by one."""
    return (12, 8)[epoch] if 0 <= epoch < 2 else 3


INTERVAL = 1.0
"""Seconds between two batches that are told, after the first ones of an epoch."""

ROWS = 64
"""Rows of a batch that are copied."""

_WAITING_BYTES, _WAITING_LATER = 2 * 1024 * 1024, 256 * 1024
"""What may wait to be looked at, in the first three epochs and later. Batches are copied on TensorFlow's threads, and
the C library keeps a heap for each of them, as large as ever was waiting there."""

_WAITING = 256
_ROW_VALUES = 2048
_EMPTY = 8
_SKIPPED = 4  # batches' worth of single rows, while the time for looking is used up
_PER_ROW = 5e-6


class _Taken(NamedTuple):
    epoch: int
    step: Optional[int]
    rows: Optional[int]
    components: List[Tuple[str, str, Any]]
    shapes: List[Any]  # of the whole components
    size: int


class Passing:
    """One source's batches. Any thread may bring them; `told` is called by one other."""

    def __init__(self, described: events.SourceDescribed, x: Any, adapter: Any) -> None:
        self.described = described
        self.generates = False
        self._adapter = weakref.ref(adapter) if adapter is not None else None
        is_dataset = x is not None and sources.kind_of(x) == "tf.data"
        self._states = weakref.WeakSet(pipeline.generator_states(x) if is_dataset else [])
        self.hidden = is_dataset and not len(self._states)  # nothing of it passes through Python
        self._others: "weakref.WeakSet[Any]" = weakref.WeakSet()
        flow = sizes.flow(described.pipeline) if is_dataset else sizes.Flow()
        self._single_rows = bool(flow.batched)
        self._in_order = not flow.shuffled
        self._per = flow.per or 32
        self._newest: Callable[[], Any] = _nobody
        self._pending: List[Any] = []
        self._waiting: Deque[_Taken] = deque()
        self._waiting_bytes = 0
        self._number = -1
        self._distinct = Distinct()
        self._told_at = 0.0
        self._counted_at = 0.0
        self._looked_at = 0
        self._counting_epoch = 0
        self._epochs = -1  # begun so far; the first one here is none yet
        self.epoch_began(0)

    def epoch_began(self, epoch: int) -> None:
        self.epoch = epoch
        self._epochs += 1
        self._step = 0
        self._first = first_of(epoch)
        self._empty = _EMPTY
        self._spent, self._since = -ALLOWANCE, perf_counter()
        self._pending = []

    # --- on the way to the model

    def fed_by(self, state: Any) -> bool:
        """Whether this `from_generator` feeds this source."""
        if self._newest() is state:
            return True
        if state in self._states:
            self._newest = weakref.ref(state)
            return True
        if state in self._others:
            return False
        adapter = self._adapter() if self._adapter is not None else None
        ours = adapter is not None and generators.owner_of(state) is adapter
        (self._states if ours else self._others).add(state)
        return ours

    def generated(self, state: Any, element: Any) -> None:
        """A generator has yielded: a batch, or a row of one."""
        self.generates = True
        newest = generators.pass_of(state)
        if newest is not None and newest.number != self._number:
            self._number, self._step, self._pending = newest.number, 0, []
        if not self._single_rows:
            self.batch(element)
        elif self._pending or self._wanted():
            self._pending.append(element)
            self._spent += _PER_ROW
            if len(self._pending) >= self._per:
                rows, self._pending = self._pending, []
                self._take(_stacked(rows), len(rows))
        elif newest is not None:
            newest.skip = _SKIPPED * self._per - 1
            self._step += _SKIPPED

    def batch(self, batch: Any) -> None:
        """A whole batch passes."""
        rows = iterators.rows_of(batch)
        if rows == 0 and self._empty > 0:
            self._empty -= 1
            self._put(_Taken(self.epoch, self._step, 0, [], [], 0))
        if rows and self._wanted():
            self._take(batch, rows)
        else:
            self._step += 1

    def _wanted(self) -> bool:
        allowed = self._step < self._first or self._spent < SHARE * (perf_counter() - self._since)
        return allowed and self.room

    @property
    def room(self) -> bool:
        """What waits to be looked at is little enough for more."""
        most = _WAITING_BYTES if self._epochs < 4 else _WAITING_LATER
        return self._waiting_bytes < most and len(self._waiting) < _WAITING

    def _take(self, batch: Any, rows: int) -> None:
        began = perf_counter()
        named = self._named(batch)
        taken = [(role, name, _copied(leaf)) for role, name, leaf in named]
        size = sum(_bytes(each) for _, _, each in taken)
        step = self._step if self._in_order or not self._single_rows else None
        self._put(_Taken(self.epoch, step, rows, taken, [components.shape_of(leaf) for _, _, leaf in named], size))
        self._step += 1
        self._spent += perf_counter() - began

    def _named(self, batch: Any) -> List[Tuple[str, str, Any]]:
        """A flat list of tensors gets its names from the description; a structure tells them itself."""
        known = self.described.components
        if type(batch) is list and known and len(known) == len(batch):
            return [(each["role"], each["name"], leaf) for each, leaf in zip(known, batch)]
        return components.of_batch(tuple(batch) if type(batch) is list else batch)

    def _put(self, taken: _Taken) -> None:
        self._waiting_bytes += taken.size
        self._waiting.append(taken)

    # --- elsewhere

    def told(self, until: float) -> Iterator[events.AgentEvent]:
        """The events of what has passed since the last time."""
        counted = False
        while self._waiting and perf_counter() < until:
            taken = self._waiting.popleft()
            self._waiting_bytes -= taken.size
            if taken.rows == 0:
                yield events.BatchSampled(
                    fit=self.described.fit, role=self.described.role, epoch=taken.epoch, step=taken.step, rows=0
                )
                continue
            arrays = [(role, name, _array(leaf)) for role, name, leaf in taken.components]
            counted = self._count(taken.epoch, arrays) or counted
            if self._worth(taken):
                yield self._sampled(taken, arrays)
        if counted and monotonic() - self._counted_at >= INTERVAL / 2:
            self._counted_at = monotonic()
            yield self._rows_counted()

    def _worth(self, taken: _Taken) -> bool:
        now = monotonic()
        if (taken.step is None or taken.step >= first_of(taken.epoch)) and now - self._told_at < INTERVAL:
            return False
        self._told_at = now
        return True

    def _sampled(self, taken: _Taken, arrays: List[Tuple[str, str, Any]]) -> events.BatchSampled:
        """The event of this batch: it has as many rows as it had, not as were copied."""
        there = [(each, shape) for each, shape in zip(arrays, taken.shapes) if each[2] is not None]
        event = rest.sampled(self.described, taken.epoch, taken.step, [each for each, _ in there])
        told = [{**facts, "shape": shape} for facts, (_, shape) in zip(event.components, there)]
        return dataclasses.replace(event, rows=taken.rows if taken.rows is not None else event.rows, components=told)

    def staged(self, components_of: List[Tuple[int, Any, List[int]]], step: Optional[int]) -> None:
        """A batch that was put aside in a graph."""
        known = self.described.components
        named = [(known[i] if i < len(known) else {"role": "x", "name": ""}, array) for i, array, _ in components_of]
        shapes = [shape for _, _, shape in components_of]
        taken = [(facts["role"], facts["name"], array) for facts, array in named]
        size = sum(int(array.nbytes) for _, _, array in taken)
        self._put(_Taken(self.epoch, step, shapes[0][0] if shapes else None, taken, shapes, size))

    def _count(self, epoch: int, arrays: List[Tuple[str, str, Any]]) -> bool:
        first = next((array for role, _, array in arrays if role == "x"), None)
        found = fingerprints(first) if first is not None else None
        if found is None:
            return False
        if epoch != self._counting_epoch:
            self._counting_epoch, self._looked_at = epoch, 0
            self._distinct.epoch_began()
        self._looked_at += len(found)
        self._distinct.add(found)
        return True

    def _rows_counted(self) -> events.RowsCounted:
        return events.RowsCounted(
            fit=self.described.fit,
            role=self.described.role,
            epoch=self._counting_epoch,
            looked_at=self._looked_at,
            distinct=self._distinct.in_epoch,
            distinct_in_fit=self._distinct.in_fit,
            distinct_known_by=self._distinct.known_by,
        )


def _nobody() -> None:
    return None


def _copied(leaf: Any) -> Any:
    """A few rows, safe from what the program does to the array afterwards, and of no more of them than is looked at.

    What is no plain tensor, and what lies in another device's memory, is kept as it is, or some rows of it.
    """
    kind = type(leaf).__module__.split(".")[0]
    if kind == "tensorflow":
        leaf = _of_tensor(leaf)
        kind = type(leaf).__module__.split(".")[0]
    if hasattr(leaf, "iloc"):
        return leaf.iloc[:ROWS].to_numpy()
    if kind not in ("numpy", "torch") or not getattr(leaf, "shape", None):
        return leaf
    rows = leaf[:ROWS]
    per_row = math.prod(rows.shape[1:])
    if per_row > _ROW_VALUES:
        rows = rows.reshape(len(rows), -1)[:, :: -(-per_row // _ROW_VALUES)]
    return rows.copy() if kind == "numpy" else rows.detach().clone()


def _of_tensor(leaf: Any) -> Any:
    """The tensor's own memory as an array where that is the host's; else its first rows, where they lie."""
    if not hasattr(leaf, "device") or not getattr(leaf, "shape", None):
        return leaf  # a ragged or a sparse one, or a number
    if leaf.dtype.is_numpy_compatible and leaf.dtype.size and leaf.device.endswith("CPU:0"):
        import numpy

        return numpy.asarray(leaf)
    return leaf[: max(1, min(ROWS, _ROW_VALUES * ROWS // max(1, math.prod(leaf.shape[1:]))))]


def _bytes(leaf: Any) -> int:
    """What a leaf holds, about."""
    known = getattr(leaf, "nbytes", None)
    if known is not None:
        return int(known)
    dense = getattr(leaf, "flat_values", getattr(leaf, "values", leaf))
    shape = getattr(dense, "shape", None)
    size = getattr(getattr(leaf, "dtype", None), "size", None) or 8
    return math.prod(each or 0 for each in shape) * size if shape else 0


def _array(leaf: Any) -> Any:
    """The leaf as an array of at most `ROWS` rows; None when it is no dense tensor."""
    import numpy

    if isinstance(leaf, numpy.ndarray):
        return leaf
    try:
        if getattr(leaf, "shape", None) is None or not hasattr(leaf, "dtype") or not len(leaf.shape):
            return None
        leaf = leaf[:ROWS]
        if hasattr(leaf, "detach"):
            return leaf.detach().cpu().numpy()
        return leaf.numpy() if hasattr(leaf, "numpy") else numpy.asarray(leaf)
    except Exception:
        return None


def _stacked(rows: List[Any]) -> Any:
    """Rows in the structure of one batch."""
    import numpy

    first = rows[0]
    if isinstance(first, dict):
        return {key: _stacked([row[key] for row in rows]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(_stacked([row[index] for row in rows]) for index in range(len(first)))
    try:
        return numpy.stack([numpy.asarray(row) for row in rows])
    except ValueError:
        return None
