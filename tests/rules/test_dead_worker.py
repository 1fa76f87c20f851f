"""Workers that died."""

from __future__ import annotations

from tests.builders import fit, fit_end, host, run_of, source
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.dead_worker import DeadWorker

WORKERS = source(kind="sequence", workers=4, multiprocessing=True)


def test_a_worker_that_stays_dead() -> None:
    dead = [host(dead_workers=1) for _ in range(6)]
    finding = found(DeadWorker(), run_of(fit(), WORKERS, host(dead_workers=0), dead), "error")
    assert "1 worker process died while fit() ran (of 4)" in finding.message


def test_near_misses() -> None:
    dead = [host(dead_workers=1) for _ in range(6)]
    quiet(DeadWorker(), run_of(fit(), WORKERS, dead[:2], host(dead_workers=0)))
    quiet(DeadWorker(), run_of(fit(), WORKERS, fit_end(), dead))  # the pool is shut down
    at_most_a_note(DeadWorker(), run_of(fit(), source(kind="numpy"), dead))  # some other child
