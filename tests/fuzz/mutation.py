"""Makes lines of events out of lines of events: kinds and fields are those of `tuimon.events`, their values hostile.

Bytes changed at random are hardly ever an event; what is made here is one nearly always.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
from collections.abc import Callable
from typing import Any

from tuimon import events

KINDS = [kind for name, kind in sorted(events.KINDS.items())]

TEXTS = [
    "", "x", "loss", "val_loss", "accuracy", "NaN", "\\NaN", "Infinity", "\x1b]52;c;AAAA\x07", "\x9b31m", "\x00", "‮x",
    "\ud800", "<script>alert(1)</script>", "]]>&amp;", "| a | b |\n---", "```", "=1+1", '"', "'", "a,b\r\nc", "../../x",
    "/etc/passwd", "file.py:3", "x" * 5000, "é" * 300, "%s%n", "{0}", "exact", "declared", "learned", "estimated",
    "train", "validation", "fit", "evaluate", "predict", "custom-loop", "train_on_batch", "script", "tf.data", "numpy",
    "generator", "batch", "shuffle", "repeat", "take", "cache", "map", "prefetch", "utc", "relative", "float32", "mse",
    "softmax", "categorical_crossentropy", "sparse_categorical_crossentropy", "Adam", "host", "steps", "everything",
    "gpus", "R", "Z", "D", "AUTOTUNE",
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 2, 3, 7, 10, 32, 60, 100, 128, 255, 256, 1000, 4096, 10**6, 2**31, 2**53 + 1, 2**63, 2**64,
    10**30, 10**400, -(2**63), 1700000000, 1700000060, 10**15,
]  # fmt: skip
FLOATS = [
    0.0, -0.0, 0.5, 1.0, 1.5, -1.0, 1e-300, 5e-324, 1e300, 1.7e9, 1.7e9 + 90, 1e14, 1e16, "NaN", "Infinity",
    "-Infinity",
]  # fmt: skip

_WORDS = re.compile(r"[a-z][a-z_0-9]{2,24}")
NAMES = sorted(
    {word for kind in KINDS for word in _WORDS.findall(kind.__doc__ or "")}
    | {field.name for kind in KINDS for field in dataclasses.fields(kind)}
    | {"inputs", "uuid", "index", "xid", "name", "op", "count", "shape", "dtype", "layers", "min", "max", "mean", "std"}
)
"""What members of facts may be called: what the docstrings of the events say, and their fields."""


def event(chance: random.Random) -> dict[str, Any]:
    """One that nobody would send."""
    kind = chance.choice(KINDS)
    made: dict[str, Any] = {"event": kind.__name__, "at": chance.choice([*FLOATS, 1.7e9 + chance.random() * 1000])}
    for field in dataclasses.fields(kind):
        if field.name != "at" and chance.random() < 0.5:
            made[field.name] = value(chance, str(field.type), field.name)
    return made


def value(chance: random.Random, declared: str, name: str = "", depth: int = 0) -> Any:
    """Of the declared type nearly always."""
    if chance.random() < 0.05:
        return anything(chance, depth)
    if declared.startswith("Optional["):
        return None if chance.random() < 0.1 else value(chance, declared[9:-1], name, depth)
    if name in ("pid", "fit", "epoch", "step"):
        return chance.choice([1, 1, 1, 2, 0, chance.choice(NUMBERS)])
    makers: dict[str, Callable[[], Any]] = {
        "int": lambda: chance.choice(NUMBERS),
        "float": lambda: chance.choice(FLOATS),
        "Number": lambda: chance.choice([*FLOATS, None]),
        "str": lambda: chance.choice(TEXTS),
        "bool": lambda: chance.random() < 0.5,
        "Facts": lambda: facts(chance, depth),
        "List[Facts]": lambda: [facts(chance, depth) for _ in range(chance.randrange(4))],
        "List[str]": lambda: [chance.choice(TEXTS) for _ in range(chance.randrange(5))],
        "List[int]": lambda: [chance.choice(NUMBERS) for _ in range(chance.randrange(5))],
        "Dict[str, float]": lambda: {chance.choice(TEXTS): chance.choice(FLOATS) for _ in range(chance.randrange(4))},
        "Dict[str, Number]": lambda: {chance.choice(TEXTS): chance.choice(FLOATS) for _ in range(chance.randrange(4))},
    }
    maker = makers.get(declared)
    return maker() if maker is not None else anything(chance, depth)


def facts(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    return {chance.choice(NAMES): anything(chance, depth + 1) for _ in range(chance.randrange(6))}


def anything(chance: random.Random, depth: int = 0) -> Any:
    which = chance.randrange(8 if depth < 4 else 5)
    if which < 2:
        return chance.choice(NUMBERS)
    if which == 2:
        return chance.choice(FLOATS)
    if which == 3:
        return chance.choice(TEXTS)
    if which == 4:
        return chance.choice([None, True, False, [], {}])
    if which == 5:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(5))]
    return facts(chance, depth)


def mutate(data: bytes, most: int, chance: random.Random, bytewise: Callable[[bytes, int], bytes]) -> bytes:
    """The lines with something changed; `bytewise` is how bytes without a structure are changed."""
    if chance.random() < 0.1:
        return bytewise(data, most)
    lines = [line for line in data.split(b"\n") if line]
    for _ in range(chance.choice([1, 1, 2, 4])):
        _change(lines, chance)
    while lines and sum(map(len, lines)) + len(lines) > most:
        del lines[chance.randrange(len(lines))]
    return b"".join(line + b"\n" for line in lines)


def _change(lines: list[bytes], chance: random.Random) -> None:
    which = chance.randrange(8)
    at = chance.randrange(len(lines)) if lines else 0
    if which < 3 or not lines:
        lines.insert(at, written(event(chance)))
    elif which == 3:
        lines.insert(at, chance.choice(lines))
    elif which == 4:
        del lines[at]
    else:
        lines[at] = _changed(lines[at], chance)


def _changed(line: bytes, chance: random.Random) -> bytes:
    """With another value of one of its members."""
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return written(event(chance))
    kind = events.KINDS.get(str(members.get("event"))) if isinstance(members, dict) else None
    if kind is None:
        return written(event(chance))
    field = chance.choice(dataclasses.fields(kind))
    members[field.name] = value(chance, str(field.type), field.name)
    return written(members)


def written(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()
