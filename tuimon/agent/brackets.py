"""Two clocks around the `next` of an iterator inside a graph, and the variable that they fill.

A batch of one device is added to the sums of its size. Where there may be no batch, or one for each of several devices,
a float64 vector is kept: seconds, batches, rows, batches whose rows are unknown.
"""

from __future__ import annotations

import _thread
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from tuimon.agent import row_counts, sums, taps
from tuimon.agent.elapsed import Waits
from tuimon.agent.row_counts import number

_accumulator: Any = None
_waits = Waits()
_reading = _thread.allocate_lock()
_local = threading.local()


def totals() -> Tuple[float, int, int, int]:
    """Seconds, batches, rows, batches of unknown rows, over all graphs."""
    summed = sums.totals()
    if _accumulator is None:
        return summed
    from tensorflow.python.ops import gen_resource_variable_ops

    handle, kind = _accumulator.handle, _accumulator.dtype
    with _reading:
        _waits.look()
        seconds, batches, rows, uncounted = gen_resource_variable_ops.read_variable_op(handle, kind).numpy().tolist()
        seconds = _waits.seconds(seconds)
    return summed[0] + seconds, summed[1] + int(batches), summed[2] + int(rows), summed[3] + int(uncounted)


def nested() -> bool:
    """Within a bracket that covers several iterators."""
    return getattr(_local, "depth", 0) > 0


@contextmanager
def nesting() -> Iterator[None]:
    _local.depth = getattr(_local, "depth", 0) + 1
    try:
        yield
    finally:
        _local.depth -= 1


def disguised(function: Any, module: Any, original: Any) -> Any:
    """The function, under the file and name of what it stands for: TensorFlow and Keras leave their own frames out of
    the tracebacks that they show, and of the places that they name for an op.
    """
    code = original.__code__ if hasattr(original, "__code__") else None
    names = {"co_filename": getattr(module, "__file__", None) or function.__code__.co_filename}
    if code is not None:
        names["co_filename"] = code.co_filename
    function.__code__ = function.__code__.replace(**names)
    function.__name__, function.__doc__ = original.__name__, original.__doc__
    function.__qualname__, function.__module__ = original.__qualname__, original.__module__
    function.__wrapped__ = original
    function.tuimon = True
    return function


def next_in_graph(original: Any, iterator: Any, types: Any, shapes: Any, name: Any) -> Any:
    """`IteratorGetNext` between two clocks, its outputs as they were."""
    if nested() or not _welcome():
        return original(iterator, types, shapes, name)
    started = _clock()
    with _after([started]):
        values = original(iterator, types, shapes, name)
    size, sized = row_counts.size(values)
    with _aside():
        with _after(values):
            ended = _clock()
        added = sums.add(ended - started + number(sums.BATCH), size, sized)
        looks = taps.add(values)
    return _identical(values, [*added, *looks])


def optional_in_graph(original: Any, iterator: Any, types: Any, shapes: Any, name: Any) -> Any:
    """`IteratorGetNextAsOptional` between two clocks: at the end there is no batch to count."""
    if nested() or not _welcome():
        return original(iterator, types, shapes, name)
    started = _clock()
    with _after([started]):
        optional = original(iterator, types, shapes, name)
    _add_optional(started, optional, types, shapes)
    return optional


def distributed_in_graph(original: Any, iterator: Any, name: Any) -> Any:
    """One bracket around the next batches of all replicas."""
    if not _welcome():
        return original(iterator, name)
    from tensorflow.python.util import nest

    started = _clock()
    with _after([started]), nesting():
        values = original(iterator, name)
    _add(started, list(nest.flatten(values, expand_composites=True)), row_counts.rows_of_replicas(values))
    return values


def replicas(values: Any) -> Any:
    """The batch of each replica, where it is one of several: rows add up over them."""
    from tensorflow.python.util import nest

    for component in nest.flatten(values):
        each = getattr(component, "values", None)
        if isinstance(each, (tuple, list)):
            return _Rows(sum(int(part.shape[0]) for part in each if len(part.shape)))
    return values


