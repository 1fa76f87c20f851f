"""Rows: widths, cutting, and text that must not reach the terminal as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from tuimon.tui.ink import Row, clean, wrapped

BOLD = Style(bold=True)


def test_a_row_is_as_wide_as_it_should_be() -> None:
    row = Row("loss ").add("0.5", BOLD)

    assert row.strip(12).text == "loss 0.5    "
    assert row.strip(12).cell_length == 12


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    assert Row("a long sentence").strip(8).text == "a long …"
    assert Row("a long sentence").strip(8, ascii_only=True).text == "a long ~"


def test_wide_characters_are_cut_between_cells() -> None:
    strip = Row("損失の値").strip(5)

    assert strip.cell_length == 5
    assert strip.text.startswith("損失")


def test_the_right_part_keeps_its_place_and_the_left_one_is_cut() -> None:
    assert Row("a very long left part").right(Row("end"), 12).strip(12).text == "a very … end"


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\rb", "a\x08b", "\x9b2J", "a\u202eb", "\x1b]52;c;Zm9v\x07"])
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    assert all(char.isprintable() for char in clean(text))


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_any_text_becomes_exactly_so_many_printable_cells(text: str, width: int) -> None:
    strip = Row(text, BOLD).strip(width)

    assert strip.cell_length == width
    assert not any(char in strip.text for char in "\x1b\r\n\x08\x9b\x07")


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_ascii_only_is_ascii_only(text: str, width: int) -> None:
    strip = Row(text).strip(width, ascii_only=True)

    assert strip.text.isascii()
    assert strip.cell_length == width


def test_a_sentence_is_broken_at_spaces() -> None:
    assert [row.text for row in wrapped("no step for 250 s (limit 120 s)", 12)] == [
        "no step for",
        "250 s (limit",
        "120 s)",
    ]


def test_a_sentence_that_needs_more_rows_than_there_are_is_cut() -> None:
    rows = wrapped("no step for 250 s (limit 120 s)", 12, most=2)

    assert [row.text for row in rows] == ["no step for", "250 s (limi…"]
