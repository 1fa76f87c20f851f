"""The wait for the next batch, exactly, and the batches and samples that came.

TensorFlow: `iterator_get_next` is bracketed. Eagerly with the clock; in a graph with two `Timestamp` ops around it,
whose difference is added to a variable on the CPU, so that nothing of it passes through Python. Other backends: the
iterator that Keras pulls from in Python is timed.

Left alone, and so unknown: graphs of TensorFlow 1, op determinism (which refuses `Timestamp`), functions traced for a
dataset itself, XLA clusters, and a `for` over a dataset inside a graph, which has no iterator.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections import deque
from itertools import repeat
from time import perf_counter
from typing import Any, Callable, Deque, Iterator, List, NamedTuple, Optional, Sequence

from tuimon.agent import brackets, generators, guard


class Totals(NamedTuple):
    """Since the process began; the difference of two readings is what happened between them."""

    wait: float = 0.0  # seconds blocked in next, and in setting up what next is called of
    batches: int = 0  # pulled: Keras pulls one to three more than it trains
    samples: int = 0  # in those batches whose rows are known
    uncounted: int = 0  # batches whose rows are not known
    exhausted: int = 0  # times that an iterator said in Python that it has no more
    created: int = 0  # iterators over datasets


class _Counts:
    """What was seen in Python; written by the thread that trains."""

    wait = 0.0
    batches = 0
    samples = 0
    uncounted = 0
    exhausted = 0
    created = 0


_single: Deque[float] = deque(maxlen=64)

on_batch: Optional[Callable[[Sequence[Any]], None]] = None
"""Is shown each batch that passes through Python: its flat components (TensorFlow) or its structure (others)."""


def totals() -> Totals:
    """The totals so far, from any thread, outside of tracing. Costs the reading of one small variable."""
    seconds, batches, samples, uncounted = brackets.totals()
    seen = _Counts
    return Totals(
        seen.wait + seconds,
        seen.batches + batches,
        seen.samples + samples,
        seen.uncounted + uncounted,
        seen.exhausted,
        seen.created,
    )


def waited(seconds: float) -> None:
    """The thread that trains was held by its input otherwise than in next: an iterator was made, or put away."""
    _Counts.wait += seconds


def single_waits() -> List[float]:
    """The newest single waits since the last call, at most 64, oldest first; empty where `next` is in a graph."""
    waits = []
    while _single:
        try:
            waits.append(_single.popleft())
        except IndexError:
            break
    return waits


# --- TensorFlow


def install() -> None:
    """Bracket TensorFlow's iterators, once its modules are there. Does nothing the second time."""
    ops: Any = sys.modules.get("tensorflow.python.ops.gen_dataset_ops")
    iterator_ops: Any = sys.modules.get("tensorflow.python.data.ops.iterator_ops")
    if ops is None or iterator_ops is None or hasattr(ops.iterator_get_next, "tuimon"):
        return
    ops.iterator_get_next = _timed_next(ops, ops.iterator_get_next)
    ops.iterator_get_next_as_optional = _timed_optional(ops, ops.iterator_get_next_as_optional)
    iterator_ops.OwnedIterator._create_iterator = _noted_creation(iterator_ops.OwnedIterator._create_iterator)


def _timed_next(ops: Any, original: Any) -> Any:
    from tensorflow.python.eager import context

    eager = context.executing_eagerly
    in_python = threading._active  # type: ignore[attr-defined]  # `current_thread()` would register a foreign thread
    ident = _thread.get_ident

    def iterator_get_next(iterator: Any, output_types: Any, output_shapes: Any, name: Any = None) -> Any:
        if not eager():
            return brackets.next_in_graph(original, iterator, output_types, output_shapes, name)
        if brackets.nested() or ident() not in in_python:
            return original(iterator, output_types, output_shapes, name)
        began = perf_counter()
        try:
            values = original(iterator, output_types, output_shapes, name)
        except Exception as error:
            if type(error).__name__ == "OutOfRangeError":
                _Counts.exhausted += 1
            guard.forget_frame(error)
            raise
        _arrived(perf_counter() - began, values)
        return values

    return brackets.disguised(iterator_get_next, ops, original)


