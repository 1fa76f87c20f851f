"""Symbols of a 64-bit ELF file: where in a Python interpreter its functions are."""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from tuimon.joining.refusal import Refused

LOADABLE = 1
SYMBOL_TABLES = (11, 2)  # the dynamic one, and the whole one where it was not stripped
POSITION_INDEPENDENT = 3
SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True)
class Section:
    kind: int
    offset: int
    size: int
    link: int


class Elf:
    def __init__(self, path: str) -> None:
        self._file: BinaryIO = open(path, "rb")  # noqa: SIM115 – closed by close()
        header = self._file.read(64)
        if header[:5] != b"\x7fELF\x02":
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
        self._file.seek(self._programs)
        table = self._file.read(self._program_size * self._program_count)
        wanted = []
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
        for section in sections:
            if section.kind in SYMBOL_TABLES and len(found) < len(wanted):
                self._search(section, sections[section.link], wanted, found)
        return found

    def span(self, name: str) -> tuple[int, int] | None:
        """From where to where a function is that the file defines, before relocation.

        Looks the name up as bytes: a library may have hundreds of thousands of symbols.
        """
        sections = self._read_sections()
        for section in sections:
            if section.kind in SYMBOL_TABLES:
                found = self._span_in(self._bytes(section), self._bytes(sections[section.link]), name.encode())
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
        self._file.seek(self._sections)
        table = self._file.read(self._section_size * self._section_count)
        sections = []
        for index in range(self._section_count):
            _, kind, _, _, offset, size, link = struct.unpack_from("<IIQQQQI", table, index * self._section_size)
            sections.append(Section(kind, offset, size, link))
        return sections

    def _search(self, section: Section, strings: Section, wanted: dict[bytes, str], found: dict[str, int]) -> None:
        table, names = self._bytes(section), self._bytes(strings)
        for name_at, _, _, defined_in, value, _ in SYMBOL.iter_unpack(table[: len(table) // SYMBOL.size * SYMBOL.size]):
            if defined_in and value:
                name = wanted.get(names[name_at : names.index(b"\0", name_at)])
                if name is not None:
                    found.setdefault(name, value)

    def _bytes(self, section: Section) -> bytes:
        self._file.seek(section.offset)
        return self._file.read(section.size)
