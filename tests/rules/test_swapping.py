"""Memory on disk."""

from __future__ import annotations

from tests.builders import epoch, fit, host, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.swapping import Swapping
from tuimon.state import Run

MiB = 2**20


def swapped(*sizes: float, faults: int = 0) -> Run:
    """A second each; so many MiB swapped, and major page faults per second."""
    samples = [host(swapped=round(size * MiB), major_faults=faults * n) for n, size in enumerate(sizes)]
    return run_of(fit(), epoch(0), samples[:1], epoch(1), samples[1:])


def test_swap_that_grows() -> None:
    assert "400 MiB of the training are swapped" in found(Swapping(), swapped(0, 200, 400), "warning").message
    found(Swapping(), swapped(0, 2000), "error")
    assert found(Swapping(), swapped(0, 400, 0)).over


def test_page_faults_on_what_is_swapped() -> None:
    assert "300 major page faults" in found(Swapping(), swapped(*[50] * 40, faults=300), "warning").message


def test_near_misses() -> None:
    quiet(Swapping(), swapped(0, 0, 0))
    quiet(Swapping(), swapped(*[0] * 40, faults=900))  # a memory-mapped file
    quiet(Swapping(), swapped(0, 50, 50))
    quiet(Swapping(), run_of(host(swapped=500 * MiB), fit(), epoch(0), host(swapped=500 * MiB)))  # from before
