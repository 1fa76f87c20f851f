"""Two reports side by side: what changed in ledger, wait, memory, metrics and findings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tuimon.clean import line, printable
from tuimon.report import figures
from tuimon.report.text import outcome

Document = dict[str, Any]


def compare(one: Document, other: Document) -> Document:
    """The differences as a document: findings that appeared, went away or stayed, and figures of both runs."""
    before, after = _keys(one), _keys(other)
    return {
        "runs": [one["run"]["id"], other["run"]["id"]],
        "statuses": [outcome(one["run"]), outcome(other["run"])],
        "findings": {
            "appeared": [after[key] for key in after if key not in before],
            "went_away": [before[key] for key in before if key not in after],
            "stayed": [after[key] for key in after if key in before],
        },
        "figures": [_figures(name, one, other) for name in FIGURES],
        "metrics": _metrics(one, other),
    }


def comparison_text(compared: Document) -> str:
    return "\n".join(map(printable, _lines(compared))) + "\n"


def _lines(compared: Document) -> Iterator[str]:
    yield "  vs  ".join(
        f"{line(name or 'a run')} ({status})"
        for name, status in zip(compared["runs"], compared["statuses"], strict=True)
    )
    yield ""
    for label, key in (("appeared", "appeared"), ("went away", "went_away"), ("stayed", "stayed")):
        for finding in compared["findings"][key]:
            yield f"{label:10} {finding['severity']:7} {finding['rule']}: {line(finding['message'])}"
    if not any(compared["findings"].values()):
        yield "no errors or warnings in either"
    yield ""
    rows = [*compared["figures"], *compared["metrics"]]
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        first, second = (UNITS[row["unit"]](value) for value in row["values"])
        yield f"{line(row['name']):{width}}  {first:>12}  {second:>12}  {_change(*row['values'])}".rstrip()


UNITS = {
    "count": figures.whole,
    "seconds": figures.seconds,
    "bytes": figures.size,
    "ratio": lambda value: figures.share(value, 1),
    "number": figures.decimal,
}

FIGURES = ("epochs", "steps", "samples", "seconds per epoch", "input wait", "peak memory")


def _figures(name: str, *documents: Document) -> Document:
    unit = {"seconds per epoch": "seconds", "input wait": "ratio", "peak memory": "bytes"}.get(name, "count")
    return {"name": name, "unit": unit, "values": [_figure(name, document) for document in documents]}


def _figure(name: str, document: Document) -> Any:
    """None where a part of it is not known."""
    fits = document["fits"]
    epochs = [epoch for fit in fits for epoch in fit["epochs"] if epoch["ended"]]
    summed = [document["summed_fits"]] if document.get("summed_fits") else []
    every, parts = [*fits, *summed], [*epochs, *summed, *(fit["summed_epochs"] for fit in fits if _has_sums(fit))]
    done = sum(fit["epochs_done"] for fit in every)
    if name == "peak memory":
        return document["resources"]["peak_rss_bytes"]
    if name == "epochs":
        return done if fits else None
    if name in ("steps", "samples"):
        return _sum([fit[f"{name}_done"] for fit in every])
    seconds = _sum([each["seconds"] for each in parts])
    if name == "seconds per epoch":
        return None if seconds is None else seconds / done
    wait = _sum([each["wait_seconds"] for each in parts])
    return None if wait is None or not seconds else wait / seconds


def _has_sums(fit: Document) -> bool:
    """Not all of its epochs are listed."""
    return bool(fit.get("summed_epochs"))


def _sum(values: list[Any]) -> Any:
    """None as soon as one part is unknown, or when there is none."""
    return None if not values or any(value is None for value in values) else sum(values)


def _metrics(*documents: Document) -> list[Document]:
    """The last value of each metric in the last fit of each."""
    last = []
    for document in documents:
        ended = [epoch for fit in document["fits"][-1:] for epoch in fit["epochs"] if epoch["metrics"]]
        last.append(ended[-1]["metrics"] if ended else {})
    names = {name: None for metrics in last for name in metrics}
    return [{"name": name, "unit": "number", "values": [metrics.get(name) for metrics in last]} for name in names]


def _change(first: Any, second: Any) -> str:
    if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in (first, second)):
        return ""
    return f"{(second - first) / abs(first):+.1%}" if first and first != second else ""


def _keys(document: Document) -> dict[tuple[str, Any], Document]:
    """Findings above a note by rule and fit."""
    loud = (finding for finding in document["findings"] if finding["severity"] != "note")
    return {(finding["rule"], finding["fit"]): finding for finding in loud}
