"""What of a run is not kept one by one, because there was too much of it: in words for its user, with the number."""

from __future__ import annotations

from typing import NamedTuple

from tuimon.state.fit import MOST_METRICS
from tuimon.state.keeping import ROOM
from tuimon.state.run import Run

WORDS = {
    "failed": "failed",
    "not finite": "had values that are not finite",
    "paused": "paused for a minute or more",
    "lasting": "lasted a minute or more",
    "running": "had not ended",
    "of another line": "were among the first of their line in the script",
}


class LeftOut(NamedTuple):
    what: str
    number: int
    words: str


def left_out(run: Run) -> list[LeftOut]:
    """What was left out of how many; empty for nearly every run."""
    told = [_fits(run), _calls(run), _epochs(run), _metrics(run)]
    told += [LeftOut(what, count, f"{count:,} {what} are not kept") for what, count in run.left_out.items()]
    return [each for each in told if each.number]


def _fits(run: Run) -> LeftOut:
    summed = run.summed
    why = [f"{summed.standing_out[kind]:,} {WORDS[kind]}" for kind in ROOM if summed.standing_out.get(kind)]
    of_them = f"; of these, {', '.join(why)}" if why else ""
    words = f"{summed.training:,} of {run.trained:,} fits were not judged one by one and are kept as sums only{of_them}"
    return LeftOut("fits", summed.training, words)


def _calls(run: Run) -> LeftOut:
    count = run.summed.fits - run.summed.training
    begun = run.fits_begun - run.trained
    return LeftOut("calls", count, f"{count:,} of {begun:,} calls that do not train are not listed")


def _epochs(run: Run) -> LeftOut:
    fits = [fit for fit in run.fits if fit.summed.epochs]
    count, begun = sum(fit.summed.epochs for fit in fits), sum(fit.epochs_begun for fit in fits)
    where = f" of fit {fits[0].index + 1}" if len(fits) == 1 else f" of {len(fits)} fits"
    return LeftOut(
        "epochs", count, f"{count:,} of {begun:,} epochs{where} were not judged one by one and are kept as sums only"
    )


def _metrics(run: Run) -> LeftOut:
    count = run.summed.values_left_out + sum(fit.values_left_out for fit in run.fits)
    words = f"{count:,} values of metrics are left out: of a fit, the first {MOST_METRICS} names are kept"
    return LeftOut("values of metrics", count, words)
