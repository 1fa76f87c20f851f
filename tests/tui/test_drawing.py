"""Bars, charts and the plan of the page: plain functions of numbers and a size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from tests.builders import epoch, fit, run_of, steps
from tuimon.series import Series
from tuimon.tui import bars, charts, curves, layout, units
from tuimon.tui.glyphs import ASCII, UNICODE
from tuimon.tui.ink import Row, plain
from tuimon.tui.pane import changed_spans
from tuimon.tui.theme import DARK, LIGHT, MONO, THEMES, fitting

PLAIN = Style.null()


def test_parts_of_a_bar_fill_it() -> None:
    row = bars.stacked([(0.25, "a", PLAIN), (0.5, "b", PLAIN), (0.25, "c", PLAIN)], 8)

    assert row.text == "aabbbbcc"


def test_a_small_part_is_never_invisible() -> None:
    assert "b" in bars.stacked([(0.999, "a", PLAIN), (0.001, "b", PLAIN)], 20).text


@given(st.lists(st.floats(0, 5), max_size=6), st.integers(0, 60))
@settings(deadline=None)
def test_a_bar_is_exactly_as_wide_as_asked(shares: list[float], width: int) -> None:
    row = bars.stacked([(share, "x", PLAIN) for share in shares], width)

    assert row.width == width


def test_an_unknown_share_leaves_the_track_empty() -> None:
    assert bars.meter(None, 4, PLAIN, PLAIN, UNICODE).text == "····"
    assert bars.meter(math.nan, 4, PLAIN, PLAIN, ASCII).text == "...."


def test_a_gap_in_a_sparkline_is_a_gap() -> None:
    assert bars.spark([0.5, None, 1.0], 8, PLAIN, UNICODE, top=1.0).text == "▄ █"


def curve(values: list[float | None], **more: object) -> charts.Curve:
    columns = [None if value is None else charts.Extent(value, value, value) for value in values]
    return charts.Curve("loss", PLAIN, columns, **more)  # type: ignore[arg-type]


def picture(
    *these: charts.Curve, width: int = 19, height: int = 5, glyphs: object = UNICODE, log: bool = False
) -> list[str]:
    rows = charts.plot(these, width, height, DARK, glyphs, log=log)  # type: ignore[arg-type]
    return [row.text for row in rows]


def test_a_falling_curve_falls() -> None:
    rows = picture(curve([20 - index for index in range(20)]))

    assert len(rows) == 5
    assert rows[0][charts.GUTTER] != " "
    assert rows[3].rstrip()[-1] != "│"
    assert rows[0].lstrip().startswith("20")


def test_the_same_in_ascii_is_ascii() -> None:
    rows = picture(curve([1.0, 2.0]), glyphs=ASCII)

    assert all(Row(text).strip(19, ascii_only=True).text.isascii() for text in rows)


def test_a_spike_within_a_column_is_a_dot_of_its_own() -> None:
    quiet = [charts.Extent(1.0, 1.0, 1.0)] * 20
    spike = [*quiet[:9], charts.Extent(1.0, 9.0, 1.0), *quiet[10:]]
    rows = [row.text for row in charts.plot([charts.Curve("loss", PLAIN, spike)], 19, 6, DARK, UNICODE)]

    assert [x for x, char in enumerate(rows[0]) if char > "\u2800"] == [charts.GUTTER + 4]


@pytest.mark.parametrize("values", [[], [None, None], [None]])
def test_without_a_value_there_is_no_chart(values: list[float | None]) -> None:
    assert picture(curve(values)) == []


def test_one_point_and_a_flat_line_are_drawn() -> None:
    assert any(char > "\u2800" for row in picture(curve([0.5])) for char in row)
    assert any(char > "\u2800" for row in picture(curve([0.0] * 20)) for char in row)


def test_a_value_that_is_not_finite_is_a_mark_at_its_place() -> None:
    rows = picture(curve([1.0, 2.0] * 5, marks=[4]))

    assert rows[0][charts.GUTTER + 2] == "✖"


def test_a_logarithmic_scale_has_round_labels_and_bears_zero() -> None:
    rows = picture(curve([0.0, 0.001, 0.1, 10.0]), height=9, log=True)

    assert any("0.01 ┤" in row for row in rows)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (5, 5), (12, 1), (13, 2)])
def test_no_room_is_no_error(width: int, height: int) -> None:
    assert len(picture(curve([1.0, 2.0]), width=width, height=height)) <= height


def test_a_million_points_keep_their_spike() -> None:
    series = Series()
    for index in range(1_000_000):
        series.append(index, 100.0 if index == 123_456 else 1.0)
    buckets = series.buckets([index * 10_000 for index in range(101)])

    assert [index for index, point in enumerate(buckets) if point and point.high == 100.0] == [12]


def test_step_and_epoch_curves_share_an_axis() -> None:
    run = run_of(
        fit(epochs=2, steps=10),
        [steps(epoch=0, steps=10, seconds=1.0, loss=1.0), *epoch(0, loss=1.0, val_loss=1.5)],
        [steps(epoch=1, steps=10, seconds=1.0, loss=0.5), *epoch(1, loss=0.5, val_loss=0.8)],
    )
    assert run.fit is not None
    made = curves.knots(run.fit)
    window = curves.Window("step", 0.0, 20.0, 41)
    validation = curves.by_epoch(run.fit.epoch_metrics["val_loss"], made, window, "val_loss", PLAIN)

    assert [column for column, value in enumerate(validation.columns) if value] == [20, 40]
    assert validation.best == (40, 0.8)
    assert made.convert(15.0, "step", "epoch") == 1.5


def test_a_growing_axis_moves_rarely() -> None:
    ends = [curves.roomy(float(span)) for span in range(1_000, 2_000)]

    assert all(span <= end <= span * 1.05 for span, end in zip(range(1_000, 2_000), ends, strict=True))
    assert len(set(ends)) <= 21


def test_progress_bars_are_readable_in_ascii() -> None:
    assert plain("150/150 ━━━━╸─── 5s") == "150/150 =====--- 5s"
    assert plain(" 42%|████▏     | ✓ ✗") == " 42%|#####     | v x"


def test_the_best_accuracy_is_the_highest() -> None:
    assert curves.lower_is_better("val_loss")
    assert not curves.lower_is_better("val_accuracy")


@pytest.mark.parametrize("size", [Size(80, 21), Size(120, 37), Size(250, 67), Size(40, 9), Size(110, 30)])
def test_panes_fill_the_page_without_overlap(size: Size) -> None:
    plan = layout.plan_for(size)
    shown = set(layout.panes_of(plan.tree))
    regions = layout.arrange(plan.tree, Region(0, 0, *size), shown)

    assert set(regions) == shown
    assert sum(region.area for region in regions.values()) == size.area
    assert not any(one.overlaps(other) for a, one in regions.items() for b, other in regions.items() if a < b)


def test_a_hidden_pane_leaves_its_room() -> None:
    tree = layout.plan_for(Size(120, 37)).tree
    regions = layout.arrange(tree, Region(0, 0, 120, 37), {"data", "metrics"})

    assert sum(region.area for region in regions.values()) == 120 * 37


def test_only_what_changed_is_sent() -> None:
    bold = Style(bold=True)

    def line(loss: str, at: str) -> Strip:
        return Strip(Row("loss ").add(loss, bold).add(" of the last step, seen at ").add(at, bold).segments)

    assert changed_spans(line("0.51", "3"), line("0.51", "3")) == []
    assert changed_spans(line("0.51", "3"), line("0.49", "3")) == [(7, 9)]
    assert changed_spans(line("0.51", "3"), line("0.49", "4")) == [(7, 9), (36, 37)]


def test_stretches_that_are_close_are_sent_as_one() -> None:
    bold = Style(bold=True)
    before = Strip(Row("1", bold).add(" of ").add("2", bold).segments)
    now = Strip(Row("3", bold).add(" of ").add("4", bold).segments)

    assert changed_spans(before, now) == [(0, 6)]


def test_a_wide_character_is_sent_whole() -> None:
    assert changed_spans(Strip(Row("損失 1").segments), Strip(Row("損得 1").segments)) == [(2, 4)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (units.count(60_000), "60,000"),
        (units.count(None), "–"),
        (units.short(12_345), "12.3k"),
        (units.ratio(0.0371), "3.7%"),
        (units.ratio(1.0), "100%"),
        (units.size(31 * 2**30), "31 GiB"),
        (units.size(None), "–"),
        (units.duration(0.00084), "840 µs"),
        (units.duration(0.0123), "12.3 ms"),
        (units.clock(7384), "2:03:04"),
        (units.clock(3 * 86_400 + 4 * 3600), "3 d 4 h"),
        (units.value_of(math.nan), "NaN"),
        (units.value_of(0.000012), "1.20e-5"),
        (units.value_of(-math.inf), "-inf"),
    ],
)
def test_numbers_as_people_read_them(text: str, said: str) -> None:
    assert text == said


def test_themes_fit_the_terminal() -> None:
    assert fitting(None, {"NO_COLOR": "1"}) is MONO
    assert fitting(None, {"COLORFGBG": "0;15"}) is LIGHT
    assert fitting(None, {}) is DARK
    assert fitting("light", {"NO_COLOR": "1"}) is LIGHT


def test_the_mono_theme_has_no_colour() -> None:
    styles = [value for value in MONO if isinstance(value, Style)] + list(MONO.curves)

    assert not any(style.color or style.bgcolor for style in styles)
    assert len({theme.name for theme in THEMES}) == 5
