"""What reaches a user who looks elsewhere: bell, title, and a command of their own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.builders import START, timed
from tests.tui.recorded import Story, recorded
from tests.tui.screen import Listed, refresh, screen
from tests.tui.terminals import terminal, write
from tuimon import events
from tuimon.journal import Journal
from tuimon.notify import Notifier
from tuimon.rules.finding import Finding
from tuimon.runs import RunDirectory
from tuimon.tui import signals
from tuimon.tui.signals import News
from tuimon.tui.view import View

WARNING = Finding(rule="input-bound", severity="warning", message="waits", advice="do not", fit=0)


def test_each_error_and_warning_is_news_once_and_again_when_it_gets_worse() -> None:
    news = News()

    assert not news.of([])
    assert not news.of([WARNING._replace(severity="note")])
    assert news.of([WARNING])
    assert not news.of([WARNING])
    assert news.of([WARNING._replace(fit=1), WARNING])
    assert news.of([WARNING._replace(severity="error")])


def test_the_title_names_run_epoch_and_what_is_wrong() -> None:
    view = View()
    view.run.apply_all(recorded(Story()))
    view.headline = WARNING

    assert signals.title(view) == "\x1b]2;mnist-cnn  epoch 6/8  ▲ input-bound\x07"


def test_a_name_cannot_end_the_title_and_begin_a_sequence_of_its_own() -> None:
    view = View()
    view.run.apply_all(timed(events.RunStarted(at=START, run="r", name="x\x07\x1b[2J", command=["a"]), began=False))

    assert signals.title(view).count("\x07") == 1
    assert signals.title(view).count("\x1b") == 1


LOUD = """
import sys
from pathlib import Path
from tuimon import rules
from tuimon.follow import Follow
from tuimon.rules.finding import Finding
from tuimon.runs import RunDirectory
from tuimon.tui.app import run_screen
waits = Finding(rule="input-bound", severity="warning", message="it waits", advice="")
rules.diagnose = lambda run: [waits] if run.fit and run.fit.epoch and run.fit.epoch.index >= 5 else []
path = Path(sys.argv[1])
print("left:", run_screen(Follow(RunDirectory(path)), directory=path, interval=0.1, bell=True, title=True))
"""


TITLE = re.compile(rb"\x1b\][^\x07]*\x07")


def test_a_new_warning_rings_and_the_title_is_given_back(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    those = recorded(Story())
    write(journal, those[:40])
    with terminal(directory.path, program=LOUD) as seen:
        seen.wait(lambda: b"\x1b]2;mnist-cnn  epoch 1/8\x07" in seen.sent)
        assert b"\x07" not in TITLE.sub(b"", seen.sent)
        write(journal, those[40:])
        seen.wait(lambda: b"\x07" in TITLE.sub(b"", seen.sent))
        seen.key(b"q")
        seen.wait(lambda: "left: left" in seen.text)

    assert signals.KEEP.encode() in seen.sent
    assert signals.RESTORE.encode() in seen.sent


async def test_a_command_is_told_of_what_is_found(tmp_path: Path) -> None:
    told = tmp_path / "told"
    notifier = Notifier(f"cat >> {told}")
    bad = [each for each in recorded(Story(nan_at=2_000)) if each.at]
    async with screen([], (80, 24), tell=notifier.news) as (app, _):
        assert isinstance(app.source, Listed)
        app.source.waiting = bad
        refresh(app)
    notifier.close()

    assert "non-finite-loss" in [json.loads(line)["rule"] for line in told.read_text().splitlines()]
