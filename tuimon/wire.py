"""An event as one line of JSON and back.

A line is an object whose ``event`` is the event's class name and whose other members are the fields that differ from
their default. JSON has no NaN: non-finite floats travel as the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``
(which `jq` keeps), and a text that happens to be one of these is written with a backslash before it.

Standard library only, Python 3.9: the agent writes with this, inside the training process.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any, Callable, Dict, List, Optional, Union

from tuimon import events

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_LOOKS_NON_FINITE = re.compile(r"\\*(?:NaN|-?Infinity)").fullmatch
_HINTS = ('NaN"', 'Infinity"')

MAX_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that a reader accepts; a longer one is a gap."""


class Lines:
    """Cuts a stream of bytes into lines, in time that grows with the bytes and not with the length of a line.

    A line of more than `longest` bytes (`MAX_LINE` where none are given) is left out as it comes, and counted once in
    `dropped`.
    """

    def __init__(self, longest: Optional[int] = None) -> None:
        self.dropped = 0
        self.skipping = False  # within a line that is too long
        self._longest = MAX_LINE if longest is None else longest
        self._begun = bytearray()

    @property
    def held(self) -> int:
        """Bytes of a line whose end has not come."""
        return len(self._begun)

    def feed(self, chunk: bytes) -> List[bytes]:
        """The lines that are complete with this chunk, without their newline."""
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if lines:
            if self.skipping:
                self.skipping = False
                del lines[0]
            elif self._begun:
                lines[0] = bytes(self._begun + lines[0])
            del self._begun[:]
            if max(map(len, lines), default=0) > self._longest:
                self.dropped += sum(len(line) > self._longest for line in lines)
                lines = [line for line in lines if len(line) <= self._longest]
        if not self.skipping:
            self._begun += rest
            if len(self._begun) > self._longest:
                self._begun, self.skipping = bytearray(), True
                self.dropped += 1
        return lines


def encode(event: events.Event) -> bytes:
    """The event's line, newline included. Values that JSON does not know are written as their `str`."""
    fields = to_fields(event)
    try:
        text = json.dumps(fields, separators=(",", ":"), allow_nan=False, default=str)
    except ValueError:
        text = ""
    if not text or any(hint in text for hint in _HINTS):
        text = json.dumps(_spelled(fields), separators=(",", ":"), allow_nan=False, default=str)
    return text.encode("ascii") + b"\n"


def decode(line: Union[bytes, bytearray], loads: Callable[[bytes], Any] = json.loads) -> events.Event:
    """The event of one line; an unknown kind comes back as `events.Unknown`, with all that it said.

    Raises ValueError when the line is no JSON object with an `event`.
    """
    line = line if line.__class__ is bytes else bytes(line)
    try:
        fields = loads(line)
    except ValueError:
        if b"\\ud" not in line:
            raise
        fields = json.loads(
            line
        )  # half a surrogate pair, as in a file name that is no UTF-8: not every reader takes it
    if b'NaN"' in line or b'Infinity"' in line:
        fields = _restored(fields)
    return from_fields(fields)


def to_fields(event: events.Event) -> Dict[str, Any]:
    """The members of the event's line: its kind, then what differs from the default."""
    if isinstance(event, events.Unknown):
        return {"event": event.name, "at": event.at, **event.fields}
    fields: Dict[str, Any] = {"event": type(event).__name__}
    for name, default in events.DEFAULTS[type(event)].items():
        value = getattr(event, name)
        if value != default:
            fields[name] = value
    return fields


