"""A run's figures as other tools read them."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from pathlib import Path

import pytest

from tests.builders import timed
from tests.harness import Tuimon
from tests.report.documents import HOSTILE, holds_no_command
from tests.tui.recorded import Story, recorded
from tuimon import events, wire
from tuimon.errors import TuimonError
from tuimon.export import export
from tuimon.export.tables import rows
from tuimon.readers import open_log
from tuimon.state import Run

STORY = recorded(Story(epochs_done=2, gpus=1, nan_at=3000, ends=0))


def of(kind: type[events.Event]) -> list[events.Event]:
    return [event for event in STORY if isinstance(event, kind)]


def test_csv_has_a_row_for_each_event(tmp_path: Path) -> None:
    export(lambda: STORY, "csv", tmp_path / "out")
    tables = {path.stem: list(csv.DictReader(path.open(newline=""))) for path in (tmp_path / "out").iterdir()}

    assert {name: len(table) for name, table in tables.items()} == {
        "steps": len(of(events.StepsEnded)),
        "epochs": len(of(events.EpochEnded)),
        "host": len(of(events.HostSampled)),
        "gpus": len(of(events.GpusSampled)),
    }
    for row, event in zip(tables["steps"], of(events.StepsEnded), strict=True):
        assert isinstance(event, events.StepsEnded)
        assert float(row["at"]) == event.at
        assert int(row["step"]) == event.step
        assert repr(float(row["loss"])) == repr(event.metrics["loss"][0])
        assert row["callbacks"] == ("" if event.callbacks is None else str(event.callbacks))


def test_jsonl_tells_the_same(tmp_path: Path) -> None:
    export(lambda: STORY, "jsonl", tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]

    assert [line.pop("table") for line in lines] == [table for table, _ in rows(STORY)]
    assert "NaN" in {line.get("loss") for line in lines}
    assert [line["at"] for line in lines] == [row["at"] for _, row in rows(STORY)]


def test_tensorboard_files_read_back_are_the_same_curves(tmp_path: Path) -> None:
    export(lambda: STORY, "tensorboard", tmp_path / "board")
    back, before = Run().apply_all(open_log(tmp_path / "board")), Run().apply_all(STORY)

    assert {path.name for path in (tmp_path / "board").iterdir()} == {"train", "validation", "host", "gpus"}
    for told, epoch in zip(back.training[-1].ended_epochs, before.training[-1].ended_epochs, strict=False):
        for name, value in epoch.metrics.items():
            if math.isfinite(value):
                assert told.metrics[name] == pytest.approx(value, rel=1e-6)


def test_parquet_or_one_clear_line(tmp_path: Path) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(TuimonError, match="pyarrow, which is not installed"):
            export(lambda: STORY, "parquet", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return
    parquet = importlib.import_module("pyarrow.parquet")
    export(lambda: STORY, "parquet", tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "steps.parquet")

    assert table.num_rows == len(of(events.StepsEnded))
    assert str(table.schema.field("step").type) == "int64"


def test_a_later_fit_has_a_folder_of_its_own(tmp_path: Path) -> None:
    two = [events.EpochEnded(at=1.0 + fit, pid=1, fit=fit, metrics={"loss": 1.0}) for fit in (1, 2)]

    export(lambda: two, "tensorboard", tmp_path / "board")

    assert {path.name for path in (tmp_path / "board").iterdir()} == {"train", "fit2"}


def test_no_name_is_a_command(tmp_path: Path) -> None:
    those = timed([events.EpochEnded(metrics={HOSTILE: 1.0})], [events.GpusSampled(gpus=[{HOSTILE: 1, "name": "x"}])])

    export(lambda: those, "csv", tmp_path / "out")

    assert all(holds_no_command(path.read_text()) for path in (tmp_path / "out").iterdir())


def test_the_command(tuimon: Tuimon) -> None:
    path = tuimon.path / "kept.jsonl"
    path.write_bytes(b"".join(map(wire.encode, STORY)))

    first = tuimon.run("export", path, "--to", "csv", "--output", "out")
    again = tuimon.run("export", path, "--to", "csv", "--output", "out")
    lines = tuimon.run("export", path, "--to", "jsonl", "--output", "-")
    nowhere = tuimon.run("export", path, "--to", "csv", "--output", "/proc/nothing/here")

    assert (first.status, first.stdout) == (0, b"")
    assert (tuimon.path / "out" / "steps.csv").exists()
    assert (again.status, len(again.said)) == (2, 1)
    assert lines.status == 0
    assert len(lines.stdout.splitlines()) == len(list(rows(STORY)))
    assert (nowhere.status, len(nowhere.said), nowhere.stderr.strip()) == (1, 1, b"")
