"""A folded state as bytes, and back. Loaded where there is one: a screen's first picture does not wait for it."""

from __future__ import annotations

import io
import pickle
import zlib

from tuimon.state import Run

LARGEST = 1 << 28
"""Bytes that a state may take, unpacked. Those of long runs have 2 MB: their columns are decimated."""


def packed(run: Run) -> bytes:
    return zlib.compress(pickle.dumps(run, protocol=5), 1)


def unpacked(data: bytes) -> Run | None:
    """None for what is no state. Nothing but the parts of a state is ever made."""
    try:
        unpack = zlib.decompressobj()
        plain = unpack.decompress(data, LARGEST)
        state = _Unpickler(io.BytesIO(plain)).load() if unpack.eof else None
    except Exception:  # a damaged pickle raises whatever it likes
        return None
    return state if isinstance(state, Run) else None


class _Unpickler(pickle.Unpickler):
    """Makes what a state is made of, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        if module in ("tuimon.events", "tuimon.series") or module.startswith("tuimon.state."):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        elif (module, name) in (("collections", "Counter"), ("array", "_array_reconstructor"), ("array", "array")):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a state")
