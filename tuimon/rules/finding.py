"""A finding: an anomaly, with the numbers that fired it and what to do; and the shape of the rules that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from tuimon.state import Run

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""

_NO_NUMBERS: dict[str, Any] = {}  # shared by all findings without any: nobody changes a finding


class Finding(NamedTuple):
    """`at`, `epoch` and `step` are those of the first evidence; `fit` is the index of the fit in the run.

    Epochs and steps count from 0 here; messages count from 1, as Keras prints them.
    """

    rule: str
    severity: Severity
    message: str  # one sentence with the number that fired it and the limit it crossed
    advice: str = ""
    fit: int | None = None
    epoch: int | None = None
    step: int | None = None
    at: float | None = None
    numbers: Mapping[str, Any] = _NO_NUMBERS
    snippet: str = ""  # corrected code, in the user's own numbers
    over: bool = False  # the condition no longer holds


class Rule(Protocol):
    """One trouble. The module's docstring is the user's page; its file name, with dashes, is the rule's id.

    A rule is a frozen dataclass whose fields are its thresholds. It reads the state and yields findings: no memory, no
    clock, no input or output. The same events give the same findings.
    """

    def check(self, run: Run) -> Iterator[Finding]:
        """The findings as of now. None when the signal is missing."""
        ...

    def unjudged(self, run: Run) -> str | None:
        """Why this rule cannot be judged on this run: the signal that is missing. None when it can."""
        ...
