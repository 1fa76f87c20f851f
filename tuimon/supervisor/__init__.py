"""Owns a run: a process apart from every screen, that starts the script, listens, samples, and writes the journal."""

from tuimon.supervisor.adopt import adopt, needed, settle
from tuimon.supervisor.join import Target, join
from tuimon.supervisor.start import Plan, start

__all__ = ["Plan", "Target", "adopt", "join", "needed", "settle", "start"]
