"""What is cut off the counters while training goes on: a batch that has come for a step that has not ended."""

from __future__ import annotations

from collections.abc import Callable

from tuimon import events
from tuimon.agent.iterators import Totals
from tuimon.agent.ledger import Ledger, Meter


class Training:
    """Batches come and steps end when the test says so."""

    def __init__(self) -> None:
        self.came = Totals()
        self.cuts: list[Callable[[], events.StepsEnded]] = []
        self.ledger = Ledger(1, self.cuts.append, Meter(lambda: self.came), lambda: None)
        self.counters = self.ledger.open(0)

    def trains(self, steps: int, batches: int, rows: int) -> events.StepsEnded:
        """So many more batches, and steps, and a cut."""
        self.came = self.came._replace(batches=self.came.batches + batches, samples=self.came.samples + rows)
        for _ in range(steps):
            self.counters.last += 1
            self.counters.steps.append((self.counters.last, self.counters.ended, None))
        self.ledger.cut()
        return self.cuts[-1]()


def test_it_is_counted_when_its_step_has_ended() -> None:
    training = Training()
    assert training.trains(steps=9, batches=10, rows=320).samples == 288
    assert training.trains(steps=11, batches=10, rows=320).samples == 352
    assert training.ledger.came == Totals(batches=20, samples=640)


def test_several_of_them_when_a_call_trains_several() -> None:
    training = Training()
    assert training.trains(steps=8, batches=12, rows=384).samples == 256
    assert training.trains(steps=4, batches=0, rows=0).samples == 128


def test_of_different_sizes_nobody_knows_which_it_was() -> None:
    training = Training()
    assert training.trains(steps=2, batches=3, rows=65).samples == 65


def test_the_end_of_an_epoch_takes_in_all() -> None:
    training = Training()
    training.came = Totals(batches=3, samples=96)
    training.counters.steps.append((0, 0.0, None))
    training.ledger.cut(final=True)
    assert training.ledger.came == Totals(batches=3, samples=96)
