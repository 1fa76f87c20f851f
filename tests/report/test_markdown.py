"""The report as a comment."""

from __future__ import annotations

import re

import pytest

from tests.report.documents import document, holds_no_command, hostile, plain, unknown
from tuimon.report.markdown import cell, markdown


def test_it_has_the_findings_and_the_ledger() -> None:
    told = markdown(document(plain()))

    assert told.startswith("### r1: finished\n")
    assert "- 🔴 **non-finite-loss** (epoch 2" in told
    assert "| 1 | 10 | 320 of 640 | 4.0 s | 25% | loss 1.25, accuracy 0.5 |" in told


def test_what_is_not_known_is_a_dash() -> None:
    told = markdown(document(unknown()))

    assert "None" not in told
    assert "| – |" in told


def test_no_name_is_markup() -> None:
    told = markdown(document(hostile()))

    assert holds_no_command(told)
    assert not re.search(r"(?<!\\)<script", told)
    assert "](b)" not in told.replace("\\]", "")
    rows = [line for line in told.splitlines() if line.startswith("| ") and "---" not in line]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}, "each row has its six cells"


@pytest.mark.parametrize(
    "text",
    ["https://evil.example/x", "http://evil.example", "ftp://evil.example", "www.evil.example", "WWW.evil.example",
     "@all", "a@evil.example", "mailto:a@evil.example", "![x](http://evil.example)", "<http://evil.example>",
     "[a]: http://evil.example",
     "&lt;b&gt;", "$x$"],
)  # fmt: skip
def test_nothing_becomes_a_link_or_calls_anybody(text: str) -> None:
    told = cell(text)

    assert not re.search(r"://|@\w|\bwww\.|(?<!\\)[\[\]()<>&$]", told, re.IGNORECASE)
    assert re.sub(r"\\(.)", r"\1", told).replace("\u2060", "") == text


def test_a_cell_is_one_line() -> None:
    assert cell("a|b\n# c") == "a\\|b \\# c"
