"""The colours of the screen by role: what a colour means is decided here and nowhere else.

Every role is told apart by its glyph or its words too; a theme may leave out all colour.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style


class Theme(NamedTuple):
    """Rich styles by role. No background is set: the terminal's own shows through."""

    name: str
    text: Style
    strong: Style
    dim: Style
    frame: Style
    focus: Style  # the frame of the focused pane
    title: Style
    accent: Style
    good: Style
    warn: Style
    bad: Style
    seen: Style  # data that reached the model
    planned: Style  # data that will, in this epoch
    wait: Style
    compute: Style
    callbacks: Style
    validation: Style
    rest: Style
    own: Style  # memory held by this run
    others: Style
    selected: Style
    curves: tuple[Style, ...]  # metrics, in order; validation takes the second of each pair

    def severity(self, severity: str) -> Style:
        return {"error": self.bad, "warning": self.warn}.get(severity, self.accent)


def _coloured(
    name: str,
    *,
    text: str,
    dim: str,
    frame: str,
    accent: str,
    good: str,
    warn: str,
    bad: str,
    wait: str,
    compute: str,
    validation: str,
    selected: str,
    curves: tuple[str, ...],
) -> Theme:
    def of(colour: str, bold: bool | None = None) -> Style:
        return Style(color=colour, bold=bold)

    return Theme(
        name=name,
        text=of(text),
        strong=of(text, bold=True),
        dim=of(dim),
        frame=of(frame),
        focus=of(accent),
        title=of(text, bold=True),
        accent=of(accent),
        good=of(good),
        warn=of(warn),
        bad=of(bad, bold=True),
        seen=of(good),
        planned=of(frame),
        wait=of(wait),
        compute=of(compute),
        callbacks=of(accent),
        validation=of(validation),
        rest=of(dim),
        own=of(compute),
        others=of(dim),
        selected=Style(color=text, bgcolor=selected, bold=True),
        curves=tuple(of(colour) for colour in curves),
    )


DARK = _coloured(
    "dark",
    text="#d5d9e3",
    dim="#7c8496",
    frame="#454c5e",
    accent="#7dcfff",
    good="#8fd46b",
    warn="#f2b84b",
    bad="#ff6b7a",
    wait="#f2924b",
    compute="#5b9cf5",
    validation="#c792ea",
    selected="#2c3550",
    curves=("#7dcfff", "#f2b84b", "#8fd46b", "#ff8fb1", "#c792ea", "#5fd7c4"),
)

LIGHT = _coloured(
    "light",
    text="#22252d",
    dim="#6b7180",
    frame="#b4b9c6",
    accent="#0b6fb8",
    good="#2f7d1e",
    warn="#9a6200",
    bad="#c01c38",
    wait="#b8500d",
    compute="#1d5fc4",
    validation="#7d3ea8",
    selected="#d6e4f7",
    curves=("#0b6fb8", "#b8500d", "#2f7d1e", "#b0246b", "#7d3ea8", "#0d7d74"),
)

HIGH_CONTRAST = _coloured(
    "high-contrast",
    text="bright_white",
    dim="white",
    frame="white",
    accent="bright_cyan",
    good="bright_green",
    warn="bright_yellow",
    bad="bright_red",
    wait="bright_yellow",
    compute="bright_cyan",
    validation="bright_magenta",
    selected="blue",
    curves=("bright_cyan", "bright_yellow", "bright_green", "bright_magenta", "bright_white", "bright_red"),
)

# Okabe and Ito's colours, told apart with every common colour vision.
COLOUR_BLIND = _coloured(
    "colour-blind",
    text="#dfe3ea",
    dim="#868d9c",
    frame="#4a5163",
    accent="#56b4e9",
    good="#009e73",
    warn="#e69f00",
    bad="#d55e00",
    wait="#e69f00",
    compute="#0072b2",
    validation="#cc79a7",
    selected="#2c3550",
    curves=("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00"),
)


def _mono() -> Theme:
    plain, bold, dim = Style.null(), Style(bold=True), Style(dim=True)
    return Theme(
        name="mono",
        text=plain,
        strong=bold,
        dim=dim,
        frame=dim,
        focus=bold,
        title=bold,
        accent=bold,
        good=plain,
        warn=bold,
        bad=Style(bold=True, reverse=True),
        seen=plain,
        planned=dim,
        wait=bold,
        compute=plain,
        callbacks=plain,
        validation=plain,
        rest=dim,
        own=plain,
        others=dim,
        selected=Style(reverse=True),
        curves=(plain, dim, bold, dim, plain, dim),
    )


MONO = _mono()

THEMES: tuple[Theme, ...] = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND, MONO)


def fitting(name: str | None, environment: Mapping[str, str] | None = None) -> Theme:
    """The theme of this name; without one, what the terminal's environment suggests."""
    environment = os.environ if environment is None else environment
    for theme in THEMES:
        if theme.name == name:
            return theme
    if environment.get("NO_COLOR"):
        return MONO
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in ("7", "15") else DARK
