"""A full disk."""

from __future__ import annotations

from tests.builders import epoch, fit, host, raised, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.disk_full import DiskFull

TiB, GiB = 2**40, 2**30


def test_a_checkpoint_that_could_not_be_written() -> None:
    failed = raised("OSError", "[Errno 28] No space left on device: '/ckpt/model.keras'", where="fit", fit=1)
    finding = found(DiskFull(), run_of(fit(), epoch(0), failed), "error")
    assert "no space left on the device for /ckpt/model.keras" in finding.message
    assert finding.fit == 0


def test_hardly_any_space_is_left() -> None:
    finding = found(DiskFull(), run_of(host(disk_free=GiB, disk_total=TiB)), "error")
    assert "1.0 GiB of 1,024 GiB are left on the script's disk (limit 2.0 GiB)" in finding.message
    freed = [host(disk_free=GiB, disk_total=TiB), host(disk_free=9 * GiB, disk_total=TiB)]
    assert found(DiskFull(), run_of(freed)).over


def test_near_misses() -> None:
    quiet(DiskFull(), run_of(host(disk_free=5 * GiB, disk_total=TiB)))  # under 1%, and still plenty
    quiet(DiskFull(), run_of(host(disk_free=GiB, disk_total=50 * GiB)))
    quiet(DiskFull(), run_of(raised("OSError", "[Errno 13] Permission denied")))
