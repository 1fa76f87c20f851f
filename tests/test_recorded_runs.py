"""Runs that were recorded by earlier versions still say what they said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs import RECORDED, expected_of, told
from tuimon import journal
from tuimon.events import SCHEMA_VERSION
from tuimon.journal import Tail


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_what_is_found_is_what_was_found(path: Path) -> None:
    assert told(path) == json.loads(expected_of(path).read_text()), "if that is right: python -m tests.runs"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_line_can_be_read(path: Path) -> None:
    tail = Tail(path)
    tail.take()

    assert tail.unreadable == 0
    assert tail.held == 0


def test_there_is_one_of_each_schema_version() -> None:
    versions = {getattr(next(journal.read(path)), "schema", None) for path in RECORDED}

    assert versions >= set(range(1, SCHEMA_VERSION + 1))
