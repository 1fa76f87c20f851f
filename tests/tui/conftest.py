"""What several tests of the screen begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary


@pytest.fixture
def run(tmp_path: Path) -> tuple[RunDirectory, Journal]:
    directory = RunDirectory(tmp_path / "20260101-000000-aaaa")
    directory.path.mkdir()
    # Of another machine: nobody can look whether it is alive, so that nothing is made up about its end.
    directory.write(Summary(id=directory.id, host="elsewhere"))
    return directory, Journal(directory.path)
