"""Another process's memory: what is mapped where, reading and writing it."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

from tuimon.joining.refusal import NotAllowed, Refused

libc = ctypes.CDLL(None, use_errno=True)


class Span(ctypes.Structure):
    """The kernel's `struct iovec`."""

    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


for _call in (libc.process_vm_readv, libc.process_vm_writev):
    _call.restype = ctypes.c_ssize_t
    _call.argtypes = [
        ctypes.c_int,
        ctypes.POINTER(Span),
        ctypes.c_ulong,
        ctypes.POINTER(Span),
        ctypes.c_ulong,
        ctypes.c_ulong,
    ]


@dataclass(frozen=True)
class Mapping:
    start: int
    end: int
    rights: str
    offset: int
    path: str

    @property
    def file(self) -> str:
        """The path without the kernel's note that the file was removed."""
        return self.path.removesuffix(" (deleted)")


def mappings(pid: int) -> list[Mapping]:
    try:
        with open(f"/proc/{pid}/maps") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        raise Refused(f"process {pid} has ended") from None
    except OSError as error:
        raise NotAllowed(f"cannot look into process {pid}: {error.strerror}", "it must be yours") from None
    found = []
    for line in lines:
        span, rights, offset, _, _, *path = line.split(None, 5)
        start, _, end = span.partition("-")
        found.append(Mapping(int(start, 16), int(end, 16), rights, int(offset, 16), path[0] if path else ""))
    return found


def read(pid: int, address: int, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    _transfer(libc.process_vm_readv, pid, address, buffer, size)
    return buffer.raw


def write(pid: int, address: int, data: bytes) -> None:
    buffer = ctypes.create_string_buffer(data, len(data))
    _transfer(libc.process_vm_writev, pid, address, buffer, len(data))


def _transfer(
    call: ctypes._NamedFuncPointer, pid: int, address: int, buffer: ctypes.Array[ctypes.c_char], size: int
) -> None:
    here, there = Span(ctypes.addressof(buffer), size), Span(address, size)
    if call(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) != size:
        code = ctypes.get_errno()
        raise Refused(f"cannot reach the memory of process {pid}: {os.strerror(code)}")
