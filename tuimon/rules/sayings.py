"""The words of findings: counts, epochs, durations, sizes and places as people say them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

IRREGULAR = {"batch": "batches", "pass": "passes", "class": "classes", "process": "processes", "entry": "entries"}


def count(number: float, noun: str) -> str:
    """``1 batch``, ``2,048 rows``."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def different_rows(number: int, known_by: str) -> str:
    """``1,024 different rows``, ``about 40,960 different rows``."""
    return ("about " if known_by != "exact" else "") + count(number, "different row")


def plural(noun: str) -> str:
    first, _, last = noun.rpartition(" ")
    return (first + " " if first else "") + IRREGULAR.get(last, last + "s")


def share(ratio: float) -> str:
    """``15%``; small ones with a digit more, and never 0% or 100% of what is not."""
    percent = 100.0 * ratio
    if percent in (0.0, 100.0):
        return f"{percent:.0f}%"
    if percent < 9.95:
        return f"{percent:.1f}%" if percent >= 0.05 else "under 0.1%"
    return f"{min(percent, 99.9):.1f}%" if percent > 99.4 else f"{percent:.0f}%"


def number(value: float) -> str:
    """At most four significant digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """``60 ms``, ``2.5 s``, ``250 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 600:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def size(amount: float) -> str:
    """``651 MiB``, ``4.0 GiB``."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(amount) < 1024 or unit == "GiB":
            break
        amount /= 1024
    if unit == "bytes":
        return count(round(amount), "byte")
    return f"{amount:,.0f} {unit}" if abs(amount) >= 99.5 else f"{amount:.1f} {unit}"


def epochs(indices: Iterable[int]) -> str:
    """Epochs counted from 0 as people count them: ``epoch 2``, ``epochs 2–6``, ``epochs 2, 4–6``."""
    return numbered(indices, "epoch")


def numbered(indices: Iterable[int], noun: str) -> str:
    runs = _runs(sorted(set(indices)))
    if not runs:
        return f"no {noun}"
    told = [str(first + 1) if first == last else f"{first + 1}–{last + 1}" for first, last in runs]
    if len(told) > 4:
        told = [*told[:3], "…", told[-1]]
    alone = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"{noun} {told[0]}" if alone else f"{plural(noun)} " + ", ".join(told)


def _runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def since(epoch: int | None, step: int | None = None) -> str:
    """``since epoch 2, step 11`` for an epoch and a step counted from 0; empty when the epoch is not known."""
    if epoch is None:
        return ""
    return f"since epoch {epoch + 1}" + (f", step {step + 1}" if step is not None else "")


def place(site: str) -> str:
    """``train.py:42`` of ``/home/me/train.py:42``."""
    return os.path.basename(site)


def of_call(site: str) -> str:
    """`` (train.py:42)``, to follow the name of a call; empty when the place is not known."""
    return f" ({place(site)})" if site else ""


def listed(names: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; of many, the first few and how many more."""
    shown = list(names[:most])
    if len(names) > most:
        return ", ".join(shown) + f" and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
