"""Looks at batches that stay in the graph, by two threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.harness import both_lines, watched
from tuimon import events
from tuimon.agent import content, taps

SCRIPT = Path(__file__).parents[1] / "scripts" / "short_epochs.py"


@both_lines
def test_the_training_thread_never_waits_for_what_the_other_one_took(python: str) -> None:
    run = watched(SCRIPT, "150", python=python, TUIMON_INTERVAL="0.0005")
    assert (run.status, run.failures) == (0, [])
    assert len(run.of(events.EpochEnded)) == 150
    assert run.of(events.BatchSampled, role="train")


class Staging:
    """Says that a batch is there as long as nobody has taken it; who takes one that is gone waits for ever."""

    def __init__(self) -> None:
        self.there = 1
        self.meet = threading.Barrier(2, timeout=1.0)
        self.waited = False

    def taken(self) -> Iterator[taps.Staged]:
        if self.there:
            try:
                self.meet.wait()  # where another thread is here too, it has seen the same batch
                self.waited = True
            except threading.BrokenBarrierError:
                pass
            self.there -= 1
        return iter(())


def test_one_thread_takes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    staging = Staging()
    monkeypatch.setattr(taps, "taken", staging.taken)
    monkeypatch.setattr(content, "PATIENCE", 10.0)
    looks = content.Content(lambda event: None)
    described = events.SourceDescribed(fit=1, role="train")
    looks.source(described)
    looks._sources["train"].in_graph = True
    threads = [threading.Thread(target=looks._collect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (staging.there, staging.waited) == (0, False)
