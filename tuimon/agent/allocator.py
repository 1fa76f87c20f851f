"""The framework's own allocator: bytes in use, peak, limit and reserve of each GPU, for the framework that is loaded.

Only GPUs have such counters. Nothing here initialises a device: a framework that has not touched its GPUs yet has
nothing to say.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional

from tuimon import events

Device = Dict[str, Any]


def sample() -> Optional[events.AllocatorSampled]:
    """The counters of every GPU that a loaded framework uses; None when there is none. Cheap, for the sender thread."""
    devices = _of_tensorflow() + _of_jax() + _of_torch()
    return events.AllocatorSampled(devices=devices) if devices else None


def _of_tensorflow() -> List[Device]:
    tensorflow = sys.modules.get("tensorflow")
    context = sys.modules.get("tensorflow.python.eager.context")
    made = getattr(context, "_context", None)
    if tensorflow is None or made is None or not getattr(made, "_initialized", False):
        return []
    config = tensorflow.config
    physical = config.get_visible_devices("GPU")
    devices = []
    for index, logical in enumerate(config.list_logical_devices("GPU")):
        name = logical.name.split("device:")[-1]
        info = config.experimental.get_memory_info(name)
        device = {"name": name, "in_use": info.get("current"), "peak": info.get("peak"), **_place(index)}
        if index < len(physical):
            device.update(_settings(config, physical[index]))
        devices.append(_known(device))
    return devices


def _settings(config: Any, physical: Any) -> Device:
    """Memory growth and the limit that the user set, in bytes."""
    logical = config.get_logical_device_configuration(physical)
    limit = logical[0].memory_limit if logical else None  # MiB
    return {
        "memory_growth": config.experimental.get_memory_growth(physical),
        "limit": int(limit * 2**20) if limit else None,
    }


def _of_jax() -> List[Device]:
    bridge = sys.modules.get("jax._src.xla_bridge")
    if bridge is None or not getattr(bridge, "_backends", None):
        return []
    devices = []
    for device in sys.modules["jax"].local_devices():
        if device.platform not in ("gpu", "cuda", "rocm", "tpu"):
            continue
        counted = device.memory_stats() or {}
        seen = {
            "name": "{}:{}".format(device.platform.upper(), device.id),
            "in_use": counted.get("bytes_in_use"),
            "peak": counted.get("peak_bytes_in_use"),
            "limit": counted.get("bytes_limit"),
            "reserved": counted.get("pool_bytes") or counted.get("bytes_reserved"),
        }
        devices.append(_known({**seen, **_place(getattr(device, "local_hardware_id", device.id))}))
    return devices


def _of_torch() -> List[Device]:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return []
    devices = []
    for index in range(cuda.device_count()):
        counted = cuda.memory_stats(index)
        uuid = getattr(cuda.get_device_properties(index), "uuid", None)
        seen = {
            "name": "GPU:{}".format(index),
            "in_use": counted.get("allocated_bytes.all.current"),
            "peak": counted.get("allocated_bytes.all.peak"),
            "reserved": counted.get("reserved_bytes.all.current"),
            **_place(index),
        }
        if uuid is not None:
            seen["gpu_uuid"] = "GPU-{}".format(uuid)
        devices.append(_known(seen))
    return devices


def _place(index: int) -> Device:
    """Which of the machine's GPUs the framework's `index`-th one is, by CUDA_VISIBLE_DEVICES."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return {"gpu_index": index}
    named = [each.strip() for each in visible.split(",")]
    if index >= len(named):
        return {}
    if named[index].isdigit():
        return {"gpu_index": int(named[index])}
    return {"gpu_uuid": named[index]} if named[index] else {}


def _known(device: Device) -> Device:
    return {name: value for name, value in device.items() if value is not None}