def _timed_optional(ops: Any, original: Any) -> Any:
    from tensorflow.python.eager import context

    eager = context.executing_eagerly

    def iterator_get_next_as_optional(iterator: Any, output_types: Any, output_shapes: Any, name: Any = None) -> Any:
        if not eager():
            return brackets.optional_in_graph(original, iterator, output_types, output_shapes, name)
        began = perf_counter()
        optional = original(iterator, output_types, output_shapes, name)
        if not brackets.nested():
            _Counts.wait += perf_counter() - began
            _Counts.batches += 1
            _Counts.uncounted += 1
        return optional

    return brackets.disguised(iterator_get_next_as_optional, ops, original)


def _arrived(seconds: float, values: Any) -> None:
    counts = _Counts
    counts.wait += seconds
    counts.batches += 1
    _single.append(seconds)
    rows = rows_of(values)
    if rows is None:
        counts.uncounted += 1
    else:
        counts.samples += rows
    if on_batch is not None:
        guard.run("content", on_batch, values)


def _noted_creation(original: Any) -> Any:
    def _create_iterator(self: Any, dataset: Any) -> None:
        _Counts.created += 1
        guard.run("generators", generators.install)
        guard.run("iterators.distributed", _bracket_distributed)
        original(self, dataset)

    return brackets.disguised(_create_iterator, sys.modules[original.__module__], original)


def _bracket_distributed() -> None:
    """An iterator over several devices is one wait: bracket it as a whole, and leave its parts alone."""
    library = sys.modules.get("tensorflow.python.distribute.input_lib")
    base = getattr(library, "DistributedIteratorBase", None)
    if base is None or hasattr(base.get_next, "tuimon"):
        return
    from tensorflow.python.eager import context

    original = base.get_next

    def get_next(self: Any, name: Any = None) -> Any:
        if brackets.nested():
            return original(self, name)
        if not context.executing_eagerly():
            return brackets.distributed_in_graph(original, self, name)
        began = perf_counter()
        with brackets.nesting():
            values = original(self, name)
        _arrived(perf_counter() - began, brackets.replicas(values))
        return values

    base.get_next = brackets.disguised(get_next, library, original)


# --- other backends: Keras 3 pulls batches in Python


class Timed:
    """What Keras iterates over, with its `next` timed. `iter()` is handed on at the very moment Keras calls it: a torch
    DataLoader draws its seed from the global random state there.
    """

    def __init__(self, source: Any) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        # Nothing but C between Keras and the source: a traceback from the source has no frame of ours in it.
        clock = _Clock()
        return map(clock.after, zip(map(clock.before, repeat(None)), iter(self._source)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class _Clock:
    began = 0.0

    def before(self, _: None) -> None:
        self.began = perf_counter()

    def after(self, pulled: Any) -> Any:
        batch = pulled[1]
        _arrived(perf_counter() - self.began, batch)
        return batch


def watch_epoch_iterator(kind: Any) -> None:
    """Time a Keras 3 `EpochIterator` class of a backend that pulls in Python (JAX, torch, NumPy)."""
    if hasattr(kind._get_iterator, "tuimon"):
        return
    original = kind._get_iterator

    def _get_iterator(self: Any) -> Any:
        return Timed(original(self))

    kind._get_iterator = brackets.disguised(_get_iterator, sys.modules[kind.__module__], original)


def rows_of(batch: Any) -> Optional[int]:
    """Samples in a batch, from its first component that has a leading dimension; 1 where a component is a scalar."""
    first = None
    for component in flat(batch):
        shape = getattr(component, "shape", None)
        if shape is None:
            continue
        try:
            if len(shape) == 0:
                return 1
            first = int(shape[0]) if first is None else first
        except (TypeError, ValueError):
            continue
    return first


def flat(batch: Any) -> List[Any]:
    """The leaves of nested tuples, lists and dicts, in TensorFlow's order: dicts by sorted key."""
    if isinstance(batch, dict):
        try:
            keys = sorted(batch)
        except TypeError:
            keys = list(batch)
        return [leaf for key in keys for leaf in flat(batch[key])]
    if isinstance(batch, (list, tuple)):
        return [leaf for item in batch for leaf in flat(item)]
    return [] if batch is None else [batch]
