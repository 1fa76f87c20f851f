"""Symbols of a 64-bit ELF file: where in a Python interpreter its functions are."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from tuimon.joining.refusal import Refused

LOADABLE = 1
SYMBOL_TABLES = (11, 2)  # the dynamic one, and the whole one where it was not stripped
POSITION_INDEPENDENT = 3
SYMBOL = struct.Struct("<IBBHQQ")
LARGEST = 1 << 29
"""Bytes of a table that are read: those of the largest libraries have a fifth of it."""


@dataclass(frozen=True)
class Section:
    kind: int
    offset: int
    size: int
    link: int


class Elf:
    """A file of another process: whatever its tables say, it is read within its size.

    Raises Refused when it is damaged, and OSError.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # whoever put a pipe there holds nobody up
        self._file: BinaryIO = open(fd, "rb")  # noqa: SIM115 – closed by close()
        status = os.fstat(fd)
        self._size = status.st_size
        header = self._file.read(64) if stat.S_ISREG(status.st_mode) else b""
        if header[:5] != b"\x7fELF\x02" or len(header) < 64:
            self.close()
            raise Refused(f"{path} is no 64-bit ELF file")
        (self.kind,) = struct.unpack_from("<H", header, 16)
        self._programs, self._sections = struct.unpack_from("<QQ", header, 32)
        self._program_size, self._program_count, self._section_size, self._section_count = struct.unpack_from(
            "<HHHH", header, 54
        )

    def close(self) -> None:
        self._file.close()

    def first_address(self) -> int:
        """The lowest address that the file wants to be loaded at, on a page."""
        table = self._bytes(self._programs, self._program_size * self._program_count)
        wanted = []
        with self._as_its_tables_say():
            for index in range(self._program_count):
                kind, _, _, address = struct.unpack_from("<IIQQ", table, index * self._program_size)
                if kind == LOADABLE:
                    wanted.append(address)
        return min(wanted, default=0) & ~0xFFF

    def symbols(self, names: Collection[str]) -> dict[str, int]:
        """The addresses of those of these symbols that the file defines, before relocation."""
        wanted = {name.encode(): name for name in names}
        found: dict[str, int] = {}
        sections = self._read_sections()
        with self._as_its_tables_say():
            for section in _symbol_tables(sections):
                if len(found) < len(wanted):
                    self._search(section, sections[section.link], wanted, found)
        return found

    def span(self, name: str) -> tuple[int, int] | None:
        """From where to where a function is that the file defines, before relocation.

        Looks the name up as bytes: a library may have hundreds of thousands of symbols.
        """
        sections = self._read_sections()
        with self._as_its_tables_say():
            for section in _symbol_tables(sections):
                found = self._span_in(self._content(section), self._content(sections[section.link]), name.encode())
                if found is not None:
                    return found
        return None

    def _span_in(self, table: bytes, names: bytes, name: bytes) -> tuple[int, int] | None:
        wanted, at = struct.pack("<I", names.find(b"\0" + name + b"\0") + 1), -1
        while wanted != b"\0\0\0\0" and (at := table.find(wanted, at + 1)) >= 0:
            if at % SYMBOL.size == 0:
                _, _, _, defined_in, value, size = SYMBOL.unpack_from(table, at)
                if defined_in and value:
                    return value, value + size
        return None

    def _read_sections(self) -> list[Section]:
        table = self._bytes(self._sections, self._section_size * self._section_count)
        sections = []
        with self._as_its_tables_say():
            for index in range(self._section_count):
                _, kind, _, _, offset, size, link = struct.unpack_from("<IIQQQQI", table, index * self._section_size)
                sections.append(Section(kind, offset, size, link))
        return sections

    def _search(self, section: Section, strings: Section, wanted: dict[bytes, str], found: dict[str, int]) -> None:
        table, names = self._content(section), self._content(strings)
        longest = max(map(len, wanted), default=0)
        for name_at, _, _, defined_in, value, _ in SYMBOL.iter_unpack(table[: len(table) // SYMBOL.size * SYMBOL.size]):
            if defined_in and value:
                name = wanted.get(names[name_at : name_at + longest + 1].partition(b"\0")[0])
                if name is not None:
                    found.setdefault(name, value)

    def _content(self, section: Section) -> bytes:
        return self._bytes(section.offset, section.size)

    def _bytes(self, offset: int, size: int) -> bytes:
        """Fewer where the file ends before."""
        if offset >= self._size:
            return b""
        self._file.seek(offset)
        return self._file.read(min(size, self._size - offset, LARGEST))

    @contextmanager
    def _as_its_tables_say(self) -> Iterator[None]:
        """Read what the file's tables point to."""
        try:
            yield
        except (struct.error, LookupError, ValueError):
            raise Refused(f"{self._path} is a damaged ELF file") from None


def _symbol_tables(sections: list[Section]) -> list[Section]:
    """The first of each kind, which is all that there are: a thousand of them would be read a thousand times."""
    found = [next((section for section in sections if section.kind == kind), None) for kind in SYMBOL_TABLES]
    return [section for section in found if section is not None]
