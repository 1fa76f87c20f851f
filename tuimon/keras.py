"""`callbacks=[tuimon.keras.Monitor()]`: a training that watches itself.

The callback brings the agent in, as `tuimon run` does, and counts nothing itself. Keras is not imported here: the class
is made of the `Callback` of the Keras that the program has imported.
"""

from __future__ import annotations

import sys
from typing import Any


def Monitor(name: str = "") -> Any:
    """A Keras callback under which this fit is watched, in a run of that name where the process has none yet."""
    from tuimon.agent import inside

    inside.watch("callback", name)
    return _class_of(_keras())()


def _keras() -> Any:
    for module in ("tf_keras", "keras", "tensorflow.keras"):
        found = getattr(sys.modules.get(module), "callbacks", None)
        if found is not None:
            return found
    raise ImportError("tuimon.keras.Monitor is used before Keras has been imported")


_classes: dict[Any, Any] = {}


def _class_of(callbacks: Any) -> Any:
    base: Any = callbacks.Callback
    if base not in _classes:

        class Monitor(base):  # type: ignore[misc]
            """Has the agent find the fit that it was given to: that began before the agent could look."""

            _supports_tf_logs = True

            def set_model(self, model: Any) -> None:
                super().set_model(model)
                from tuimon.agent import inside

                inside.fit_begins()

        _classes[base] = Monitor
    return _classes[base]
