"""A supervisor that is killed while a screen looks on is replaced by the screen."""

from __future__ import annotations

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import SPEAKING, Job, _pressed, screen
from tuimon import events
from tuimon.tui.rescue import Rescue


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    return Job(tuimon)


def test_the_screen_puts_a_new_supervisor_where_one_died(job: Job) -> None:
    tuimon = job.tuimon
    terminal = screen(tuimon, "run", str(SPEAKING))
    job.steps(5)
    job.wait_until_recorded(5)
    first = job.supervisor

    job.kill_supervisor()
    job.steps(10)
    wait_for(lambda: terminal.expect([b"\x1b\\["]) == 0 and tuimon.directory.supervised(), "a new supervisor")
    job.wait_until_recorded(10)
    job.end("exit 0")
    tuimon.wait_for_event(events.SupervisorEnded)
    wait_for(lambda: _pressed(terminal, b"q"), "the screen to close")

    assert job.supervisor != first
    assert job.recorded() == list(range(10))


def heard(rescue: Rescue) -> str:
    def said() -> str:
        rescue._looked = float("-inf")
        return rescue.look()

    return wait_for(said, "something to be said")


def test_what_the_screen_says_about_it(job: Job) -> None:
    job.start().steps(3)
    looking, helping = Rescue(job.tuimon.directory, only_say=True), Rescue(job.tuimon.directory)
    assert looking.look() == helping.look() == ""

    job.kill_supervisor()
    assert "`tuimon attach" in heard(looking)
    assert not job.tuimon.directory.supervised()
    assert "a new one is taking over" in heard(helping)
    assert "a new supervisor has taken over" in heard(helping)
    assert job.tuimon.directory.supervised()
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)


def test_a_takeover_that_fails_says_why(job: Job) -> None:
    job.start().steps(3)
    job.kill_supervisor()
    journal = job.tuimon.directory.journal
    kept = journal.with_name("elsewhere")
    journal.rename(kept)
    journal.mkdir()
    rescue = Rescue(job.tuimon.directory)
    heard(rescue)
    said = heard(rescue)
    journal.rmdir()
    kept.rename(journal)

    assert said.startswith("no new supervisor could take over")
    again = Rescue(job.tuimon.directory)
    assert "a new one is taking over" in heard(again)
    assert "a new supervisor has taken over" in heard(again)
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)
