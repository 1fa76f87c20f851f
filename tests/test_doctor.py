"""`tuimon doctor` on this machine, with and without the simulated driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpus import driver
from tuimon import doctor

GPU = "gpu NVIDIA H100\nmemory 81559 20000 600\n"


def asked(*options: str, environment: dict[str, str] | None = None) -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tuimon", "doctor", "--json", *options],
        env=environment or dict(os.environ),
        capture_output=True,
        text=True,
        timeout=400,
        check=True,
    )
    checks: list[dict[str, str]] = json.loads(done.stdout)
    return checks


def test_every_check_says_how_it_stands_and_what_to_do() -> None:
    checks = {check["name"]: check for check in asked("--python", "/no/such/python")}
    assert {"system", "terminal", "gpus", "memory limits", "pressure", "joining", "storage", "frameworks"} <= set(
        checks
    )
    assert all(check["state"] in ("works", "partly", "missing") and check["detail"] for check in checks.values())
    assert checks["frameworks"]["state"] == "missing"
    assert "--python" in checks["frameworks"]["remedy"]


def test_the_machines_gpus_against_those_of_tensorflow(tmp_path: Path) -> None:
    library = driver.build(tmp_path)
    (library / "scene").write_text(GPU * 2)
    environment = {**driver.environment(library, library / "scene"), "CUDA_VISIBLE_DEVICES": ""}
    checks = {check["name"]: check for check in asked(environment=environment)}
    assert checks["gpus"]["state"] == "works"
    assert "1 NVIDIA H100" in checks["gpus"]["detail"]
    assert checks["tensorflow's gpus"]["detail"].startswith("TensorFlow sees 0 of 2 GPUs")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TERM": "xterm"}, "16 colours"),
        ({"TERM": "xterm-256color"}, "256 colours"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true colour"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "no colours (NO_COLOR)"),
    ],
)
def test_the_colours_that_a_terminal_says_it_has(variables: dict[str, str], expected: str) -> None:
    assert doctor.colours(variables) == expected


def test_a_folder_that_cannot_be_written() -> None:
    assert doctor.storage(Path("/proc/nowhere/runs")).state == "missing"


def test_remedies_stand_below_their_line() -> None:
    lines = doctor.text([doctor.Check("gpus", "missing", "no driver", "install it")]).splitlines()
    assert lines == ["missing  gpus  no driver", "               → install it"]
