"""The declared type of each attribute of a state, as something that writes its values down and checks what it reads.

The types are those that the classes declare: in their body, or where `__init__` first assigns them, which Python does
not keep and is therefore read from the source. So an attribute that is added to the state is kept without a word here;
one whose type is not known here, or not declared, raises `Uncovered`.
"""

from __future__ import annotations

import ast
import functools
import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, get_args

from tuimon import events
from tuimon.series import Series
from tuimon.state.estimate import Share, WaitEstimate
from tuimon.state.fit import Epoch, Fit, Kept, Memory, Pause, Phase, Source, Validation
from tuimon.state.machine import Allocator, Gpu, Host
from tuimon.state.run import Asked, Gap, Output, Process, Raised, Run

CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(Run, Process, Raised, Gap, Asked, Output),
        *(Fit, Epoch, Source, Validation, Memory),
        *(Host, Gpu, Allocator, WaitEstimate, Share, Series),
    )
}
"""Tag → class of all that a state is made of. Nothing else is ever made of what a checkpoint says."""

TUPLES: dict[str, type] = {"Pause": Pause}
"""Named tuples, which are written where they stand: they have no identity."""

SHORT = 8
"""Numbers of a list up to which it is written out among the rest."""


class Uncovered(Exception):
    """A value that checkpoints do not know how to keep: the state is not kept."""


class Damaged(Exception):
    """What was read is no state."""


class Writer(Protocol):
    def refer(self, value: object) -> int: ...

    def event(self, event: events.Event) -> int: ...

    def column(self, values: array[float]) -> int: ...


class Reader(Protocol):
    def referred(self, told: Any) -> object: ...

    def event(self, told: Any) -> events.Event: ...

    def column(self, told: Any) -> array[float]: ...


class Shape:
    """A type. Values of the classes `written` stand for themselves when written, those of `read` when read."""

    written: frozenset[type] = frozenset()
    read: frozenset[type] = frozenset()

    def write(self, value: Any, out: Writer) -> Any:
        raise Uncovered(f"{type(value).__name__} where {self} was declared")

    def parse(self, told: Any, source: Reader) -> Any:
        raise Damaged(f"{type(told).__name__} where {self} was declared")

    def __str__(self) -> str:
        return type(self).__name__


_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


class Number(Shape):
    """An int or a float: the journal's reader takes one for the other where both are declared. JSON has no NaN."""

    written = frozenset((int, bool))
    read = frozenset((int, bool, float))

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not float:
            return super().write(value, out)
        return value if value - value == 0.0 else repr(value)

    def parse(self, told: Any, source: Reader) -> Any:
        return _NOT_FINITE[told] if told.__class__ is str and told in _NOT_FINITE else super().parse(told, source)


class Exactly(Shape):
    """A text, a truth value, or None."""

    def __init__(self, kind: type) -> None:
        self.written = self.read = frozenset((kind,))


class OneOf(Shape):
    """One of these texts."""

    def __init__(self, choices: tuple[Any, ...]) -> None:
        self.choices = frozenset(choices)

    def write(self, value: Any, out: Writer) -> Any:
        return value if value in self.choices else super().write(value, out)

    def parse(self, told: Any, source: Reader) -> Any:
        return told if told.__class__ is str and told in self.choices else super().parse(told, source)


class OrNone(Shape):
    def __init__(self, inner: Shape) -> None:
        self.inner = inner
        self.written, self.read = inner.written | {type(None)}, inner.read | {type(None)}

    def write(self, value: Any, out: Writer) -> Any:
        return None if value is None else self.inner.write(value, out)

    def parse(self, told: Any, source: Reader) -> Any:
        return None if told is None else self.inner.parse(told, source)


class Object(Shape):
    """One of the state's objects, by its number: what is shared stays shared, and a circle is none."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def write(self, value: Any, out: Writer) -> Any:
        return out.refer(value) if value.__class__ is self.kind else super().write(value, out)

    def parse(self, told: Any, source: Reader) -> Any:
        found = source.referred(told)
        return found if found.__class__ is self.kind else super().parse(found, source)


class Event(Shape):
    """An event, by its number."""

    def __init__(self, kind: type[events.Event]) -> None:
        self.kind = kind

    def write(self, value: Any, out: Writer) -> Any:
        return out.event(value) if isinstance(value, self.kind) else super().write(value, out)

    def parse(self, told: Any, source: Reader) -> Any:
        found = source.event(told)
        return found if isinstance(found, self.kind) else super().parse(found, source)


class Facts(Shape):
    """What an event said in facts, written as an event's are."""

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not dict:
            return super().write(value, out)
        return out.event(events.HostSampled(pressure=value))

    def parse(self, told: Any, source: Reader) -> Any:
        found = source.event(told)
        return found.pressure if isinstance(found, events.HostSampled) else super().parse(found, source)


