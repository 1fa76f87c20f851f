"""The lines of standard error that tell why a script died."""

from __future__ import annotations

from pathlib import Path

from tuimon.supervisor.last_words import MOST_CHUNKS, last_words


def test_only_what_tells(tmp_path: Path) -> None:
    path = tmp_path / "stderr.log"
    path.write_text(
        "a warning\nterminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nbye\n"
    )
    assert [line.split()[0] for line in last_words(path)] == ["terminate", "what():"]


def test_the_innermost_frame_of_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "stderr.log"
    frames = '  File "a.py", line 1 in inner\n  File "a.py", line 9 in outer\n'
    path.write_text(f"Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n{frames}")
    assert last_words(path) == ["Fatal Python error: Segmentation fault", '  File "a.py", line 1 in inner']


def test_of_a_long_account_the_largest_chunks(tmp_path: Path) -> None:
    path = tmp_path / "stderr.log"
    chunks = [f"I bfc_allocator.cc:1105] 1 Chunks of size {n} totalling {n}B" for n in range(256, 256 * 200, 256)]
    refused = "W bfc_allocator.cc:501] Allocator (GPU_0_bfc) ran out of memory trying to allocate 1.00GiB"
    path.write_text("\n".join([refused, *chunks, "Limit:  100", "InUse:  90"]))
    words = last_words(path)
    assert words[0] == refused
    assert words[1:-2] == chunks[-MOST_CHUNKS:]
    assert words[-2:] == ["Limit:  100", "InUse:  90"]


def test_no_file(tmp_path: Path) -> None:
    assert last_words(tmp_path / "missing") == []
