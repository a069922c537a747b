"""The samples of tests/records: each truth agrees with its text, and both with what made them."""

import json
import re
from typing import Any

import pypdfium2
import pytest

from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.lines import fold, is_blank, split_lines
from tests.records.assembling import FACTS, Heading, Layout, Piece, Record, assemble
from tests.records.build import RECORDS, build
from tests.records.draw import LIMIT, draw_pdf, split_pages
from tests.records.generator import LONG_EXPORT, generate

NAMES = sorted(path.stem for path in RECORDS.glob("*.txt"))
TITLE_LINES = 12  # a letterhead, running header or e-mail header may stand above a title
DERIVED = {"species", "sex", "neutered", "date_of_birth"}  # normalised in the truth, printed in other words

record_names = pytest.mark.parametrize("name", NAMES)


def read_lines(name: str) -> tuple[str, ...]:
    return split_lines((RECORDS / f"{name}.txt").read_text(encoding="utf-8"))


def read_truth(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((RECORDS / f"{name}.truth.json").read_text(encoding="utf-8"))
    return truth


def test_the_tree_holds_at_least_six_records_each_with_its_truth():
    assert len(NAMES) >= 6
    assert [path.name for path in sorted(RECORDS.glob("*.truth.json"))] == [f"{name}.truth.json" for name in NAMES]


@record_names
def test_truth_counts_its_lines_and_documents(name: str):
    truth = read_truth(name)
    assert truth["file"] == f"{name}.txt"
    assert truth["lines"] == len(read_lines(name))
    assert truth["n_documents"] == len(truth["documents"])


@record_names
def test_every_inked_line_is_in_exactly_one_document_or_gap(name: str):
    truth, lines = read_truth(name), read_lines(name)
    covered = [0] * len(lines)
    for piece in (*truth["documents"], *truth["gaps"]):
        for line in range(piece["start_line"], piece["end_line"] + 1):
            covered[line - 1] += 1
    assert max(covered) == 1
    assert [number for number, line in enumerate(lines, 1) if not is_blank(line) and not covered[number - 1]] == []


@record_names
def test_ranges_are_in_order_and_begin_and_end_with_ink(name: str):
    truth, lines = read_truth(name), read_lines(name)
    for pieces in (truth["documents"], truth["gaps"]):
        edges = [edge for piece in pieces for edge in (piece["start_line"], piece["end_line"])]
        assert edges == sorted(edges)
        assert [edge for edge in edges if is_blank(lines[edge - 1])] == []


@record_names
def test_types_and_reasons_are_known_and_dates_are_iso(name: str):
    truth = read_truth(name)
    assert {document["type"] for document in truth["documents"]} <= set(DOCUMENT_TYPES)
    assert {gap["reason"] for gap in truth["gaps"]} <= {"fax_cover", "separator_page", "ruler", "blank"}
    for document in truth["documents"]:
        assert document["date"] is None or re.fullmatch(r"(19|20)\d\d-[01]\d-[0-3]\d", document["date"])


@record_names
def test_printed_titles_stand_in_the_first_lines_of_their_document(name: str):
    truth, lines = read_truth(name), read_lines(name)
    for document in truth["documents"]:
        first = document["start_line"] - 1
        top = fold(" ".join(lines[first : min(first + TITLE_LINES, document["end_line"])]))
        assert (fold(document["title"]) in top) == document.get("title_in_text", True), document["title"]


@record_names
def test_years_of_dated_documents_stand_in_them(name: str):
    truth, lines = read_truth(name), read_lines(name)
    for document in truth["documents"]:
        if document["date"]:
            body = " ".join(lines[document["start_line"] - 1 : document["end_line"]])
            year, day = document["date"][:4], int(document["date"][8:])
            assert re.search(rf"{year}|\b{year[2:]}\b", body), document
            assert re.search(rf"(?<!\d)0?{day}(?!\d)", body), document


@record_names
def test_facts_of_patients_stand_in_the_text(name: str):
    truth, lines = read_truth(name), read_lines(name)
    text = fold(" ".join(lines))
    for patient in truth["patients"]:
        assert set(FACTS) <= set(patient)
        for key in set(patient) - DERIVED - {"weights"}:
            values = patient[key] if isinstance(patient[key], list) else [patient[key]]
            assert [value for value in values if value is not None and fold(value) not in text] == []
        for weight in patient["weights"]:
            line = lines[weight["line"] - 1].replace(",", "")
            digits = str(weight["value"]).replace(".", "")
            assert re.search(rf"(?<!\d){digits}0?\s*{weight['unit']}", line.replace(".", ""), re.IGNORECASE), line


@record_names
def test_pdf_shows_the_lines_of_the_text_on_the_expected_pages(name: str):
    path = RECORDS / f"{name}.pdf"
    text = (RECORDS / f"{name}.txt").read_text(encoding="utf-8")
    if not path.exists():
        assert len(draw_pdf(text=text)) > LIMIT
        return
    expected = split_pages(text=text)
    with pypdfium2.PdfDocument(path) as pdf:
        assert len(pdf) == len(expected)
        for number in {0, len(expected) // 2, len(expected) - 1}:
            page = pdf[number]
            textpage = page.get_textpage()
            words = textpage.get_text_bounded().split()
            textpage.close()
            page.close()
            assert words == " ".join(expected[number]).split()


def test_sources_make_the_committed_records():
    for record in build():
        assert_committed(record)


def test_generator_makes_the_committed_long_record():
    text, truth = generate(**LONG_EXPORT)
    assert_committed(Record(text=text, truth=truth | {"file": "long_export.txt"}))


def assert_committed(record: Record) -> None:
    path = RECORDS / record.truth["file"]
    assert path.read_text(encoding="utf-8") == record.text
    assert path.with_suffix(".truth.json").read_text(encoding="utf-8") == record.truth_json


def test_drawing_gives_the_same_bytes_each_time():
    text = (RECORDS / "household_two_patients.txt").read_text(encoding="utf-8")
    assert draw_pdf(text=text) == draw_pdf(text=text)


def test_assembling_gives_running_lines_to_what_stands_beside_them():
    first, second = (Heading(type="other", date=None, title=title) for title in ("One", "Two"))
    record = assemble(
        file="two.txt",
        language="en",
        note="",
        pieces=[Piece(lines=["One", "a"], heading=first), Piece(lines=["", "Two {{3.5 kg}}"], heading=second)],
        patients=[{"name": "Dot"}],
        layout=Layout(length=2, header=["head {page}/{pages}"], footer=["foot"]),
    )
    assert record.text == "head 1/2\nOne\na\nfoot\n\fhead 2/2\n\nTwo 3.5 kg\nfoot\n"
    assert [(piece["start_line"], piece["end_line"]) for piece in record.truth["documents"]] == [(1, 4), (5, 8)]
    assert record.truth["patients"][0]["weights"] == [{"value": 3.5, "unit": "kg", "date": None, "line": 7}]


def test_generator_gives_the_length_that_was_asked_for():
    text, truth = generate(seed=3, lines=1_000)
    assert len(split_lines(text)) == truth["lines"]
    assert 1_000 <= truth["lines"] < 1_300


def test_generator_is_decided_by_its_seed():
    assert generate(seed=5, lines=600) == generate(seed=5, lines=600)
    assert generate(seed=5, lines=600) != generate(seed=6, lines=600)
