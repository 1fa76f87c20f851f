"""The screen in use: what it shows of a run, and what each key does. And what it looks like, by recorded pictures."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PID, START, epoch, fit, fit_end, run_of, steps, timed
from tests.tui.recorded import PIPELINE, Story, recorded
from tests.tui.screen import Listed, refresh, screen, shown
from tuimon import events
from tuimon.errors import TuimonError
from tuimon.journal import Journal
from tuimon.rules.finding import Finding
from tuimon.tui.app import Watch
from tuimon.tui.glyphs import ASCII
from tuimon.tui.overview import Overview
from tuimon.tui.page import Page
from tuimon.tui.pages.epochs import EpochsPage
from tuimon.tui.pages.facts import FactsPage
from tuimon.tui.pages.finding import FindingPage
from tuimon.tui.pages.help import HelpPage
from tuimon.tui.pages.menu import MenuPage
from tuimon.tui.pages.runs import RunsPage
from tuimon.tui.panes.metrics import MetricsPane

SHOWN = Path(__file__).parent / "shown"
"""The approved pictures. With TUIMON_APPROVE=1 in the environment, the tests write them anew."""

HALF = Story(take=30_000, steps=938, epochs_done=6.3)

PICTURES: dict[str, tuple[Story, tuple[int, int]]] = {
    "healthy-80x24": (Story(), (80, 24)),
    "healthy-120x40": (Story(), (120, 40)),
    "half-unseen-80x24": (HALF, (80, 24)),
    "half-unseen-120x40": (HALF, (120, 40)),
    "starved-120x40": (Story(wait=0.6), (120, 40)),
    "unknown-size-80x24": (Story(size=None, size_known_by=None, steps=None), (80, 24)),
    "not-finite-120x40": (Story(nan_at=9_000), (120, 40)),
    "eight-gpus-120x40": (Story(gpus=8), (120, 40)),
    "eight-gpus-250x70": (Story(gpus=8), (250, 70)),
}


def assert_shown(name: str, text: str) -> None:
    path = SHOWN / f"{name}.txt"
    if os.environ.get("TUIMON_APPROVE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert path.exists(), f"no approved picture {path.name}: run with TUIMON_APPROVE=1 and look at it"
    assert text + "\n" == path.read_text()


@pytest.mark.parametrize("name", PICTURES)
async def test_looks_as_approved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuimon.rules.diagnose", lambda run: [])  # a new rule changes no picture
    story, size = PICTURES[name]
    async with screen(recorded(story), size) as (app, _):
        assert_shown(name, shown(app))


async def test_before_anything_happened_it_says_so() -> None:
    async with screen([]) as (app, _):
        text = shown(app)

    assert "no training seen yet" in text
    assert "no fit yet" in text


async def test_the_header_names_run_phase_progress_and_what_is_left() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, _):
        first = shown(app).splitlines()[0]

    for word in ("mnist-cnn", "training", "epoch 6/8", "step 750/1,875", "left 0:09 epoch 0:42 run"):
        assert word in first


@pytest.mark.parametrize(
    ("phase", "said"),
    [("tracing", "tracing the model"), ("filling", "filling the shuffle buffer"), ("waiting", "waiting for input")],
)
async def test_the_phase_is_said_in_words(phase: str, said: str) -> None:
    these = timed(fit(), events.PhaseChanged(pid=PID, fit=1, phase=phase))
    async with screen(these) as (app, _):
        assert said in shown(app).splitlines()[0]


async def test_a_stopped_process_is_said_to_be_stopped() -> None:
    stopped = events.ProcessStopped(at=START + 20, pid=PID, since=START + 19, reason="stopped by a signal")
    these = [*timed(fit()), stopped, events.HostSampled(at=START + 319)]
    async with screen(these) as (app, _):
        assert "stopped by a signal 5:00" in shown(app).splitlines()[0]


async def test_a_killed_run_says_by_which_signal() -> None:
    these = [*timed(fit()), events.ChildEnded(at=START + 60, pid=PID, signal=9, oom_killed=True)]
    async with screen(these) as (app, _):
        assert "killed by signal 9 (out of memory)" in shown(app).splitlines()[0]


async def test_a_tick_paints_what_is_new() -> None:
    these = recorded(Story())
    half = len(these) // 2
    async with screen(these[:half], (120, 40)) as (app, pilot):
        before = shown(app)
        assert isinstance(app.source, Listed)
        app.source.waiting = these[half:]
        refresh(app)
        await pilot.pause()
        after = shown(app)

    assert before != after
    async with screen(these, (120, 40)) as (app, _):
        assert shown(app) == after


async def test_held_still_it_takes_nothing_and_then_goes_on() -> None:
    these = recorded(Story())
    async with screen(these[:200]) as (app, pilot):
        assert isinstance(app.source, Listed)
        await pilot.press("space")
        app.source.waiting = these[200:]
        app.tick()
        assert "paused" in shown(app).splitlines()[0]
        assert app.source.waiting
        await pilot.press("space")
        app.tick()
        assert not app.source.waiting


@pytest.mark.parametrize(
    ("key", "kind"),
    [("question_mark", HelpPage), ("h", HelpPage), ("e", EpochsPage), ("m", FactsPage), ("colon", MenuPage)],
)
async def test_a_key_opens_a_page_and_escape_comes_back(key: str, kind: type[Page]) -> None:
    async with screen(recorded(Story())) as (app, pilot):
        await pilot.press(key)
        opened = app.screen
        await pilot.press("escape")

        assert isinstance(opened, kind)
        assert isinstance(app.screen, Overview)


async def test_q_leaves() -> None:
    async with screen(recorded(Story())) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()

    assert app.return_value == "left"


async def test_digits_hide_and_show_panes() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        await pilot.press("7")
        await pilot.pause()
        assert "output" not in shown(app)
        await pilot.press("7")
        await pilot.pause()
        assert "output" in shown(app)


async def test_the_last_pane_cannot_be_hidden() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        await pilot.press(*"1235674")
        await pilot.pause()
        assert "output" in shown(app) or "findings" in shown(app)


async def test_enter_zooms_the_pane_with_the_focus() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        await pilot.press("tab", "tab", "tab", "z")
        await pilot.pause()
        text = shown(app)
        assert "metrics" in text
        assert "host" not in text.splitlines()[2]
        assert "data" not in text.splitlines()[2]
        await pilot.press("escape")
        await pilot.pause()
        assert "data" in shown(app)


async def test_chart_keys_work_without_focus() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        pane = app.overview.pane("metrics")
        assert isinstance(pane, MetricsPane)
        await pilot.press("l", "s", "x")
        assert (pane.logarithmic, pane.smoothing, pane.axis) == (True, 1, "epoch")
        assert "by epoch  log  smooth 0.6" in shown(app)


async def test_the_cursor_shows_the_values_at_its_place() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        app.overview.pane("metrics").focus()
        await pilot.press("left", "left", "left")
        assert " at step 9" in shown(app)
        await pilot.press("escape")
        assert " at step 9" not in shown(app)


FINDING = Finding(
    rule="low-coverage",
    severity="warning",
    message="epoch 1 saw 30,016 of 60,000 samples (50 %, limit 95 %)",
    advice="Leave steps_per_epoch out, or raise it.",
    fit=0,
    epoch=0,
    at=START + 20,
    numbers={"samples": 30_016, "size": 60_000, "share": 0.5003},
    snippet="model.fit(ds, epochs=8)",
)


async def test_a_finding_is_in_the_header_and_in_its_pane_and_has_a_page() -> None:
    async with screen(recorded(HALF), (120, 40)) as (app, pilot):
        app.view.findings, app.view.headline = [FINDING, FINDING._replace(rule="input-bound", severity="note")], FINDING
        app.paint()
        await pilot.pause()
        assert "▲ epoch 1 saw 30,016 of 60,000 samples" in shown(app).splitlines()[1]
        app.overview.pane("findings").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, FindingPage)
        text = shown(app)
        for part in (
            "low-coverage",
            "Leave steps_per_epoch out",
            "model.fit(ds, epochs=8)",
            "30,016",
            "fit 1, epoch 1",
        ):
            assert part in text
        await pilot.press("right_square_bracket")
        assert "input-bound" in shown(app)


TAKEN = replace(HALF, pipeline=(*PIPELINE, {"op": "take", "text": "take(938)", "count": 938}))


async def test_a_take_is_on_purpose_unless_a_rule_holds_against_it() -> None:
    async with screen(recorded(TAKEN), (120, 40)) as (app, pilot):
        app.view.findings = []
        app.paint()
        await pilot.pause()
        assert "takes 30,000 of 60,000 on purpose" in shown(app)
        assert "left unseen" not in shown(app)
        app.view.findings = [FINDING]
        app.paint()
        await pilot.pause()
        assert "30,000 left unseen (50%)" in shown(app)


SEARCH = timed(
    *([*fit(n, epochs=2), *epoch(0, number=n, loss=1.0), *epoch(1, number=n, loss=0.5), *fit_end(n)] for n in (1, 2)),
    *(fit(3, epochs=2), epoch(0, number=3, loss=1.0), [steps(1, 4, number=3, loss=0.7)]),
)


async def test_a_traceback_has_lines_of_its_own() -> None:
    traceback = 'Traceback (most recent call last):\n  File "train.py", line 7\nValueError: no\n'
    async with screen(recorded(HALF), (120, 40)) as (app, pilot):
        app.view.headline = FINDING._replace(numbers={"type": "ValueError", "op": "", "traceback": traceback})
        app.view.findings = [app.view.headline]
        await pilot.press("f")
        await pilot.pause()
        lines = [line.strip() for line in shown(app).splitlines()]
        assert lines[lines.index("traceback") :][1:4] == [line.strip() for line in traceback.splitlines()]
        assert lines[lines.index("numbers") + 1].split() == ["type", "ValueError"]
        assert "op" not in lines


async def test_fits_of_a_search_are_looked_back_at() -> None:
    async with screen(SEARCH, (120, 40)) as (app, pilot):
        assert "training  fit 3/3  epoch 2/2  step 4" in shown(app)
        await pilot.press("less_than_sign", "less_than_sign")
        assert "training  fit 1/3  epoch 2/2  step 10" in shown(app)  # what is going on is said all the same
        await pilot.press("greater_than_sign", "greater_than_sign")
        assert "training  fit 3/3  epoch 2/2  step 4" in shown(app)
        assert app.view.chosen is None


async def test_what_fits_have_alike_is_said_once() -> None:
    alike = [FINDING._replace(fit=index, message=f"of {index}") for index in range(3)]
    for size, said in (((250, 70), "low-coverage  fits 1–3  since"), ((80, 24), "▲ fits 1–3: of 2")):
        async with screen(SEARCH, size) as (app, pilot):
            app.view.findings = [*alike, FINDING._replace(rule="input-bound"), FINDING._replace(rule="mute")]
            app.paint()
            await pilot.pause()
            assert said in shown(app), shown(app)
            assert "of 1" not in shown(app)
            app.overview.pane("findings").focus()
            await pilot.press("down", "down", "down", "enter")
            await pilot.pause()
            assert isinstance(app.screen, FindingPage)
            assert app.screen.finding.rule == "mute"


async def test_f_opens_the_finding_of_the_header() -> None:
    async with screen(recorded(HALF), (120, 40)) as (app, pilot):
        app.view.findings, app.view.headline = [FINDING._replace(rule="input-bound"), FINDING], FINDING
        await pilot.press("f")
        await pilot.pause()
        assert "low-coverage" in shown(app)


async def test_the_table_of_epochs_sorts_by_any_column() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        await pilot.press("e")
        await pilot.pause()
        assert "loss" in shown(app)
        assert [line.split()[0] for line in shown(app).splitlines()[3:9]] == ["▸", "2", "3", "4", "5", "6"]
        await pilot.press("o")
        assert [line.split()[0] for line in shown(app).splitlines()[4:9]] == ["5", "4", "3", "2", "1"]


async def test_a_request_is_asked_twice_and_sent_once() -> None:
    asked: list[events.Request] = []
    async with screen(recorded(Story()), ask=asked.append) as (_, pilot):
        await pilot.press("colon", *"stop at")
        await pilot.press("enter")
        await pilot.pause()
        assert asked == []
        await pilot.press("down", "enter")
        await pilot.pause()

    assert [type(each) for each in asked] == [events.EpochStopRequested]
    assert asked[0].id
    assert asked[0].by


async def test_an_answer_at_length_gets_a_page() -> None:
    asked: list[events.Request] = []
    async with screen(recorded(Story()), ask=asked.append) as (app, pilot):
        await pilot.press("colon", *"stacks")
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert isinstance(app.source, Listed)
        app.source.waiting = [
            asked[0],
            events.RequestAnswered(request=asked[0].id, accepted=True, text="File train.py, line 7\n  in load"),
        ]
        refresh(app)
        await pilot.pause()
        app.paint()
        await pilot.pause()
        assert "File train.py, line 7" in shown(app)
        await pilot.press("escape")
        assert "dump the stacks of all threads: done" in shown(app)


async def test_no_is_the_first_answer() -> None:
    asked: list[events.Request] = []
    async with screen(recorded(Story()), ask=asked.append) as (_, pilot):
        await pilot.press("colon", *"stop at")
        await pilot.press("enter", "enter")
        await pilot.pause()

    assert asked == []


async def test_a_request_that_cannot_be_delivered_is_said() -> None:
    def refuse(request: events.Request) -> None:
        raise TuimonError("the supervisor of the run does not answer")

    async with screen(recorded(Story()), ask=refuse) as (app, pilot):
        await pilot.press("ctrl+c", "ctrl+c")
        await pilot.pause()
        assert "does not answer" in shown(app)


async def test_ctrl_c_asks_and_a_second_one_interrupts_the_script() -> None:
    asked: list[events.Request] = []
    async with screen(recorded(Story()), ask=asked.append) as (app, pilot):
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert "what now?" in shown(app)
        assert asked == []
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert isinstance(app.screen, Overview)

    assert isinstance(asked[0], events.SignalRequested)
    assert asked[0].signal == 2


@pytest.mark.parametrize("options", [{"readonly": True, "ask": lambda request: None}, {}])
async def test_who_may_only_look_is_offered_no_request(options: dict[str, Any]) -> None:
    async with screen(recorded(Story()), **options) as (app, pilot):
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert "interrupt" not in shown(app)
        await pilot.press("escape", "colon")
        await pilot.pause()
        assert "stop at the end" not in shown(app)


async def test_output_is_shown_followed_and_searched(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_text(
        "Epoch 1/8\n\r1/10 [=>\r10/10 [==]\nsaved to \x1b]0;evil\x07disk\n" + "more\n" * 50
    )
    (tmp_path / "stderr.log").write_text("a warning\n")
    async with screen(recorded(Story(epochs_done=0.01)), (120, 40), directory=tmp_path) as (app, pilot):
        app.view.run.output.stdout = 0
        app.paint()
        await pilot.pause()
        assert "more" in shown(app)
        await pilot.press("slash", *"saved", "enter")
        await pilot.pause()
        text = shown(app)
        assert "saved to disk" in text
        assert "10/10 [==]" in text
        assert "evil" not in text
        app.overview.pane("output").focus()
        await pilot.press("o")
        await pilot.pause()
        assert "a warning" in shown(app)


async def test_replayed_output_ends_where_it_ended_then(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_text("first\nsecond\n")
    async with screen([*timed(fit()), events.OutputGrew(at=START + 9, stdout=6)], directory=tmp_path) as (app, _):
        text = shown(app)

    assert "first" in text
    assert "second" not in text


async def test_a_tiny_terminal_gets_one_clear_message() -> None:
    async with screen(recorded(Story()), (20, 5)) as (app, _):
        assert shown(app).splitlines()[:2] == ["tuimon needs 40×12", "here: 20×5"]


async def test_a_storm_of_sizes_ends_in_a_whole_picture() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        wanted = shown(app)
        for size in ((20, 5), (80, 24), (41, 12), (250, 70), (1, 1), (120, 40)):
            await pilot.resize_terminal(*size)
        await pilot.pause()
        app.paint()
        await pilot.pause()
        assert shown(app) == wanted


async def test_ascii_is_ascii_on_every_page() -> None:
    async with screen(recorded(Story(gpus=2, wait=0.5)), (120, 40), glyphs=ASCII) as (app, pilot):
        assert shown(app).isascii()
        for key in ("question_mark", "e", "m", "colon"):
            await pilot.press(key)
            await pilot.pause()
            assert shown(app).isascii(), key
            await pilot.press("escape")


async def test_names_from_outside_cannot_steer_the_terminal() -> None:
    these = timed(
        events.RunStarted(run="r", name="evil\x1b[2Jname", command=["a\x1b.py"], host="h\x07"),
        fit(),
        events.StepsEnded(pid=PID, fit=1, steps=1, metrics={"lo\x1b[31mss": [1.0, 1.0, 1.0, None]}),
        began=False,
    )
    async with screen(these, (120, 40)) as (app, _):
        assert "\x1b" not in shown(app)


async def test_a_pane_that_fails_leaves_the_others_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("no steps")

    monkeypatch.setattr(MetricsPane, "draw", fail)
    async with screen(recorded(Story()), (120, 40)) as (app, _):
        text = shown(app)

    assert "this pane failed" in text
    assert "ZeroDivisionError" in text
    assert "60,000 samples" in text


async def test_the_list_of_runs_is_of_this_folder(tmp_path: Path) -> None:
    (tmp_path / "a-run").mkdir()
    (tmp_path / "a-run" / "run.json").write_text('{"name": "mine", "status": "finished", "ended_at": 5.0}')
    async with screen(recorded(Story()), (120, 40), directory=tmp_path / "a-run") as (app, pilot):
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(app.screen, RunsPage)
        assert "mine" in shown(app)
        assert "finished" in shown(app)


async def test_another_runs_curves_are_drawn_beside_these(tmp_path: Path) -> None:
    for name, story in (("one", Story(name="one")), ("two", Story(name="two", epochs_done=8.0))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"name": name, "status": "finished", "ended_at": 5.0}))
        journal = Journal(tmp_path / name)
        for event in recorded(story):
            journal.append(event)
    async with screen(recorded(Story(name="one")), (120, 40), directory=tmp_path / "one") as (app, pilot):
        app.overview.pane("metrics").focus()
        await pilot.press("z")
        await pilot.pause()
        alone = shown(app)
        await pilot.press("v")
        await pilot.pause()
        app.paint()
        await pilot.pause()
        lines = shown(app).splitlines()
        at = next(index for index, line in enumerate(lines[3:]) if line.endswith(" two"))
        await pilot.press(*["down"] * at, "enter")
        for _ in range(1000):
            refresh(app)
            if app.view.other is not None and app.view.other.events == len(recorded(Story(epochs_done=8.0))):
                break
        await pilot.pause()
        for axis in ("step", "epoch", "time"):
            assert f"by {axis}  vs two" in shown(app)
            assert "━ vs 0." in shown(app)
            await pilot.press("x")
        await pilot.press("v")
        await pilot.pause()
        app.notice("")
        await pilot.pause()
        assert shown(app).splitlines()[:-1] == alone.splitlines()[:-1]


async def test_metrics_to_show_are_chosen() -> None:
    async with screen(recorded(Story()), (120, 40)) as (app, pilot):
        await pilot.press("c", "enter")
        await pilot.pause()
        assert "[ ] loss" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "━ loss" not in shown(app)
        assert "━ accuracy" in shown(app)
        await pilot.press("c", "a", "escape")
        await pilot.pause()
        assert "━ loss" in shown(app)


def test_the_same_run_gives_the_same_state_as_the_fold() -> None:
    these = recorded(Story())

    assert run_of(these, began=False).events == len(these)
    assert Watch(Listed(these)).view.run.events == 0


async def test_a_chart_without_room_claims_nothing() -> None:
    async with screen(recorded(Story()), (40, 12)) as (app, _):
        assert "━ loss" in shown(app)
        assert "no finite value" not in shown(app)
