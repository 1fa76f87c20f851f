"""Graphics cards whose figures tuimon does not read, and what would."""

from __future__ import annotations

from pathlib import Path

MAKERS = {"0x1002": ("AMD", "amd-smi or nvtop"), "0x8086": ("Intel", "xpu-smi or nvtop")}
"""By PCI vendor: the maker, and tools that show its cards."""


def unread_gpus(root: Path = Path("/sys/class/drm")) -> str:
    """``AMD graphics are not read; amd-smi or nvtop shows them``; empty where there are none."""
    seen = set()
    for vendor in root.glob("card*/device/vendor"):
        try:
            seen.add(vendor.read_text(errors="replace").strip())
        except OSError:
            continue
    said = [
        f"{maker} graphics are not read; {tools} shows them" for code, (maker, tools) in MAKERS.items() if code in seen
    ]
    return ", ".join(said)
