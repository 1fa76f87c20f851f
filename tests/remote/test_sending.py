"""What is sent of a run whose files somebody changes."""

from __future__ import annotations

from pathlib import Path

from tests.builders import START
from tuimon import events, wire
from tuimon.follow import Follow
from tuimon.remote.mirror import Mirror
from tuimon.remote.sending import Sender
from tuimon.runs import RunDirectory
from tuimon.state import Run


def test_a_journal_that_was_cut_is_sent_anew(tmp_path: Path) -> None:
    here, there = RunDirectory(tmp_path / "here"), Mirror(tmp_path / "there")
    here.path.mkdir(mode=0o700)
    there.path.mkdir(mode=0o700)
    sender = Sender(here, readonly=True, look=lambda: "")
    before = [events.FitStarted(at=START + step, fit=step) for step in range(5)]
    after = [events.FitStarted(at=START + 100, fit=9)]

    follow, run = Follow(there), Run()
    for told in (before, after):
        here.journal.write_bytes(b"".join(map(wire.encode, told)))
        for frame in sender._what_is_new():
            there.take(frame)
        run.apply_all(follow.take(1.0))

    assert there.journal.read_bytes() == here.journal.read_bytes()
    assert [fit.key for fit in run.fits] == [(0, 9)]
    assert run.events == 1
