"""The supervisor's parts alone: what it reads of the machine, of the output, and how it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import wait_for
from tuimon import events, journal
from tuimon.runs import RunDirectory
from tuimon.supervisor.child import Child, End, zombie_status
from tuimon.supervisor.output import Output
from tuimon.supervisor.recorder import Recorder
from tuimon.supervisor.samplers.cgroup import Cgroup
from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.host import HostSampler, pressure
from tuimon.supervisor.samplers.process import Tree

# --- the output


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (b"Epoch 3/10\n", [(3, 10)]),
        (b"Epoch: 3\n", [(3, None)]),
        (b"epoch 3 loss 0.5\n", [(3, None)]),
        (b"[Epoch 3 of 10] loss 0.5\n", [(3, 10)]),
        (b"--- EPOCH #12 ---\n", [(12, None)]),
        (b"Epoch=4/9\r\nEpoch=5/9\r\n", [(4, 9), (5, 9)]),
        (b"Epochs: 20\n", []),
        (b"the epoch 3 was good\n", []),
        (b"Epoch 3", []),
        (b"epochal 3\n", []),
        (b"\xff\xfe\x00\n", []),
    ],
)
def test_epoch_lines_are_seen(tmp_path: Path, printed: bytes, lines: list[tuple[int, int | None]]) -> None:
    output = Output(RunDirectory(tmp_path))
    (tmp_path / "stdout.log").write_bytes(printed)

    seen = list(output.look(1.0))

    assert seen[0] == events.OutputGrew(at=1.0, stdout=len(printed))
    assert seen[1:] == [events.EpochLinePrinted(at=1.0, epoch=epoch, epochs=epochs) for epoch, epochs in lines]
    assert list(output.look(2.0)) == []


def test_a_line_that_comes_in_pieces_is_seen_once(tmp_path: Path) -> None:
    output = Output(RunDirectory(tmp_path))
    seen: list[events.Event] = []
    with (tmp_path / "stdout.log").open("ab", buffering=0) as file:
        for piece in (b"Epo", b"ch 1", b"/5\nEpoch 2/5", b"\n"):
            file.write(piece)
            seen += output.look(1.0)

    assert [event.epoch for event in seen if isinstance(event, events.EpochLinePrinted)] == [1, 2]


# --- the journal


def test_what_a_small_disk_cut_off_is_finished_later(tmp_path: Path) -> None:
    """A limit on the size of files cuts a write off just as a full disk does."""
    code = """
import resource, sys
from pathlib import Path
from tuimon import events
from tuimon.supervisor.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]))
recorder.record(events.OutputGrew(at=1.0, stdout=1))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
for step in range(40):
    recorder.record(events.StepsEnded(at=2.0 + step, step=step, steps=1))
    recorder.record(events.HostSampled(at=2.0 + step, load=1.0))
assert recorder.paused
recorder.resume(50.0)
assert recorder.paused
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
recorder.resume(60.0)
recorder.record(events.OutputGrew(at=61.0, stdout=2))
assert recorder.close(62.0)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    tail = journal.Tail(tmp_path)
    recorded = tail.take()
    assert tail.unreadable == 0
    assert [event.step for event in recorded if isinstance(event, events.StepsEnded)] == list(range(40))
    (gap,) = [event for event in recorded if isinstance(event, events.GapRecorded)]
    assert (gap.what, gap.until, gap.reason) == ("host", 60.0, "recording paused: File too large")
    assert isinstance(recorded[-1], events.OutputGrew)
    assert not (tmp_path / "reserve").exists()


def test_what_does_not_fit_into_memory_either_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path)
    monkeypatch.setattr(recorder, "_room", 500)
    full = OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(recorder.journal, "append_line", lambda line: (_ for _ in ()).throw(full))
        for step in range(100):
            recorder.record(events.StepsEnded(at=10.0 + step, step=step, steps=1))
    recorder.resume(200.0)

    recorded = list(journal.read(tmp_path))
    kept = [event for event in recorded if isinstance(event, events.StepsEnded)]
    (lost,) = [event for event in recorded if isinstance(event, events.EventsLost)]
    assert [event.step for event in kept] == list(range(len(kept)))
    assert len(kept) + lost.count == 100
    assert lost.since == 10.0
    recorder.close(201.0)


# --- how a process ended


def test_a_wait_status_tells_exit_code_and_signal() -> None:
    assert End.of(3 << 8) == End(exit_code=3)
    assert End.of(9) == End(signal=9)
    assert End.of(11 | 0x80) == End(signal=11, core_dumped=True)


# --- the machine


