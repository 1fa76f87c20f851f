"""A run in plain lines, as it goes on: what began, each epoch, each finding when it fires, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuimon.rules import SEVERITIES, Finding
from tuimon.rules.alike import alike, where
from tuimon.state import Epoch, Fit, Run

STILL_EVERY = 60.0
"""Seconds of a long epoch between two lines about it."""

MOST_METRICS = 6

GUESSED_FOR = 10.0
"""Seconds after which a guess from outside is told."""


class Teller:
    """Remembers what has been said; the same run gives the same lines."""

    def __init__(self) -> None:
        self._fits = 0
        self._epochs: dict[int, int] = {}  # fit → epochs told
        self._findings: dict[tuple[str, int | None], int] = {}  # rule and fit → rank of the severity told
        self._told_at = 0.0
        self._gaps = 0
        self._reasons: set[str] = set()  # of gaps that have been told
        self._estimate = ""
        self._estimated_at = 0.0

    def news(self, run: Run, findings: Sequence[Finding]) -> Iterator[str]:
        """What has not been said yet."""
        for fit in run.fits:
            if fit.trains and fit.index >= self._fits:
                yield started(fit)
                self._told_at = run.now
            done = fit.ended_epochs
            for epoch in done[self._epochs.get(fit.index, 0) :]:
                yield ended(fit, epoch)
                self._told_at = run.now
            self._epochs[fit.index] = len(done)
        self._fits = len(run.fits)
        yield from self._unrecorded(run)
        yield from self._estimated(run)
        for finding in findings:
            rank, key = SEVERITIES.index(finding.severity), (finding.rule, finding.fit)
            if rank < self._findings.get(key, len(SEVERITIES)):
                self._findings[key] = rank
                yield of_finding(finding, where(run, [finding]))
        if run.now - self._told_at > STILL_EVERY and run.fit is not None and run.fit.epoch is not None:
            self._told_at = run.now
            if not run.fit.epoch.ended:
                yield still(run.fit, run.fit.epoch)

    def _unrecorded(self, run: Run) -> Iterator[str]:
        """What is missing from the record, once for each reason."""
        for gap in run.gaps[self._gaps :]:
            if gap.reason in self._reasons or not (gap.lost or gap.what == "host"):
                continue
            self._reasons.add(gap.reason)
            length = (gap.until or run.now) - gap.since
            lost = f"{_count(gap.lost, 'event')} lost" if gap.lost else f"nothing recorded for {length:.1f} s"
            yield f"{lost}: {gap.reason}"
        self._gaps = len(run.gaps)

    def _estimated(self, run: Run) -> Iterator[str]:
        """Input wait as guessed from outside, when it is known well enough, and now and then."""
        line = estimate(run)
        due = not self._estimate or run.now - self._estimated_at >= STILL_EVERY
        if line and line != self._estimate and due:
            self._estimate, self._estimated_at = line, run.now
            yield line


def started(fit: Fit) -> str:
    number = f" (fit {fit.index + 1})" if fit.index else ""
    parts = [f"{fit.call}{number} {'joined while it ran' if fit.started.joined else 'started'}"]
    if fit.started.epochs is not None:
        parts.append(_count(fit.started.epochs, "epoch"))
    if fit.planned_steps is not None:
        parts.append(f"{_count(fit.planned_steps, 'step')} each")
    if fit.source is not None and fit.source.size is not None:
        parts.append(f"{fit.source.size} samples ({fit.source.size_known_by})")
    return ", ".join(parts)


def ended(fit: Fit, epoch: Epoch) -> str:
    if epoch.backfilled:
        before = f"epoch {_of(epoch.index + 1, fit.started.epochs)}: ended before tuimon joined"
        return ", ".join([before, *_metrics(epoch)])
    steps = _count(epoch.steps, "step") if epoch.counted else "steps unknown"
    parts = [f"epoch {_of(epoch.index + 1, fit.started.epochs)}: {steps}"]
    if epoch.samples is not None and epoch.counted:
        size = fit.source.size if fit.source else None
        parts.append(f"{_of(epoch.samples, size)} samples")
    if epoch.seconds is not None:
        waited = f", {epoch.wait / epoch.seconds:.0%} waiting for input" if epoch.wait and epoch.seconds else ""
        parts.append(f"{epoch.seconds:.1f} s{waited}")
    return ", ".join([*parts, *_metrics(epoch)])


def still(fit: Fit, epoch: Epoch) -> str:
    where = f"epoch {_of(epoch.index + 1, fit.started.epochs)}, step {_of(epoch.steps, fit.planned_steps)}"
    latest = ((name, series.latest) for name, series in fit.metrics.items())
    return ", ".join([where, *(f"{name} {point.last:.4g}" for name, point in latest if point)][: MOST_METRICS + 1])


def estimate(run: Run) -> str:
    """Input wait of late, marked as the guess that it is, or why there is none; empty while nothing can be said."""
    known = run.wait_estimate
    if known is None:
        return ""
    now = known.recent
    if now.value is None or known.whole.seconds < GUESSED_FOR:
        return known.reason
    return (
        f"input wait ~{now.value:.0%} of the last {now.seconds:.0f} s, ±{100 * now.error:.0f} points: "
        f"an estimate from outside ({known.known_by})"
    )


def of_finding(finding: Finding, fits: str = "") -> str:
    places = [fits] if fits else []
    if finding.epoch is not None:
        places.append(f"epoch {finding.epoch + 1}")
    if finding.step is not None:
        places.append(f"step {finding.step + 1}")
    where = f" ({', '.join(places)})" if places else ""
    return f"{finding.severity} {finding.rule}{where}: {finding.message}"


def summary(run: Run, findings: Sequence[Finding]) -> Iterator[str]:
    """How the run ended, what it did, and what to do about what was found."""
    done = ["no training was seen"]
    if run.training:
        done = [_count(sum(fit.epochs_done for fit in run.training), "epoch")]
        done.append(_count(sum(fit.steps_done for fit in run.training), "step"))
    lasted = ""
    if run.started_at is not None and (run.ended_at or run.now) > run.started_at:
        lasted = f" after {(run.ended_at or run.now) - run.started_at:.1f} s"
    yield f"{outcome(run)}{lasted}: {', '.join(done)}"
    worst = [finding for finding in findings if finding.severity != "note"]
    for group in alike(sorted(worst, key=lambda each: SEVERITIES.index(each.severity))):
        yield of_finding(group[-1], where(run, group))
        if group[-1].advice:
            yield f"  {group[-1].advice}"
    if not worst:
        yield "no errors or warnings"


def outcome(run: Run) -> str:
    end = run.child_ended
    if end is None:
        return f"the run is lost ({run.lost.reason})" if run.lost else "the run goes on"
    if end.signal is not None:
        by = " for want of memory" if end.oom_killed else ""
        return f"the script was killed by signal {end.signal}{by}"
    if end.exit_code is None:
        return "the script ended, with a status that nobody saw"
    return "the script finished" if end.exit_code == 0 else f"the script failed with status {end.exit_code}"


def _metrics(epoch: Epoch) -> list[str]:
    return [f"{name} {value:.4g}" for name, value in list(epoch.metrics.items())[:MOST_METRICS]]


def _of(done: int, planned: int | None) -> str:
    return str(done) if planned is None else f"{done}/{planned}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
