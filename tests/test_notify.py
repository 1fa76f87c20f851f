"""A command of the user's own is told of each finding, once, and can do the run no harm."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from tests.builders import fit, run_of
from tuimon import events
from tuimon.notify import Notifier, described
from tuimon.rules import Finding

RUN = run_of(fit())


def saving(folder: Path) -> str:
    """A command that writes its input to a new file there."""
    program = (
        "import os, sys; text = sys.stdin.read(); name = os.path.join(sys.argv[1], str(os.getpid()));"
        "open(name + '.part', 'w').write(text); os.rename(name + '.part', name + '.json')"
    )
    return shlex.join([sys.executable, "-S", "-c", program, str(folder)])


def saved(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in folder.glob("*.json")]


def found(rule: str = "ran-short", severity: Any = "warning", **fields: Any) -> Finding:
    return Finding(rule, severity, "10 of 20 steps", fit=0, epoch=1, at=3.0, **fields)


def test_each_finding_is_told_once_and_again_when_it_gets_worse(tmp_path: Path) -> None:
    notifier = Notifier(saving(tmp_path))
    for finding in (found(), found(), found(severity="note"), found(severity="error"), found("killed")):
        notifier.news(RUN, [finding])
    notifier.close(patience=120.0)
    told = sorted((each["rule"], each["severity"]) for each in saved(tmp_path))
    assert told == [("killed", "warning"), ("ran-short", "error"), ("ran-short", "warning")]
    assert notifier.failed == 0


def test_what_is_told_is_the_finding_and_its_run(tmp_path: Path) -> None:
    told = described(RUN, found(numbers={"loss": float("nan"), "steps": (1, 2)}))
    assert (told["run"], told["command"], told["rule"], told["epoch"]) == ("r1", ["train.py"], "ran-short", 1)
    assert told["numbers"] == {"loss": "nan", "steps": [1, 2]}
    json.dumps(told, allow_nan=False)


def test_more_findings_than_commands_at_once_are_all_told(tmp_path: Path) -> None:
    notifier = Notifier(saving(tmp_path))
    notifier.news(RUN, [found(f"rule-{number}") for number in range(9)])
    notifier.close(patience=240.0)
    assert {each["rule"] for each in saved(tmp_path)} == {f"rule-{number}" for number in range(9)}


HOSTILE = "$(touch {0}/a) `touch {0}/b` ; touch {0}/c\n'\"; touch {0}/d # \x00"


def test_what_a_run_says_is_nothing_to_the_shell(tmp_path: Path) -> None:
    hostile = HOSTILE.format(tmp_path)
    run = run_of([events.RunStarted(run=hostile, name=hostile, command=[hostile])], fit(), began=False)
    finding = Finding(hostile, "warning", hostile, advice=hostile, fit=0, at=3.0, numbers={hostile: hostile})
    notifier = Notifier(saving(tmp_path))
    notifier.news(run, [finding])
    notifier.close(patience=120.0)
    (told,) = saved(tmp_path)
    assert (told["rule"], told["message"], told["name"]) == (hostile, hostile, hostile)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}


def test_a_command_that_does_not_read_holds_nothing_back() -> None:
    """More than a pipe holds."""
    notifier = Notifier("sleep 1000")
    notifier.news(RUN, [found(numbers={"text": "x" * (1 << 22)})])
    notifier.close(patience=0.0)


def test_what_the_command_started_ends_with_it(tmp_path: Path) -> None:
    where = shlex.quote(str(tmp_path))
    notifier = Notifier(f"sleep 1000 & echo $! > {where}/part; mv {where}/part {where}/pid; wait")
    notifier.news(RUN, [found()])
    until = time.monotonic() + 120.0
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.02)
    notifier.close(patience=0.0)
    pid = (tmp_path / "pid").read_text().strip()
    while os.path.exists(f"/proc/{pid}") and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_command_that_fails_is_counted() -> None:
    notifier = Notifier("exit 3")
    notifier.news(RUN, [found()])
    notifier.close(patience=120.0)
    assert notifier.failed == 1


def test_a_command_that_does_not_end_holds_nothing_back(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    notifier = Notifier(f"echo $$ > {shlex.quote(str(pid_file))}.part; mv {pid_file}.part {pid_file}; exec sleep 1000")
    notifier.news(RUN, [found()])
    until = time.monotonic() + 120.0
    while not pid_file.exists() and time.monotonic() < until:
        time.sleep(0.02)
    notifier.close(patience=0.0)
    pid = int(pid_file.read_text())
    assert not os.path.exists(f"/proc/{pid}")
