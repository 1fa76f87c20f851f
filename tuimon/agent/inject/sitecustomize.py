"""Loads tuimon's agent from tuimon's own folder, then hands on to the `sitecustomize` that this file hides.

Python runs this at the start of every interpreter of a run, long before the program. It imports nothing that the
interpreter has not imported already, adds no folder to `sys.path`, and never raises on its own account.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _start_agent() -> None:
    import _frozen_importlib as bootstrap
    import _frozen_importlib_external as external

    root = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))
    if "tuimon" not in sys.modules:
        spec = external.PathFinder.find_spec("tuimon", [root])
        if spec is None or spec.loader is None:
            return
        package = bootstrap.module_from_spec(spec)
        sys.modules["tuimon"] = package
        spec.loader.exec_module(package)
    from tuimon import agent

    agent.start()


def _hand_on() -> None:
    import _frozen_importlib as bootstrap
    import _frozen_importlib_external as external

    spec = external.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    mine = sys.modules["sitecustomize"]
    module = bootstrap.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules["sitecustomize"] = mine
        raise


sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _HERE]
if os.environ.get("TUIMON_SOCKET") and os.environ.get("TUIMON_AGENT") != "off":
    _path = os.environ.get("PYTHONPATH")
    try:
        # Whatever starts an interpreter while the agent starts must not start an agent again.
        os.environ.pop("PYTHONPATH", None)
        _start_agent()
    except Exception as _error:
        _log = os.environ.get("TUIMON_DEBUG")
        if _log:
            try:
                with open(_log, "a") as _file:
                    _file.write("the agent did not start: %r\n" % (_error,))
            except OSError:
                pass
    finally:
        if _path is not None:
            os.environ["PYTHONPATH"] = _path
_hand_on()
