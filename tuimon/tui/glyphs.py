"""The characters that pictures are made of: Unicode, or plain ASCII for terminals without it."""

from __future__ import annotations

from typing import NamedTuple


class Glyphs(NamedTuple):
    """`eighths` and `heights` go from empty to full."""

    full: str
    planned: str
    reserved: str
    unseen: str
    empty: str
    eighths: str
    heights: str
    horizontal: str
    vertical: str
    corners: str  # top left, top right, bottom left, bottom right
    arrow: str
    error: str
    warning: str
    note: str
    good: str
    dot: str
    ellipsis: str
    best: str
    up: str
    down: str
    cursor: str
    dash: str
    times: str
    textures: str  # of the parts of a stacked bar, so that they differ without colour
    braille: bool

    def severity(self, severity: str) -> str:
        return {"error": self.error, "warning": self.warning}.get(severity, self.note)


UNICODE = Glyphs(
    full="█",
    planned="▒",
    reserved="▓",
    unseen="╱",
    empty="·",
    eighths=" ▏▎▍▌▋▊▉█",
    heights=" ▁▂▃▄▅▆▇█",
    horizontal="─",
    vertical="│",
    corners="╭╮╰╯",
    arrow="→",
    error="✖",
    warning="▲",
    note="●",
    good="✔",
    dot="·",
    ellipsis="…",
    best="★",
    up="↑",
    down="↓",
    cursor="▸",
    dash="–",
    times="×",
    textures="▓█▒▚░",
    braille=True,
)

ASCII = Glyphs(
    full="#",
    planned="=",
    reserved="%",
    unseen="/",
    empty=".",
    eighths=" #",
    heights=" .:-=+*#",
    horizontal="-",
    vertical="|",
    corners="++++",
    arrow=">",
    error="x",
    warning="!",
    note="i",
    good="v",
    dot="-",
    ellipsis="~",
    best="*",
    up="^",
    down="v",
    cursor=">",
    dash="-",
    times="x",
    textures="W#cv.",
    braille=False,
)
