"""A terminal monitor for TensorFlow/Keras training. Imports nothing: foreign processes load this file."""

__version__ = "0.1.0"


def watch(name: str = "") -> str:
    """Watch the training of this process from now on; the run's id. `tuimon attach` shows it.

    Starts a supervisor for it, unless the process runs under `tuimon run` already. Never raises: where it cannot be
    watched, a warning says why, and the id is empty.
    """
    from tuimon.agent import inside

    return inside.watch("import", name)
