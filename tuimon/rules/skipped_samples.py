"""Samples that should be there never arrive.

What it means: the pipeline swallows errors (`ignore_errors`, or `except: continue` in a generator), and files that are
missing or damaged disappear without a word.

Why it matters: a wrong path can cost most of the data, and training goes on as if nothing was wrong.

How it is decided: file names that the generator holds are looked up on disk; or a full pass brought fewer samples
than the source (behind `ignore_errors`), or than --dataset-size declares. From 1% missing it is a warning, from 10% an
error. An `ignore_errors` whose losses cannot be counted is a note, and so is a size that is only estimated, since a
generator may leave rows out on purpose.

What to do: count what is skipped, and print it; check the paths; remove `ignore_errors` while you look for the cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run


@dataclass(frozen=True)
class SkippedSamples:
    warning_from: float = 0.01  # of the samples; own choice
    error_from: float = 0.1  # own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._missing_files(fit) or self._counted(run, fit) or self._uncounted(fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)

    def _severity(self, share: float) -> Severity | None:
        return "error" if share >= self.error_from else "warning" if share >= self.warning_from else None

    def _missing_files(self, fit: Fit) -> Finding | None:
        source = evidence.described(fit)
        if source is None or not source.paths_checked or not source.paths_missing:
            return None
        share = source.paths_missing / source.paths_checked
        severity = self._severity(share)
        if severity is None:
            return None
        return Finding(
            rule="skipped-samples",
            severity=severity,
            message=f"{source.paths_missing:,} of {sayings.count(source.paths_checked, 'file')} that the generator "
            f"names do not exist ({sayings.share(share)}, limit {sayings.share(self.warning_from)})",
            advice="Check the folder and the names before training, and let the generator raise instead of going on.",
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=source.at,
            numbers={"missing": source.paths_missing, "checked": source.paths_checked},
            snippet="missing = [path for path in paths if not os.path.exists(path)]\nassert not missing, missing[:5]",
        )

    def _counted(self, run: Run, fit: Fit) -> Finding | None:
        source, behind, one = evidence.described(fit), evidence.supply(run, fit), self._full_pass(fit)
        if source is None or behind is None or one is None or one.samples is None:
            return None
        ignores = evidence.has_stage(source, "ignore_errors")
        generated = source.kind == "generator" or evidence.has_stage(source, "from_generator", "generator")
        if not ignores and not generated and behind.known_by != "declared":
            return None
        missing = behind.rows - one.samples - (source.dropped or 0)
        share = missing / behind.rows
        severity = self._severity(share)
        if severity is None:
            return None
        estimated = behind.known_by == "estimated"
        why = "ignore_errors drops those that fail" if ignores else "the generator left them out"
        return Finding(
            rule="skipped-samples",
            severity="note" if estimated else severity,
            message=f"{missing:,} of {sayings.count(behind.rows, 'sample')}{' by estimate' if estimated else ''} did "
            f"not arrive in {sayings.epochs([one.index])} ({sayings.share(share)}, "
            f"limit {sayings.share(self.warning_from)}): {why}",
            advice="Count what is skipped and why; paths that are wrong and files that cannot be decoded are the usual "
            "causes.",
            fit=fit.index,
            epoch=one.index,
            at=one.ended_at,
            numbers={"missing": missing, "rows": behind.rows, "arrived": one.samples, "known_by": behind.known_by},
            snippet="" if not ignores else "dataset.ignore_errors(log_warning=True)",
        )

    def _full_pass(self, fit: Fit) -> Epoch | None:
        """The first epoch that read the source to its end."""
        if evidence.has_stage(evidence.described(fit), "repeat", "filter", "take", "shard"):
            return None
        exact = (epoch for epoch in evidence.whole(fit)[:3] if epoch.source_ended and epoch.samples_known_by == "exact")
        return next(exact, None)

    def _uncounted(self, fit: Fit) -> Finding | None:
        source = evidence.described(fit)
        if source is None or not evidence.has_stage(source, "ignore_errors") or self._full_pass(fit) is not None:
            return None
        return Finding(
            rule="skipped-samples",
            severity="note",
            message="the pipeline drops every element that fails (ignore_errors); how many, is not known",
            advice="ignore_errors(log_warning=True) prints what is dropped.",
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=source.at,
        )
