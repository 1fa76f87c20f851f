"""The one finding that a fit's header shows."""

from __future__ import annotations

from collections.abc import Iterable

from tuimon.rules.finding import SEVERITIES, Finding

ORDER: tuple[tuple[str, ...], ...] = (
    ("nothing-trained", "empty-epoch", "endless-epoch", "endless-validation"),
    # Of the ends of a process, the cause comes before the fact.
    ("out-of-memory", "disk-full"),
    ("killed", "script-failed", "stalled", "dead-worker"),
    ("non-finite-loss", "non-finite-weights", "non-finite-data"),
    ("ran-short", "shrinking-epochs", "repeated-batch", "tiny-epochs", "low-coverage"),
    (
        "missing-targets",
        "labels-out-of-range",
        "shape-broadcast",
        "softmax-on-one-unit",
        "logits-mismatch",
        "nothing-trainable",
        "unreachable-targets",
        "unfit-loss",
        "imbalanced-labels",
    ),
    ("ended-early",),  # behind all that may say why
    ("input-bound",),
)
"""Groups of rules, the most telling first. Rules that are not listed follow in the order of their first evidence."""

_RANKS = {rule: rank for rank, rules in enumerate(ORDER) for rule in rules}


def headline(findings: Iterable[Finding], fit: int | None = None) -> Finding | None:
    """The finding to show first; None when there is nothing above a note.

    With `fit`, an index, only what was found of that fit and of the run as a whole counts. An error comes before a
    warning, what holds before what is over, then the order above, then the earliest evidence.
    """
    eligible = [
        finding for finding in findings if finding.severity != "note" and (fit is None or finding.fit in (fit, None))
    ]
    return min(eligible, key=_precedence, default=None)


def _precedence(finding: Finding) -> tuple[int, bool, int, float]:
    rank = _RANKS.get(finding.rule, len(ORDER))
    return SEVERITIES.index(finding.severity), finding.over, rank, finding.at or 0.0
