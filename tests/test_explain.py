"""What users can read about rules: the table, the pages, and README's copy of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuimon.cli import main
from tuimon.rules import RULES, Rule, rule_id
from tuimon.rules.pages import markdown, page, summary, thresholds

README = Path(__file__).parent.parent / "README.md"


def test_the_table_has_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for rule in RULES:
        assert any(line.split(maxsplit=1) == [rule_id(rule), summary(rule)] for line in lines)


def test_a_page_tells_thresholds_and_how_to_mute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUIMON_RULE_DIVERGING_LOSS_TIMES", "3")
    assert main(["explain", "diverging_loss"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("diverging-loss: The training loss grows")
    assert "times = 3 (set in TUIMON_RULE_DIVERGING_LOSS_TIMES; default 2)" in printed
    assert "# tuimon: ignore[diverging-loss]" in printed
    assert "--set diverging-loss.times=2" in printed


def test_an_unknown_rule_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "divergence-loss"]) == 2
    assert "did you mean `diverging-loss`?" in capsys.readouterr().err


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_a_page_has_its_four_parts_and_each_threshold_says_what_it_is(rule: Rule) -> None:
    text = page(rule)
    for part in ("What it means:", "Why it matters:", "How it is decided:", "What to do:"):
        assert part in text
    for threshold in thresholds(rule):
        assert threshold.meaning, threshold.name


def test_readme_has_the_table_of_rules() -> None:
    begin, end = "<!-- rules -->\n", "\n<!-- /rules -->"
    text = README.read_text()
    assert text.count(begin) == text.count(end) == 1
    block = text[text.index(begin) + len(begin) : text.index(end)]
    assert block.strip() == markdown(RULES), "put the output of `tuimon explain --markdown` between the markers"
