"""The emulator against pyte, a whole one, on what progress bars write; and on what nobody should write."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuimon.tui.terminal import MOST_LINES, Terminal

PIECES = st.one_of(
    st.text(alphabet="abc123 [=>.", min_size=1, max_size=12),
    st.sampled_from(["\r", "\n", "\r\n", "\x08", "\x08\x08\x08", "\t", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J"]),
    st.sampled_from(["\x1b[1m", "\x1b[0m", "\x1b[32m", "\x1b[2A", "\x1b[A", "\x1b[B", "\x1b[3C", "\x1b[2D", "\x1b[5G"]),
)


def text_of(terminal: Terminal) -> list[str]:
    lines = [line.text.rstrip() for line in terminal.lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def whole_terminal(text: str) -> list[str]:
    screen = pyte.Screen(400, 60)
    screen.set_mode(pyte.modes.LNM)  # a file's newline returns the carriage too
    pyte.Stream(screen).feed(text)
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30))
@example(["1/10 [=>", "\r", "10/10 [==", "\n", "done"])
def test_looks_like_a_terminal(pieces: list[str]) -> None:
    terminal = Terminal()
    terminal.feed("".join(pieces))

    assert text_of(terminal) == whole_terminal("".join(pieces))


@settings(deadline=None)
@given(st.lists(PIECES, max_size=20), st.integers(1, 5))
def test_pieces_of_any_size_give_the_same_lines(pieces: list[str], size: int) -> None:
    text, whole, slowly = "".join(pieces), Terminal(), Terminal()
    whole.feed(text)
    for at in range(0, len(text), size):
        slowly.feed(text[at : at + size])

    assert [line.text for line in slowly.lines] == [line.text for line in whole.lines]
    assert [line.styles for line in slowly.lines] == [line.styles for line in whole.lines]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_no_control_character_survives(text: str) -> None:
    terminal = Terminal()
    terminal.feed(text)

    printed = "".join(line.text for line in terminal.lines)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in printed)


@pytest.mark.parametrize(
    "text", ["\x1b]0;title\x07", "\x1b]52;c;Zm9v\x07", "\x1bP1$r\x1b\\", "\x1b[?1049h", "\x1b[6n", "\x1bc"]
)
def test_what_asks_for_more_than_text_is_swallowed(text: str) -> None:
    terminal = Terminal()
    terminal.feed(f"a{text}b")

    assert text_of(terminal) == ["ab"]


def test_an_endless_escape_sequence_does_not_hold_everything_back() -> None:
    terminal = Terminal()
    terminal.feed("\x1b]0;" + "x" * 10_000 + "\nafter")

    assert text_of(terminal)[-1] == "after"


def test_long_output_keeps_its_end() -> None:
    terminal = Terminal()
    terminal.feed("".join(f"line {number}\n" for number in range(3 * MOST_LINES)))

    assert len(terminal.lines) <= MOST_LINES + 501
    assert text_of(terminal)[-1] == f"line {3 * MOST_LINES - 1}"
    assert terminal.dropped + len(terminal.lines) - 1 == 3 * MOST_LINES


def test_colours_are_kept_by_stretch() -> None:
    terminal = Terminal()
    terminal.feed("\x1b[1m7/10\x1b[0m \x1b[32m━━\x1b[0m")

    assert list(terminal.lines[0].runs()) == [("7/10", "1"), (" ", ""), ("━━", "32")]
