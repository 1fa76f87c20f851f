"""States to be kept: made of any events, and told in full, so that two of them can be compared."""

from __future__ import annotations

import dataclasses
from array import array
from typing import Any

import orjson
from hypothesis import strategies as some

from tuimon import events, wire
from tuimon.state import Run

TEXTS = some.sampled_from(["", "loss", "a", "train", "exact", "NaN", "\\Infinity", "ein Ä", "\ud800", "fit"])

NUMBERS = some.one_of(
    some.integers(0, 5), some.sampled_from([0.0, -0.0, 0.25, 1e300, -7.5, float("nan"), float("inf")])
)

PLAIN = some.recursive(
    some.one_of(some.none(), some.booleans(), NUMBERS, TEXTS, some.integers(-(1 << 63), 1 << 64)),
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)

GPU = some.fixed_dictionaries(
    {"index": some.integers(0, 1)},
    optional={
        "uuid": some.sampled_from(["a", "b"]),
        "name": TEXTS,
        "memory_used": NUMBERS,
        "utilization": NUMBERS,
        "power_watts": NUMBERS,
        "more": PLAIN,
    },
)

DEVICE = some.fixed_dictionaries({"name": TEXTS}, optional={"in_use": NUMBERS, "peak": some.integers(0, 99)})

SPECIAL: dict[str, some.SearchStrategy[Any]] = {
    "at": some.floats(0, 1e6),
    "pid": some.integers(1, 2),
    "fit": some.integers(1, 3),
    "epoch": some.integers(0, 3),
    "steps": some.integers(0, 1 << 20),
    "role": some.sampled_from(["train", "validation"]),
    "phase": some.sampled_from(["tracing", "saving", "waiting", "nonsense"]),
    "durations": some.lists(some.floats(0, 1), max_size=40),
    "waits": some.lists(NUMBERS, max_size=12),
    "gpus": some.lists(GPU, max_size=2),
    "faults": some.lists(some.fixed_dictionaries({"uuid": some.just("a"), "xid": some.integers(1, 99)}), max_size=2),
}

DECLARED: dict[str, some.SearchStrategy[Any]] = {
    "int": some.integers(0, 5),
    "float": NUMBERS,
    "Number": some.none() | NUMBERS,
    "str": TEXTS,
    "bool": some.booleans(),
    "Facts": some.dictionaries(TEXTS, PLAIN, max_size=3),
    "List[Facts]": some.lists(some.dictionaries(TEXTS, PLAIN, max_size=2) | DEVICE, max_size=2),
    "List[str]": some.lists(TEXTS, max_size=3),
    "List[float]": some.lists(NUMBERS, max_size=12),
    "List[int]": some.lists(some.integers(0, 5), max_size=3),
    "Dict[str, float]": some.dictionaries(TEXTS, NUMBERS, max_size=3),
    "Dict[str, Number]": some.dictionaries(TEXTS, some.none() | NUMBERS, max_size=3),
    "Dict[str, List[Number]]": some.dictionaries(TEXTS, some.lists(some.none() | NUMBERS, max_size=4), max_size=2),
}


def _values(name: str, declared: str) -> some.SearchStrategy[Any]:
    if name in SPECIAL:
        return SPECIAL[name]
    inner = DECLARED[_without_none(declared)]
    return inner if inner is DECLARED.get(declared) else some.none() | inner


def _without_none(declared: str) -> str:
    return declared[len("Optional[") : -1] if declared.startswith("Optional[") else declared


def _events(kind: type[events.Event]) -> some.SearchStrategy[events.Event]:
    """As a journal's reader hands them out."""
    given = {each.name: _values(each.name, str(each.type)) for each in dataclasses.fields(kind)}
    must = {name: given.pop(name) for name in ("at", "pid", "fit", "epoch") if name in given}
    fields = some.fixed_dictionaries(must, optional=given)
    return fields.map(lambda known: wire.decode(wire.encode(kind(**known)), orjson.loads))


FREQUENT = (
    *(events.FitStarted, events.EpochStarted, events.StepsEnded, events.EpochEnded, events.ValidationStarted),
    *(events.ValidationEnded, events.SourceDescribed, events.BatchSampled, events.HostSampled, events.WarningSeen),
)

EVENTS = some.one_of(*map(_events, FREQUENT), *map(_events, events.KINDS.values()))

STORIES = some.lists(EVENTS, max_size=40)


def everything(pid: int = 1) -> list[events.Event]:
    """An event of each kind, some of them often, with most of their fields set; of one process that trains twice."""
    found: list[events.Event] = []
    values: dict[str, Any] = {
        "int": 1, "float": 0.5, "Number": float("nan"), "str": "text", "bool": True, "Facts": {"a": [1.0, None]},
        "List[Facts]": [{"name": "n", "uuid": "u", "xid": 3, "in_use": 1, "peak": 2, "memory_used": 5}],
        "List[str]": ["a"], "List[float]": [0.25] * 12, "List[int]": [1], "Dict[str, float]": {"loss": float("inf")},
        "Dict[str, Number]": {"loss": float("nan"), "mae": 1.0},
        "Dict[str, List[Number]]": {"loss": [0.5, 0.25, 1.0, 3.0]},
    }  # fmt: skip
    first = ("JournalOpened", "RunStarted", "AgentStarted", "FitStarted", "SourceDescribed")
    kinds = [events.KINDS[name] for name in first] + list(events.KINDS.values())
    for at in range(3):
        for kind in kinds:
            known: dict[str, Any] = {
                each.name: values[_without_none(str(each.type))] for each in dataclasses.fields(kind)
            }
            special: dict[str, Any] = {
                "at": 100.0 + 7 * at,
                "pid": pid,
                "fit": 1 + at // 2,
                "epoch": at,
                "role": "train",
            }
            known.update({name: value for name, value in special.items() if name in known})
            found.append(wire.decode(wire.encode(kind(**known))))
    return found


def told(run: Run) -> Any:
    """All that there is in a state, types and what is shared included."""
    return _told(run, {})


def _told(value: Any, met: dict[int, int]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, tuple):
        return type(value).__name__, *(_told(each, met) for each in value)
    if id(value) in met:
        return "again", met[id(value)]
    met[id(value)] = len(met)
    if isinstance(value, events.Event):
        return type(value).__name__, repr(vars(value))
    inside: Any = None
    if isinstance(value, dict):
        inside = [(_told(key, met), _told(each, met)) for key, each in value.items()]
    elif isinstance(value, list):
        inside = [_told(each, met) for each in value]
    elif isinstance(value, array):
        inside = repr(value)
    own = getattr(value, "__dict__", None)
    if own is None:
        own = {name: getattr(value, name) for name in getattr(value, "__slots__", ())}
    return type(value).__name__, inside, {name: _told(own[name], met) for name in sorted(own)}
