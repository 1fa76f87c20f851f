"""The report as a page: well-formed, self-contained, and inert whatever things are called."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.report.documents import HOSTILE, document, holds_no_command, hostile, plain, unknown
from tuimon.clean import printable
from tuimon.report.html import html

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that every element is closed in turn, and keeps what there is."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def test_it_has_findings_curves_and_ledger() -> None:
    page = Page(html(document(plain())))

    assert "non-finite-loss" in page.text
    assert "320 of 640" in page.text
    assert len([tag for tag, _ in page.elements if tag == "polyline"]) == 2, "loss and accuracy"


def test_nothing_is_fetched_or_run() -> None:
    for run in (plain(), hostile()):
        page = Page(html(document(run)))
        assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "a", "base", "form"}
        for _, attributes in page.elements:
            assert not {name for name in attributes if name.startswith("on") or name in ("src", "href")}


def test_names_are_text() -> None:
    told = html(document(hostile()))
    page = Page(told)

    assert holds_no_command(told)
    assert printable(HOSTILE).split("\n")[0] in page.text


def test_what_is_not_known_is_a_dash() -> None:
    page = Page(html(document(unknown())))

    assert "None" not in page.text
    assert "–" in page.text
