"""The report as a comment on a merge request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tuimon.clean import line, printable
from tuimon.report import figures
from tuimon.report.text import outcome, sorted_findings

Document = dict[str, Any]

MARKS = {"error": "🔴", "warning": "🟠", "note": "⚪"}

MOST_EPOCHS = 30

UNSEEN = "\u2060"
"""A joiner without a width: a mention or an address with it inside is none, and reads the same."""

_CALLS = re.compile(r"@(?=[\w-])|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
"""What servers make links of in plain text, and mails to people: `@name`, `https://…`, `www.…`."""


def markdown(document: Document) -> str:
    return "\n".join(_blocks(document)) + "\n"


def cell(text: object) -> str:
    """Text of unknown origin within a table or a sentence: no link, no picture, and nobody is called by their name."""
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]()<>#|!~&$" else char for char in line(text))
    return _CALLS.sub(lambda found: found[0] + UNSEEN, escaped)


def _blocks(document: Document) -> Iterator[str]:
    run = document["run"]
    yield f"### {cell(run['name'] or run['id'] or 'a run')}: {cell(outcome(run))}"
    yield ""
    loud = [finding for finding in sorted_findings(document["findings"]) if finding["severity"] != "note"]
    if not loud:
        yield "No errors or warnings."
    for finding in loud:
        place = figures.place(finding)
        where = f" ({place})" if place else ""
        yield f"- {MARKS[finding['severity']]} **{finding['rule']}**{where}: {cell(finding['message'])}"
        if finding["advice"]:
            yield f"  <br>{cell(finding['advice'])}"
        if finding["snippet"]:
            yield "  ```python"
            yield from (f"  {row}" for row in printable(finding["snippet"]).replace("```", "'''").splitlines())
            yield "  ```"
    for each in document.get("left_out", ()):
        yield f"\nLeft out: {cell(each['words'])}."
    for fit in document["fits"]:
        yield ""
        yield from _fit(fit)
    estimated = figures.estimate(document.get("wait_estimate"))
    if estimated is not None:
        yield ""
        yield cell(estimated[:1].upper() + estimated[1:]) + "."


def _fit(fit: Document) -> Iterator[str]:
    source = fit["source"]
    planned = f" of {fit['epochs_planned']}" if fit["epochs_planned"] is not None else ""
    pipeline = cell(" → ".join(source["pipeline"]))
    yield f"**{cell(fit['kind'])} {fit['index'] + 1}**: {fit['epochs_done']}{planned} epochs; {pipeline}"
    yield ""
    yield "| epoch | steps | samples | time | waiting | metrics |"
    yield "| ---: | ---: | ---: | ---: | ---: | --- |"
    epochs = fit["epochs"]
    for epoch in epochs if len(epochs) <= MOST_EPOCHS else epochs[-MOST_EPOCHS:]:
        cells = (
            str(epoch["index"] + 1),
            figures.whole(epoch["steps"]),
            figures.coverage(epoch, source),
            figures.seconds(epoch["seconds"]),
            figures.share(epoch["wait_seconds"], epoch["seconds"]),
            cell(figures.metrics(epoch["metrics"])),
        )
        yield f"| {' | '.join(cells)} |"
