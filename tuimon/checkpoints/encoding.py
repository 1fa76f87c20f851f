"""A folded state as plain data, and back: numbers, texts, lists, and nothing that runs.

Three parts, compressed together: the objects of the state in JSON, each a row of its attributes' values, in which other
objects stand by their number; the events that it holds, as lines of a journal; and the floats of its columns. Only
classes that `shapes.CLASSES` lists are ever made, with the attributes that they declare, of values of the declared
types.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from array import array
from typing import Any

import orjson

from tuimon import events, wire
from tuimon.checkpoints.shapes import CLASSES, Damaged, Shape, Uncovered, shapes
from tuimon.series import Series
from tuimon.state import Run

LARGEST = 1 << 27
"""Bytes that a state may take, unpacked. Those of long runs have 2 MB: their columns are decimated."""

MOST = 1 << 23
"""Values that its objects may have: each takes some 50 bytes of memory."""

_PARTS = struct.Struct("<?QQ")
"""Whether the objects need the standard library's JSON; the bytes of the objects, and of the events."""

_ODD = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, struct.error, zlib.error)


def encode(run: Run) -> bytes:
    """Raises Uncovered for what cannot be kept."""
    out = _Writer()
    out.refer(run)
    try:
        rows = [out.row(value) for value in out.objects]  # which grows meanwhile
        structure = {"layouts": list(out.layouts.values()), "objects": rows}
        objects, standard = _dumped(structure)
    except (RecursionError, ValueError, OverflowError) as error:
        raise Uncovered(f"{type(error).__name__}: {error}") from None
    lines, columns = b"".join(out.lines), b"".join(out.columns)
    data = b"".join((_PARTS.pack(standard, len(objects), len(lines)), objects, lines, columns))
    if len(data) > LARGEST or _values(objects) > MOST:
        raise Uncovered("the state is too large")
    return zlib.compress(data, 1)


def _dumped(structure: Any) -> tuple[bytes, bool]:
    try:
        return orjson.dumps(structure), False
    except TypeError:  # an int of more than 64 bits, or half a surrogate pair in a text
        return json.dumps(structure, separators=(",", ":")).encode("ascii"), True


def decode(data: bytes) -> Run:
    """Raises Damaged for what is no state, and nothing else."""
    try:
        return _decoded(data)
    except _ODD as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


def _decoded(data: bytes) -> Run:
    unpack = zlib.decompressobj()
    plain = unpack.decompress(data, LARGEST)
    if not unpack.eof or unpack.unused_data:
        raise Damaged("torn, or too large")
    standard, size, size_of_lines = _PARTS.unpack_from(plain)
    first = _PARTS.size + size
    second = first + size_of_lines
    objects = plain[_PARTS.size : first]
    if second > len(plain) or _values(objects) > MOST:
        raise Damaged("shorter than it says, or too large")
    structure = (json.loads if standard else orjson.loads)(objects)
    lines = plain[first:second].splitlines()
    source = _Reader([wire.decode(line, orjson.loads) for line in lines], memoryview(plain)[second:])
    return source.state(structure["layouts"], structure["objects"])


def _values(objects: bytes) -> int:
    """At least so many values does this JSON have."""
    return objects.count(b",") + objects.count(b"[") + objects.count(b"{")


