"""The variables that graphs add a batch to, with as few ops as can be: its wait and its number in one, its rows aside.

Batches of a static size need one `AssignAdd` of a float64, whatever the size: it is seconds plus `BATCH` for each
batch, and there is such a sum for each size. A dynamic size adds one `Size` and one more `AssignAdd`.
"""

from __future__ import annotations

import _thread
from typing import Any, Dict, List, Optional, Tuple

from tuimon.agent.elapsed import Elapsed

BATCH = 131072.0
"""Seconds that stand for one batch: more than anything waits, and a power of two, so that little is rounded."""

Size = Tuple[Optional[int], int]
"""Rows of each batch, where they are static; else the values of one row, by which the size is divided (0: unknown)."""

UNKNOWN: Size = (None, 0)


class Sum:
    """Batches of one static size, or of dynamic sizes whose rows hold as many values."""

    def __init__(self, size: Size) -> None:
        from tensorflow.python.framework import dtypes, ops
        from tensorflow.python.ops import resource_variable_ops

        self.rows, self.divisor = size
        make, options = resource_variable_ops.ResourceVariable, {"trainable": False, "name": "input_wait"}
        with ops.init_scope(), ops.device("/cpu:0"):
            self.waited = make(0.0, dtype=dtypes.float64, **options)
            self.sizes = make(0, dtype=dtypes.int64, **options) if self.divisor else None
        self._seconds, self._batches = 0.0, 0
        self._elapsed = Elapsed()

    def read(self) -> Tuple[float, int, int, int]:
        """Seconds, batches, rows, batches of unknown rows. The sum is kept small: large ones are coarse."""
        from tensorflow.python.ops import gen_resource_variable_ops as ops

        self._elapsed.look()
        came = ops.read_variable_op(self.waited.handle, self.waited.dtype)
        value = float(came.numpy())
        if value:
            ops.assign_sub_variable_op(self.waited.handle, came)
            batches, seconds = self._elapsed.split(value, BATCH)
            self._batches += batches
            self._seconds += seconds
        if self.rows is not None:
            return self._seconds, self._batches, self.rows * self._batches, 0
        if self.sizes is None:
            return self._seconds, self._batches, 0, self._batches
        size = int(ops.read_variable_op(self.sizes.handle, self.sizes.dtype).numpy())
        return self._seconds, self._batches, size // self.divisor, 0


_sums: Dict[Size, Sum] = {}
_reading = _thread.allocate_lock()


def of(size: Size) -> Sum:
    """The sum that such batches are added to."""
    if size not in _sums:
        _sums[size] = Sum(size)
    return _sums[size]


def add(waited: Any, size: Size, sized: Any) -> List[Any]:
    """The ops that add a batch to its sum, in the graph that is being built."""
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import gen_array_ops, gen_resource_variable_ops

    into = of(size)
    add_to = gen_resource_variable_ops.assign_add_variable_op
    added = [add_to(into.waited.handle, waited)]
    if into.sizes is not None:
        added.append(add_to(into.sizes.handle, gen_array_ops.size(sized, out_type=dtypes.int64)))
    return added


def totals() -> Tuple[float, int, int, int]:
    """Seconds, batches, rows, batches of unknown rows, over all sums."""
    with _reading:
        read = [each.read() for each in list(_sums.values())]
    seconds, batches, rows, unknown = (sum(column) for column in zip(*read)) if read else (0.0, 0, 0, 0)
    return float(seconds), int(batches), int(rows), int(unknown)
