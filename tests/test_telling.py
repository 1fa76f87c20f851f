"""A run in plain lines."""

from __future__ import annotations

from tests.builders import START, epoch, fit, fit_end, run_of, timed
from tuimon import events
from tuimon.rules.finding import Finding
from tuimon.state import Run
from tuimon.telling import Teller, summary


def search(fits: int) -> Run:
    return run_of(*([*fit(n, epochs=1), *epoch(0, number=n, loss=0.5), *fit_end(n)] for n in range(1, fits + 1)))


def found(fits: int) -> list[Finding]:
    return [Finding("low-coverage", "warning", f"of {n}", advice="read all", fit=n, epoch=0) for n in range(fits)]


def test_a_fit_is_told_after_the_last_epoch_of_the_one_before() -> None:
    lines = list(Teller().news(search(3), []))

    assert [line.partition(",")[0].partition(":")[0] for line in lines] == [
        "fit started",
        "epoch 1/1",
        "fit (fit 2) started",
        "epoch 1/1",
        "fit (fit 3) started",
        "epoch 1/1",
    ]


def test_a_finding_says_its_fit_where_there_are_several() -> None:
    assert "warning low-coverage (fit 2, epoch 1): of 1" in list(Teller().news(search(2), found(2)))
    assert "warning low-coverage (epoch 1): of 0" in list(Teller().news(search(1), found(1)))


def test_the_summary_says_once_what_fits_have_alike() -> None:
    _, *rest = summary(search(4), found(4))

    assert rest == ["warning low-coverage (fits 1–4, epoch 1): of 3", "  read all"]


def test_what_is_missing_from_the_record_is_told_once_for_each_reason() -> None:
    paused = [
        events.GapRecorded(what="host", since=START, until=START + 12.0, reason="recording paused: No space left"),
        events.EventsLost(count=3, reason="a torn spool"),
    ]
    run, teller = run_of(fit(), paused), Teller()

    assert list(teller.news(run, []))[1:] == [
        "nothing recorded for 12.0 s: recording paused: No space left",
        "3 events lost: a torn spool",
    ]
    run.apply_all(timed(paused, began=False))
    assert list(teller.news(run, [])) == []
