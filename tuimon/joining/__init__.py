"""Joining a process that was started without tuimon: which ones there are, and running the agent's loader in one."""
