"""A run without a screen: the script's output, plain lines about its training, a report, an exit status."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuimon import garbage, rules
from tuimon.errors import TuimonError
from tuimon.passthrough import Passthrough
from tuimon.rules import SEVERITIES, Finding
from tuimon.source import Source
from tuimon.state import Run
from tuimon.telling import Teller, summary

PAUSE = 0.05
BUDGET = 0.2
DIAGNOSE_EVERY, DIAGNOSE_SHARE = 0.5, 0.03
"""Seconds between two looks for findings, more where a look would take a larger share of the time."""

FAILED_ON = 3
"""Exit status when `--fail-on` finds something and the script itself was content."""

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@dataclass
class Watched:
    """A run to its end, or as far as it was followed, with what the rules find in it."""

    run: Run
    findings: list[Finding] = field(default_factory=list)


Tell = Callable[[Run, Sequence[Finding]], None]


def quiet(run: Run, findings: Sequence[Finding]) -> None:
    """Tells nobody."""


def watch(
    source: Source,
    output: Passthrough,
    each_turn: Callable[[Run], bool] = lambda run: True,
    tell: Tell = quiet,
) -> Watched:
    """Follow the source to its end, saying what there is to say.

    `each_turn` is called often; when it says False, the run is left. `tell` gets what is found, as often as that is
    looked at.
    """
    garbage.as_usual()
    watched, teller = Watched(Run()), Teller()
    due, fresh = 0.0, False
    while not source.ended:
        ready = source.take(BUDGET)
        watched.run.apply_all(ready)
        fresh = fresh or bool(ready)
        began = time.monotonic()
        if fresh and began >= due:
            diagnose = rules.diagnose  # loads the rules, which is not counted
            since = time.thread_time()
            watched.findings = diagnose(watched.run)
            took, fresh = time.thread_time() - since, False
            due = began + max(DIAGNOSE_EVERY, took / DIAGNOSE_SHARE)
            for line in teller.news(watched.run, watched.findings):
                output.say(line)
            tell(watched.run, watched.findings)
        moved = output.turn()
        if not each_turn(watched.run):
            break
        if not ready and not moved:
            time.sleep(PAUSE)
    watched.findings = rules.diagnose(watched.run)
    for line in (*teller.news(watched.run, watched.findings), *summary(watched.run, watched.findings)):
        output.say(line)
    tell(watched.run, watched.findings)
    output.turn(last=True)
    return watched


def folded(source: Source) -> Watched:
    """The whole of a source that ends, without a word."""
    run = Run()
    while not source.ended:
        run.apply_all(source.take(1.0))
    return Watched(run, rules.diagnose(run))


def write_report(watched: Watched, path: str) -> None:
    """Write the report as JSON; `-` is standard output. Raises TuimonError."""
    from tuimon.report import report

    text = json.dumps(report(watched.run, watched.findings), indent=1, allow_nan=False) + "\n"
    try:
        if path == "-":
            print(text, end="", flush=True)
        else:
            Path(path).write_text(text)
    except OSError as error:
        raise TuimonError(f"cannot write the report to {path}: {error.strerror}") from None


def exit_status(run: Run, findings: Sequence[Finding], fail_on: str | None = None) -> int:
    """The script's own, 128 + n for a signal, 1 where nobody knows it; 3 instead of 0 where `fail_on` asks for it."""
    end = run.child_ended
    if end is None:
        return 1
    if end.signal is not None:
        return 128 + end.signal
    status = 1 if end.exit_code is None else end.exit_code
    return FAILED_ON if status == 0 and stands(findings, fail_on) else status


def stands(findings: Sequence[Finding], severity: str | None) -> bool:
    """There is a finding of this severity or a worse one."""
    if severity is None:
        return False
    worst = SEVERITIES[: [str(each) for each in SEVERITIES].index(severity) + 1]
    return any(finding.severity in worst for finding in findings)


@contextlib.contextmanager
def caught(numbers: Sequence[int] = FORWARDED) -> Iterator[list[int]]:
    """Signals that come in are put into the list; one that was ignored before stays so (nohup)."""
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: came.append(number))
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
