"""Training scripts that say of themselves what tuimon must find, run for real, headless.

Each script's header has ``EXPECT`` (the first id must be found, the others may be; ``healthy`` = nothing above a note),
and ``KERAS2`` or ``TF215`` where Keras 2 behaves in another way: ``same``, or the ids to expect there in parentheses.
Scripts are taken from ``tests/cases`` and from the directory that $TUIMON_CASES names. At the end the table of all of
them is printed: found, missed, wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
DIRECTORIES = [HERE / "cases", *([Path(os.environ["TUIMON_CASES"])] if os.environ.get("TUIMON_CASES") else [])]
KERAS2 = os.environ.get("TUIMON_KERAS2_PYTHON")

ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}

IMPATIENT = {"TUIMON_RULE_STALLED_AFTER": "4"}
"""A short limit, for cases that stall: they do so for 8 s. Others might seem to stall on a machine that is busy."""

OF_THE_MACHINE = {"disk-full", "swapping", "memory-near-limit", "io-wait"}
"""What may be true of whatever runs on the machine that the tests run on."""

PATIENCE = 400
"""Seconds that a script may take. TensorFlow can hang at the exit of one that failed inside a pipeline."""


@dataclass(frozen=True)
class Case:
    path: Path
    expected: tuple[str, ...]
    line: int  # of Keras

    @property
    def healthy(self) -> bool:
        return self.expected == ("healthy",)

    def __str__(self) -> str:
        return f"{self.path.stem}-keras{self.line}"


def header(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()[:12]
    found = (re.match(r"# ([A-Z0-9]+): *(.*)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def ids(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z]+(?:-[a-z]+)+|healthy|stalled|killed|retracing|swapping|overfitting", text))


def cases() -> list[Case]:
    these = []
    for path in sorted(path for directory in DIRECTORIES for path in directory.glob("[fh][0-9]*.py")):
        said = header(path)
        expected = ids(said["EXPECT"])
        these.append(Case(path, expected, 3))
        other = said.get("KERAS2", said.get("TF215", "same"))
        if KERAS2 and other != "same":
            these.append(Case(path, (*ids(re.sub(r"^[^(]*", "", other)), *expected), 2))
        elif KERAS2 and "KERAS2" in said:
            these.append(Case(path, expected, 2))
    return these


def watched(case: Case, tmp_path: Path) -> dict[str, Any]:
    """The report of the script's run under tuimon."""
    report = tmp_path / "report.json"
    interpreter = ["--python", KERAS2] if case.line == 2 and KERAS2 else []
    limits = IMPATIENT if "stalled" in case.expected else {}
    private = {"XDG_STATE_HOME": tmp_path / "state", "XDG_RUNTIME_DIR": tmp_path, "XDG_CONFIG_HOME": tmp_path}
    with subprocess.Popen(
        [sys.executable, "-m", "tuimon", "run", "--headless", "--json", report, *interpreter, case.path],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT, **limits, **{name: str(path) for name, path in private.items()}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            _, said = running.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            running.terminate()  # and the script with it; what was found by then is what counts
            _, said = running.communicate(timeout=60)
    assert report.exists(), said
    read: dict[str, Any] = json.loads(report.read_text())
    return read


@pytest.mark.parametrize("case", cases(), ids=str)
def test_it_is_told_what_it_is(case: Case, tmp_path: Path, record_property: Any) -> None:
    findings = watched(case, tmp_path)["findings"]
    loud = {finding["rule"] for finding in findings if finding["severity"] != "note"}
    wrong = loud - set(case.expected) - OF_THE_MACHINE
    found = case.healthy or case.expected[0] in {finding["rule"] for finding in findings}
    record_property("case", [str(case), "found" if found else "MISSED", ", ".join(sorted(wrong))])
    details = [f"{finding['severity']} {finding['rule']}: {finding['message']}" for finding in findings]
    assert found, details
    assert not wrong, details
