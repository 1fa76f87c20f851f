"""How true the measured input wait is: against sources that sleep for a known time.

    python tests/benchmarks/wait_accuracy.py [--python PYTHON] [--kinds "fit;generator"] [--busy 2]

Prints, for each kind of training, the bounds within which the wait per step must lie, the measured one, and how far it
is outside. Good is at most 2 % or 0.1 ms. On a quiet machine the bounds lie close together. `--busy N` keeps N other
processes busy meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.agent.harness import watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "known_waits.py"
RELATIVE, ABSOLUTE = 0.02, 1e-4


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def measured_of(fit: events.FitStarted, told: list[Any]) -> tuple[float | None, int | None, str]:
    """Seconds of wait and steps, of the last epoch of a fit or of the whole of a loop; and how they are known."""
    mine = [event for event in told if getattr(event, "fit", None) == fit.fit and event.pid == fit.pid]
    if fit.call == "fit":
        ends = [event for event in mine if isinstance(event, events.EpochEnded)]
        return (ends[-1].wait, ends[-1].steps, ends[-1].wait_known_by or "") if ends else (None, None, "")
    reports = [event for event in mine if isinstance(event, events.StepsEnded)]
    waits = [event.wait for event in reports if event.wait is not None]
    known = {event.wait_known_by or "" for event in reports}
    return sum(waits) if waits else None, sum(event.steps for event in reports), "/".join(sorted(known))


def row(true: dict[str, Any], wait: float | None, steps: int | None, known_by: str) -> tuple[str, bool]:
    """A line of the table, and whether it is good."""
    least, most = true["least"] / true["steps"], true["most"] / true["steps"]
    name = f"{true['kind']:18}{true['sleep'] * 1e3:5.0f} ms {'yes' if true['prefetch'] else 'no':>9}"
    name += f"{least * 1e3:10.3f} … {most * 1e3:6.3f}"
    if wait is None or not steps:
        return f"{name}   not measured", False
    seen = wait / steps
    off = min(0.0, seen - least) + max(0.0, seen - most)
    good = abs(off) <= max(ABSOLUTE, RELATIVE * least)
    return f"{name}{seen * 1e3:11.3f}{off * 1e3:+10.3f}  {known_by:10}{'' if good else 'off'}".rstrip(), good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--kinds", default="")
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    with busy(options.busy):
        run = watched(SCRIPT, *filter(None, [options.kinds]), python=options.python)
    if run.status != 0:
        print(run.stderr[-4000:], file=sys.stderr)
        return 1
    truths = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    fits = [fit for fit in run.of(events.FitStarted) if fit.call in ("fit", "train_on_batch", "custom-loop")]
    (seen,) = run.of(events.FrameworkSeen)
    print(f"TensorFlow {seen.tensorflow}, Keras {seen.keras}, {options.busy} busy processes beside it; per step, in ms")
    print(f"{'kind':18}{'sleep':>8}{'prefetch':>10}{'true':>19}{'measured':>11}{'off':>10}")
    rows = [row(truth, *measured_of(fit, run.events)) for truth, fit in zip(truths, fits, strict=False)]
    for text, _ in rows:
        print(text)
    print(f"{sum(good for _, good in rows)} of {len(truths)} within 2 % or 0.1 ms per step", *run.failures)
    return 0 if len(fits) >= len(truths) and all(good for _, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
