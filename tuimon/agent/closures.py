"""What can be read of a Python function or generator without calling it: name, place, and the variables it holds."""

from __future__ import annotations

import types
from typing import Any, Dict

from tuimon.events import Facts


def captured(function: Any) -> Dict[str, Any]:
    """The variables of enclosing functions that this function uses."""
    function = getattr(function, "__func__", function)
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or not cells:
        return {}
    values = {}
    for name, cell in zip(code.co_freevars, cells):
        try:
            values[name] = cell.cell_contents
        except ValueError:
            continue  # not assigned yet
    return values


def variables(source: Any) -> Dict[str, Any]:
    """The variables that a generator, generator function or callable object can see, by name.

    Of a running generator its own; of a function what it captured and the globals that it names.
    """
    found: Dict[str, Any] = {}
    if isinstance(source, types.GeneratorType):
        if source.gi_frame is None:
            return {}
        found.update(_globals(source.gi_code, source.gi_frame.f_globals))
        found.update(source.gi_frame.f_locals)
        return found
    function = getattr(source, "__func__", source)
    code = getattr(function, "__code__", None)
    if code is not None:
        found.update(_globals(code, getattr(function, "__globals__", {})))
        found.update(captured(function))
    owner = getattr(source, "__self__", None)
    if owner is None and code is None:
        owner = source
    if owner is not None and not isinstance(owner, (type, types.ModuleType)):
        getter = getattr(type(owner), "__getitem__", None)  # a Sequence's rows may be anywhere that it reads from
        if code is None and getattr(getter, "__code__", None) is not None:
            found.update(variables(getter))
        found.update(attributes(owner))
    return found


def attributes(owner: Any) -> Dict[str, Any]:
    """The object's own attributes: no property is called."""
    own = getattr(owner, "__dict__", None)
    return dict(own) if isinstance(own, dict) else {}


def named(function: Any) -> Facts:
    """`function` (its name) and `site` (file:line) of a Python function; empty for anything else."""
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        kind = type(function)
        return {} if function is None or kind.__module__ == "builtins" else {"function": kind.__name__}
    return {"function": function.__name__, "site": "%s:%d" % (code.co_filename, code.co_firstlineno)}


def _globals(code: Any, scope: Dict[str, Any]) -> Dict[str, Any]:
    return {name: scope[name] for name in code.co_names if name in scope}
