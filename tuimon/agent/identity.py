"""Who reports: this process, its frameworks and devices; told once, when it really trains or evaluates."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List, Optional

from tuimon import agent, events
from tuimon.agent import guard
from tuimon.agent.outbox import outbox

_OF_TENSORFLOW = """
CONFIG CPP_ CUDA_ CUDNN_ DETERMINISTIC_ DISABLE_ ENABLE_ FORCE_ FUNCTION_ GPU_ JIT_ MIN_ NUM_ OVERRIDE_ TRT_ USE_ XLA_
"""
_TELLING = (
    *("KERAS_", "XLA_", "CUDA_VISIBLE_DEVICES", "NVIDIA_", "JAX_", "OMP_NUM_THREADS", "PYTHONHASHSEED"),
    *("TF_" + name for name in _OF_TENSORFLOW.split()),  # Terraform's begin so, too, and may be secrets
)
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL")
_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
_SIZES = ("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")

_introduced: Optional[int] = None
_devices_told: Optional[int] = None


def introduce() -> None:
    """Queue `AgentStarted` and `FrameworkSeen`, once in each process."""
    global _introduced
    if _introduced == os.getpid():
        return
    _introduced = os.getpid()
    from tuimon.agent import control, notices, phases, process  # what only a process that trains needs

    process.install()
    control.install()
    phases.install()
    notices.install()
    outbox.put(started())
    outbox.put(framework())


def introduce_again() -> None:
    """To another supervisor, which has heard nothing yet."""
    global _introduced, _devices_told
    _introduced = _devices_told = None
    introduce()


def started() -> events.AgentStarted:
    task, index = _task()
    rank = _number(_RANKS)
    return events.AgentStarted(
        parent=os.getppid(),
        python="%d.%d.%d" % sys.version_info[:3],
        executable=sys.executable or "",
        argv=list(getattr(sys, "argv", [])),
        door=agent.door,
        rank=rank if rank is not None else index,
        ranks=_number(_SIZES),
        task=task,
        environment={
            name: value[:500]
            for name, value in os.environ.items()
            if name.startswith(_TELLING) and not any(word in name for word in _SECRET)
        },
    )


def framework() -> events.FrameworkSeen:
    keras = _version("keras")
    tf_keras = _version("tf_keras")
    three = keras is not None and not keras.startswith("2.")
    return events.FrameworkSeen(
        tensorflow=_version("tensorflow"),
        keras=keras if three or tf_keras is None else tf_keras,
        keras_line=3 if three else 2,
        backend=_backend() if three else "tensorflow",
        jax=_version("jax"),
        torch=_version("torch"),
        numpy=_version("numpy"),
    )


def tell_devices(model: Any) -> None:
    """Queue `DevicesSeen`, once in each process, when the framework has set its devices up anyway."""
    global _devices_told
    if _devices_told == os.getpid():
        return
    _devices_told = os.getpid()
    strategy = getattr(model, "distribute_strategy", None)
    outbox.put(
        events.DevicesSeen(
            devices=guard.run("devices", _devices) or [],
            precision=guard.run("precision", _precision) or "",
            strategy=type(strategy).__name__ if strategy is not None else "",
            replicas=getattr(strategy, "num_replicas_in_sync", None),
        )
    )


def _devices() -> List[Dict[str, Any]]:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and _backend() == "tensorflow":
        return [_of_tensorflow(tensorflow, device) for device in tensorflow.config.list_logical_devices()]
    jax = sys.modules.get("jax")
    if jax is not None and _backend() == "jax":
        return [{"name": str(each), "kind": each.platform.upper()} for each in jax.local_devices()]
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        count = torch.cuda.device_count()
        return [
            {"name": "cuda:%d" % index, "kind": "GPU", "description": torch.cuda.get_device_name(index)}
            for index in range(count)
        ]
    return [{"name": "cpu", "kind": "CPU"}]


def _of_tensorflow(tensorflow: Any, device: Any) -> Dict[str, Any]:
    facts: Dict[str, Any] = {"name": device.name, "kind": device.device_type}
    if device.device_type != "GPU":
        return facts
    index = int(device.name.rsplit(":", 1)[1])
    physical = tensorflow.config.list_physical_devices("GPU")
    if index < len(physical):
        facts["memory_growth"] = tensorflow.config.experimental.get_memory_growth(physical[index])
        facts["description"] = tensorflow.config.experimental.get_device_details(physical[index]).get("device_name")
        for limited in tensorflow.config.get_logical_device_configuration(physical[index]) or []:
            facts["memory_limit"] = limited.memory_limit * 2**20 if limited.memory_limit else None
    return facts


def _precision() -> str:
    keras = sys.modules.get("keras") or sys.modules.get("tf_keras")
    policy = getattr(getattr(keras, "config", None), "dtype_policy", None)
    if policy is None:
        policy = keras.mixed_precision.global_policy  # type: ignore[union-attr]
    return str(getattr(policy(), "name", ""))


def _backend() -> str:
    backend = getattr(sys.modules.get("keras"), "backend", None)
    name = getattr(backend, "backend", None)
    return str(name()) if callable(name) else "tensorflow"


def _version(module: str) -> Optional[str]:
    found = getattr(sys.modules.get(module), "__version__", None)
    return str(found) if found is not None else None


def _task() -> "tuple[str, Optional[int]]":
    try:
        task = json.loads(os.environ["TF_CONFIG"])["task"]
        return "%s/%s" % (task["type"], task["index"]), int(task["index"])
    except (KeyError, ValueError, TypeError):
        return "", None


def _number(names: "tuple[str, ...]") -> Optional[int]:
    for name in names:
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return None
