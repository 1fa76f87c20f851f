"""The report as one document: stable members, unknown as null, and JSON that every reader takes."""

from __future__ import annotations

import json

from tests.builders import run_of
from tests.report.documents import document, hostile, plain, unknown
from tuimon import events
from tuimon.report.formats import as_json


def test_the_ledger_of_a_fit() -> None:
    (fit,) = document(plain())["fits"]

    assert (fit["epochs_planned"], fit["epochs_done"], fit["steps_done"], fit["samples_done"]) == (3, 2, 20, 640)
    assert fit["source"]["size"] == 640
    assert fit["source"]["size_known_by"] == "exact"
    first = fit["epochs"][0]
    assert (first["steps"], first["samples"], first["samples_known_by"]) == (10, 320, "exact")
    assert (first["seconds"], first["wait_seconds"]) == (4.0, 1.0)
    assert first["metrics"] == {"loss": 1.25, "accuracy": 0.5}


def test_the_members_are_stable() -> None:
    told = document(plain())

    assert told["schema_version"] == 1
    assert list(told) == [
        *("schema_version", "run", "fits", "calls", "findings", "not_judged", "resources", "gaps", "wait_estimate"),
        *("summed_fits", "left_out"),
    ]
    assert {"id", "name", "command", "host", "started_at", "ended_at", "status", "exit_code", "signal"} <= set(
        told["run"]
    )
    for finding in told["findings"]:
        assert {"rule", "severity", "message", "advice", "fit", "epoch", "step", "at", "over"} <= set(finding)


def test_what_is_no_number_has_a_name() -> None:
    text = as_json(document(plain()))

    assert json.loads(text)["fits"][0]["epochs"][1]["metrics"]["loss"] == "NaN"


def test_what_is_not_known_is_null() -> None:
    told = document(unknown())
    (fit,) = told["fits"]
    (epoch,) = fit["epochs"]

    assert (fit["epochs_planned"], fit["source"]["size"], fit["source"]["kind"]) == (None, None, None)
    assert [epoch[name] for name in ("seconds", "wait_seconds", "learning_rate", "validation")] == [None] * 4
    assert told["run"]["exit_code"] is None
    assert told["resources"]["peak_rss_bytes"] is None


def test_times_are_dated_unless_the_log_has_none() -> None:
    dated = document(plain())["run"]
    relative = document(run_of([events.RunStarted(at=5.0, clock="relative")], began=False))["run"]

    assert dated["started_at"].startswith("2023-11-14T22:13:21")
    assert relative["started_at"] is None


def test_a_size_the_user_declared_stands_where_nothing_exact_is_known() -> None:
    run = unknown()
    run.apply(events.RunStarted(at=1.0, dataset_size=700))

    source = document(run)["fits"][0]["source"]
    assert (source["size"], source["size_known_by"]) == (700, "declared")


def test_hostile_names_are_valid_json() -> None:
    assert json.loads(as_json(document(hostile())))["run"]["status"] == "failed"
    assert as_json(document(hostile())).isascii()
