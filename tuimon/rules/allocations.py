"""What a failed allocation was: read from the words of TensorFlow, XLA, PyTorch and NumPy.

The words are an exception's message, or what the framework wrote to standard error before it gave up.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

TENSOR = re.compile(
    r"tensor (?:with|of) shape\s*\[([\d,\s]*)\](?: and type (\w+))?(?: on (\S+))?(?: by allocator (\w+))?",
    re.IGNORECASE,
)
ARRAY = re.compile(r"Unable to allocate ([\d.]+) (\w+) for an array with shape \(([\d, ]*)\) and data type (\w+)")
AMOUNT = re.compile(r"allocat\w+ (\d{4,}) bytes")
TORCH = re.compile(r"Tried to allocate ([\d.]+) (\w+)")
TORCH_FREE = re.compile(r"of which ([\d.]+) (\w+) is free|([\d.]+) (\w+) free;")
TORCH_SPARE = re.compile(r"([\d.]+) (\w+) is reserved by PyTorch but unallocated")
BFC = re.compile(
    r"Allocator \((\w+)\) ran out of memory trying to allocate ([\d.]+)(\w+)[^\n]*?requested by op ?([^\s]*)"
)
BFC_CHUNKS = re.compile(r"(\d+) Chunks of size (\d+) totalling")
BFC_LIMIT, BFC_IN_USE = re.compile(r"\bLimit:\s+(\d+)"), re.compile(r"\bInUse:\s+(\d+)")
HOLDER = re.compile(r"^\s*([\d.]+)([KMGT]?i?B) from (\S+)", re.MULTILINE)
BUFFER = re.compile(r"Buffer \d+:\s+Size: ([\d.]+)([KMGT]?i?B)\s+(.*?)(?:={5,}|\Z)", re.DOTALL)
BUFFER_NAME = re.compile(r'op_name="([^"]+)"|Entry Parameter Subshape: (\S+)|XLA Label: (\S+)')

BYTES = {
    "float": 4,
    "float32": 4,
    "int32": 4,
    "half": 2,
    "float16": 2,
    "bfloat16": 2,
    "double": 8,
    "float64": 8,
    "int64": 8,
    "uint8": 1,
    "int8": 1,
    "bool": 1,
    "complex64": 8,
}
"""Of one element, by the names that TensorFlow and NumPy use."""

POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}

MOST = 5
"""Consumers that are told."""


@dataclass(frozen=True)
class Allocation:
    """Sizes in bytes. What the words do not say is None or empty; `consumers` are the largest: name and bytes."""

    shape: tuple[int, ...] | None = None
    dtype: str = ""
    bytes: int | None = None
    op: str = ""
    device: str = ""  # GPU:0
    allocator: str = ""
    limit: int | None = None  # of the allocator
    in_use: int | None = None
    free: int | None = None
    consumers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def fragmented(self) -> bool:
        """There was room enough in all, but not in one piece."""
        return self.free is not None and self.bytes is not None and self.free >= self.bytes


def allocation(message: str, printed: str = "") -> Allocation | None:
    """Of an exception's message and of what was printed on standard error; None when neither tells anything."""
    words = f"{message}\n{printed}"
    shape, dtype, device, allocator = _tensor(message) or _array(message) or _tensor(printed) or (None, "", "", "")
    refused = BFC.search(words)
    amount = _asked(words)
    if shape is not None and dtype in BYTES:
        amount = math.prod(shape) * BYTES[dtype]
    limit, in_use, free = _room(words)
    found = Allocation(
        shape=shape,
        dtype=dtype,
        bytes=amount,
        op=refused[4].strip() if refused else "",
        device=device,
        allocator=allocator or (refused[1] if refused else ""),
        limit=limit,
        in_use=in_use,
        free=free,
        consumers=consumers(words),
    )
    return None if found == Allocation() else found


def _tensor(words: str) -> tuple[tuple[int, ...], str, str, str] | None:
    found = TENSOR.search(words)
    if found is None:
        return None
    device = (found[3] or "").rstrip(",").rpartition("/device:")[2]
    return _numbers(found[1]), found[2] or "float", device, found[4] or ""


def _array(words: str) -> tuple[tuple[int, ...], str, str, str] | None:
    found = ARRAY.search(words)
    return (_numbers(found[3]), found[4], "", "") if found else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.replace(" ", "").split(",") if each)


def _asked(words: str) -> int | None:
    if found := BFC.search(words):
        return size_of(found[2], found[3])
    if found := ARRAY.search(words) or TORCH.search(words):
        return size_of(found[1], found[2])
    found = AMOUNT.search(words)
    return int(found[1]) if found else None


def _room(words: str) -> tuple[int | None, int | None, int | None]:
    """Limit, bytes in use, and free bytes, of the allocator that refused."""
    limit, in_use = BFC_LIMIT.search(words), BFC_IN_USE.search(words)
    if limit and in_use:
        return int(limit[1]), int(in_use[1]), int(limit[1]) - int(in_use[1])
    free = TORCH_FREE.search(words)
    if free is None:
        return None, None, None
    spare = TORCH_SPARE.search(words)
    kept = (size_of(spare[1], spare[2]) or 0) if spare else 0
    return None, None, (size_of(free[1] or free[3], free[2] or free[4]) or 0) + kept


def consumers(words: str) -> list[tuple[str, int]]:
    """Who held most: by name where the words have names, else by the size of the allocator's chunks."""
    held: Counter[str] = Counter()
    for number, unit, name in HOLDER.findall(words):
        held[name] += size_of(number, unit) or 0
    if not held:
        for number, unit, rest in BUFFER.findall(words):
            name = BUFFER_NAME.search(rest)
            held[next(filter(None, name.groups())) if name else "buffer"] += size_of(number, unit) or 0
    if not held:
        for count, each in BFC_CHUNKS.findall(words):
            held[f"{count} × {each} bytes"] += int(count) * int(each)
    return [(name, size) for name, size in held.most_common(MOST) if size]


def size_of(number: str, unit: str) -> int | None:
    """``4.00``, ``GiB`` in bytes. Programs that write GB mean GiB."""
    power = POWERS.get(unit.rstrip("B").rstrip("i").rstrip("b"))
    try:
        return None if power is None else int(float(number) * 1024**power)
    except ValueError:
        return None
