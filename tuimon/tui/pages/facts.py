"""What is known of the run, its model and its pipeline: everything that does not move."""

from __future__ import annotations

from typing import Any

from tuimon.state import Fit, Run, Source
from tuimon.state.left_out import left_out
from tuimon.tui import units
from tuimon.tui.ink import NULL, Row, wrapped
from tuimon.tui.page import Page
from tuimon.tui.view import View

LABEL = 22


class FactsPage(Page):
    def title_row(self, view: View) -> Row:
        return Row("run, model and data", view.theme.strong)

    def content(self, view: View, width: int) -> list[Row]:
        rows = [*_run(view, view.run)]
        if view.fit is not None:
            rows += [*_fit(view, view.fit), *_model(view, view.fit)]
            for role, source in view.fit.sources.items():
                rows += _source(view, role, source)
        return [part for row in rows for part in _folded(row, width)]


def _folded(row: Row, width: int) -> list[Row]:
    """A long value goes on below itself."""
    if row.width <= width or len(row.segments) < 2:
        return [row]
    label, value = row.segments[0], row.segments[1]
    lines = wrapped(value.text, max(10, width - LABEL), value.style or NULL)
    first = Row(label.text, label.style or NULL).extend(lines[0])
    return [first, *(Row(" " * LABEL).extend(line) for line in lines[1:])]


def _heading(view: View, text: str) -> list[Row]:
    return [Row(), Row(text, view.theme.accent)]


def _fact(view: View, name: str, value: Any) -> list[Row]:
    """No row for what is not known."""
    if value is None or value == "" or value == []:
        return []
    if isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, int):
        value = units.count(value)
    elif isinstance(value, list):
        value = ", ".join(map(str, value))
    return [Row(f"{name:<{LABEL}}", view.theme.dim).add(str(value), view.theme.text)]


def _run(view: View, run: Run) -> list[Row]:
    started, rows = run.started, _heading(view, "run")
    if started is not None:
        rows += _fact(view, "id", started.run) + _fact(view, "command", " ".join(started.command))
        rows += _fact(view, "directory", started.cwd) + _fact(view, "host", started.host)
    if run.child is not None:
        rows += _fact(view, "process", str(run.child.pid)) + _fact(view, "python", run.child.executable)
    framework = run.framework
    if framework is not None:
        for name in ("tensorflow", "keras", "backend", "jax", "torch", "numpy"):
            rows += _fact(view, name, getattr(framework, name))
    for process in run.processes.values():
        if process.devices is not None:
            names = [str(device.get("name", "?")) for device in process.devices.devices]
            rows += _fact(view, "devices", names) + _fact(view, "precision", process.devices.precision)
            rows += _fact(view, "strategy", process.devices.strategy.removeprefix("_DefaultDistributionStrategy"))
        rows += _fact(view, "environment", [f"{k}={v}" for k, v in process.started.environment.items()])
    rows += _fact(view, "events lost", run.events_lost or None)
    for each in left_out(run):
        rows += _fact(view, "left out", each.words)
    for gap in run.gaps[-8:]:
        rows += _fact(view, "not recorded", f"{gap.what}: {gap.reason}")
    return rows


def _fit(view: View, fit: Fit) -> list[Row]:
    started = fit.started
    rows = _heading(view, f"fit {fit.index + 1} of {view.run.fits_begun}")
    rows += _fact(view, "call", f"{started.call} {started.site}")
    for name in ("epochs", "initial_epoch", "steps_per_epoch", "steps", "batch_size", "validation_steps"):
        rows += _fact(view, name.replace("_", " "), getattr(started, name))
    for name in ("steps_per_execution", "run_eagerly", "jit_compile", "shuffle", "callbacks"):
        rows += _fact(view, name.replace("_", " "), getattr(started, name))
    return rows


def _model(view: View, fit: Fit) -> list[Row]:
    model = fit.model
    if model is None:
        return []
    rows = _heading(view, f"model {model.name}")
    rows += _fact(view, "kind", model.kind) + _fact(view, "parameters", model.parameters)
    rows += _fact(view, "trainable", model.trainable) + _fact(view, "optimizer", model.optimizer)
    rows += _fact(view, "learning rate", units.value_of(model.learning_rate)) + _fact(view, "schedule", model.schedule)
    for loss in model.losses:
        rows += _fact(view, "loss", " ".join(str(loss[key]) for key in ("name", "output") if loss.get(key)))
    for output in model.outputs:
        shape = output.get("shape")
        rows += _fact(view, "output", f"{output.get('name', '?')} {shape or ''} {output.get('activation') or 'linear'}")
    for layer in model.layers:
        frozen = "" if layer.get("trainable", True) else "  frozen"
        words = f"{layer.get('kind', '?'):<24} {units.count(layer.get('parameters')):>12}{frozen}"
        rows.append(Row(f"  {layer.get('name', '?'):<{LABEL}.{LABEL}}", view.theme.dim).add(words, view.theme.text))
    return rows


def _source(view: View, role: str, source: Source) -> list[Row]:
    described = source.described
    rows = _heading(view, "data" if role == "train" else f"{role} data")
    size = units.count(source.size) + (f" ({source.size_known_by})" if source.size_known_by else "")
    rows += _fact(view, "kind", described.kind) + _fact(view, "samples in a pass", size)
    rows += _fact(view, "because", described.size_reason) + _fact(view, "batches in a pass", source.batches)
    rows += _fact(view, "samples behind it", described.upstream_size) + _fact(
        view, "because", described.upstream_reason
    )
    rows += _fact(view, "batch size", described.batch_size) + _fact(
        view, "drops the remainder", described.drop_remainder
    )
    rows += _fact(view, "shuffled", described.shuffled) + _fact(view, "workers", described.workers)
    rows += _fact(view, "bytes of a sample", units.size(described.element_bytes) if described.element_bytes else None)
    for component in described.components:
        text = f"{component.get('shape')} {component.get('dtype', '')} {component.get('kind', '')}"
        rows += _fact(view, str(component.get("name") or component.get("role") or "component"), text)
    for index, text in enumerate(source.chain):
        rows += _fact(view, "pipeline" if not index else "", f"{index + 1}. {text}")
    return rows
