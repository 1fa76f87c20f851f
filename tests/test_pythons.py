"""Every Python at hand: tuimon's files are its language, and what needs no other package works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tuimon.verbs import NAMES

ROOT = Path(__file__).parents[1]

COMPILE = """
import pathlib, sys
for path in sys.argv[1:]:
    compile(pathlib.Path(path).read_text(encoding="utf-8"), path, "exec")
"""
AGENT = "from tuimon import events, wire; print(wire.decode(wire.encode(events.EpochStarted(at=1.0, epoch=2))).epoch)"


def pythons(*minors: int) -> list[str]:
    """Those on the path, and beside the one that runs the tests where versions are installed side by side."""
    versions = Path(os.path.realpath(sys.executable)).parents[2]
    found: dict[int, str] = {}
    for minor in minors:
        beside = [str(path) for path in sorted(versions.glob(f"3.{minor}.*/bin/python3"))]
        for path in [*beside, *filter(None, [shutil.which(f"python3.{minor}")])]:
            if said(path, "-c", "import sys; print(sys.version_info[1])").stdout.strip() == str(minor):
                found.setdefault(minor, path)
    return list(found.values())


def said(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("python", pythons(10, 11, 12, 13))
def test_the_command_line_is_there(python: str) -> None:
    compiled = said(python, "-c", COMPILE, *map(str, sorted((ROOT / "tuimon").rglob("*.py"))))
    help_text = said(python, "-m", "tuimon", "--help")

    assert (compiled.returncode, compiled.stderr) == (0, "")
    assert (help_text.returncode, help_text.stderr) == (0, "")
    for verb in set(NAMES) - {"send"}:  # nobody types it
        assert re.search(rf"^ +{verb} ", help_text.stdout, re.MULTILINE)


@pytest.mark.parametrize("python", pythons(9))
def test_what_training_loads_works_on_an_older_one(python: str) -> None:
    paths = [ROOT / "tuimon" / name for name in ("__init__.py", "events.py", "wire.py")]
    compiled = said(python, "-c", COMPILE, *map(str, [*paths, *sorted((ROOT / "tuimon" / "agent").rglob("*.py"))]))

    assert (compiled.returncode, compiled.stderr) == (0, "")
    assert said(python, "-c", AGENT).stdout == "2\n"
