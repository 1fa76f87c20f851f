"""The screen in a real pseudo-terminal of many kinds."""

from __future__ import annotations

import re
import time

import pytest

from tests.tui.recorded import Story, recorded
from tests.tui.screen import screen, shown
from tests.tui.terminals import terminal, write
from tuimon.journal import Journal
from tuimon.runs import RunDirectory


async def test_many_small_updates_add_up_to_the_whole_picture(
    run: tuple[RunDirectory, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, journal = run
    monkeypatch.setattr("tuimon.rules.diagnose", lambda run: [])
    those = recorded(Story(gpus=2))
    third = len(those) // 3
    async with screen(those, (120, 40), directory=directory.path) as (app, _):
        wanted = shown(app)
    write(journal, those[:third])
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 2/8" in seen.text)
        for start in range(third, len(those), 7):
            write(journal, those[start : start + 7])
            if start % 28 == 0:
                seen.wait(lambda: True)
                time.sleep(0.02)
        seen.wait(lambda: seen.text == wanted)


def test_q_leaves_and_the_terminal_is_as_it_was(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)
        seen.key(b"q")
        seen.wait(lambda: "left: left" in seen.text)

    assert b"\x1b[?1049l" in seen.sent
    assert b"\x1b[?25h" in seen.sent.rpartition(b"\x1b[?1049")[2] + seen.sent


def test_a_terminal_that_changes_its_size(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)
        seen.resize((20, 5))
        seen.wait(lambda: "tuimon needs 40×12" in seen.text)
        seen.resize((80, 24))
        seen.wait(lambda: "1 data" in seen.text and "7 output" in seen.text)


COLOUR = rb"\x1b\[(?:\d+;)*3[0-8](?:;\d+)*m"


@pytest.mark.parametrize(
    ("environment", "absent"),
    [
        ({"NO_COLOR": "1"}, COLOUR),
        ({"TERM": "xterm"}, rb"[34]8;[25];"),
        ({"TERM": "xterm-256color"}, rb"[34]8;2;"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}, rb"[\x80-\xff]"),
    ],
    ids=["no colour", "16 colours", "256 colours", "no unicode"],
)
def test_a_poorer_terminal_is_sent_what_it_knows(
    run: tuple[RunDirectory, Journal], environment: dict[str, str], absent: bytes
) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path, environment) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)

    assert re.search(absent, seen.sent) is None


def test_a_rich_terminal_is_sent_colours(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path, {"COLORTERM": "truecolor"}) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)

    assert re.search(COLOUR, seen.sent)
    assert b"38;2;" in seen.sent


def test_a_terminal_that_never_answers_is_shown_everything(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path, answers=False) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text and "7 output" in seen.text)
        seen.key(b"?")
        seen.wait(lambda: "the training goes on" in seen.text)
