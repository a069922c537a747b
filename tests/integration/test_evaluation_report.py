"""`evaluate --html`: one file that shows it all, loads nothing, and is not moved by what a document says."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"' {{ settings.SECRET_KEY }} </ol></div>"
LINES = ["Recheck", f"Seen {HOSTILE}", "Weight: 4 kg", "Lab report", "CBC", "Invoice", "Total: 40"]
TRUTH: dict[str, Any] = {
    "language": "en<u>",
    "documents": [
        {"title": "Recheck", "start_line": 1, "end_line": 3, "type": "consult_note"},
        {"title": HOSTILE, "start_line": 4, "end_line": 5, "type": "lab_report"},
        {"title": "Invoice", "start_line": 6, "end_line": 7, "type": "financial"},
    ],
    "patients": [{"name": HOSTILE, "weights": [{"value": 4, "unit": "kg"}]}],
}
ANSWER: dict[str, Any] = {
    "engine": "rules",
    "lines": 7,
    "documents": [
        {"title": "Recheck", "type": "communication", "start_line": 1, "end_line": 3},
        {"title": HOSTILE, "type": "lab_report", "start_line": 4, "end_line": 7},
    ],
    "gaps": [],
    "noise": [{"start_line": 5, "end_line": 5}],
    "patients": [{"name": "Rex", "facts": [{"field": "weight", "value": 9, "line": 3, "quote": HOSTILE}]}],
}


class Page(HTMLParser):
    """Elements of a page, with their attributes; raises on one that is not closed in order."""

    VOID = {"meta", "rect", "br", "hr", "img", "link", "input"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def write(folder: Path, *, answer: Mapping[str, Any] = ANSWER) -> str:
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
        (folder / f"{name}.truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    path = folder / "report.html"

    def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
        return answer

    arguments = ("evaluate", str(folder), "--html", str(path))
    call_command(*arguments, stdout=StringIO(), stderr=StringIO(), analyze=analyze)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def text(tmp_path: Path) -> str:
    return write(tmp_path)


@pytest.fixture
def page(text: str) -> Page:
    return Page(text)


def test_what_a_document_says_is_shown_and_does_nothing(page: Page) -> None:
    assert len(page.all("script")) == 1
    assert page.all("img") == page.all("u") == []
    assert any(HOSTILE in words for words in page.words)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_it_loads_nothing_and_runs_nothing_but_its_own_script(text: str, page: Page) -> None:
    assert not any({"src", "srcset", "data"} & set(attributes) for _, attributes in page.elements)
    assert page.all("link") == []
    assert all((link["href"] or "").startswith("#") for link in page.all("a"))
    policy = next(meta["content"] or "" for meta in page.all("meta") if "content-security" in str(meta).lower())
    assert "default-src 'none'" in policy
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() in policy


def test_every_jump_leads_to_one_place(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))
    assert {(link["href"] or "")[1:] for link in page.all("a")} <= set(ids)


def test_it_shows_every_line_and_what_is_wrong(page: Page) -> None:
    words = " ".join("".join(page.words).split())

    assert words.count("Total: 40") == 2  # a file each
    assert "missed: not found" in words
    assert "error 1 of 2" in words  # the type of the first, the start of the third
    assert "≠ communication" in words
    assert [item for item in page.all("li") if "noise" in (item.get("class") or "")]


def test_facts_are_listed_with_the_words_they_were_read_from(page: Page) -> None:
    words = " ".join("".join(page.words).split())

    assert "weight: 4 missed or wrong" in words  # of two files: 4 kg missed, 9 said of nobody there
    assert page.all("q")


def test_it_is_for_its_owner_alone(text: str, tmp_path: Path) -> None:
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o600


def test_tables_have_headings_and_the_page_a_language(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert all("scope" in heading for heading in page.all("th"))


def test_a_file_that_could_not_be_measured_has_its_reason(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="counts 9 lines"):
        write(tmp_path, answer={**ANSWER, "lines": 9})

    assert "counts 9 lines" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()

    with pytest.raises(CommandError, match=r"report\.html: Is a directory\. Name a file that can be written\."):
        write(tmp_path)

    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix not in (".txt", ".json")) == ["report.html"]
