"""The report as a CI server reads it."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.builders import fit, run_of
from tests.report.documents import document, holds_no_command, hostile, plain, unknown
from tuimon import events
from tuimon.report.formats import FORMATS
from tuimon.rules import RULES, rule_id


def suite_of(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())


def test_what_was_found_fails_the_case_of_its_rule() -> None:
    suite = suite_of(FORMATS["junit"](document(plain())))
    failed = {case.get("name") for case in suite if case.find("failure") is not None}

    assert "non-finite-loss" in failed
    assert suite.get("failures") == str(len(failed))
    assert suite.get("tests") == str(len(suite)) == str(len(RULES))
    assert {case.get("name") for case in suite} == {rule_id(rule) for rule in RULES}


def test_what_was_not_judged_is_skipped_with_its_reason() -> None:
    run = document(unknown())
    suite = suite_of(FORMATS["junit"](run))
    skipped = {case.get("name"): case.find("skipped") for case in suite if case.find("skipped") is not None}

    failed = {finding["rule"] for finding in run["findings"] if finding["severity"] != "note"}
    assert set(skipped) == {each["rule"] for each in run["not_judged"]} - failed
    assert skipped
    assert all(each is not None and each.get("message") for each in skipped.values())
    assert suite.get("skipped") == str(len(skipped))


def test_what_xml_has_no_place_for_is_shown() -> None:
    odd = "".join(map(chr, (*range(32), 0x7F, 0x85, 0x2028, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600)))
    run = run_of([events.RunStarted(run="r", name=odd)], fit(1), [events.AgentFailed(pid=1, error=odd)], began=False)
    suite = suite_of(FORMATS["junit"](document(run)))

    assert "\\ufffe\\uffff\U0001f600" in str(suite.get("name"))


def test_names_are_text() -> None:
    told = FORMATS["junit"](document(hostile()))

    assert holds_no_command(told)
    assert suite_of(told).tag == "testsuite"
    assert "<script" not in told