class Column(Shape):
    """Floats in an array, by their number; they stand with those of the others."""

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not array or value.typecode != "d":
            return super().write(value, out)
        return out.column(value)

    def parse(self, told: Any, source: Reader) -> Any:
        return source.column(told)


class List(Shape):
    """Many floats are written as a column."""

    def __init__(self, item: Shape) -> None:
        self.item = item

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not list:
            return super().write(value, out)
        if len(value) > SHORT and float in self.item.read and set(map(type, value)) == {float}:
            return out.column(array("d", value))
        return self.items(value, out)

    def items(self, value: list[Any], out: Writer) -> list[Any]:
        plain, write = self.item.written, self.item.write
        return [each if each.__class__ in plain else write(each, out) for each in value]

    def parse(self, told: Any, source: Reader) -> Any:
        if told.__class__ is int and float in self.item.read:
            return source.column(told).tolist()
        return self.parse_items(told, source)

    def parse_items(self, told: Any, source: Reader) -> list[Any]:
        if told.__class__ is not list:
            super().parse(told, source)
        plain, parse = self.item.read, self.item.parse
        return [each if each.__class__ in plain else parse(each, source) for each in told]


class KeptList(List):
    """A `Kept` with its total."""

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not Kept or not vars(value).keys() <= {"total"}:
            return Shape.write(self, value, out)
        return [value.total, self.items(value, out)]

    def parse(self, told: Any, source: Reader) -> Any:
        total, items = _of_length(told, 2)
        kept: Kept[Any] = Kept(self.parse_items(items, source))
        if total.__class__ is not int or total < len(kept):
            raise Damaged("a total that is less than what it counts")
        if total:
            kept.total = total
        return kept


class Tuple(Shape):
    def __init__(self, items: list[Shape], make: Callable[[list[Any]], Any] = tuple, kind: Any = tuple) -> None:
        self.items, self.make, self.kind = items, make, kind

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not self.kind or len(value) != len(self.items):
            return super().write(value, out)
        return [
            each if each.__class__ in item.written else item.write(each, out)
            for each, item in zip(value, self.items, strict=True)
        ]

    def parse(self, told: Any, source: Reader) -> Any:
        told = _of_length(told, len(self.items))
        return self.make([
            each if each.__class__ in item.read else item.parse(each, source)
            for each, item in zip(told, self.items, strict=True)
        ])  # fmt: skip


class Dict(Shape):
    """By text: an object; by anything else: pairs."""

    def __init__(self, key: Shape, value: Shape, kind: Any = dict) -> None:
        self.key, self.value, self.kind = key, value, kind
        self.by_text = key.read == {str}
        self.pair = Tuple([key, value])

    def write(self, value: Any, out: Writer) -> Any:
        if value.__class__ is not self.kind:
            return super().write(value, out)
        if not self.by_text:
            return [self.pair.write(each, out) for each in value.items()]
        if not {str}.issuperset(map(type, value)):
            raise Uncovered("a key that is no text")
        plain, write = self.value.written, self.value.write
        return {key: each if each.__class__ in plain else write(each, out) for key, each in value.items()}

    def parse(self, told: Any, source: Reader) -> Any:
        if self.by_text and told.__class__ is dict:
            return self._parse_named(told, source)
        if not self.by_text and told.__class__ is list:
            return self.kind(self.pair.parse(each, source) for each in told)
        return super().parse(told, source)

    def _parse_named(self, told: dict[str, Any], source: Reader) -> Any:
        plain, parse = self.value.read, self.value.parse
        return self.kind({key: each if each.__class__ in plain else parse(each, source) for key, each in told.items()})


def _of_length(told: Any, length: int) -> list[Any]:
    if told.__class__ is not list or len(told) != length:
        raise Damaged(f"not {length} values")
    return told


# --- from declarations

_NAMED: dict[str, Callable[[], Shape]] = {
    "int": Number,
    "float": Number,
    "Number": lambda: OrNone(Number()),
    "str": lambda: Exactly(str),
    "bool": lambda: Exactly(bool),
    "Phase": lambda: OneOf(get_args(Phase)),
    "FitKey": lambda: Tuple([Number(), Number()]),
    "Facts": Facts,
    "array": Column,
}


def shapes(kind: type) -> Mapping[str, Shape]:
    """Attribute → shape, of a class of the state. Raises Uncovered."""
    known = _SHAPES.get(kind)
    if known is None:
        known = _SHAPES[kind] = {name: _shape(kind, name, each) for name, each in _declared(kind).items()}
    return known


