"""What the code of a generator or a Sequence can see: arrays, lists and file names, by which its size is estimated."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional

from tuimon.agent import closures, components
from tuimon.events import Facts

_PATHS_CHECKED = 256
"""File names that are looked up on disk, at most."""


def facts(source: Any) -> Facts:
    """How many rows the source seems to draw from, by the longest array or list that it can see: an estimate."""
    seen = closures.variables(source)
    # Of inputs and labels, which are equally long, the inputs: they have more dimensions.
    sized = [(_rows_in(value) or 0, _dimensions(value), key) for key, value in seen.items()]
    rows, _, name = max(sized, key=lambda one: one[:2], default=(0, 0, ""))
    found: Facts = {}
    if rows >= 2:
        found.update(upstream_size=rows, upstream_known_by="estimated")
        found["upstream_reason"] = "the length of `%s`, which its code reads" % name
        shape = getattr(seen[name], "shape", None)
        if shape is not None:
            found["upstream_row_shape"] = [int(each) for each in shape[1:]]
    found.update(_paths(seen))
    return found


def _rows_in(value: Any) -> Optional[int]:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return components.rows(value)
    if type(value).__module__.startswith("pandas") and hasattr(value, "shape"):
        return int(value.shape[0])
    return len(value) if isinstance(value, (list, tuple)) else None


def _dimensions(value: Any) -> int:
    count = getattr(value, "ndim", 0)
    return count if isinstance(count, int) else 0


def _paths(seen: Dict[str, Any]) -> Facts:
    """Look up whether the files exist whose names stand in a list that the code can see."""
    for value in seen.values():
        if not isinstance(value, (list, tuple)) or len(value) < 2 or not _is_path(value[0]):
            continue
        step = max(1, len(value) // _PATHS_CHECKED)
        names = [each for each in value[::step][:_PATHS_CHECKED] if _is_path(each)]
        return {"paths_checked": len(names), "paths_missing": sum(1 for each in names if not os.path.exists(each))}
    return {}


def _is_path(value: Any) -> bool:
    if not isinstance(value, (str, os.PathLike)):
        return False
    text = os.fspath(value)
    return isinstance(text, str) and "://" not in text and os.sep in text and bool(os.path.splitext(text)[1])
