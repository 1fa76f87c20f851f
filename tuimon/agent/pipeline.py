"""The stages of a `tf.data.Dataset`, read from the dataset object: nothing is iterated, nothing changes state."""

from __future__ import annotations

from typing import Any, List

from tuimon.events import Facts


def stages(dataset: Any) -> List[Facts]:
    """The stages in order of flow, as `events.SourceDescribed.pipeline` holds them."""
    return []
