"""An executable of another process is read within its size, whatever its tables say."""

from __future__ import annotations

import os
import struct
import sys
import tracemalloc
from pathlib import Path

import pytest

from tuimon.joining.elf import Elf
from tuimon.joining.refusal import Refused


def header(sections: int = 0, count: int = 0, size: int = 64) -> bytes:
    places = struct.pack("<QQQIHHHHHH", 0, 64, sections, 0, 64, 56, 0, size, count, 0)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, 62, 1) + places


def section(kind: int, offset: int, size: int, link: int = 0) -> bytes:
    return struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, size, link, 0, 0, 0)


def test_a_python_is_read() -> None:
    elf = Elf(sys.executable)
    try:
        assert elf.first_address() >= 0
        assert elf.symbols(["main"]).keys() <= {"main"}
    finally:
        elf.close()


@pytest.mark.parametrize(
    "content",
    [
        header(64, 2) + section(2, 0, 1 << 60) + section(3, 0, 1 << 63),
        header(64, 2) + section(2, 1 << 63, 48, 9),
        header(1 << 62, 65535, 65535),
        header(64, 65535, 0) + section(2, 0, 64),
        header()[:40],
    ],
    ids=["huge tables", "a table beyond the end", "sections beyond the end", "one section for all", "half a header"],
)
def test_tables_that_lie_cost_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "python"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        assert found(path) in ({}, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 32 << 20


def found(path: Path) -> dict[str, int] | None:
    """The symbols that it has; None where it is refused."""
    try:
        elf = Elf(str(path))
    except Refused:
        return None
    try:
        assert elf.span("main") is None
        return elf.symbols(["main"])
    except Refused:
        return None
    finally:
        elf.close()


def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "python")

    with pytest.raises(Refused, match="no 64-bit ELF file"):
        Elf(str(tmp_path / "python"))
