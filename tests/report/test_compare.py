"""Two runs side by side."""

from __future__ import annotations

import json

from tests.builders import epoch, fit, fit_end, run_of, source
from tests.report.documents import document, holds_no_command, hostile, plain, unknown
from tuimon.report.compare import compare, comparison_text
from tuimon.report.formats import as_json
from tuimon.state import Run


def mended() -> Run:
    return run_of(
        fit(1, epochs=2, steps=20),
        source(1, kind="tf.data", size=640, batch_size=32, pipeline=[{"op": "batch", "text": "batch(32)"}]),
        epoch(0, steps=20, samples=640, samples_known_by="exact", seconds=2.0, wait=0.1, loss=1.0, accuracy=0.5),
        epoch(1, steps=20, samples=640, samples_known_by="exact", seconds=2.0, wait=0.1, loss=0.5, accuracy=0.75),
        fit_end(1),
        status=0,
    )


def rules(findings: list[dict[str, str]]) -> set[str]:
    return {finding["rule"] for finding in findings}


def test_what_went_away_and_what_appeared() -> None:
    there, back = compare(document(plain()), document(mended())), compare(document(mended()), document(plain()))

    assert "non-finite-loss" in rules(there["findings"]["went_away"])
    assert "non-finite-loss" in rules(back["findings"]["appeared"])
    assert not rules(there["findings"]["appeared"]) & rules(there["findings"]["stayed"])


def test_figures_of_both() -> None:
    compared = compare(document(plain()), document(mended()))
    figures = {row["name"]: row["values"] for row in [*compared["figures"], *compared["metrics"]]}

    assert figures["steps"] == [20, 40]
    assert figures["seconds per epoch"] == [4.0, 2.0]
    assert figures["input wait"] == [0.25, 0.05]
    assert figures["accuracy"] == [0.5, 0.75]
    assert figures["loss"] == ["NaN", 0.5]
    assert "+50.0%" in comparison_text(compared)


def test_a_run_is_as_itself() -> None:
    compared = compare(document(plain()), document(plain()))

    assert compared["findings"]["appeared"] == compared["findings"]["went_away"] == []
    assert "%" not in comparison_text(compared).split("input wait")[1].split("\n")[1]


def test_what_is_not_known_is_not_compared() -> None:
    compared = compare(document(unknown()), document(plain()))

    assert next(row["values"][0] for row in compared["figures"] if row["name"] == "seconds per epoch") is None
    assert "None" not in comparison_text(compared)
    json.loads(as_json(compared))


def test_no_name_is_a_command_to_the_terminal() -> None:
    assert holds_no_command(comparison_text(compare(document(hostile()), document(plain()))))
