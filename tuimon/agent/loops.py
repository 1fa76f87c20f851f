"""Loops of the user's own."""

from __future__ import annotations

from typing import Any


def iterator_ops(module: Any) -> None:
    pass


def backprop(module: Any) -> None:
    pass


def polymorphic_function(module: Any) -> None:
    pass