_SHAPES: dict[type, Mapping[str, Shape]] = {}


def _shape(kind: type, name: str, declared: ast.expr) -> Shape:
    try:
        return shape(declared)
    except Uncovered as error:
        raise Uncovered(f"{kind.__name__}.{name}: {error}") from None


def shape(declared: ast.expr) -> Shape:
    """That of an annotation. Raises Uncovered."""
    match declared:
        case ast.Constant(value=str(text)):
            return shape(_parsed(text))
        case ast.Constant(value=None):
            return Exactly(type(None))
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return OrNone(shape(left))
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(name, inner.elts if isinstance(inner, ast.Tuple) else [inner])
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="events"), attr=name):
            return _simple(name)
    raise Uncovered(f"the type {ast.unparse(declared)} is not known to checkpoints")


def _simple(name: str) -> Shape:
    if name in _NAMED:
        return _NAMED[name]()
    if name in CLASSES:
        return Object(CLASSES[name])
    if name in TUPLES:
        kind: Any = TUPLES[name]
        return Tuple(list(shapes(kind).values()), kind._make, kind)
    event = {**events.KINDS, "Event": events.Event, "Request": events.Request}.get(name)
    if event is not None:
        return Event(event)
    raise Uncovered(f"the class {name} is not known to checkpoints")


def _generic(name: str, inner: list[ast.expr]) -> Shape:
    match name, inner:
        case (("list" | "List"), [item]):
            return List(shape(item))
        case "Kept", [item]:
            return KeptList(shape(item))
        case "Counter", [key]:
            return Dict(shape(key), Number(), Counter)
        case (("dict" | "Dict"), [key, value]):
            return Dict(shape(key), shape(value))
        case (("tuple" | "Tuple"), items):
            return Tuple([shape(item) for item in items])
        case "Optional", [item]:
            return OrNone(shape(item))
        case "array", [_]:
            return Column()
    raise Uncovered(f"the type {name}[…] is not known to checkpoints")


def _declared(kind: type) -> dict[str, ast.expr]:
    """Attribute → annotation, of those of the class and of those that its `__init__` makes."""
    found = {name: _parsed(text) for name, text in _annotations(kind).items()}
    if "__init__" in vars(kind) and not hasattr(kind, "__dataclass_fields__"):
        found.update(_assigned(kind))
    return found


def _annotations(kind: type) -> dict[str, Any]:
    return {
        name: each for base in reversed(kind.__mro__) for name, each in vars(base).get("__annotations__", {}).items()
    }


def _parsed(annotation: Any) -> ast.expr:
    text = getattr(annotation, "__forward_arg__", annotation)  # which typing makes of a named tuple's
    parsed: ast.Expression = ast.parse(text, mode="eval")
    return parsed.body


@functools.cache
def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _assigned(kind: Any) -> dict[str, ast.expr]:
    """The same, of those that its `__init__` assigns."""
    code = kind.__init__.__code__
    try:
        lines = _lines(code.co_filename)[code.co_firstlineno - 1 :]
    except OSError:
        raise Uncovered(f"the source of {kind.__name__} cannot be read") from None
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = itertools.takewhile(lambda line: not line.strip() or len(line) - len(line.lstrip()) > indent, lines[1:])
    (function,) = ast.parse("\n".join(line[indent:] for line in (lines[0], *body))).body
    assert isinstance(function, ast.FunctionDef)
    given = {each.arg: each.annotation for each in function.args.args if each.annotation is not None}
    found: dict[str, ast.expr] = {}
    for node in function.body:
        match node:
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name), annotation=annotation):
                found[name] = annotation
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value):
                found[name] = _type_of(kind, name, value, given)
    return found


def _type_of(kind: type, name: str, value: ast.expr, given: Mapping[str, ast.expr]) -> ast.expr:
    """The annotation that an assigned value goes without."""
    match value:
        case ast.Constant(value=plain) | ast.UnaryOp(operand=ast.Constant(value=plain)) if plain is not None:
            return ast.Name(type(plain).__name__)
        case ast.Compare():
            return ast.Name("bool")
        case ast.Name(id=parameter) if parameter in given:
            return given[parameter]
        case ast.Call(func=ast.Name(id=made)) if made == "array" or made in CLASSES:
            return ast.Name(made)
        case ast.Attribute(value=ast.Name(id=parameter), attr=attribute) if parameter in given:
            of = shape(given[parameter])
            if isinstance(of, (Object, Event)) and attribute in (known := _annotations(of.kind)):
                return _parsed(known[attribute])
    raise Uncovered(f"{kind.__name__}.{name} has no declared type: annotate it where it is assigned")