class _Rows:
    """Stands for a component of so many rows."""

    def __init__(self, rows: int) -> None:
        self.shape = (rows,)


# --- the ops


def _welcome() -> bool:
    """Whether ops of ours may go into the graph that is being built."""
    from tensorflow.python.framework import config, ops
    from tensorflow.python.ops import control_flow_util

    try:
        graph = ops.get_default_graph()
        return bool(
            graph.building_function
            and ops.executing_eagerly_outside_functions()
            and not config.is_op_determinism_enabled()
            and not control_flow_util.GraphOrParentsInXlaContext(graph)
            and not _for_a_dataset(graph)
        )
    except Exception:
        return False


def _for_a_dataset(graph: Any) -> bool:
    while graph is not None:
        if str(getattr(graph, "name", "")).startswith("Dataset_"):
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def _accumulators() -> Any:
    global _accumulator
    if _accumulator is None:
        from tensorflow.python.framework import dtypes, ops
        from tensorflow.python.ops import resource_variable_ops

        with ops.init_scope(), ops.device("/cpu:0"):
            _accumulator = resource_variable_ops.ResourceVariable(
                [0.0] * 4, dtype=dtypes.float64, trainable=False, name="input_wait"
            )
    return _accumulator


@contextmanager
def _aside() -> Iterator[None]:
    """On the CPU, whatever devices and colocations are in force."""
    from tensorflow.python.framework import ops

    with ops.colocate_with(None, ignore_existing=True), ops.device("/cpu:0"), ops.name_scope("input_wait"):
        yield


def _after(these: Sequence[Any]) -> Any:
    from tensorflow.python.framework import ops

    return ops.control_dependencies(list(these))


def _clock() -> Any:
    from tensorflow.python.ops import gen_logging_ops

    with _aside():
        return gen_logging_ops.timestamp()


def _add(started: Any, values: Sequence[Any], rows: Optional[Callable[[], Any]]) -> Any:
    """Add what these values took; the op that does it."""
    with _aside():
        with _after(values):
            ended = _clock()
        counts = [ended - started, number(1.0), *_counted(rows)]
        return _pack_and_add(counts)


def _counted(rows: Optional[Callable[[], Any]]) -> List[Any]:
    return [number(0.0), number(1.0)] if rows is None else [rows(), number(0.0)]


def _pack_and_add(counts: List[Any]) -> Any:
    from tensorflow.python.ops import gen_array_ops, gen_resource_variable_ops

    handle = _accumulators().handle
    return gen_resource_variable_ops.assign_add_variable_op(handle, gen_array_ops.pack(counts))


def _add_optional(started: Any, optional: Any, types: Any, shapes: Any) -> None:
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import cond, gen_math_ops, gen_optional_ops

    def rows_inside() -> Any:
        values = gen_optional_ops.optional_get_value(optional, output_types=types, output_shapes=shapes)
        count = row_counts.rows(values)
        return number(-1.0) if count is None else count()

    with _aside():
        with _after([optional]):
            ended = _clock()
        there = gen_optional_ops.optional_has_value(optional)
        present = gen_math_ops.cast(there, dtypes.float64)
        rows = cond.cond(there, rows_inside, lambda: number(0.0))
        unknown = gen_math_ops.cast(rows < 0.0, dtypes.float64)
        _pack_and_add([ended - started, present, gen_math_ops.maximum(rows, number(0.0)), unknown])


def _identical(values: Sequence[Any], done: Sequence[Any]) -> List[Any]:
    """The values once these ops are done. A handle passes as it is, with the data about what it refers to."""
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import gen_array_ops

    handles = (dtypes.variant, dtypes.resource)
    with _after(done):  # where the iterator is, which may be an accelerator
        passed = [value if value.dtype in handles else gen_array_ops.identity(value) for value in values]
    for value, same in zip(values, passed):
        if same is not value:
            same.set_shape(value.shape)
    return passed
