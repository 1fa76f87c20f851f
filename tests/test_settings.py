"""Settings: what wins over what, where a project's file is found, and how a mistake is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tests.builders import run_of
from tuimon import events
from tuimon.cli import main
from tuimon.errors import UsageError
from tuimon.rules import rule_id, rules_of
from tuimon.rules.diverging_loss import DivergingLoss
from tuimon.settings import KEYS, assignment, load, project_file

TIMES = "rules.diverging-loss.times"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a script in a folder of its own; returns the script."""
    (tmp_path / "project" / "src").mkdir(parents=True)
    script = tmp_path / "project" / "src" / "train.py"
    script.write_text("")
    return script


@pytest.fixture
def write(project: Path, tmp_path: Path) -> Callable[[str, str], None]:
    """Write a file: `project` and `beside` the script, or the `user`'s."""
    places = {
        "beside": project.parent / "tuimon.toml",
        "project": project.parent.parent / "pyproject.toml",
        "user": tmp_path / "config" / "tuimon" / "config.toml",
    }

    def write_(place: str, text: str) -> None:
        places[place].parent.mkdir(parents=True, exist_ok=True)
        places[place].write_text(text)

    return write_


def environ(tmp_path: Path, **variables: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path), **variables}


def test_without_anything_all_is_default(project: Path, tmp_path: Path) -> None:
    settings = load(project, environ=environ(tmp_path))
    assert [settings[key] for key in KEYS] == [key.default for key in KEYS.values()]
    assert settings[TIMES] == DivergingLoss().times
    assert {settings.origin(key) for key in (*KEYS, TIMES)} == {"default"}
    assert settings.facts() == {}


def test_the_nearer_source_wins_key_by_key(project: Path, tmp_path: Path, write: Callable[[str, str], None]) -> None:
    write("user", 'interval = 5\nfail-on = "error"\nbell = true\ntitle = true\n[rules.diverging-loss]\ntimes = 3')
    write("project", '[tool.tuimon]\nfail-on = "warning"\nbell = false\n[tool.tuimon.rules.diverging-loss]\ntimes = 4')
    variables = environ(tmp_path, TUIMON_BELL="yes", TUIMON_RULE_DIVERGING_LOSS_TIMES="5")
    settings = load(project, {"title": False}, variables)
    assert (settings["interval"], settings["fail-on"], settings["bell"], settings["title"]) == (
        5.0,
        "warning",
        True,
        False,
    )
    assert settings[TIMES] == 5.0
    assert [Path(settings.origin(key)).name for key in ("interval", "fail-on", "bell", "title", TIMES)] == [
        "config.toml",
        "pyproject.toml",
        "TUIMON_BELL",
        "--title",
        "TUIMON_RULE_DIVERGING_LOSS_TIMES",
    ]


def test_a_file_beside_the_script_is_nearer_than_the_projects(
    project: Path, tmp_path: Path, write: Callable[[str, str], None]
) -> None:
    write("project", "[tool.tuimon]\ninterval = 2")
    write("beside", "interval = 3")
    assert load(project, environ=environ(tmp_path))["interval"] == 3.0


def test_the_search_ends_at_the_projects_root(project: Path, tmp_path: Path, write: Callable[[str, str], None]) -> None:
    (tmp_path / "tuimon.toml").write_text("interval = 9")
    assert project_file(project) == tmp_path / "tuimon.toml"
    write("project", "[project]\nname = 'of another tool'")
    assert project_file(project) is None
    (project.parent / ".git").mkdir()
    (project.parent.parent / "pyproject.toml").write_text("[tool.tuimon]\ninterval = 2")
    assert project_file(project) is None


def test_flags_choose_rules_and_thresholds(project: Path, tmp_path: Path) -> None:
    key, value = assignment("diverging_loss.times = 7")
    flags = {"select": ["diverging-loss", "loss_plateau"], "ignore": ["loss-plateau"], key: value}
    settings = load(project, flags, environ(tmp_path))
    assert settings.rules() == [DivergingLoss(times=7.0)]
    assert settings.facts() == {
        "ignore": ["loss-plateau"],
        "select": ["diverging-loss", "loss-plateau"],
        "rules": {"diverging-loss": {"times": 7.0}},
    }


