"""The report as one self-contained page: findings, curves and ledgers; nothing is fetched from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any

from tuimon.clean import printable
from tuimon.report import figures
from tuimon.report.text import outcome, sorted_findings

Document = dict[str, Any]

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1d2330;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code,pre{font:13px/1.45 ui-monospace,monospace}
.finding{border-left:4px solid #8a93a6;padding:.4rem .8rem;margin:.6rem 0;background:#f5f6f8}
.error{border-color:#c62839}.warning{border-color:#c77700}.over{opacity:.65}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.15rem .7rem;text-align:right}
th{border-bottom:1px solid #c3c9d4}td:last-child,th:last-child{text-align:left}
svg{background:#f5f6f8;margin:.3rem .6rem .3rem 0}.dim{color:#5c6577}
@media(prefers-color-scheme:dark){body{background:#14171f;color:#dfe3ec}.finding,svg{background:#1e2330}}
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Even where a text got out of its place, no script would run and nothing would be fetched."""

WIDTH, HEIGHT, EDGE = 420, 150, 34

COLOURS = {"train": "#2f6fde", "validation": "#c77700"}


def html(document: Document) -> str:
    run = document["run"]
    title = f"{text(run['name'] or run['id'] or 'a run')}: {text(outcome(run))}"
    body = "\n".join(_body(document, title))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def text(value: object) -> str:
    """Text of unknown origin, as text."""
    return escape(printable(value))


def _body(document: Document, title: str) -> Iterator[str]:
    run = document["run"]
    yield f"<h1>{title}</h1>"
    yield f'<p class="dim"><code>{text(" ".join(map(str, run["command"])))}</code><br>'
    yield f"{text(run['host'] or '')} {run['started_at'] or ''} – {run['ended_at'] or ''}</p>"
    yield "<h2>Findings</h2>"
    findings = sorted_findings(document["findings"])
    yield from (_finding(finding) for finding in findings)
    if not findings:
        yield "<p>Nothing was found.</p>"
    for each in document.get("left_out", ()):
        yield f'<p class="dim">Left out: {text(each["words"])}.</p>'
    for fit in document["fits"]:
        yield f"<h2>{text(fit['kind'])} {fit['index'] + 1}</h2>"
        yield f"<p><code>{text(' → '.join(fit['source']['pipeline']))}</code></p>"
        yield from charts(fit["epochs"])
        yield from _ledger(fit)
    estimated = figures.estimate(document.get("wait_estimate"))
    if estimated is not None:
        yield f"<p>{text(estimated)}</p>"
    unjudged = "".join(f"<li>{text(each['rule'])}: {text(each['reason'])}</li>" for each in document["not_judged"])
    yield f'<h2>Not judged</h2><ul class="dim">{unjudged or "<li>nothing</li>"}</ul>'


def _finding(finding: Document) -> str:
    place = figures.place(finding)
    snippet = f"<pre>{text(finding['snippet'])}</pre>" if finding["snippet"] else ""
    over = " over" if finding["over"] else ""
    return (
        f'<div class="finding {text(finding["severity"])}{over}"><b>{text(finding["rule"])}</b> '
        f"{text(finding['severity'])}{f', {place}' if place else ''}{', over' if over else ''}<br>"
        f"{text(finding['message'])}<br><i>{text(finding['advice'])}</i>{snippet}</div>"
    )


def charts(epochs: list[Document]) -> Iterator[str]:
    """A chart for each metric over epochs, training and validation in one."""
    names = {name: None for epoch in epochs for name in epoch["metrics"]}
    for name in [name for name in names if not name.startswith("val_")][:12]:
        lines = {
            role: [(epoch["index"] + 1, epoch["metrics"].get(key)) for epoch in epochs]
            for role, key in (("train", name), ("validation", f"val_{name}"))
        }
        yield _chart(name, lines)


def _chart(name: str, lines: dict[str, list[tuple[int, Any]]]) -> str:
    finite = {role: [(x, y) for x, y in line if _is_number(y)] for role, line in lines.items()}
    points = [point for line in finite.values() for point in line]
    if not points:
        return ""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)

    def at(x: float, y: float) -> str:
        across = EDGE + (x - left) / ((right - left) or 1) * (WIDTH - 2 * EDGE)
        up = HEIGHT - EDGE - (y - low) / ((high - low) or 1) * (HEIGHT - 2 * EDGE)
        return f"{across:.1f},{up:.1f}"

    curves = "".join(_line(COLOURS[role], [at(*point) for point in line]) for role, line in finite.items() if line)
    labels = (
        f'<text x="8" y="18" font-size="13">{text(name)}</text>'
        f'<text x="8" y="{HEIGHT - 10}" font-size="11">{figures.decimal(low)} – {figures.decimal(high)}, '
        f"epochs {left}–{right}</text>"
    )
    return f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" fill="currentColor">{labels}{curves}</svg>'


def _line(colour: str, points: list[str]) -> str:
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(points)}"/>'


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _ledger(fit: Document) -> Iterator[str]:
    yield "<table><tr><th>epoch</th><th>steps</th><th>samples</th><th>time</th><th>waiting</th><th>metrics</th></tr>"
    for epoch in fit["epochs"]:
        cells = (
            epoch["index"] + 1,
            figures.whole(epoch["steps"]),
            figures.coverage(epoch, fit["source"]),
            figures.seconds(epoch["seconds"]),
            figures.share(epoch["wait_seconds"], epoch["seconds"]),
            figures.metrics(epoch["metrics"]),
        )
        yield "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table>"
