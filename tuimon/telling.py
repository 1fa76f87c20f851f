"""A run in plain lines, as it goes on: what began, each epoch, each finding when it fires, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tuimon import events
from tuimon.rules import SEVERITIES, Finding
from tuimon.rules.alike import alike, where
from tuimon.state import Epoch, Fit, Run
from tuimon.state.left_out import left_out

STILL_EVERY = 60.0
"""Seconds of a long epoch between two lines about it."""

MOST_METRICS = 6

EACH_OF = 64
"""The first fits, of which each has its line and each epoch has; later fits have a line every `LATER_EVERY` seconds."""

LATER_EVERY = 10.0
"""Seconds of the run between two lines about later fits."""

MOST_ALIKE = 16
"""Fits for which findings of one rule and severity have a line each."""

MOST_TOLD = 4096
"""Findings to remember, before findings of fits that are no longer kept are forgotten."""

GUESSED_FOR = 10.0
"""Seconds after which a guess from outside is told."""


class Teller:
    """Remembers what has been said; the same run gives the same lines."""

    def __init__(self) -> None:
        self._epochs: dict[int, int] = {}  # fit → epochs told, or passed over
        self._started: set[int] = set()  # fits of which the beginning was told
        self._findings: dict[tuple[str, int | None], int] = {}  # rule and fit → rank of the severity told
        self._alike: Counter[tuple[str, str]] = Counter()  # rule and severity → fits told
        self._told_at = 0.0
        self._held: set[int] = set()  # processes of which it was said that they do not run
        self._clock = 0.0  # when the machine's clock was set, as told last
        self._line_at = 0.0  # the time of the newest line about a fit or an epoch
        self._gaps = 0
        self._reasons: set[str] = set()  # of gaps that have been told
        self._estimate = ""
        self._estimated_at = 0.0

    def news(self, run: Run, findings: Sequence[Finding]) -> Iterator[str]:
        """What has not been said yet."""
        training = run.training
        for fit in training:
            for line in self._of_fit(fit):
                yield line
                self._told_at = run.now
        self._epochs = {fit.index: fit.epochs_done for fit in training}
        self._started &= self._epochs.keys()
        yield from self._stopped(run)
        yield from self._unrecorded(run)
        yield from self._estimated(run)
        yield from self._found(run, findings)
        if run.now - self._told_at > STILL_EVERY and run.fit is not None and run.fit.epoch is not None:
            self._told_at = run.now
            if not run.fit.epoch.ended:
                yield still(run.fit, run.fit.epoch)

    def _stopped(self, run: Run) -> Iterator[str]:
        """Processes that do not run, or do again, and what became of the machine's clock."""
        for pid in dict.fromkeys(fit.key[0] for fit in run.fits):
            gap = run.stopped(pid)
            if gap is not None and pid not in self._held:
                self._held.add(pid)
                yield f"process {pid} does not run: it is {gap.reason}"
            elif gap is None and pid in self._held:
                self._held.discard(pid)
                if run.goes_on(pid):
                    yield f"process {pid} runs again"
        if run.clock_set is not None and run.clock_set.at > self._clock:
            self._clock = run.clock_set.at
            yield clock_set(run.clock_set)

    def _of_fit(self, fit: Fit) -> Iterator[str]:
        if fit.index not in self._epochs and self._is_due(fit, fit.started_at):
            yield self._begun(fit)
        new = fit.epochs_done - self._epochs.get(fit.index, 0)
        for epoch in fit.ended_epochs[-new:] if new else ():
            if self._is_due(fit, epoch.ended_at or 0.0):
                if fit.index not in self._started:
                    yield self._begun(fit)
                self._line_at = epoch.ended_at or 0.0
                yield ended(fit, epoch)

    def _is_due(self, fit: Fit, at: float) -> bool:
        return fit.index < EACH_OF or at - self._line_at >= LATER_EVERY

    def _begun(self, fit: Fit) -> str:
        self._line_at = fit.started_at
        self._started.add(fit.index)
        return started(fit)

    def _found(self, run: Run, findings: Sequence[Finding]) -> Iterator[str]:
        for finding in findings:
            rank, key = SEVERITIES.index(finding.severity), (finding.rule, finding.fit)
            if rank >= self._findings.get(key, len(SEVERITIES)):
                continue
            self._findings[key] = rank
            kind = (finding.rule, finding.severity)
            self._alike[kind] += 1
            if self._alike[kind] <= MOST_ALIKE:
                yield of_finding(finding, where(run, [finding]))
            elif self._alike[kind] == MOST_ALIKE + 1:
                yield f"{finding.severity} {finding.rule}: in more fits, which are not listed one by one"
        if len(self._findings) > MOST_TOLD:
            kept = {None, *(fit.index for fit in run.fits)}
            self._findings = {key: rank for key, rank in self._findings.items() if key[1] in kept}

    def _unrecorded(self, run: Run) -> Iterator[str]:
        """What is missing from the record, once for each reason."""
        for gap in run.gaps[self._gaps :]:
            if gap.reason in self._reasons or not (gap.lost or gap.what == "host"):
                continue
            self._reasons.add(gap.reason)
            seconds = (gap.until or run.now) - gap.since
            if gap.lost:
                yield f"{_count(gap.lost, 'event')} lost: {gap.reason}"
            elif seconds >= 1.0:
                yield f"no samples of the machine for {seconds:.0f} s: {gap.reason}"
            else:
                yield gap.reason
        self._gaps = len(run.gaps)

    def _estimated(self, run: Run) -> Iterator[str]:
        """Input wait as guessed from outside, when it is known well enough, and now and then."""
        line = estimate(run)
        due = not self._estimate or run.now - self._estimated_at >= STILL_EVERY
        if line and line != self._estimate and due:
            self._estimate, self._estimated_at = line, run.now
            yield line


def clock_set(event: events.ClockSet) -> str:
    way = "forward" if event.by > 0 else "back"
    return f"the machine's clock was set {way} by {abs(event.by):.0f} s; times of the run go on as before"


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
        done = [_count(run.epochs_done, "epoch"), _count(run.steps_done, "step")]
        if run.summed.training:
            done.append(_count(run.trained, "fit"))
    lasted = ""
    until = run.child_ended.at if run.child_ended is not None else run.ended_at or run.now
    if run.started_at is not None and until > run.started_at:
        lasted = f" after {until - run.started_at:.1f} s"
    yield f"{outcome(run)}{lasted}: {', '.join(done)}"
    if run.child_ended is not None and run.left:
        yield remaining(run)
    elif run.ended_at is not None and run.ended_at - until >= 0.1:
        yield f"what it left behind went on training and ended {run.ended_at - until:.1f} s later"
    worst = [finding for finding in findings if finding.severity != "note"]
    for group in alike(sorted(worst, key=lambda each: SEVERITIES.index(each.severity))):
        yield of_finding(group[-1], where(run, group))
        if group[-1].advice:
            yield f"  {group[-1].advice}"
    if not worst:
        yield "no errors or warnings"
    for each in left_out(run):
        yield f"left out: {each.words}"


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


def remaining(run: Run) -> str:
    """What of the run is alive after its script."""
    pids = run.remaining or run.left
    who = f"process {pids[0]} goes on" if len(pids) == 1 else f"processes {', '.join(map(str, pids))} go on"
    return f"{who} training" if run.remaining else who


def _metrics(epoch: Epoch) -> list[str]:
    return [f"{name} {value:.4g}" for name, value in list(epoch.metrics.items())[:MOST_METRICS]]


def _of(done: int, planned: int | None) -> str:
    return str(done) if planned is None else f"{done}/{planned}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
