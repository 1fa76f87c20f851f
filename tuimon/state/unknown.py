"""Why a number of a fit is not known, in words for its user; None where it is."""

from __future__ import annotations

from tuimon.state.fit import Fit
from tuimon.state.run import Run

ENOUGH = 10
"""Steps from which a number that is still missing will not come."""

PRINTED = "what was printed does not tell it"

JOINED = "the step was compiled before the agent came, and cannot be looked into"

LOOP = "the loop over the data is inside a tf.function, where no batch can be seen from outside"

GRAPH = "the step takes its batches where nothing may be added: op determinism, an XLA cluster, a graph of TensorFlow 1"


def wait_unknown(run: Run, fit: Fit) -> str | None:
    """Of the time that steps waited for their input."""
    if fit.wait_measured or fit.steps_done < ENOUGH:
        return None
    return _agentless(run) or (JOINED if fit.started.joined else LOOP if fit.call == "custom-loop" else GRAPH)


def samples_unknown(run: Run, fit: Fit) -> str | None:
    """Of the samples that were trained."""
    if fit.steps_done < ENOUGH or all(epoch.samples is not None for epoch in fit.epochs):
        return None
    if any(epoch.backfilled for epoch in fit.epochs):
        return "epochs from before the agent came are told by Keras' history, which counts no samples"
    return _agentless(run) or (
        JOINED if fit.started.joined else LOOP if fit.call == "custom-loop" else "the batches' size is not known"
    )


def _agentless(run: Run) -> str | None:
    """No agent has introduced itself."""
    return None if any(process.started.python for process in run.processes.values()) else PRINTED
