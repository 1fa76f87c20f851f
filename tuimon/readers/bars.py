"""One drawing of a Keras progress bar, or one line of `verbose=2`, as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ANSI = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_=>]")

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|[-+]?inf"
UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
CLOCK = r"\d+:\d\d:\d\d|\d+:\d\d|\d+s"
COUNT = r"^\s*(?P<step>\d+)/(?P<steps>\d+|Unknown)\s+"
METRICS = r"(?P<metrics>(?: - .*)?)$"
STEP = r"(?P<each>\d+)(?P<unit>s|ms|us)/\w+"

HEADING = re.compile(r"^\s*Epoch (\d{1,9})/(\d{1,9})\s*$")

BAR = re.compile(COUNT + rf"(?P<bar>[━]+\s+)?(?P<clock>{CLOCK})\s+{STEP}" + METRICS)
"""Keras 3, verbose 1: `31/60 ━━━━ 0s 2ms/step - loss: 0.7`."""

OLD_BAR = re.compile(COUNT + rf"(?:\[[=>.]*\]\s+)?-\s+(?P<eta>ETA: )?(?P<clock>{CLOCK})(?:\s+{STEP})?" + METRICS)
"""Keras 2, verbose 1: `35/60 [====>...] - ETA: 0s - loss: 0.7`."""

LINE = re.compile(COUNT + rf"- (?P<clock>\d+s) - {STEP}" + METRICS)
"""Keras 3, verbose 2: `60/60 - 3s - 54ms/step - loss: 0.7`."""

OLD_LINE = re.compile(
    COUNT + rf"- (?P<clock>\d+s)(?P<metrics>(?: - .*)?) - (?P<whole>\d+)(?P<whole_unit>s|ms|us)/epoch - {STEP}\s*$"
)
"""Keras 2, verbose 2: `60/60 - 1s - loss: 0.7 - 883ms/epoch - 15ms/step`."""

METRIC = re.compile(rf" - ([^:]{{1,100}}?): ({NUMBER})(?![\w.])")


@dataclass(frozen=True)
class Bar:
    step: int
    steps: int | None  # None while unknown
    seconds: float | None  # printed for the whole, rounded
    step_seconds: float | None
    last: bool  # drawn when the epoch was over
    line: int  # of Keras: 2 or 3
    whole: bool  # a line of verbose=2, written once
    metrics: dict[str, float] = field(default_factory=dict)


def plain(raw: bytes) -> str:
    """The text without colours and other control sequences."""
    return ANSI.sub(b"", raw).decode("utf-8", "replace").rstrip()


def heading(text: str) -> tuple[int, int] | None:
    """Epoch and epochs of `Epoch 3/10`, as printed."""
    match = HEADING.match(text)
    return (int(match[1]), int(match[2])) if match else None


def bar(text: str) -> Bar | None:
    if not text.lstrip()[:1].isdigit():
        return None
    for pattern, line, whole in ((OLD_LINE, 2, True), (LINE, 3, True), (BAR, 3, False), (OLD_BAR, 2, False)):
        match = pattern.match(text)
        if match and len(match["step"]) < 16 and len(match["steps"]) < 16:
            return _bar(match.groupdict(), line, whole)
    return None


def _bar(told: dict[str, str | None], line: int, whole: bool) -> Bar:
    step, steps = int(told["step"] or 0), told["steps"]
    planned = None if steps == "Unknown" else int(steps or 0)
    metrics = {name.strip(): float(value) for name, value in METRIC.findall(told["metrics"] or "")}
    whole_unit = told.get("whole_unit")
    seconds = float(told["whole"] or 0) * UNIT[whole_unit] if whole_unit else clock_seconds(told["clock"] or "")
    remaining = bool(told.get("eta")) or (line == 3 and not whole and step != planned and planned is not None)
    return Bar(
        step=step,
        steps=planned,
        seconds=None if remaining else seconds,
        step_seconds=int(told["each"] or 0) * UNIT[told["unit"] or "s"] if told.get("each") else None,
        last=whole or (step == planned and not told.get("eta")),
        line=line,
        whole=whole,
        metrics=metrics,
    )


def clock_seconds(text: str) -> float:
    """`1:02:03`, `2:03` or `45s`."""
    if text.endswith("s"):
        return float(text[:-1])
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part or 0)
    return seconds
