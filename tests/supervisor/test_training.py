"""A real training under a supervisor that is killed: the demo, which a newcomer runs first."""

from __future__ import annotations

import os
import signal

import pytest

from tests.harness import Tuimon, wait_for
from tuimon import events

pytest.importorskip("tensorflow")


def test_the_demo_survives_its_supervisor_with_every_step_counted(tuimon: Tuimon) -> None:
    process = tuimon.start("demo", "--headless", "--epochs", "4", "--images", "640")
    tuimon.wait_for_event(events.EpochEnded)
    first = tuimon.directory.read().supervisor_pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    wait_for(lambda: tuimon.directory.read().supervisor_pid != first, "a new supervisor")
    done = tuimon.finish(process)

    run = tuimon.folded()
    (fit,) = run.training
    assert [(epoch.steps, epoch.samples, epoch.ended) for epoch in fit.epochs] == [(20, 640, True)] * 4
    assert [epoch.validation.steps for epoch in fit.epochs if epoch.validation] == [4] * 4
    assert fit.steps_done == 80
    assert fit.source is not None
    assert (fit.source.size, fit.source.size_known_by) == (640, "exact")
    sizes = [event.rss for event in tuimon.events() if isinstance(event, events.HostSampled) and event.rss]
    assert max(sizes) > 100 << 20
    assert b"accuracy on images it never saw" in done.stdout
    assert done.status in (0, 1)  # 1 where the kernel cannot tell how an adopted process ended
    found = {line.split()[1].strip(":,") for line in done.said if line.startswith(("error", "warning"))}
    assert found <= {"disk-full", "swapping", "memory-near-limit", "io-wait", "slowing-down"}  # the machine's troubles
    assert [line.split(":")[0] for line in done.said if line.startswith("epoch")] == [
        f"epoch {n}/4" for n in range(1, 5)
    ]
