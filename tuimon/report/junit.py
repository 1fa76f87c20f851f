"""The report as JUnit XML: each rule is a test case, so that a CI server lists what was found beside other tests."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from tuimon.clean import printable

Document = dict[str, Any]


def junit(document: Document, rules: list[str]) -> str:
    """Errors and warnings fail their rule's case; a rule that was not judged is skipped, with the reason."""
    found: dict[str, list[Document]] = {}
    for finding in document["findings"]:
        if finding["severity"] != "note":
            found.setdefault(finding["rule"], []).append(finding)
    skipped = {each["rule"]: each["reason"] for each in document["not_judged"]}
    suite = ElementTree.Element("testsuite", name=printable(document["run"]["name"] or "tuimon"))
    for rule in [*rules, *(rule for rule in found if rule not in rules)]:
        case = ElementTree.SubElement(suite, "testcase", classname="tuimon", name=rule)
        for finding in found.get(rule, ()):
            failure = ElementTree.SubElement(
                case, "failure", type=finding["severity"], message=printable(finding["message"])
            )
            failure.text = printable(finding["advice"])
        if rule not in found and rule in skipped:
            ElementTree.SubElement(case, "skipped", message=printable(skipped[rule]))
    cases = len(suite)
    suite.set("tests", str(cases))
    suite.set("failures", str(sum(1 for rule in found)))
    suite.set("skipped", str(sum(1 for case in suite if case.find("skipped") is not None)))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"
