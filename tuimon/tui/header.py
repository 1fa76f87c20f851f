"""The top of the screen: what runs, how it goes, when it will be done, and the worst that stands against it."""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Size

from tuimon.state import Fit, Run
from tuimon.tui import figures, units
from tuimon.tui.ink import Row
from tuimon.tui.layout import MINIMUM
from tuimon.tui.pane import Painted
from tuimon.tui.view import View, script_of

PHASES = {
    "starting": "starting",
    "tracing": "tracing the model",
    "filling": "filling the shuffle buffer",
    "training": "training",
    "validating": "validating",
    "saving": "saving",
    "callbacks": "in callbacks",
    "waiting": "waiting for input",
    "between": "between epochs",
    "ended": "fit done",
}


def too_small(size: Size) -> bool:
    """There is room for one message only."""
    return size.width < MINIMUM.width or size.height < MINIMUM.height


class Header(Painted):
    """Two rows, never hidden."""

    HEIGHT: ClassVar[int] = 2
    DEFAULT_CSS = f"Header {{ background: ansi_default; color: ansi_default; height: {HEIGHT}; }}"

    def rows(self, view: View, width: int) -> list[Row]:
        if too_small(self.app.size):
            return [
                Row(f"tuimon needs {MINIMUM.width}×{MINIMUM.height}", view.theme.warn),
                Row(f"here: {self.app.size.width}×{self.app.size.height}", view.theme.dim),
            ]
        return [_first(view, width), _second(view, width)]


def _first(view: View, width: int) -> Row:
    theme, run, fit = view.theme, view.run, view.fit
    script = script_of(run)
    named = run.name if run.name != run.id else script
    row = Row(" ").add(named or run.id or "tuimon", theme.strong)
    if script and script not in (named, f"{named}.py") and width >= 110:
        row.add(f" {script}", theme.dim)
    row.add("  ").extend(state(view))
    if fit is not None:
        row.add("  ").extend(progress(view, fit))
    return row.right(_times(view, width), width)


def _second(view: View, width: int) -> Row:
    theme, run = view.theme, view.run
    row = Row(" ")
    finding = view.headline
    if finding is not None:
        style = theme.severity(finding.severity)
        row.add(f"{view.glyphs.severity(finding.severity)} {finding.message}", style)
    elif run.fits:
        notes = len(view.findings)
        words = f"no error or warning, {units.plural(notes, 'note')}" if notes else "nothing found against this run"
        if run.summed.training:
            judged = f"{units.count(len(run.training))} of {units.count(run.trained)}"
            words += f", of which {judged} fits are judged one by one"
        row.add(f"{view.glyphs.good} {words}", theme.good)
    else:
        row.add("no training seen yet", theme.dim)
    for machine in (_machine(view), _machine(view, brief=True)):
        if row.width + machine.width < width:
            return row.right(machine, width)
    return row


def state(view: View) -> Row:
    """The run's status; while it runs, the phase of its newest fit. A word, a sign and a colour."""
    theme, glyphs, run, fit = view.theme, view.glyphs, view.run, view.run.fit
    if run.status == "finished":
        return Row(f"{glyphs.good} finished", theme.good)
    if run.status != "running":
        return Row(f"{glyphs.error} {run.status}{_ending(run)}", theme.bad)
    held = run.stopped(fit.key[0]) if fit is not None else None
    if held is not None:
        return Row(f"{glyphs.warning} {held.reason} {units.clock(run.now - held.since)}", theme.warn)
    if view.stalled is not None and fit is not None:
        return Row(f"{glyphs.warning} stalled {units.clock(figures.idle(run, fit))}", theme.bad)
    if fit is None:
        return Row(f"{glyphs.note} running", theme.accent)
    if fit.phase == "ended":
        return Row(f"{glyphs.note} running, {fit.call} done", theme.accent)
    word = PHASES.get(fit.phase, fit.phase) if fit.call in ("fit", "train_on_batch", "custom-loop") else fit.call
    row = Row(f"{glyphs.note} {word}", theme.warn if fit.phase == "waiting" else theme.accent)
    quiet = figures.idle(run, fit)
    if quiet >= 10:
        row.add(f" quiet for {units.clock(quiet)}", theme.warn)
    return row


def _ending(run: Run) -> str:
    ended = run.child_ended
    if ended is None:
        return ""
    if ended.signal is not None:
        return f" by signal {ended.signal}" + (" (out of memory)" if ended.oom_killed else "")
    return f", exit status {ended.exit_code}" if ended.exit_code is not None else ", exit status unknown"


def progress(view: View, fit: Fit) -> Row:
    theme = view.theme
    row = Row()
    if view.run.trained > 1:
        row.add("fit ", theme.dim).add(str(fit.index + 1), theme.strong if view.chosen is None else theme.selected)
        row.add(f"/{view.run.fits_begun}  ", theme.dim)
    epoch = fit.epoch
    if epoch is not None:
        planned = fit.started.epochs
        row.add("epoch ", theme.dim).add(units.count(epoch.index + 1), theme.strong)
        row.add(f"/{units.count(planned)}" if planned else "", theme.dim)
        row.add("  step ", theme.dim).add(units.count(epoch.steps), theme.strong)
        row.add(f"/{units.count(fit.planned_steps)}" if fit.planned_steps else "", theme.dim)
    return row


def _times(view: View, width: int) -> Row:
    theme, run, fit = view.theme, view.run, view.run.fit
    row = Row()
    began = run.started_at
    if began is not None:
        until = run.ended_at if run.ended_at is not None else run.now
        row.add("took " if run.ended_at is not None else "elapsed " if width >= 100 else "", theme.dim)
        row.add(units.clock(max(0.0, until - began)), theme.strong)
    if fit is not None and run.status == "running" and not fit.ended:
        here, all_of_it = figures.epoch_remaining(fit), figures.run_remaining(fit)
        row.add("  left ", theme.dim)
        if width >= 100:
            row.add(units.clock(here), theme.text).add(" epoch ", theme.dim)
            row.add(units.clock(all_of_it), theme.strong).add(" run", theme.dim)
        else:
            row.add(units.clock(all_of_it), theme.strong)
    if view.paused:
        row.add("  ").add(" paused ", theme.selected)
    return row.add(" ")


def _machine(view: View, brief: bool = False) -> Row:
    """Host, GPUs, and, unless `brief`, the frameworks."""
    run, theme = view.run, view.theme
    parts = [run.started.host] if run.started and run.started.host else []
    names = [gpu.name for gpu in run.gpus.values() if gpu.latest.get("visible", True)]
    if names:
        parts.append(names[0] if len(names) == 1 else f"{len(names)} × {names[0]}")
    framework = run.framework
    if framework is not None and not brief:
        if framework.tensorflow:
            parts.append(f"TensorFlow {framework.tensorflow}")
        elif framework.backend:
            parts.append(framework.backend)
        if framework.keras:
            parts.append(f"Keras {framework.keras}")
    return Row("  ").add("  ".join(parts) + " ", theme.dim)
