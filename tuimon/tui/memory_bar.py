"""A GPU's memory as one bar: in use by the framework, reserved by this run, others, free; and how far it came."""

from __future__ import annotations

from tuimon.state import Allocator, Gpu, Run
from tuimon.tui import bars
from tuimon.tui.ink import Row
from tuimon.tui.view import View


def allocator_of(run: Run, gpu: Gpu) -> Allocator | None:
    """The framework's own account of this GPU, where one says that it is this one's."""
    for allocator in run.allocators.values():
        uuid = str(allocator.latest.get("gpu_uuid") or "")
        if (uuid and gpu.uuid.startswith(uuid)) or (not uuid and allocator.latest.get("gpu_index") == gpu.index):
            return allocator
    return None


def memory_bar(view: View, gpu: Gpu, width: int) -> Row:
    """Without the framework's account, all that this run has counts as in use. Unknown memory is an empty track."""
    theme, glyphs, facts = view.theme, view.glyphs, gpu.latest
    total, used = facts.get("memory_total"), facts.get("memory_used")
    if not total or used is None:
        return Row(glyphs.empty * width, theme.frame)
    own = min(facts.get("memory_own") or 0, used)
    in_use = min(_in_use(view.run, gpu, own), own)
    bar = bars.stacked(
        [
            (in_use / total, glyphs.full, theme.own),
            ((own - in_use) / total, glyphs.reserved, theme.own),
            ((used - own) / total, glyphs.planned, theme.others),
            (max(0, total - used) / total, glyphs.empty, theme.frame),
        ],
        width,
    )
    peak = peak_of(view.run, gpu)
    if peak is None or width < 8:
        return bar
    return _marked(bar, min(width - 1, round(peak / total * width)), view)


def peak_of(run: Run, gpu: Gpu) -> float | None:
    """The most that the framework had in use, else the most that was used on the device."""
    allocator = allocator_of(run, gpu)
    return allocator.peak if allocator is not None and allocator.peak is not None else gpu.used.high


def _in_use(run: Run, gpu: Gpu, own: int) -> int:
    allocator = allocator_of(run, gpu)
    known = allocator.latest.get("in_use") if allocator is not None else None
    return own if known is None else int(known)


def _marked(bar: Row, at: int, view: View) -> Row:
    """The bar with one cell replaced by the mark of the peak."""
    marked = Row()
    for segment in bar.segments:
        before = max(0, min(len(segment.text), at - marked.width))
        hit = marked.width + before == at and before < len(segment.text)
        style = segment.style or view.theme.text
        marked.add(segment.text[:before], style)
        if hit:
            marked.add(view.glyphs.vertical, view.theme.strong).add(segment.text[before + 1 :], style)
        else:
            marked.add(segment.text[before:], style)
    return marked
