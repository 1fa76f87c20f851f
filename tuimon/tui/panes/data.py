"""Is the data used? This epoch's samples against what the source holds, past epochs, and the pipeline."""

from __future__ import annotations

from rich.style import Style

from tuimon.state import Epoch, Fit
from tuimon.tui import bars, figures, pipeline, units
from tuimon.tui.ink import Row
from tuimon.tui.pane import Pane
from tuimon.tui.view import View

FULL, EMPTY = 0.995, 0.005
"""Shares of the data from which an epoch counts as full, and below which as empty."""


class DataPane(Pane):
    number = 1
    label = "data"

    def aside(self, view: View) -> Row:
        fit = view.fit
        if fit is None or fit.source is None:
            return Row()
        described = fit.source.described
        batch = described.batch_size or fit.started.batch_size
        text = described.kind + (f", batches of {units.count(batch)}" if batch else "")
        return Row(text, view.theme.dim)

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        fit = view.fit
        if fit is None:
            return [Row("no fit yet", view.theme.dim)]
        covered = figures.coverage(fit, fit.epoch)
        if doubted(view, fit):
            covered = covered._replace(spared=0)
        chain = pipeline.chain(view, fit, width, max(1, height - 4), doubted(view, fit))
        rows = [amount(view, fit, covered, width), bar(view, covered, width), legend(view, covered, width)]
        rows += history(view, fit, covered, width)
        room = height - len(rows) - len(chain)
        if room > 1:
            rows.insert(2, Row())
        if room > 0:
            rows.append(Row())
        return rows + chain


def doubted(view: View, fit: Fit) -> bool:
    """A rule holds that too little of the data is used: what is left out is not taken for intended then."""
    return any(each.rule == "low-coverage" and each.fit == fit.index for each in view.findings)


def amount(view: View, fit: Fit, covered: figures.Coverage, width: int) -> Row:
    """Samples of this epoch of the whole data, and how the latter is known."""
    theme = view.theme
    row = Row(units.count(covered.seen), theme.strong)
    row.add(" of ", theme.dim).add(units.count(covered.size) if covered.size is not None else "unknown", theme.text)
    row.add(" samples", theme.dim)
    if covered.size and covered.seen is not None:
        row.add(f"  {units.ratio(covered.seen / covered.size)}", theme.strong)
    if covered.known_by:
        row.add(f"  size {covered.known_by}", theme.dim if covered.known_by == "exact" else theme.accent)
    return row


def bar(view: View, covered: figures.Coverage, width: int) -> Row:
    """Seen, still to come in this epoch, and what no step of it will see."""
    theme, glyphs = view.theme, view.glyphs
    if covered.size is None:
        if covered.planned:
            share = (covered.seen or 0) / covered.planned
            return bars.meter(share, width, theme.seen, theme.frame, glyphs)
        return Row(glyphs.empty * width, theme.frame)
    size = max(covered.size, covered.planned or 0, covered.seen or 0, 1)
    seen = (covered.seen or 0) / size
    planned = covered.planned if covered.planned is not None else covered.seen or 0
    to_come = max(0.0, planned / size - seen)
    unseen = (covered.unseen or 0) / size
    return bars.stacked(
        [
            (seen, glyphs.full, theme.seen),
            (to_come, glyphs.planned, theme.planned),
            (unseen, glyphs.unseen, theme.warn),
            (covered.spared / size, glyphs.unseen, theme.frame),
        ],
        width,
    )


def legend(view: View, covered: figures.Coverage, width: int) -> Row:
    theme, glyphs = view.theme, view.glyphs
    row = Row()
    if covered.planned is not None and covered.seen is not None and covered.planned > covered.seen:
        over = view.run.ended_at is not None or (view.fit is not None and view.fit.ended)
        row.add(glyphs.planned, theme.planned)
        row.add(f" {units.count(covered.planned - covered.seen)} {'never reached' if over else 'to come'}  ", theme.dim)
        if over:
            return row
    if covered.size and covered.spared and not covered.unseen:
        taken = covered.size - covered.spared
        row.add(glyphs.unseen * 2, theme.frame)
        row.add(f" takes {units.count(taken)} of {units.count(covered.size)} on purpose", theme.dim)
    elif covered.unseen:
        share = covered.unseen / (covered.size or 1)
        row.add(glyphs.unseen * 2, theme.warn)
        row.add(f" {units.count(covered.unseen)} left unseen ({units.ratio(share)})", theme.warn)
    elif covered.size is not None and covered.planned is not None:
        row.add(f"{view.glyphs.good} all of it", theme.good)
    elif covered.size is None:
        row.add("how much data there is: unknown", theme.dim)
    return row


def history(view: View, fit: Fit, covered: figures.Coverage, width: int) -> list[Row]:
    """One cell for each past epoch, as high as the share that it saw of the data that is meant to be seen."""
    theme, glyphs = view.theme, view.glyphs
    ended = fit.ended_epochs
    row = Row("epochs ", theme.dim)
    size = covered.size - covered.spared if covered.size is not None else None
    if not ended:
        return [row.add("none done", theme.dim).add(_passes(fit, size), theme.dim)]
    tail = Row(_passes(fit, size), theme.dim)
    room = max(4, width - row.width - tail.width - 1)
    gap = " " if 2 * max(len(ended), fit.started.epochs or 0) <= room else ""
    for epoch in ended[-room:]:
        char, style = _cell(view, epoch, size)
        row.add(char + gap, style)
    to_come = (fit.started.epochs or 0) - len(ended)
    if len(ended) + to_come <= room:
        row.add((glyphs.dot + gap) * to_come, theme.frame)
    return [row.extend(tail)]


def _cell(view: View, epoch: Epoch, size: int | None) -> tuple[str, Style]:
    theme, glyphs = view.theme, view.glyphs
    if epoch.samples is None or not size:
        return (glyphs.dash, theme.dim) if epoch.steps or not epoch.counted else (glyphs.error, theme.bad)
    share = epoch.samples / size
    if share < EMPTY:
        return glyphs.error, theme.bad
    if share >= FULL:
        return glyphs.heights[-2], theme.good
    return glyphs.heights[max(1, int(share * (len(glyphs.heights) - 2)))], theme.warn


def _passes(fit: Fit, size: int | None) -> str:
    done = fit.samples_done / size if size and fit.samples_done is not None else None
    return f"  {done:.3g} passes" if done is not None else ""
