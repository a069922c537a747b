"""The generator of labelled records: every layout composes, and its truth agrees with its text."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from documents.domain.accuracy.truth import read_truth
from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.lines import fold, is_blank, split_lines
from tests.records.binding import Labelled
from tests.records.generate import UnknownLayout, choose_packet, compose, main
from tests.records.layouts import LAYOUTS
from tests.records.ocr import add_noise
from tests.records.phrasing import LANGUAGES, read_pool

KINDS = {"vaccine", "medication", "lab", "problem", "allergy", "vital"}
PACKET = ["practice_export", "lab_pages", "mail_threads"]
CASES = [(name, language) for name, layout in sorted(LAYOUTS.items()) for language in layout.languages]

each_layout = pytest.mark.parametrize(("name", "language"), CASES)


@cache
def compose_some(name: str, language: str) -> list[Labelled]:
    return [compose(layout=name, seed=seed, documents=6, language=language) for seed in (1, 2, 3)]


def list_uncovered(record: Labelled) -> list[int]:
    """Lines with ink in no document and no gap, or in two."""
    lines = split_lines(record.text)
    covered = [0] * len(lines)
    for piece in (*record.truth["documents"], *record.truth["gaps"]):
        for line in range(piece["start_line"], piece["end_line"] + 1):
            covered[line - 1] += 1
    return [
        at for at, line in enumerate(lines, 1) if covered[at - 1] > 1 or (not is_blank(line) and not covered[at - 1])
    ]


@each_layout
def test_every_inked_line_is_in_exactly_one_document_or_gap(name: str, language: str):
    for record in compose_some(name, language):
        assert list_uncovered(record) == []
        assert len(record.truth["documents"]) >= 6


@each_layout
def test_truth_is_read_without_a_warning(name: str, language: str):
    for record in compose_some(name, language):
        truth = read_truth(record.truth_json, line_count=len(split_lines(record.text)))
        assert truth.warnings == ()
        assert {document.type for document in truth.documents} <= set(DOCUMENT_TYPES)
        assert record.truth["layout"] == name


@each_layout
def test_titles_and_findings_stand_where_truth_says(name: str, language: str):
    for record in compose_some(name, language):
        lines = split_lines(record.text)
        for document in record.truth["documents"]:
            top = lines[document["start_line"] - 1 : document["start_line"] + 14]
            assert document["title"] is None or any(document["title"] in line for line in top), document
        for item in record.truth["clinical"]:
            assert item["kind"] in KINDS
            assert fold(_find_print(item)) in fold(lines[item["line"] - 1]), item
        for patient in record.truth["patients"]:
            for weight in patient["weights"]:
                digits = re.sub(r"\D", "", str(weight["value"]))
                assert digits in re.sub(r"[.,]", "", lines[weight["line"] - 1])


@each_layout
def test_the_day_of_a_dated_document_stands_in_it(name: str, language: str):
    for record in compose_some(name, language):
        lines = split_lines(record.text)
        for document in record.truth["documents"]:
            if document["date"]:
                body = " ".join(lines[document["start_line"] - 1 : document["end_line"]])
                year, day = document["date"][:4], int(document["date"][8:])
                assert re.search(rf"{year}|(?<!\d){year[2:]}(?!\d)", body), document
                assert re.search(rf"(?<!\d)0?{day}(?!\d)", body), document


@each_layout
def test_facts_of_patients_stand_in_the_text(name: str, language: str):
    for record in compose_some(name, language):
        text = fold(" ".join(split_lines(record.text)))
        for patient in record.truth["patients"]:
            for key in set(patient) - {"species", "sex", "neutered", "date_of_birth", "weights"}:
                values = patient[key] if isinstance(patient[key], list) else [patient[key]]
                assert [value for value in values if value is not None and fold(value) not in text] == [], key


def _find_print(item: dict[str, Any]) -> str:
    """Words of a clinical item that its line must hold."""
    names = {"vaccine": "product", "medication": "drug", "lab": "analyte", "problem": "problem", "allergy": "substance"}
    if item["kind"] == "problem":
        return str(item["problem"]).split()[0]  # the rest may stand in the next line
    if item["kind"] != "vital":
        return str(item[names[item["kind"]]])
    return str(item["value"]).split(".")[0]


@pytest.mark.parametrize("layout", ["fax_packet", PACKET])
def test_the_same_seed_gives_the_same_record_and_another_another(layout):
    first, again, other = (compose(layout=layout, seed=seed, documents=8, noise=0.1) for seed in (4, 4, 5))
    assert first == again
    assert first.text != other.text


def test_another_process_with_another_hash_seed_gives_the_same_records():
    code = (
        f"from tests.records.generate import compose; r = compose(layout={PACKET}, seed=4); print(r.text, r.truth_json)"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    here = compose(layout=PACKET, seed=4)
    assert made == [f"{here.text} {here.truth_json}\n".encode()] * 2


@pytest.mark.parametrize("lines", [20, 400, 3_000])
@pytest.mark.parametrize("layout", ["practice_export", "fax_packet", PACKET])
def test_a_record_has_the_lines_that_were_asked_for(layout, lines: int):
    record = compose(layout=layout, seed=2, lines=lines)
    count = len(split_lines(record.text))
    assert lines <= count < lines + 260
    assert record.truth["lines"] == count


def test_packets_of_several_layouts_are_covered_and_name_their_layouts():
    for seed in range(8):
        record = compose(layout=PACKET, seed=seed, documents=10)
        assert list_uncovered(record) == []
        assert record.truth["layouts"] == PACKET


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_halves_of_a_pool_share_no_sentence_and_no_name(language: str):
    odd, even = (read_pool(language, words) for words in ("odd", "even"))
    for part in ("sentences", "names"):
        for key, values in odd[part].items():
            assert len(values) == 1 or not set(values) & set(even[part][key]), key
    first, second = (
        compose(layout="soap_log", seed=3, documents=4, language=language, words=w) for w in ("odd", "even")
    )
    assert first.text != second.text
    assert list_uncovered(first) == list_uncovered(second) == []


def test_packets_are_drawn_of_layouts_that_share_a_language():
    for seed in range(20):
        names = choose_packet(seed=seed)
        assert 2 <= len(names) <= 4
        assert compose(layout=names, seed=seed, documents=2).truth["layouts"] == names
    assert all("es" in LAYOUTS[name].languages for name in choose_packet(seed=1, language="es"))


def test_a_form_of_two_animals_gives_the_owner_to_both():
    record = compose(layout="registration_forms", seed=3, documents=12, language="en")
    owners = [patient["owner"] for patient in record.truth["patients"]]
    of_two = sum(document["patient"] is None for document in record.truth["documents"])
    assert of_two, "no form of two animals was drawn"
    assert None not in owners


def test_copies_name_the_document_that_they_repeat():
    copies = [
        (record, document)
        for seed in range(10)
        for record in [compose(layout="discharge_letters", seed=seed, documents=20)]
        for document in record.truth["documents"]
        if "copy_of" in document
    ]
    assert copies
    for record, document in copies:
        first = record.truth["documents"][document["copy_of"]]
        assert document["title"] == first["title"]
        assert document["end_line"] - document["start_line"] == first["end_line"] - first["start_line"]


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0])
def test_noise_keeps_the_lines_and_which_of_them_are_blank(rate: float):
    clean = compose(layout="fax_packet", seed=7, documents=8)
    noisy = compose(layout="fax_packet", seed=7, documents=8, noise=rate)
    assert noisy.text != clean.text
    assert noisy.truth["documents"] == clean.truth["documents"]
    before, after = split_lines(clean.text), split_lines(noisy.text)
    assert [is_blank(line) for line in before] == [is_blank(line) for line in after]
    assert [line.startswith("\f") for line in before] == [line.startswith("\f") for line in after]


def test_noise_damages_about_as_many_words_as_it_is_told():
    text = " ".join(["hematology"] * 5_000)
    damaged = sum(word != "hematology" for word in add_noise(text, rate=0.2, seed=1).split())
    assert 700 < damaged < 1_400


@pytest.mark.parametrize("layout", ["nothing_of_the_kind", []])
def test_unknown_layouts_are_named(layout):
    with pytest.raises(UnknownLayout, match="no layout is called"):
        compose(layout=layout, seed=1)


def test_a_language_that_no_layout_prints_is_told():
    with pytest.raises(UnknownLayout, match="not de"):
        compose(layout="shelter_forms", seed=1, language="de")


def test_the_command_writes_records_with_their_truth(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--seed", "3", "--records-per-layout", "2", "--documents", "3"]
    assert main([*arguments, "--layouts", "soap_log,mail_threads+lab_pages"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == [
        "mail_threads+lab_pages-0003.txt",
        "mail_threads+lab_pages-0004.txt",
        "soap_log-0003.txt",
        "soap_log-0004.txt",
    ]
    truth = json.loads((tmp_path / "soap_log-0004.truth.json").read_text(encoding="utf-8"))
    assert (truth["layout"], truth["seed"], truth["file"]) == ("soap_log", 4, "soap_log-0004.txt")
    assert main(["--out", str(tmp_path), "--layouts", "no_such"]) == 2
    assert "no layout is called" in capsys.readouterr().err
