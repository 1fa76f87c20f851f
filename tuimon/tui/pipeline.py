"""The chain of a source's stages as text, with the link that loses samples or time marked."""

from __future__ import annotations

from tuimon.state import Fit, Source
from tuimon.tui import figures
from tuimon.tui.ink import Row
from tuimon.tui.view import View

SLOW = 0.2
"""Share of a step spent waiting for input from which the pipeline is called slow."""


def chain(view: View, fit: Fit, width: int, height: int, doubted: bool = False) -> list[Row]:
    """The stages in order of flow, wrapped to `height` rows of `width` cells; what does not fit is cut in front.

    With `doubted`, a take that leaves data out is one of the links that are marked.
    """
    theme, glyphs = view.theme, view.glyphs
    source = fit.source
    if source is None or not source.chain:
        return []
    weak = weak_links(fit, doubted)
    rows = [Row()]
    for index, text in enumerate(source.chain):
        link = Row(f"{glyphs.arrow} " if index else "", theme.dim)
        if index in weak:
            link.add(f"{glyphs.warning} {text} ", theme.warn)
        else:
            by_keras = source.described.pipeline[index].get("by_keras")
            link.add(f"{text} ", theme.dim if by_keras else theme.text)
        if rows[-1].width and rows[-1].width + link.width > width:
            rows.append(Row())
        rows[-1].extend(link)
    reasons = [f"{source.described.pipeline[index].get('op', '?')} {why}" for index, why in weak.items()]
    if len(rows) < height and reasons:
        rows.append(Row(f"{glyphs.warning} {', '.join(reasons)}", theme.warn))
    return rows if len(rows) <= height else rows[-height:]


def weak_links(fit: Fit, doubted: bool = False) -> dict[int, str]:
    """The stages that leave samples out, and the one that the model waits for: index and why."""
    source = fit.source
    if source is None:
        return {}
    links = [_leaving_out(source, doubted), _slow(source) if _wait_share(fit) >= SLOW else None]
    return dict(link for link in links if link is not None)


def _leaving_out(source: Source, doubted: bool) -> tuple[int, str] | None:
    for index, stage in enumerate(source.described.pipeline):
        if doubted and stage.get("op") == "take" and 0 < (source.size or 0) < (source.described.upstream_size or 0):
            return index, "leaves the rest of the data out"
        if stage.get("op") == "batch" and stage.get("drop_remainder") and source.described.dropped:
            share = source.described.dropped / max(1, source.described.upstream_size or source.described.size or 1)
            if share > 0.01:
                return index, f"drops {source.described.dropped:,} samples each pass"
    return None


def _slow(source: Source) -> tuple[int, str] | None:
    stages = source.described.pipeline
    for index, stage in enumerate(stages):
        if stage.get("op") in ("from_generator", "generator", "py_function"):
            return index, "runs Python for every element"
    for index, stage in enumerate(stages):
        if stage.get("op") == "map" and not stage.get("parallel"):
            return index, "maps one element at a time"
    if stages and not any(stage.get("op") == "prefetch" for stage in stages):
        return len(stages) - 1, "is not followed by prefetch"
    return None


def _wait_share(fit: Fit) -> float:
    for epoch in reversed(fit.epochs):
        parts = figures.split(epoch)
        if parts is not None:
            return parts.share(parts.wait) or 0.0
    return 0.0
