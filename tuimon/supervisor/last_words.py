"""What a script that died wrote about it to standard error: the lines that tell why, not the rest."""

from __future__ import annotations

import re
from pathlib import Path

from tuimon import ownership

READ = 1 << 20
"""Bytes of the end of the file that are looked at: an allocator's account of its chunks is long."""

MOST = 60
LONGEST = 400

TELLING = re.compile(
    rb"terminate called|what\(\):|bad_alloc|bad_array_new_length|[Cc]annot allocate memory|CUDA_ERROR|Check failed:"
    rb"|ran out of memory trying|OOM when allocating|\d Chunks of size \d+ totalling|\bLimit: +\d|\bInUse: +\d"
    rb"|MaxInUse: +\d|Fatal Python error|Segmentation fault|Bus error|double free|\*\*\* [A-Za-z]"
)
CHUNKS = re.compile(rb"\d Chunks of size \d+ totalling")
MOST_CHUNKS = 30
"""The largest, which come last."""

STACK = re.compile(rb'^  File "')
"""A frame of Python's fault handler; the innermost one, which comes first, is kept."""


def last_words(path: Path) -> list[str]:
    """Empty when there are none, or the file cannot be read."""
    try:
        lines = ownership.read_end(path, READ).splitlines()
    except OSError:
        return []
    kept: list[bytes] = []
    fatal = False
    for line in lines:
        if TELLING.search(line):
            fatal = fatal or b"Fatal Python error" in line
        elif not (fatal and STACK.match(line)):
            continue
        else:
            fatal = False
        kept.append(line)
    chunks = [line for line in kept if CHUNKS.search(line)][:-MOST_CHUNKS]
    kept = [line for line in kept if line not in set(chunks)] if chunks else kept
    return [line[:LONGEST].decode(errors="replace") for line in kept[-MOST:]]
