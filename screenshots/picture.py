"""A screen of text cells as a PNG: letters from a font, lines, blocks and dots drawn as terminals draw them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.strip import Strip

FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
)
FALLBACK = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

SIGNS = "★✖✔▲●▸"
"""Taken from the fallback, and centred in their cell."""

WIDTH, HEIGHT = 18, 38
"""Pixels of a cell, at twice the size that pictures are looked at."""

MARGIN = 24

DARK = TerminalTheme(
    (18, 20, 26),
    (213, 217, 227),
    [
        (40, 44, 54),
        (255, 107, 122),
        (143, 212, 107),
        (242, 184, 75),
        (91, 156, 245),
        (199, 146, 234),
        (125, 207, 255),
        (213, 217, 227),
    ],
    [
        (124, 132, 150),
        (255, 130, 143),
        (170, 230, 140),
        (250, 205, 110),
        (130, 180, 250),
        (215, 170, 245),
        (160, 220, 255),
        (255, 255, 255),
    ],
)
LIGHT = TerminalTheme((250, 250, 247), (34, 37, 45), [(34, 37, 45)] * 8, [(34, 37, 45)] * 8)

Colour = tuple[int, int, int]


def draw(strips: Sequence[Strip], width: int, path: Path, theme: TerminalTheme = DARK) -> None:
    """Write the picture of these lines, `width` cells each."""
    size = (width * WIDTH + 2 * MARGIN, len(strips) * HEIGHT + 2 * MARGIN)
    image = Image.new("RGB", size, tuple(theme.background_color))
    pen = ImageDraw.Draw(image)
    fonts = [ImageFont.truetype(name, 30) for name in (*FONTS, FALLBACK)]
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            front, back = _colours(segment.style or Style.null(), theme)
            bold = bool(segment.style and segment.style.bold)
            for char in segment.text:
                _cell(pen, char, MARGIN + x * WIDTH, MARGIN + y * HEIGHT, front, back, fonts, bold)
                x += 1
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def _colours(style: Style, theme: TerminalTheme) -> tuple[Colour, Colour | None]:
    front = style.color.get_truecolor(theme, foreground=True) if style.color else theme.foreground_color
    back = style.bgcolor.get_truecolor(theme, foreground=False) if style.bgcolor else None
    if style.reverse:
        front, back = back or theme.background_color, front
    if style.dim:
        front = ColorTriplet(*((a + b) // 2 for a, b in zip(front, theme.background_color, strict=True)))
    return tuple(front), tuple(back) if back else None  # type: ignore[return-value]


def _cell(
    pen: ImageDraw.ImageDraw,
    char: str,
    x: int,
    y: int,
    front: Colour,
    back: Colour | None,
    fonts: Sequence[ImageFont.FreeTypeFont],
    bold: bool,
) -> None:
    if back is not None:
        pen.rectangle((x, y, x + WIDTH - 1, y + HEIGHT - 1), fill=back)
    if char == " ":
        return
    if not _drawn(pen, char, x, y, front):
        if char in SIGNS:
            pen.text((x + WIDTH / 2, y + HEIGHT / 2), char, fill=front, font=fonts[2], anchor="mm")
        else:
            pen.text((x, y + 2), char, fill=front, font=fonts[bold])


_SHADES = {"░": 4, "▒": 2, "▓": 1}


def _drawn(pen: ImageDraw.ImageDraw, char: str, x: int, y: int, front: Colour) -> bool:
    """Whether the character was one of those that are geometry."""
    code = ord(char)
    right, bottom = x + WIDTH - 1, y + HEIGHT - 1
    middle, centre = x + WIDTH // 2, y + HEIGHT // 2
    if 0x2800 <= code < 0x2900:
        _braille(pen, code - 0x2800, x, y, front)
    elif char == "█":
        pen.rectangle((x, y, right, bottom), fill=front)
    elif "▁" <= char <= "▇":
        pen.rectangle((x, bottom - HEIGHT * (code - 0x2580) // 8 + 1, right, bottom), fill=front)
    elif "▉" <= char <= "▏":
        pen.rectangle((x, y, x + WIDTH * (0x2590 - code) // 8 - 1, bottom), fill=front)
    elif char in _SHADES:
        _shade(pen, _SHADES[char], x, y, front)
    elif char == "▚":
        pen.rectangle((x, y, middle - 1, centre - 1), fill=front)
        pen.rectangle((middle, centre, right, bottom), fill=front)
    elif char == "╱":
        pen.line((x, bottom, right, y), fill=front, width=2)
    elif char == "━":
        pen.rectangle((x, centre - 2, right, centre + 1), fill=front)
    elif char in "┅┄":
        for part in range(3):
            pen.rectangle((x + part * 6, centre - 2, x + part * 6 + 3, centre + 1), fill=front)
    elif char in "─│┤╭╮╰╯":
        _box(pen, char, x, y, front)
    else:
        return False
    return True


def _box(pen: ImageDraw.ImageDraw, char: str, x: int, y: int, front: Colour) -> None:
    middle, centre, right, bottom = x + WIDTH // 2, y + HEIGHT // 2, x + WIDTH - 1, y + HEIGHT - 1
    radius = WIDTH // 2
    if char in "─┤":
        pen.line((x, centre, right if char == "─" else middle, centre), fill=front, width=2)
    if char in "│┤":
        pen.line((middle, y, middle, bottom), fill=front, width=2)
    if char in "╭╮╰╯":
        below, towards_right = char in "╭╮", char in "╭╰"
        start = {"╭": 180, "╮": 270, "╯": 0, "╰": 90}[char]
        cx, cy = middle + (radius if towards_right else -radius), centre + (radius if below else -radius)
        pen.arc((cx - radius, cy - radius, cx + radius, cy + radius), start, start + 90, fill=front, width=2)
        pen.line((middle, cy, middle, bottom if below else y), fill=front, width=2)


def _braille(pen: ImageDraw.ImageDraw, bits: int, x: int, y: int, front: Colour) -> None:
    for row, (left, right) in enumerate(((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))):
        for column, bit in enumerate((left, right)):
            if bits & bit:
                cx, cy = x + WIDTH * (2 * column + 1) / 4, y + HEIGHT * (2 * row + 1) / 8
                pen.ellipse((cx - 2.6, cy - 2.6, cx + 2.6, cy + 2.6), fill=front)


def _shade(pen: ImageDraw.ImageDraw, sparse: int, x: int, y: int, front: Colour) -> None:
    """A pattern of dots: three of four (1), every other (2), or one of four (4)."""
    for row in range(HEIGHT // 2):
        for column in range(WIDTH // 2):
            dense = not (row % 2 and column % 2)
            every_other = (row + column) % 2 == 0
            if dense if sparse == 1 else every_other and (sparse == 2 or row % 2 == 0):
                left, top = x + 2 * column, y + 2 * row
                pen.rectangle((left, top, left + 1, top + 1), fill=front)