def test_a_run_is_judged_by_the_settings_that_it_was_started_with() -> None:
    settings = {"select": ["diverging-loss"], "rules": {"diverging-loss": {"times": 7.0, "of_another_version": 1}}}
    run = run_of(events.RunStarted(run="r", settings=settings), began=False)
    assert rules_of(run) == [DivergingLoss(times=7.0)]
    assert "diverging-loss" in map(rule_id, rules_of(run_of()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ingore = []", r"unknown setting `ingore`; did you mean `ignore`\?"),
        ('ignore = ["diverging-los"]', r"unknown rule `diverging-los`; did you mean `diverging-loss`\?"),
        ("[rules.divergingloss]\ntimes = 2", r"unknown rule `divergingloss`; did you mean `diverging-loss`\?"),
        ("[rules.diverging-loss]\ntime = 2", r"unknown threshold of diverging-loss `time`; did you mean `times`\?"),
        ("[rules.diverging-loss]\ntimes = 'two'", r"times is 'two'; give a number"),
        ("[rules.diverging-loss]\nepochs = 2.5", r"epochs is 2.5; give a whole number"),
        ("[rules.softmax-on-one-unit]\nunits = 2", "softmax-on-one-unit has no thresholds"),
        ("rules.diverging-loss = 3", "give a threshold"),
        ('fail-on = "notes"', "give warning or error"),
        ("bell = 1", "bell is 1; give true or false"),
        ("interval = ", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_file_names_what_is_right(
    text: str, says: str, project: Path, tmp_path: Path, write: Callable[[str, str], None]
) -> None:
    write("beside", text)
    with pytest.raises(UsageError, match=says) as raised:
        load(project, environ=environ(tmp_path))
    assert "tuimon.toml" in str(raised.value)


def test_a_project_that_says_nothing_of_tuimon_is_left_alone(project: Path, tmp_path: Path) -> None:
    (project.parent.parent / "pyproject.toml").write_text("[tool.black]\nline-length = ")

    assert load(project, environ=environ(tmp_path)).origin("interval") == "default"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TUIMON_INGORE": "overfitting"}, r"TUIMON_INGORE in the environment; did you mean TUIMON_IGNORE\?"),
        ({"TUIMON_RULE_DIVERGING_LOSS_TIME": "2"}, r"did you mean TUIMON_RULE_DIVERGING_LOSS_TIMES\?"),
        ({"TUIMON_INTERVAL": "often"}, "TUIMON_INTERVAL: interval is 'often'; give a number"),
    ],
)
def test_a_mistake_in_the_environment_names_what_is_right(
    variables: dict[str, str], says: str, project: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=says):
        load(project, environ=environ(tmp_path, **variables))


def test_variables_of_other_use_are_left_alone(project: Path, tmp_path: Path) -> None:
    variables = environ(tmp_path, TUIMON_SOCKET="/run/s", TUIMON_RUN="r1", TUIMON_PROBE="off", TUIMON_DEBUG="f")
    assert load(project, environ=variables).values == {}


@pytest.mark.parametrize("text", ["stalled", "diverging-loss.times", "diverging-loss=2", "diverging-loss.tims=2"])
def test_an_assignment_needs_rule_threshold_and_value(text: str) -> None:
    with pytest.raises(UsageError):
        assignment(text)


def test_config_prints_what_is_in_force_and_where_from(
    project: Path,
    tmp_path: Path,
    write: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    write("beside", "ignore = ['overfitting']\n[rules.diverging-loss]\ntimes = 4")
    assert main(["config", str(project), "--set", "loss-plateau.epochs=9"]) == 0
    printed = capsys.readouterr().out
    assert 'ignore = ["overfitting"]' in printed
    assert str(project.parent / "tuimon.toml") in printed
    assert "[rules.loss-plateau]\nepochs = 9" in printed
    assert as_toml(printed)["rules"]["diverging-loss"] == {"times": 4.0}


def test_config_can_print_every_threshold(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["config", str(tmp_path), "--all"]) == 0
    assert as_toml(capsys.readouterr().out)["rules"]["diverging-loss"]["times"] == DivergingLoss().times


def test_an_unknown_rule_on_the_command_line_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--ignore", "overfiting"]) == 2
    assert capsys.readouterr().err == "tuimon: --ignore: unknown rule `overfiting`; did you mean `overfitting`?\n"


def as_toml(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = tomllib.loads(text)
    return parsed
