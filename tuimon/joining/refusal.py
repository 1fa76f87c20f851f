"""Why a process cannot be joined."""

from __future__ import annotations

from tuimon.errors import TuimonError


class Refused(TuimonError):
    """Code cannot be run in the process; it was left as it was."""


class NotAllowed(Refused):
    """The kernel or the process itself does not let us in."""
