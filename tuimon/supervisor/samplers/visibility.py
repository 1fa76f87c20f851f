"""Which of the machine's GPUs a run may use: `CUDA_VISIBLE_DEVICES` against NVML's list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def visible_gpus(environment: Mapping[str, str], gpus: Sequence[tuple[int, str, str]]) -> dict[str, bool] | None:
    """For each UUID, whether the run may use it; None where that cannot be told.

    `gpus` are (index, uuid, name) by NVML, which counts in PCI order. CUDA counts the fastest first unless
    CUDA_DEVICE_ORDER says otherwise, so indices tell nothing on a machine of different GPUs. As in CUDA, an entry that
    names no GPU ends the list.
    """
    listed = environment.get("CUDA_VISIBLE_DEVICES")
    if listed is None:
        return {uuid: True for _, uuid, _ in gpus}
    same_order = environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or len({name for _, _, name in gpus}) <= 1
    chosen: set[str] = set()
    for entry in filter(None, (part.strip() for part in listed.split(","))):
        if entry.lstrip("-").isdigit():
            if not same_order:
                return None
            named = [uuid for index, uuid, _ in gpus if index == int(entry)]
        else:
            named = [uuid for _, uuid, _ in gpus if uuid.startswith(entry)]
        if len(named) != 1:
            break
        chosen.add(named[0])
    return {uuid: uuid in chosen for _, uuid, _ in gpus}
