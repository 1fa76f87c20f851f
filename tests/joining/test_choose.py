"""The list of what can be attached to, on a real terminal."""

from __future__ import annotations

import sys

import pexpect
import pyte
import pytest

from tuimon.verbs import choose

CHOOSING = (
    "from tuimon.verbs import choose; print('chose', choose.one([(5, 'five'), (6, 'six'), (7, 'seven')], 'which?'))"
)


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ("\r", "5"),
        ("\x1b[B\r", "6"),
        ("jj\r", "7"),
        ("jjjjk\r", "6"),
        ("\x1b[A\r", "5"),
        ("q", "None"),
        ("\x03", "None"),
    ],
)
def test_a_line_is_chosen(keys: str, chosen: str) -> None:
    terminal = pexpect.spawn(sys.executable, ["-c", CHOOSING], timeout=60, encoding="utf-8")
    terminal.expect("seven")
    for key in [keys[:3], *keys[3:]] if keys.startswith("\x1b") else keys:
        terminal.send(key)
        if key in "jk" or key.startswith("\x1b"):
            terminal.expect("seven")  # drawn again
    terminal.expect(f"chose {chosen}")
    terminal.expect(pexpect.EOF)
    terminal.close()


def test_keys_that_come_at_once_are_all_taken_and_no_more() -> None:
    asking = CHOOSING + "; print('and', input())"
    terminal = pexpect.spawn(sys.executable, ["-c", asking], timeout=60, encoding="utf-8")
    terminal.expect("seven")
    terminal.send("\x1b[B\x1bOB\rthe next line\r")
    terminal.expect("chose 7")
    terminal.expect("and the next line")
    terminal.close()


def test_a_list_that_is_longer_than_the_terminal_moves_in_it() -> None:
    many = "from tuimon.verbs import choose; print('chose', choose.one([(n, f'no {n}') for n in range(30)], 'which?'))"
    screen = pyte.Screen(60, 12)
    stream = pyte.Stream(screen)
    terminal = pexpect.spawn(sys.executable, ["-c", many], timeout=60, encoding="utf-8", dimensions=(12, 60))
    terminal.expect("no 7")
    stream.feed(f"{terminal.before}{terminal.after}")
    terminal.send("j" * 20)
    terminal.expect("> no 20")
    stream.feed(f"{terminal.before}{terminal.after}")
    assert [line.strip() for line in screen.display if "> no" in line] == ["> no 20"]
    assert screen.display[0].startswith("which?")
    terminal.send("k" * 30 + "\r")
    terminal.expect("chose 0")
    terminal.close()


def test_moving_stops_at_the_ends() -> None:
    assert choose.moved(0, choose.UP[0], 3) == 0
    assert choose.moved(2, choose.DOWN[0], 3) == 2
    assert choose.moved(1, b"x", 3) == 1
