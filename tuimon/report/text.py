"""The report to read in a terminal or a mail: what stands out first, then each fit's ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tuimon.clean import line, printable
from tuimon.report import figures

Document = dict[str, Any]

MOST_EPOCHS = 40
"""Lines of a fit's ledger; of a longer one the first and the last are shown."""

ORDER = {"error": 0, "warning": 1, "note": 2}


def text(document: Document) -> str:
    return "\n".join(map(printable, lines(document))) + "\n"


def lines(document: Document) -> Iterator[str]:
    yield from _run(document["run"])
    yield ""
    yield from _findings(document["findings"])
    for each in document.get("left_out", ()):
        yield f"left out: {line(each['words'])}"
    for fit in document["fits"]:
        yield ""
        yield from _fit(fit)
    yield ""
    estimated = figures.estimate(document.get("wait_estimate"))
    if estimated is not None:
        yield estimated
    yield from _resources(document["resources"])
    for gap in document["gaps"]:
        lost = f", {gap['lost_events']} events lost" if gap["lost_events"] else ""
        yield f"gap: {line(gap['what'])}{lost}: {line(gap['reason'])}"
    unjudged = document["not_judged"]
    if unjudged:
        yield f"not judged: {', '.join(line(each['rule']) for each in unjudged)} (reasons are in the JSON report)"


def outcome(run: Document) -> str:
    """How it ended, in a few words."""
    if run["signal"] is not None:
        return f"killed by signal {run['signal']}" + (" for want of memory" if run["oom_killed"] else "")
    if run["status"] == "failed":
        return f"failed with status {run['exit_code']}" if run["exit_code"] is not None else "failed"
    if run["status"] == "lost":
        return f"lost: {line(run['lost_because'])}"
    return str(run["status"])


def _run(run: Document) -> Iterator[str]:
    yield f"{line(run['name'] or run['id'] or 'a run')}: {outcome(run)}"
    if run["command"]:
        yield f"  command     {line(' '.join(map(str, run['command'])))}"
    if run["host"]:
        yield f"  host        {line(run['host'])}"
    if run["started_at"]:
        yield f"  time        {run['started_at']} to {run['ended_at'] or 'now'}"
    versions = [f"{name} {line(version)}" for name, version in run["frameworks"].items() if version]
    if versions:
        yield f"  frameworks  {', '.join(versions)}"


def sorted_findings(findings: list[Document]) -> list[Document]:
    """The worst first, and what holds before what is over."""
    return sorted(findings, key=lambda finding: (ORDER.get(finding["severity"], 3), finding["over"]))


def _findings(findings: list[Document]) -> Iterator[str]:
    loud = [finding for finding in sorted_findings(findings) if finding["severity"] != "note"]
    notes = [finding for finding in findings if finding["severity"] == "note"]
    if not loud:
        yield "no errors or warnings"
    for finding in loud:
        place = figures.place(finding)
        over = ", over" if finding["over"] else ""
        yield f"{finding['severity'].upper():7} {finding['rule']}{f' ({place}{over})' if place else ''}"
        yield f"  {line(finding['message'])}"
        if finding["advice"]:
            yield f"  → {line(finding['advice'])}"
        for row in printable(finding["snippet"] or "").splitlines():
            yield f"      {row}"
    for finding in notes:
        yield f"note    {finding['rule']}: {line(finding['message'])}"


def _fit(fit: Document) -> Iterator[str]:
    source = fit["source"]
    planned = f" of {fit['epochs_planned']}" if fit["epochs_planned"] is not None else ""
    where = f" at {line(fit['site'])}" if fit["site"] else ""
    done = f"{fit['epochs_done']}{planned} epochs, {figures.whole(fit['steps_done'])} steps"
    yield f"{fit['kind']} {fit['index'] + 1}{where}: {done}"
    known_by = f", {source['size_known_by']}" if source["size_known_by"] else ""
    yield f"  data        {line(source['kind'] or 'unknown')}, {figures.whole(source['size'])} samples{known_by}"
    if source["pipeline"]:
        yield f"  pipeline    {line(' → '.join(source['pipeline']))}"
    if fit["exception"]:
        yield f"  raised      {line(fit['exception'])}"
    yield from _ledger(fit, source)
    for name, member in (("waiting", "wait_unknown_because"), ("samples", "samples_unknown_because")):
        if fit.get(member):
            yield f"  {name:<12}not known: {fit[member]}"


def _ledger(fit: Document, source: Document) -> Iterator[str]:
    epochs, summed = fit["epochs"], (fit.get("summed_epochs") or {}).get("epochs", 0)
    shown = epochs if len(epochs) <= MOST_EPOCHS else epochs[: MOST_EPOCHS // 2] + epochs[-MOST_EPOCHS // 2 :]
    rows = [("epoch", "steps", "samples", "time", "waiting", "metrics")]
    for epoch in shown:
        rows.append(
            (
                str(epoch["index"] + 1) + ("" if epoch["ended"] else " …"),
                figures.whole(epoch["steps"]) + ("" if epoch["steps_known_by"] == "exact" else " (printed)"),
                figures.coverage(epoch, source),
                figures.seconds(epoch["seconds"]),
                figures.share(epoch["wait_seconds"], epoch["seconds"]),
                figures.metrics(epoch["metrics"]),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for index, row in enumerate(rows if epochs else ()):
        if len(shown) < len(epochs) and index == MOST_EPOCHS // 2 + 1:
            yield f"  … {len(epochs) + summed - len(shown)} epochs more …"
        yield (
            "  " + "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        )


def _resources(resources: Document) -> Iterator[str]:
    peak, total = resources["peak_rss_bytes"], resources["memory_limit_bytes"] or resources["host_memory_bytes"]
    swapped = figures.size(resources["peak_swapped_bytes"])
    yield f"memory: peak {figures.size(peak)} of {figures.size(total)}; swapped {swapped}"
    for gpu in resources["gpus"]:
        used = f"peak {figures.size(gpu['peak_used_bytes'])} of {figures.size(gpu['memory_total_bytes'])}"
        own = f", own {figures.size(gpu['peak_own_bytes'])}"
        busy = figures.share(gpu["mean_utilization"], 1)
        yield f"gpu {gpu['index']} {line(gpu['name'] or '')}: {used}{own}, utilization {busy}"