class _Writer:
    """Gives numbers to objects and events as it meets them."""

    def __init__(self) -> None:
        self.objects: list[object] = []
        self.layouts: dict[tuple[type, tuple[str, ...]], list[str]] = {}
        self.lines: list[bytes] = []
        self.columns: list[bytes] = []
        self._numbers: dict[int, int] = {}
        self._kept: list[events.Event] = []  # that no other gets the identity of one
        self._layouts: dict[tuple[type, tuple[str, ...]], tuple[int, list[Shape]]] = {}

    def refer(self, value: object) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return number

    def event(self, event: events.Event) -> int:
        number = self._numbers.get(id(event))
        if number is None:
            if type(event) is not events.KINDS.get(type(event).__name__):
                raise Uncovered(f"{type(event).__name__} is no event of a journal")
            number = self._numbers[id(event)] = len(self.lines)
            self._kept.append(event)
            self.lines.append(wire.encode(event))
        return number

    def column(self, values: array[float]) -> int:
        if sys.byteorder == "big":
            values = values[:]
            values.byteswap()
        self.columns.append(values.tobytes())
        return len(values)

    def row(self, value: object) -> list[Any]:
        """The number of its layout, and the values of its attributes."""
        kind = type(value)
        own: dict[str, Any] | None = getattr(value, "__dict__", None)
        if own is None:
            own = {name: getattr(value, name) for name in shapes(kind) if hasattr(value, name)}
        key = (kind, tuple(own))
        if key not in self._layouts:
            self._layouts[key] = len(self.layouts), self._shapes(kind, own)
            self.layouts[key] = [kind.__name__, *own]
        number, those = self._layouts[key]
        row: list[Any] = [number]
        for each, shape in zip(own.values(), those, strict=True):
            row.append(each if each.__class__ in shape.written else shape.write(each, self))
        return row

    def _shapes(self, kind: type, own: dict[str, Any]) -> list[Shape]:
        if CLASSES.get(kind.__name__) is not kind:
            raise Uncovered(f"the class {kind.__name__} is not known to checkpoints")
        declared = shapes(kind)
        for name in own:
            if name not in declared:
                raise Uncovered(f"{kind.__name__}.{name} is not declared")
        return [declared[name] for name in own]


class _Reader:
    """Makes the objects first, so that each of them can be referred to, and then gives them what they hold."""

    def __init__(self, those: list[events.Event], columns: memoryview) -> None:
        self._events = those
        self._columns = columns
        self._place = 0
        self._objects: list[object] = []

    def state(self, layouts: Any, rows: Any) -> Run:
        known = [_layout(*each) for each in layouts]
        if not all(row.__class__ is list and row and row[0].__class__ is int and row[0] >= 0 for row in rows):
            raise Damaged("an object without a layout")
        self._objects = [known[row[0]][0].__new__(known[row[0]][0]) for row in rows]
        for made, row in zip(self._objects, rows, strict=True):
            attributes = known[row[0]][1]
            if len(row) - 1 != len(attributes):
                raise Damaged("an object of another layout")
            for (name, shape), told in zip(attributes, row[1:], strict=True):
                setattr(made, name, told if told.__class__ in shape.read else shape.parse(told, self))
            if isinstance(made, Series):
                _check(made)
        if self._place != len(self._columns):
            raise Damaged("columns of nobody")
        run = self._objects[0]
        if not isinstance(run, Run):
            raise Damaged("not the state of a run")
        return run

    def referred(self, told: Any) -> object:
        if told.__class__ is not int or told < 0:
            raise Damaged("not the number of an object")
        return self._objects[told]

    def event(self, told: Any) -> events.Event:
        if told.__class__ is not int or told < 0:
            raise Damaged("not the number of an event")
        return self._events[told]

    def column(self, told: Any) -> array[float]:
        if told.__class__ is not int or not 0 <= told <= (len(self._columns) - self._place) // 8:
            raise Damaged("a column that is not there")
        values = array("d")
        if told:
            values.frombytes(self._columns[self._place : self._place + 8 * told])
            self._place += 8 * told
        if sys.byteorder == "big":
            values.byteswap()
        return values


def _layout(tag: str, *names: str) -> tuple[type, list[tuple[str, Shape]]]:
    kind = CLASSES[tag]
    declared = shapes(kind)
    needed = {name for name in declared if not hasattr(kind, name) or name in getattr(kind, "__slots__", ())}
    if len(set(names)) < len(names) or not needed <= set(names) <= declared.keys():
        raise Damaged(f"not the attributes of {tag}")
    return kind, [(name, declared[name]) for name in names]


def _check(series: Series) -> None:
    """Its columns are of one length, and there is a point to merge into where one is due."""
    length, pending = len(series._x), series._pending
    same = length == len(series._last) == len(series._low) == len(series._high)
    counts = (series.capacity, series.stride, series.count, series.non_finite, pending)
    if not same or not all(each.__class__ is int for each in counts):
        raise Damaged("a series that is none")
    if length > series.capacity or not 0 <= pending < series.stride or (pending and not length):
        raise Damaged("a series that is none")
