"""What `tuimon` can be asked to do: one module per verb, with `add(subparsers)` and `run(args) -> int`.

Loading a verb is cheap: whatever is heavy is imported inside its `run`.
"""

from __future__ import annotations

NAMES = [
    "run",
    "attach",
    "detach",
    "replay",
    "export",
    "runs",
    "serve",
    "demo",
    "doctor",
    "explain",
    "config",
    "send",
]
"""In the order in which `tuimon --help` shows them."""
