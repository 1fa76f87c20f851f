"""The command line's options for the screen are those that it has."""

from __future__ import annotations

import argparse
import inspect

from tuimon.tui.app import run_screen
from tuimon.tui.theme import THEMES
from tuimon.verbs import options


def parsed(*arguments: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    options.add_screen(parser)
    return options.screen_options(parser.parse_args(arguments))


def test_every_theme_can_be_chosen() -> None:
    assert tuple(theme.name for theme in THEMES) == options.THEMES


def test_the_screen_takes_what_the_options_give() -> None:
    assert set(parsed()) <= set(inspect.signature(run_screen).parameters)
    assert parsed("--theme", "light", "--ascii", "--refresh", "1") == {
        "theme": "light",
        "ascii_only": True,
        "interval": 1.0,
        "clipboard": False,
    }


def test_options_with_a_value_are_known_as_such() -> None:
    parser = argparse.ArgumentParser()
    options.add_screen(parser)
    valued = {action.option_strings[0] for action in parser._actions if action.option_strings and action.nargs != 0}

    assert valued == set(options.SCREEN_VALUED)
