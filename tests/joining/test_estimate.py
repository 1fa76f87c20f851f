"""Input wait that was guessed from outside: how it is shown, always marked as a guess, and what is said without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import epoch, fit, guessed, run_of, timed
from tests.tui.screen import screen, shown
from tuimon import events
from tuimon.joining.refusal import not_allowed
from tuimon.report import report
from tuimon.report.html import html
from tuimon.report.markdown import markdown
from tuimon.report.text import text
from tuimon.rules import diagnose
from tuimon.supervisor.samplers.wait import WaitSampler
from tuimon.telling import Teller

STORY = (fit(), epoch(0, 10, seconds=20.0), guessed(0.43, seconds=40))
MEASURED = (*STORY, epoch(1, 10, seconds=20.0, wait=1.0))
NOT_ALLOWED = [events.WaitEstimated(reason="input wait cannot be estimated: no right")]


def test_reports_mark_it() -> None:
    run = run_of(*STORY)
    document = report(run, diagnose(run))
    assert document["wait_estimate"]["share"] == pytest.approx(0.43)
    assert document["wait_estimate"]["looks"] == 2000
    assert document["wait_estimate"]["known_by"] == "stack-pointer"
    for form in (text(document), html(document)):
        assert "input wait ~43% of the time, ±7 points: an estimate from outside" in form
    assert "Input wait" in markdown(document)


def test_reports_have_none_beside_what_was_measured() -> None:
    run = run_of(*MEASURED)
    document = report(run, diagnose(run))
    assert document["wait_estimate"] is None
    assert "~" not in text(document)


def test_lines_tell_it_once_it_is_known_and_once_a_minute() -> None:
    run, teller, told = run_of(fit(), epoch(0, 10, seconds=20.0)), Teller(), []
    for event in timed(guessed(0.43, seconds=150), began=False):
        run.apply(event)
        told += [line for line in teller.news(run, []) if "input wait" in line]
    assert told[0] == "input wait ~43% of the last 10 s, ±9 points: an estimate from outside (stack-pointer)"
    assert len(told) == 2, "what has not changed is not said again"
    assert "of the last 30 s" in told[1]


def test_lines_say_why_there_is_none() -> None:
    assert "input wait cannot be estimated: no right" in list(Teller().news(run_of(NOT_ALLOWED), []))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_screen_marks_it(size: tuple[int, int]) -> None:
    async with screen(timed(*STORY), size) as (app, _):
        assert "wait ~43%" in shown(app)
        assert size == (80, 24) or "wait ~43% ±8  estimated from outside" in shown(app)
    async with screen(timed(*MEASURED), size) as (app, _):
        assert "estimated" not in shown(app)
    async with screen(timed(guessed(0.43)), size) as (app, _):
        assert "wait ~43%" in shown(app)


def test_a_process_without_tensorflow_tells_nothing() -> None:
    sampler = WaitSampler(os.getpid())
    try:
        assert list(sampler.sample(1.0)) == []
    finally:
        sampler.close()


def test_a_process_that_is_gone_ends_the_looking() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    sampler = WaitSampler(process.pid)
    assert list(sampler.sample(1.0)) == []
    sampler.close()  # waits for whoever looks
    assert list(sampler.sample(2.0)) == [], "it is not said that the process is somebody else's"


@pytest.mark.parametrize(
    ("tracer", "scope", "said"),
    [
        ("0", None, "this user may not look into process 7; join it as root, or with CAP_SYS_PTRACE"),
        ("0", "0", "this user may not look into process 7"),
        ("0", "1", "ptrace_scope is 1); an administrator allows it by `sysctl kernel.yama.ptrace_scope=0`"),
        ("0", "2", "ptrace_scope is 2); an administrator allows it by `sysctl kernel.yama.ptrace_scope=0`"),
        ("0", "3", "ptrace_scope is 3); an administrator has to set it lower at boot"),
        ("99", "1", "process 7 is held by a debugger (process 99)"),
        (None, None, "process 7 is not there or not yours"),
    ],
)
def test_what_right_is_missing_is_said(tmp_path: Path, tracer: str | None, scope: str | None, said: str) -> None:
    for path, content in (("7/status", tracer and f"Name: x\nTracerPid:\t{tracer}\n"), (YAMA, scope)):
        file = tmp_path / "proc" / path
        file.parent.mkdir(parents=True)
        if content is not None:
            file.write_text(content)
    assert said in str(not_allowed(7, tmp_path))


YAMA = "sys/kernel/yama/ptrace_scope"
