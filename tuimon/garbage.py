"""How often Python looks for garbage: not while modules are loaded, as usual afterwards."""

from __future__ import annotations

import gc

WHILE_LOADING = 200_000
"""New objects: some 65,000 are made up to the first picture, all of which stay. With its own 700, Python looks through
them over and over, a tenth of the time. As a lasting setting it would let 20 MB of garbage lie about."""

AFTERWARDS = 5_000
"""Own choice: a screen of some 35 MB stays there, and nobody sees Python look."""


def hold_off() -> None:
    gc.set_threshold(WHILE_LOADING)


def as_usual() -> None:
    """What has been loaded is not looked through again: it stays."""
    gc.freeze()
    gc.set_threshold(AFTERWARDS)
