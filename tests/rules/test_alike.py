"""What several fits of a run have alike."""

from __future__ import annotations

from tests.builders import fit, run_of
from tuimon.rules.alike import alike, where
from tuimon.rules.finding import Finding

SEVERAL = run_of(fit(1), fit(2))


def of(rule: str, fit: int | None, over: bool = False) -> Finding:
    return Finding(rule, "warning", f"{rule} in {fit}", fit=fit, over=over)


def test_one_rule_in_several_fits_is_one_group() -> None:
    a, b, c, other = of("a", 0), of("a", 1), of("a", 3), of("b", 1)

    assert alike([a, other, b, c]) == [[a, b, c], [other]]
    assert where(SEVERAL, [a, b, c]) == "fits 1–2, 4"
    assert where(SEVERAL, [other]) == "fit 2"
    assert where(run_of(fit()), [a]) == ""


def test_two_of_one_fit_are_two() -> None:
    first, second, later = of("a", 0)._replace(step=1), of("a", 0)._replace(step=2), of("a", 1)

    assert alike([first, second, later]) == [[first, later], [second]]


def test_what_is_over_or_of_no_fit_stands_alone() -> None:
    here, over, nowhere = of("a", 0), of("a", 1, over=True), of("a", None)

    assert alike([here, over, nowhere]) == [[here, nowhere], [over]]
    assert where(SEVERAL, [nowhere]) == ""
