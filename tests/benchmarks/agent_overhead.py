"""What the agent adds to training: paired, alternating runs in one process that is pinned to a core.

    python tests/benchmarks/agent_overhead.py [--pairs 15] [--steps-of 1 10] [--seconds 3] [--beside agent,csv,wandb]

Each pair is a bare `fit(verbose=0)` and the same fit with the agent's hooks in place (or with a Keras callback that
people use anyway), in changing order, each with a model of its own that was traced in its own setting. Printed are the
median and the quartiles of the ratio of wall time, and of the processor time of the process, and the ratio of the best
wall times, of the best processor times, and of the best processor times of the thread that trains: these say most on a
busy machine. `bare` against itself is how far the figures can be trusted. Then what the agent adds to memory and to the
time of import. The fits are told to a real listener in another process.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Spent = tuple[float, float, float]

LISTENER = """
import socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
print("ready", flush=True)
connection, _ = server.accept()
while connection.recv(1 << 16): pass
"""

KINDS = ("arrays", "dataset", "generator", "sequence", "loop")
EPOCHS = 200
"""Kinds of training whose memory is compared, and how many epochs of 20 steps they take."""

IMPORT = """
import sys, time
began = time.thread_time()
from tuimon import agent
from tuimon.agent import imports
agent.start()
spent = time.thread_time() - began
def timed(name, module, hooks=imports.run_hooks):
    global spent
    began = time.thread_time()
    hooks(name, module)
    spent += time.thread_time() - began
imports.run_hooks = timed
import keras
print(spent)
"""


class Hooks:
    """The agent's hooks, which can be taken out and put back: every attribute that they replace."""

    def __init__(self) -> None:
        from tuimon import agent
        from tuimon.agent import imports

        names = [*imports.HOOKS, "tensorflow.python.ops.gen_dataset_ops"]
        owners = [owner for name in names if name in sys.modules for owner in _owners(sys.modules[name])]
        before = [(owner, dict(vars(owner))) for owner in owners]
        agent.start("import")
        self.replaced = [
            (owner, name, was, vars(owner)[name])
            for owner, attributes in before
            for name, was in attributes.items()
            if vars(owner).get(name) is not was
        ]
        self.put(False)

    def put(self, on: bool) -> None:
        for owner, name, was, hooked in self.replaced:
            setattr(owner, name, hooked if on else was)


def _owners(module: Any) -> list[Any]:
    return [
        module,
        *(each for each in vars(module).values() if isinstance(each, type) and each.__module__ != "builtins"),
    ]


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """A supervisor that only listens, in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/s"
        listener = subprocess.Popen([sys.executable, "-c", LISTENER, path], stdout=subprocess.PIPE)
        assert listener.stdout is not None
        listener.stdout.readline()
        os.environ.update(TUIMON_SOCKET=path, TUIMON_SPOOL=f"{directory}/spool")
        try:
            yield
        finally:
            listener.kill()
            listener.wait()


class Work:
    """Data and a model whose training step takes about so many milliseconds."""

    def __init__(self, width: int, steps: int) -> None:
        import numpy

        self.width, self.steps = width, steps
        values = numpy.random.default_rng(0)
        self.x = values.normal(size=(32 * steps, 16)).astype("float32")
        self.y = values.normal(size=(32 * steps, 1)).astype("float32")

    def model(self) -> Any:
        import keras

        layers = [keras.Input((16,)), *(keras.layers.Dense(self.width, activation="relu") for _ in range(3))]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    def fit(self, model: Any, **options: Any) -> Spent:
        """Wall seconds, processor seconds of the process, and those of this thread."""
        options.setdefault("verbose", 0)
        wall, processor, thread = time.perf_counter(), time.process_time(), time.thread_time()
        model.fit(self.x, self.y, batch_size=32, epochs=2, **options)
        return time.perf_counter() - wall, time.process_time() - processor, time.thread_time() - thread


def calibrated(milliseconds: float, seconds: float) -> Work:
    """Work of which a bare step takes at least about so long on one core."""
    for width in (16, 32, 64, 128, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048):
        work = Work(width, 50)
        model = work.model()
        work.fit(model)
        step = work.fit(model)[1] / 100 * 1e3  # of the processor, since the machine may be busy
        if step >= milliseconds * 0.9:
            return Work(width, max(20, int(seconds * 1e3 / 2 / step)))
    raise RuntimeError(f"no model takes {milliseconds} ms")


# --- what is compared


def csv_per_batch(directory: Path) -> Any:
    import keras

    class CsvPerBatch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            self.file = (directory / "batches.csv").open("w", buffering=1)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.file.write(",".join([str(batch), *(str(value) for value in (logs or {}).values())]) + "\n")

        def on_train_end(self, logs: Any = None) -> None:
            self.file.close()

    return CsvPerBatch()


def tensorboard_per_batch(directory: Path) -> Any:
    import keras

    return keras.callbacks.TensorBoard(str(directory / "logs"), update_freq="batch")


def wandb_per_batch(directory: Path) -> Any:
    wandb = importlib.import_module("wandb")
    wandb.init(mode="offline", dir=str(directory), settings=wandb.Settings(silent=True))
    return importlib.import_module("wandb.integration.keras").WandbMetricsLogger(log_freq="batch")


CALLBACKS: dict[str, Callable[[Path], Any]] = {
    "csv": csv_per_batch,
    "tensorboard": tensorboard_per_batch,
    "wandb": wandb_per_batch,
}


Times = list[Spent]


def compare(name: str, work: Work, hooks: Hooks, pairs: int) -> tuple[Times, Times]:
    """What each pair's bare fit spent, and its other one."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        options: dict[str, Any] = {}
        if name == "progress":
            options["verbose"] = 1
            stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(f"{directory}/out", "w"))))
        elif name in CALLBACKS:
            options["callbacks"] = [CALLBACKS[name](Path(directory))]
            if name == "wandb":
                stack.callback(lambda: importlib.import_module("wandb").finish())
        bare, other = work.model(), work.model()

        def run(watched: bool) -> Spent:
            hooks.put(watched and name == "agent")
            try:
                return work.fit(other, **options) if watched else work.fit(bare)
            finally:
                hooks.put(False)

        for watched in (False, True, False, True):
            run(watched)
        times: dict[bool, Times] = {False: [], True: []}
        for pair in range(pairs):
            for watched in (False, True) if pair % 2 else (True, False):
                times[watched].append(run(watched))
        return times[False], times[True]


