"""What a fuzzer found worth keeping (see `fuzz.py`): none of it makes a reader, the fold, a rule or a report raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.fuzz import CORPUS, read

FILES = sorted(CORPUS.iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_is_read(path: Path) -> None:
    data = path.read_bytes()
    read(data)
    for cut in range(0, len(data), max(1, len(data) // 16)):
        read(data[:cut])


def test_every_reader_takes_a_part_of_it() -> None:
    from tuimon import readers

    for recognises, _ in readers.READERS:
        assert any(recognises(path.read_bytes()) for path in FILES), recognises.__module__
