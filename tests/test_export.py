"""A run's figures as other tools read them."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import os
import re
from pathlib import Path

import pytest

from tests.builders import timed
from tests.harness import Tuimon
from tests.report.documents import HOSTILE, holds_no_command
from tests.tui.recorded import Story, recorded
from tuimon import events, wire
from tuimon.errors import TuimonError
from tuimon.export import export
from tuimon.export.csv import cell
from tuimon.export.tables import MOST_COLUMNS, rows
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


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(\"http://evil.example\")", "+1+cmd|' /C calc'!A0", "-1+1", "@SUM(1)", "\t=1", "\r=1", "  =1", '"=1',
        "'=1", "\uff1d1", "a;=1", "a|=1", "=", "-inf+1", "--1",
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    those = timed([events.EpochEnded(metrics={text: -1.5})], [events.GpusSampled(gpus=[{text: -2, "name": text}])])

    export(lambda: those, "csv", tmp_path / "out")

    for path in (tmp_path / "out").iterdir():
        with path.open(newline="") as file:
            parts = [part for row in csv.reader(file) for each in row for part in re.split("[;|]", each)]
        for part in parts:
            bare = part.lstrip("\"' \t\r")
            assert part.startswith("'") or part in ("-1.5", "-2") or bare[:1] not in tuple("=+-@\uff1d"), part
    epochs = list(csv.reader((tmp_path / "out" / "epochs.csv").open(newline="")))
    assert epochs[1][-1] == "-1.5"


def test_numbers_stay_numbers() -> None:
    for number in (-1, -1.5, 1e-300, -math.inf, True, None, "-1.5", "+3", "-Infinity", "NaN", "-1e-3"):
        assert cell(number) == number


def test_a_metric_that_is_called_like_a_column_is_beside_it() -> None:
    steps = events.StepsEnded(at=5.0, step=7, metrics={"at": [1.0], "step": [2.0], "table": [3.0], "loss": [4.0]})
    ((_, row),) = rows([steps])
    assert (row["at"], row["step"], row["loss"]) == (5.0, 7, 4.0)
    assert (row["metric_at"], row["metric_step"], row["metric_table"]) == (1.0, 2.0, 3.0)
    ((_, gpu),) = rows([events.GpusSampled(at=5.0, gpus=[{"at": 1.0, "index": 0}])])
    assert gpu == {"at": 5.0, "index": 0}


@pytest.mark.parametrize("form", ["csv", "parquet", "tensorboard", "jsonl"])
def test_names_and_numbers_out_of_range_lead_nowhere_else(tmp_path: Path, form: str) -> None:
    if form == "parquet" and importlib.util.find_spec("pyarrow") is None:
        pytest.skip("pyarrow is not installed")
    odd: dict[str, float | None] = {
        "../../x": 1.0,
        "/x": 1.0,
        "..": 1.0,
        "": 1.0,
        "a/../../b": 1.0,
        "huge": (1 << 64) - 1,
        "nan": math.nan,
    }
    those = timed(
        [events.EpochEnded(epoch=(1 << 64) - 1, metrics=odd), events.EpochEnded(epoch=-1, metrics=odd)],
        [events.StepsEnded(step=(1 << 63) + 1, metrics={name: [value] for name, value in odd.items()})],
        [events.GpusSampled(gpus=[{**odd, "index": "../../x", "name": "../x"}, {"index": (1 << 64) - 1}])],
        [events.HostSampled(pressure=odd)],
    )

    (tmp_path / "in").mkdir()
    export(lambda: those, form, tmp_path / "in" / "out")

    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out"]
    below = {path.name for path in (tmp_path / "in" / "out").rglob("*")}
    assert all(name != "x" and not name.startswith("b") for name in below)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_that_is_too_wide_is_refused(tmp_path: Path, form: str) -> None:
    if form == "parquet" and importlib.util.find_spec("pyarrow") is None:
        pytest.skip("pyarrow is not installed")
    those = [events.EpochEnded(metrics={f"m{number}": 1.0}) for number in range(MOST_COLUMNS + 1)]
    with pytest.raises(TuimonError, match="jsonl has no columns"):
        export(lambda: those, form, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(lambda: those, "jsonl", tmp_path / "out")


@pytest.mark.parametrize("form", ["csv", "jsonl", "tensorboard"])
def test_nothing_that_is_there_is_written_through(tmp_path: Path, form: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_text("kept")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "steps.csv").symlink_to(tmp_path / "elsewhere")
    for target in ("pipe", "dangling", "link", "file", "full"):
        with pytest.raises(TuimonError, match="is there already"):
            export(lambda: STORY, form, tmp_path / target)
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "file").read_text() == "kept"


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
