"""A terminal behind a slow line: how much is sent at a time, and how long a key waits for its answer."""

from __future__ import annotations

import pytest

from tests.tui.recorded import Story, recorded
from tests.tui.screen import screen, shown
from tests.tui.terminals import terminal, write
from tuimon.journal import Journal
from tuimon.runs import RunDirectory
from tuimon.tui.line import FIRST, LEAST, MUTE_AFTER, Line
from tuimon.tui.waiting import PIECE, Waiting


def carried(line: Line, rate: float, way: float, seconds: float, now: float = 100.0) -> float:
    """Send as much as there is room for over a line of this rate and delay; the longest that a byte took at the end."""
    longest, until = 0.0, now + seconds
    line.sent(100)
    while now < until:
        line.sent(max(0, int(line.room(now))))
        line.asked(now)
        took = line.on_its_way / rate + way
        now += took
        line.answered(now)
        longest = max(longest if now > until - seconds / 2 else 0.0, took)
    return longest


@pytest.mark.parametrize("rate", [2_000, 5_000, 20_000])
def test_what_is_on_its_way_over_a_slow_line_is_soon_there(rate: float) -> None:
    assert carried(Line(), rate, way=0.02, seconds=60) <= 0.25


def test_a_fast_line_far_away_is_used_well() -> None:
    line = Line()
    carried(line, rate=10_000_000, way=0.3, seconds=30)

    assert line.window > 100_000


def test_who_has_not_answered_yet_is_sent_little_and_later_everything() -> None:
    line = Line()
    line.asked(5.0)

    assert line.room(5.0) == FIRST
    assert line.room(5.0 + 2 * MUTE_AFTER) == float("inf")

    line.answered(9.0)
    assert line.room(9.0) <= FIRST


def test_a_line_that_got_slow_is_noticed() -> None:
    line = Line()
    carried(line, rate=1_000_000, way=0.001, seconds=5)
    assert line.window > 50_000
    carried(line, rate=2_000, way=0.001, seconds=200, now=200.0)

    assert LEAST <= line.window < 1_000


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    line = Line()
    line.answered(5.0)

    assert (line.window, line.answers) == (FIRST, False)


def test_the_newest_comes_first_and_in_pieces() -> None:
    waiting = Waiting()
    waiting.add([(0, 0, 3 * PIECE), (1, 0, 5)])
    waiting.add([(7, 2, 4), (8, 0, 1)])

    assert waiting.take(3) == [(7, 2, 4), (8, 0, 1)]
    assert waiting.take(PIECE + 1) == [(0, 0, PIECE), (0, PIECE, 2 * PIECE)]
    assert waiting.take(float("inf")) == [(0, 2 * PIECE, 3 * PIECE), (1, 0, 5)]
    assert not waiting


def test_stretches_of_a_line_that_meet_are_sent_once() -> None:
    waiting = Waiting()
    waiting.add([(3, 10, 20)])
    waiting.add([(3, 15, 30), (3, 0, 2)])

    assert waiting.take(float("inf")) == [(3, 0, 2), (3, 10, 30)]


async def test_keys_are_answered_on_a_slow_line_and_the_picture_is_whole(
    run: tuple[RunDirectory, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, journal = run
    monkeypatch.setattr("tuimon.rules.diagnose", lambda run: [])
    those = recorded(Story(gpus=2))
    async with screen(those, (120, 40), directory=directory.path) as (app, _):
        wanted = shown(app)
    write(journal, those[: len(those) // 3])
    with terminal(directory.path, rate=3_000.0) as seen:
        seen.wait(lambda: "epoch 2/8" in seen.text and "1-7 hide" in seen.text)
        write(journal, those[len(those) // 3 :])
        for key, first in ((b"?", "keys"), (b"\x1b", "mnist-cnn"), (b"m", "run, model"), (b"\x1b", "mnist-cnn")):
            seen.key(key)
            seen.wait(lambda first=first: seen.text.lstrip().startswith(first))  # type: ignore[misc]
        seen.wait(lambda: seen.text == wanted)
