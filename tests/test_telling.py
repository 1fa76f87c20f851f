"""A run in plain lines."""

from __future__ import annotations

import dataclasses

from tests.builders import START, epoch, fit, fit_end, run_of, timed
from tests.state.test_keeping import grown, many
from tuimon import events
from tuimon.rules.finding import Finding
from tuimon.state import Run
from tuimon.telling import EACH_OF, LATER_EVERY, MOST_ALIKE, Teller, summary


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


def test_of_very_many_short_fits_the_first_are_told_and_later_ones_at_times() -> None:
    run, teller, lines = run_of(), Teller(), []
    for _ in range(40):
        grown(run, many(50, run.fits_begun + 1))  # 8 events each, a hundredth of a second apart
        lines += list(teller.news(run, []))

    began = [line for line in lines if "started" in line]
    assert began[0].startswith("fit started")
    assert [line.split("(fit ")[1].split(")")[0] for line in began[1:EACH_OF]] == [
        str(n) for n in range(2, EACH_OF + 1)
    ]
    assert 10 <= len(began) - EACH_OF <= 2000 * 8 * 0.01 / LATER_EVERY
    assert teller._epochs.keys() <= {each.index for each in run.fits}


def test_a_later_fit_that_lasts_is_told_with_its_epochs() -> None:
    run, teller = grown(run_of(), many(200)), Teller()
    list(teller.news(run, []))

    for event in timed(fit(201, epochs=3), began=False):
        run.apply(dataclasses.replace(event, at=run.now + 0.01))
    quiet = list(teller.news(run, []))
    for event in timed(*(epoch(n, number=201) for n in range(2)), began=False):
        run.apply(dataclasses.replace(event, at=run.now + 20.0))

    assert quiet == []
    assert [line.partition(",")[0] for line in teller.news(run, [])] == [
        "fit (fit 201) started",
        "epoch 1/3: 10 steps",
        "epoch 2/3: 10 steps",
    ]


def test_findings_that_very_many_fits_have_are_told_of_some() -> None:
    run, teller, lines = run_of(), Teller(), []
    for n in range(1, 300):
        grown(run, many(1, n))
        lines += list(teller.news(run, [Finding("low-coverage", "warning", f"of {n}", fit=n - 1)]))

    told = [line for line in lines if "low-coverage" in line]
    assert len(told) == MOST_ALIKE + 1
    assert told[-1] == "warning low-coverage: in more fits, which are not listed one by one"


def test_the_summary_counts_all_fits_and_says_what_was_left_out() -> None:
    first, *rest = summary(grown(run_of(), many(500)), [])

    assert first.endswith("500 epochs, 1000 steps, 500 fits")
    assert rest[-1] == "left out: 372 of 500 fits were not judged one by one and are kept as sums only"


def test_what_is_missing_from_the_record_is_told_once_for_each_reason() -> None:
    paused = [
        events.GapRecorded(what="host", since=START, until=START + 12.0, reason="recording paused: No space left"),
        events.EventsLost(count=3, reason="a torn spool"),
    ]
    run, teller = run_of(fit(), paused), Teller()

    assert list(teller.news(run, []))[1:] == [
        "no samples of the machine for 12 s: recording paused: No space left",
        "3 events lost: a torn spool",
    ]
    run.apply_all(timed(paused, began=False))
    assert list(teller.news(run, [])) == []