def test_the_process_tree_is_summed_up(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys, time
block = b"x" * (40 << 20)
hold = "import time; b = b'y' * (30 << 20); print('up', flush=True); time.sleep(600)"
worker = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
worker.stdout.readline()
dead = subprocess.Popen(["true"])
os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
print("ready", flush=True)
until = time.process_time() + 0.3
while time.process_time() < until: pass
print("worked", flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    tree = Tree(Family(process.pid))
    try:
        assert process.stdout.readline() == b"ready\n"
        tree.sample(100.0)
        assert process.stdout.readline() == b"worked\n"
        fields = tree.sample(110.0)
    finally:
        children = tree.sample(120.0).get("workers", [])
        process.kill()
        for worker in children:
            os.kill(worker["pid"], 9)
        process.wait()
        process.stdout.close()

    assert fields["processes"] == 2
    assert fields["dead_workers"] == 1
    assert fields["main_rss"] > 40 << 20
    assert fields["rss"] > 70 << 20
    assert fields["pss"] > 70 << 20
    (worker,) = fields["workers"]
    assert worker["rss"] > 30 << 20
    assert worker["state"] in "SR"
    assert fields["cpu_cores"] > 0.02
    assert fields["threads"] >= 2
    wait_for(lambda: tree.sample(130.0) == {}, "the tree to be gone")


def test_a_host_sample_has_what_the_machine_tells() -> None:
    (sample,) = HostSampler(Family(os.getpid()), Path.cwd()).sample(5.0)

    assert isinstance(sample, events.HostSampled)
    assert sample.at == 5.0
    assert sample.memory_total is not None
    assert sample.memory_available is not None
    assert 0 < sample.memory_available <= sample.memory_total
    assert sample.cores is not None
    assert sample.cores >= 1
    assert sample.disk_free is not None
    assert sample.rss is not None
    assert sample.rss > 0


def test_pressure_is_a_ratio_and_absent_where_the_kernel_has_none(tmp_path: Path) -> None:
    (tmp_path / "cpu").write_text(
        "some avg10=12.50 avg60=1.00 avg300=0.00 total=1\nfull avg10=3.00 avg60=0 avg300=0 total=1\n"
    )

    assert pressure(tmp_path) == {"pressure": {"cpu": 0.125, "cpu_full": 0.03}}
    assert pressure(tmp_path / "none") == {"pressure": {}}


def fake(root: Path, group: str, mounts: str, files: dict[str, str]) -> Cgroup:
    """A control group as the kernel would show it below `root`."""
    for name, text in {"proc/7/cgroup": group, "proc/self/mountinfo": mounts, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Cgroup(7, root)


MODERN = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
OLD = (
    "31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 1 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
)


def test_limits_of_a_version_2_group_are_the_lowest_on_the_way_up(tmp_path: Path) -> None:
    cgroup = fake(
        tmp_path,
        "0::/slurm/job\n",
        MODERN,
        {
            "sys/fs/cgroup/slurm/memory.max": "1000000\n",
            "sys/fs/cgroup/slurm/job/memory.max": "max\n",
            "sys/fs/cgroup/slurm/job/memory.current": "5000\n",
            "sys/fs/cgroup/slurm/job/memory.stat": "anon 1000\ninactive_file 2000\n",
            "sys/fs/cgroup/slurm/job/memory.events": "low 0\noom 2\noom_kill 1\n",
            "sys/fs/cgroup/slurm/job/cpu.stat": "usage_usec 1\n",
            "sys/fs/cgroup/slurm/job/cpu.max": "150000 100000\n",
        },
    )

    assert cgroup.memory_limit() == 1_000_000
    assert cgroup.memory_used() == 3000
    assert cgroup.oom_kills() == 1
    assert cgroup.cpus() == 1.5
    assert cgroup.cores(8) == 2


def test_version_1_spells_no_limit_as_a_large_number(tmp_path: Path) -> None:
    cgroup = fake(
        tmp_path,
        "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n",
        OLD,
        {
            "sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes": "900\n",
            "sys/fs/cgroup/memory/docker/x/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
            "sys/fs/cgroup/memory/docker/x/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
        },
    )

    assert cgroup.memory_limit() is None
    assert cgroup.memory_used() == 800
    assert cgroup.oom_kills() == 4
    assert cgroup.cores(8) == 8


def test_without_control_groups_nothing_is_guessed(tmp_path: Path) -> None:
    cgroup = Cgroup(7, tmp_path)

    assert (cgroup.memory_limit(), cgroup.memory_used(), cgroup.oom_kills(), cgroup.cpus()) == (None, None, None, None)


def test_a_process_may_call_itself_anything() -> None:
    """A name is 15 bytes, and the kernel cuts it within a character."""
    renames = "import ctypes\nctypes.CDLL(None).prctl(15, b') R \\xff\\xc3')\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", renames], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        script = Child(process.pid, own=False)
        assert script.started is not None
        assert script.poll() is None
        assert zombie_status(process.pid) is None
        process.communicate(b"\n")


@pytest.mark.parametrize("said", [b"\xff", b"", b"some", b"some avg10=x", b"some avg60=1.0", b"all avg10=1.00"])
def test_pressure_in_a_form_of_another_kernel_is_not_known(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "cpu").write_bytes(said)

    assert pressure(tmp_path) == {"pressure": {}}


def test_mounts_of_any_name_hide_no_control_group(tmp_path: Path) -> None:
    mounts = "30 23 0:27 / /odd\udcff rw - tmpfs\n\n29 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n"
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/1").mkdir()
    (tmp_path / "proc/self/mountinfo").write_bytes(os.fsencode(mounts))
    (tmp_path / "proc/1/cgroup").write_bytes(b"0::/a\n")
    group = tmp_path / "sys/fs/cgroup/a"
    group.mkdir(parents=True)
    (group / "memory.stat").write_bytes(b"inactive_file 0\n")
    (group / "memory.max").write_bytes(b"1000\n")

    assert Cgroup(1, tmp_path).memory_limit() == 1000