def printed(bare: Times, other: Times) -> str:
    """Median and quartiles of the ratios of wall and of processor time; the ratios of the best of each time."""
    cells = []
    for column in (0, 1):
        low, middle, high = statistics.quantiles([b[column] / a[column] for a, b in zip(bare, other, strict=True)], n=4)
        cells.append(f"{middle:6.4f} ({low:6.4f} … {high:6.4f})")
    best = [min(b[column] for b in other) / min(a[column] for a in bare) for column in (0, 1, 2)]
    return f"{cells[0]:>28}{cells[1]:>28}" + "".join(f"{each:>10.4f}" for each in best)


def measured_outside(command: Sequence[str], watched: bool, runs: int = 3) -> list[float]:
    """The medians of the numbers that Python prints when it is run so, anew each time."""
    printed = []
    for _ in range(runs):
        with listening() if watched else contextlib.nullcontext():
            told = {name: value for name, value in os.environ.items() if watched or not name.startswith("TUIMON_")}
            told["PYTHONPATH"] = str(ROOT / "tuimon" / "agent" / "inject") if watched else str(ROOT)
            done = subprocess.run([sys.executable, *command], env=told, capture_output=True, text=True, check=True)
        printed.append([float(each) for each in done.stdout.splitlines()[-1].split()])
    return [statistics.median(each) for each in zip(*printed, strict=True)]


def memory() -> None:
    """Of processes that train many short epochs, without and with the agent."""
    script = str(ROOT / "tests" / "scripts" / "many_epochs.py")
    print(f"\nMiB after {EPOCHS} epochs of 20 steps, with the agent, and how much of it in their second half")
    for kind in KINDS:
        bare, watched = (measured_outside([script, kind, str(EPOCHS)], each) for each in (False, True))
        half, end = ((with_it - without) / 2**20 for without, with_it in zip(bare, watched, strict=True))
        print(f"{kind:14}{bare[1] / 2**20:8.1f} bare {end:+8.1f} {end - half:+8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--steps-of", type=float, nargs="*", default=[1.0, 10.0], help="milliseconds of a bare step")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one fit of two epochs")
    parser.add_argument("--beside", default="agent,bare,progress,csv,tensorboard,wandb")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--only-ratios", action="store_true")
    options = parser.parse_args()
    names = options.beside.split(",")
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    with listening():
        os.sched_setaffinity(0, {options.core})
        import keras

        print(f"Keras {keras.__version__}, {options.pairs} pairs, ratio to bare: median (quartiles)")
        hooks = Hooks()
        for milliseconds in options.steps_of:
            work = calibrated(milliseconds, options.seconds)
            model = work.model()
            work.fit(model)
            step = work.fit(model)[1] / work.steps / 2 * 1e3
            print(f"\nbare step {step:.2f} ms, {2 * work.steps} steps a fit")
            print(f"{'':14}{'wall':>28}{'processor':>28}{'best wall':>10}{'best proc.':>10}{'thread':>10}")
            for name in names:
                if name in ("tensorboard", "wandb") and importlib.util.find_spec(name) is None:
                    print(f"{name:14}not installed")
                    continue
                print(f"{name:14}{printed(*compare(name, work, hooks, options.pairs))}", flush=True)
    if options.only_ratios:
        return
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    compileall.compile_dir(ROOT / "tuimon", quiet=1)  # as an installed package is
    print(f"processor time of import: {measured_outside(['-c', IMPORT], False)[0] * 1e3:+.1f} ms with the agent")
    memory()


if __name__ == "__main__":
    main()
