"""`manage.py analyze` as a person calls it: files in, tables or JSON out, nothing kept and nothing needed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.domain.findings import DOCUMENT_TYPES, FACT_FIELDS
from documents.domain.lines import fold
from tests.fake_openai import API_KEY, FaultRule, TruthAnswerer, read_records, running_fake

RECORDS = Path(__file__).parent.parent / "records"
PACKET = RECORDS / "referral_packet.txt"
KEYS = {
    *("file", "engine", "model", "lines", "documents", "gaps", "patients", "warnings"),
    *("calls", "input_tokens", "output_tokens", "cost_usd", "seconds"),
}
DOCUMENT_KEYS = {
    *("title", "type", "date", "start_line", "end_line", "first_page", "last_page", "confidence", "patient"),
}
FACT_KEYS = {"field", "value", "raw", "unit", "date", "line", "quote", "document"}


def analyze_json(*files: Path, engine: str = "rules") -> list[dict[str, Any]]:
    out = StringIO()
    call_command("analyze", *map(str, files), "--json", "--engine", engine, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def analyze_as_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    return subprocess.run(
        [sys.executable, "manage.py", "analyze", *arguments],
        cwd=RECORDS.parent.parent,
        env={**clean, "DJANGO_SETTINGS_MODULE": "pennie.settings.dev", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(scope="module")
def packet() -> Mapping[str, Any]:
    return analyze_json(PACKET)[0]


def test_json_has_the_documented_keys(packet: Mapping[str, Any]) -> None:
    assert set(packet) == KEYS
    assert packet["documents"]
    assert all(set(document) >= DOCUMENT_KEYS for document in packet["documents"])
    assert all(set(gap) == {"start_line", "end_line", "reason"} for gap in packet["gaps"])
    assert all(set(fact) >= FACT_KEYS for patient in packet["patients"] for fact in patient["facts"])


def test_values_are_of_the_known_kinds(packet: Mapping[str, Any]) -> None:
    assert {document["type"] for document in packet["documents"]} <= set(DOCUMENT_TYPES)
    assert {fact["field"] for patient in packet["patients"] for fact in patient["facts"]} <= set(FACT_FIELDS)
    assert all(0 < document["confidence"] <= 1 for document in packet["documents"])


def test_every_line_with_words_is_in_one_document_or_gap(packet: Mapping[str, Any]) -> None:
    lines = PACKET.read_text(encoding="utf-8").split("\n")
    pieces = [*packet["documents"], *packet["gaps"]]
    for number, line in enumerate(lines, start=1):
        if line.strip():
            assert sum(piece["start_line"] <= number <= piece["end_line"] for piece in pieces) == 1


def test_positions_of_patients_and_documents_count_from_one(packet: Mapping[str, Any]) -> None:
    assert packet["patients"][0]["name"] == "Juniper"
    assert {document["patient"] for document in packet["documents"]} <= {None, *range(1, len(packet["patients"]) + 1)}
    for patient in packet["patients"]:
        for fact in patient["facts"]:
            document = packet["documents"][fact["document"] - 1]
            assert document["start_line"] <= fact["line"] <= document["end_line"]


def test_every_fact_quotes_its_line(packet: Mapping[str, Any]) -> None:
    lines = PACKET.read_text(encoding="utf-8").split("\n")
    facts = [fact for patient in packet["patients"] for fact in patient["facts"]]
    assert facts
    assert all(fold(fact["quote"]) in fold(lines[fact["line"] - 1]) for fact in facts)


def test_a_weight_keeps_its_printed_unit_and_tells_kilograms(packet: Mapping[str, Any]) -> None:
    weights = [fact for fact in packet["patients"][0]["facts"] if fact["field"] == "weight" and fact["unit"] == "lb"]
    assert weights
    assert all(fact["kg"] == pytest.approx(fact["value"] * 0.45359237, abs=0.001) for fact in weights)


def test_the_rules_cost_nothing_and_mark_all_for_review(packet: Mapping[str, Any]) -> None:
    assert (packet["engine"], packet["model"], packet["calls"], packet["cost_usd"]) == ("rules", None, 0, 0)
    assert all(document["needs_review"] for document in packet["documents"])


def test_the_pdf_of_a_record_reads_like_its_text(packet: Mapping[str, Any]) -> None:
    from_pdf = analyze_json(PACKET.with_suffix(".pdf"))[0]
    assert from_pdf["lines"] == packet["lines"]
    assert [document["start_line"] for document in from_pdf["documents"]] == [
        document["start_line"] for document in packet["documents"]
    ]


def test_a_bad_file_is_told_after_the_others_are_done(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    out = StringIO()
    with pytest.raises(SystemExit) as exit_code:
        call_command("analyze", str(empty), str(tmp_path / "none.txt"), str(PACKET), "--json", stdout=out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert exit_code.value.code == 1
    assert [answer.get("problem", {}).get("code") for answer in answers] == ["empty_file", "unreadable", None]
    assert set(answers[0]) == {"file", "problem"}


def test_auto_without_a_key_takes_the_rules_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    call_command("analyze", str(PACKET), "--json", stdout=out)
    assert json.loads(out.getvalue())["engine"] == "rules"
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_the_model_without_a_key_is_refused_with_the_cure() -> None:
    with pytest.raises(CommandError, match="OPENAI_API_KEY"):
        call_command("analyze", str(PACKET), "--engine", "openai")


def test_tables_show_documents_facts_and_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("analyze", str(PACKET), "--engine", "rules")
    shown = capsys.readouterr().out
    for words in ("ABDOMINAL ULTRASOUND REPORT", "imaging", "2021-02-15", "Juniper", "956000011874420", "read from"):
        assert words in shown


def test_names_and_texts_are_shown_as_they_are_not_as_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "[red]odd.txt"
    path.write_text("[bold]Visit Report[/bold]\nDate: March 3, 2020\nPatient Name: [i]Rex[/i]\n", encoding="utf-8")
    call_command("analyze", str(path), "--engine", "rules")
    assert "[red]odd.txt" in capsys.readouterr().out.replace("\n", "")


def test_piped_output_holds_json_alone_and_progress_goes_elsewhere() -> None:
    done = analyze_as_process(str(PACKET), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["lines"] == 483
    assert "rules engine" in done.stderr


def test_the_model_answers_over_http_and_is_paid_for_once() -> None:
    answerer = TruthAnswerer(records=read_records(PACKET))
    with running_fake(answerer=answerer) as fake:
        done = analyze_as_process(
            str(PACKET), "--json", OPENAI_API_KEY=API_KEY, OPENAI_BASE_URL=fake.base_url, OPENAI_API="responses"
        )
        calls = len(fake.calls)
    answer = json.loads(done.stdout)
    truth = json.loads(PACKET.with_suffix(".truth.json").read_text(encoding="utf-8"))
    assert (answer["engine"], answer["model"], answer["calls"]) == ("openai", "gpt-6-luna", calls)
    assert answer["input_tokens"] > 1000
    assert [document["start_line"] for document in answer["documents"]] == [
        document["start_line"] for document in truth["documents"]
    ]


def test_a_refused_connection_leaves_the_rules_reading_and_says_which_lines() -> None:
    done = analyze_as_process(
        str(PACKET), "--json", OPENAI_API_KEY=API_KEY, OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_TIMEOUT_SECONDS="2"
    )
    answer = json.loads(done.stdout)
    assert any("were not read by the model" in warning for warning in answer["warnings"])
    assert len(answer["documents"]) > 10


def test_neither_errors_nor_logs_hold_the_patients_words() -> None:
    faults = [FaultRule(kind=kind) for kind in ("wrong_schema",)]
    with running_fake(answerer=TruthAnswerer(records=read_records(PACKET)), faults=faults) as fake:
        done = analyze_as_process(
            str(PACKET),
            "--json",
            OPENAI_API_KEY=API_KEY,
            OPENAI_BASE_URL=fake.base_url,
            OPENAI_API="responses",
            LOG_LEVEL="DEBUG",
        )
    assert any("were not read by the model" in warning for warning in json.loads(done.stdout)["warnings"])
    for words in ("Juniper", "Achterberg", "956000011874420", "555-0134", API_KEY):
        assert words not in done.stderr
