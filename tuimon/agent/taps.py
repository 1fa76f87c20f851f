"""A look at batches that never pass through Python: some rows of the next few are put aside inside the graph.

Behind each bracketed `next` stands a condition on a counter of batches that are wanted. It is nearly always zero, and
then costs one read of a variable; else the graph stages a few rows of each component, and counts down.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

ROWS = 64
"""Rows of a batch that are put aside, at most."""

_VALUES = 2048
"""Values of a row that are put aside, at most; of more, so many at regular distances."""

_counters: Dict[str, Any] = {}
_sites: Dict[str, "Site"] = {}

tracing: Optional[str] = None
"""The role (train, validation) whose batches are wanted where a graph is being traced now; None for no look at all."""


class Site(NamedTuple):
    """One place in a graph: the role of its batches, and which components it stages, with their types."""

    role: str
    components: List[int]
    types: List[Any]


class Staged(NamedTuple):
    """Rows of one batch: the index of each component, its rows and its whole shape."""

    role: str
    components: List[Tuple[int, Any, List[int]]]


def add(values: Any) -> List[Any]:
    """Ops that look at these values in the graph being built; none when nobody wants them."""
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import cond

    handles = (dtypes.variant, dtypes.resource)
    found = [(i, v) for i, v in enumerate(values) if v.dtype not in handles and v.shape.rank not in (None, 0)]
    if tracing is None or not found:
        return []
    counter, name = _counter(tracing), "batches_%d" % len(_sites)
    types = [kind for _, value in found for kind in (value.dtype, dtypes.int64)]
    _sites[name] = Site(tracing, [index for index, _ in found], types)
    wanted = counter.read_value() > 0
    return [cond.cond(wanted, lambda: _stage(name, [value for _, value in found], counter), _nothing)]


def want(role: str, batches: int) -> None:
    """Put the next batches of this role aside."""
    counter = _counters.get(role)
    if counter is not None:
        counter.assign(batches, read_value=False)


def taken(limit: int = 32) -> List[Staged]:
    """The batches that were put aside since the last time, in order for each place."""
    from tensorflow.python.ops import gen_data_flow_ops

    found: List[Staged] = []
    for name, site in list(_sites.items()):
        settings: Dict[str, Any] = {"dtypes": site.types, "container": "", "shared_name": name}
        while len(found) < limit and int(gen_data_flow_ops.stage_size(**settings)):
            parts = [part.numpy() for part in gen_data_flow_ops.unstage(**settings)]
            each = [(index, parts[2 * at], parts[2 * at + 1].tolist()) for at, index in enumerate(site.components)]
            found.append(Staged(site.role, each))
    return found


def _counter(role: str) -> Any:
    if role not in _counters:
        from tensorflow.python.framework import dtypes, ops
        from tensorflow.python.ops import resource_variable_ops

        with ops.init_scope(), ops.device("/cpu:0"):
            _counters[role] = resource_variable_ops.ResourceVariable(
                _FIRST_WANTED, dtype=dtypes.int64, trainable=False, name="batches_wanted"
            )
    return _counters[role]


_FIRST_WANTED = 12
"""The first batches after tracing are those of the first epoch."""


def _stage(name: str, values: List[Any], counter: Any) -> Any:
    from tensorflow.python.framework import constant_op, dtypes, ops
    from tensorflow.python.ops import array_ops, gen_data_flow_ops

    parts = []
    for value in values:
        parts += [_some(value), array_ops.shape(value, out_type=dtypes.int64)]
    staged = gen_data_flow_ops.stage(parts, container="", shared_name=name)
    counted = counter.assign_sub(1, read_value=False)
    with ops.control_dependencies([staged, counted]):
        return constant_op.constant(True)


def _nothing() -> Any:
    from tensorflow.python.framework import constant_op

    return constant_op.constant(False)


def _some(value: Any) -> Any:
    from tensorflow.python.ops import array_ops

    rows = value[:ROWS]
    width = value.shape[1:].num_elements()
    if width is not None and width <= _VALUES:
        return rows
    flat = array_ops.reshape(rows, [array_ops.shape(rows)[0], -1]) if width != 0 else rows
    return flat[:, :: -(-width // _VALUES)] if width else flat[:, :_VALUES]
