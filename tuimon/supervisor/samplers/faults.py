"""What the driver says of a GPU's failures as they happen: XID errors.

The kernel's log has them too, but not everybody may read it. Errors of before are not known.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pynvml

from tuimon import events

MOST = 64
"""Errors taken at one look; a failing card can tell of thousands."""


class Faults:
    """Listens for all GPUs that it was told of. Says nothing where the driver or the card cannot tell."""

    def __init__(self) -> None:
        self._set: Any = None
        self._uuids: dict[int | None, str] = {}

    def listen(self, handle: Any, uuid: str) -> None:
        """To this GPU too; once is enough."""
        if uuid in self._uuids.values():
            return
        self._uuids[_address(handle)] = uuid
        try:
            if self._set is None:
                self._set = pynvml.nvmlEventSetCreate()
            pynvml.nvmlDeviceRegisterEvents(handle, pynvml.nvmlEventTypeXidCriticalError, self._set)
        except pynvml.NVMLError:
            return  # a card or driver without events

    def new(self) -> list[events.Facts]:
        """uuid and xid of each error since the last call, the oldest first. Never waits."""
        found: list[events.Facts] = []
        while self._set is not None and len(found) < MOST:
            try:
                told = pynvml.nvmlEventSetWait_v2(self._set, 0)
            except pynvml.NVMLError:
                break
            found.append({"uuid": self._uuids.get(_address(told.device), ""), "xid": int(told.eventData)})
        return found

    def close(self) -> None:
        listening, self._set, self._uuids = self._set, None, {}
        if listening is not None:
            try:
                pynvml.nvmlEventSetFree(listening)
            except pynvml.NVMLError:
                return


def _address(handle: Any) -> int | None:
    return ctypes.cast(handle, ctypes.c_void_p).value