def from_fields(fields: Any) -> events.Event:
    """The event that these members describe.

    Members that its class does not have, and values of another type than the field's, are left out: whatever comes in,
    what is handed on is of the types that `events` declares. Numbers in facts, and of single steps, are not looked at.
    """
    if not isinstance(fields, dict) or not isinstance(fields.get("event"), str):
        raise ValueError("not an event: no object with an event name")
    kind = events.KINDS.get(fields["event"])
    if kind is None:
        rest = {name: value for name, value in fields.items() if name not in ("event", "at")}
        return events.Unknown(at=_time(fields.get("at")), name=fields["event"], fields=rest)
    shape = (kind, tuple(fields), tuple(map(type, fields.values())))
    ready = _READY.get(shape)
    if ready is not None and _fits(fields, ready[0]):
        return _made(kind, fields, *ready[1:])
    known = _known(kind, fields)
    declared = _types(kind)[0]
    if len(known) + 1 == len(fields) and all(value.__class__ in declared[name] for name, value in known.items()):
        if len(_READY) >= _MOST_READY:
            _READY.clear()
        plain, made = events.prepared(kind)
        contents = [(name, types) for name, types in _types(kind)[1] if name in fields]
        _READY[shape] = contents, plain, [(name, make) for name, make in made if name not in fields]
    return kind(**known)


_READY: Dict[Any, Any] = {}
"""What is needed to make an event of members of this kind, these names and types, all of which are as declared."""

_MOST_READY = 4096


def _made(kind: Any, fields: Dict[str, Any], plain: Dict[str, Any], made: Any) -> events.Event:
    """As `kind(**fields)`, for fields that are known to be right: half of what it costs to read a journal."""
    event: events.Event = kind.__new__(kind)
    own = event.__dict__
    own.update(plain)
    for name, make in made:
        own[name] = make()
    own.update(fields)
    del own["event"]
    return event


def _fits(fields: Dict[str, Any], contents: Any) -> bool:
    if not -_LATEST < fields.get("at", 0.0) < _LATEST:
        return False
    for name, types in contents:
        value = fields[name]
        if value and not types.issuperset(map(type, value.values() if value.__class__ is dict else value)):
            return False
    return True


def _known(kind: Any, fields: Dict[str, Any]) -> Dict[str, Any]:
    """The members that are as declared."""
    plain, contents = _types(kind)
    known = {name: value for name, value in fields.items() if value.__class__ in plain.get(name, ())}
    for name in plain.keys() & fields.keys() - known.keys():
        value = fields[name]
        if value.__class__ is float and int in plain[name] and math.isfinite(value):
            known[name] = value  # a count that somebody computed, such as steps_per_epoch=len(x) / 32
    for name, types in contents:
        if name in known and not _fits({name: known[name]}, [(name, types)]):
            del known[name]
    if not _fits(known, ()):
        del known["at"]
    return known


_LATEST = 1e15

_NUMBERS = (int, float)
_PLAIN: Dict[str, Any] = {
    "int": (int,),
    "float": _NUMBERS,
    "Number": (int, float, type(None)),
    "str": (str,),
    "bool": (bool,),
    "Facts": (dict,),
    "List": (list,),
    "Dict": (dict,),
}
_CONTENTS: Dict[str, Any] = {
    "List[Facts]": {dict},
    "List[str]": {str},
    "Optional[List[int]]": {int},
    "Dict[str, float]": {int, float},
    "Dict[str, Number]": {int, float, type(None)},
}
_TYPES: Dict[Any, Any] = {}


def _types(kind: Any) -> Any:
    """Field → types of its values, and those fields whose members are looked at too."""
    if kind in _TYPES:
        return _TYPES[kind]
    declared = {each.name: str(each.type) for each in dataclasses.fields(kind)}
    plain = {}
    for name, text in declared.items():
        optional = text.startswith("Optional[")
        inner = text[9:-1] if optional else text
        plain[name] = frozenset(_PLAIN[inner.split("[")[0]]) | frozenset([type(None)] if optional else ())
    contents = [(name, _CONTENTS[text]) for name, text in declared.items() if text in _CONTENTS]
    _TYPES[kind] = plain, contents
    return _TYPES[kind]


def _time(value: Any) -> float:
    return float(value) if value.__class__ in _NUMBERS and -_LATEST < value < _LATEST else 0.0


def _spelled(value: Any) -> Any:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str):
        return "\\" + value if _LOOKS_NON_FINITE(value) else value
    if isinstance(value, dict):
        return {str(key): _spelled(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spelled(item) for item in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, str):
        if value in _NON_FINITE:
            return _NON_FINITE[value]
        return value[1:] if value[:1] == "\\" and _LOOKS_NON_FINITE(value) else value
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value
