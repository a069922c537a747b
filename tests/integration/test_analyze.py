"""`manage.py analyze` as a person calls it: files in, tables or JSON out, nothing kept and nothing needed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.domain.findings import DOCUMENT_TYPES, FACT_FIELDS
from documents.domain.lines import fold
from documents.extraction.problems import ExtractionProblem
from jobs import analysis, pipeline
from tests.fake_openai import API_KEY, FakeOpenAI, FaultRule, TruthAnswerer, read_records, running_fake
from tests.unit.extraction.office import write_zip

RECORDS = Path(__file__).parent.parent / "records"
PACKET = RECORDS / "referral_packet.txt"
KEYS = {
    *("file", "engine", "model", "lines", "parts", "documents", "gaps", "noise", "patients", "unread", "warnings"),
    *("calls", "input_tokens", "output_tokens", "cost_usd", "seconds"),
}
DOCUMENT_KEYS = {
    *("title", "type", "date", "start_line", "end_line", "first_page", "last_page", "confidence", "patient"),
}
FACT_KEYS = {
    *("field", "value", "raw", "unit", "kg", "date", "line", "quote", "document"),
    *("current", "also", "flags", "suggestion", "parts"),
}


def analyze_json(*files: Path, engine: str = "rules") -> list[dict[str, Any]]:
    out = StringIO()
    call_command("analyze", *map(str, files), "--json", "--engine", engine, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def start_analyze(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    return subprocess.Popen(
        [sys.executable, "manage.py", "analyze", *arguments],
        cwd=RECORDS.parent.parent,
        env={**clean, "DJANGO_SETTINGS_MODULE": "pennie.settings.dev", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def analyze_as_process(*arguments: str, input: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    with start_analyze(*arguments, **environment) as process:
        try:
            out, errors = process.communicate(input, timeout=100)
        finally:
            process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


@pytest.fixture(scope="module")
def packet() -> Mapping[str, Any]:
    return analyze_json(PACKET)[0]


def test_json_has_the_documented_keys(packet: Mapping[str, Any]) -> None:
    assert set(packet) == KEYS
    assert packet["documents"]
    assert all(set(document) >= DOCUMENT_KEYS for document in packet["documents"])
    assert all(set(gap) == {"start_line", "end_line", "reason"} for gap in packet["gaps"])
    assert all(set(fact) == FACT_KEYS for patient in packet["patients"] for fact in patient["facts"])


def test_each_file_in_a_file_is_named_with_the_line_at_which_it_begins(tmp_path: Path) -> None:
    archive = tmp_path / "records.zip"
    archive.write_bytes(write_zip({"a/letter.txt": "Dear colleague\n", "note.html": "<html><p>Luna</p></html>"}))
    assert analyze_json(archive)[0]["parts"] == [
        {"name": "a/letter.txt", "kind": "text", "first_line": 1},
        {"name": "note.html", "kind": "html", "first_line": 3},
    ]
    assert [part["name"] for part in analyze_json(PACKET)[0]["parts"]] == [PACKET.name]


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


def test_the_pdf_of_a_record_reads_like_its_text() -> None:
    chart = RECORDS / "practice_export.txt"
    from_text, from_pdf = analyze_json(chart, chart.with_suffix(".pdf"))
    for key in ("lines", "documents", "gaps", "patients"):
        assert shown(from_pdf[key]) == shown(from_text[key])


def shown(value: Any) -> Any:
    """`value` without what a drawn page does not keep: how wide a gap between two columns was."""
    return " ".join(json.dumps(value).replace("\\f", "").split())


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


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("OPENAI_API_KEY", "sk x"),
        ("OPENAI_BASE_URL", "foo"),
        ("OPENAI_BASE_URL", "https://kim:secret@llm.example.com/v1"),
        ("OPENAI_MODEL", ""),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told_before_the_first_file(
    settings: Any, tmp_path: Path, setting: str, value: str
) -> None:
    settings.OPENAI_API_KEY = API_KEY
    setattr(settings, setting, value)
    out = StringIO()
    with pytest.raises(CommandError, match=setting) as told:
        call_command("analyze", str(tmp_path / "none.txt"), "--json", stdout=out)
    assert out.getvalue() == ""
    assert "secret" not in str(told.value)


def test_the_notice_is_one_line_however_narrow_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    call_command("analyze", str(PACKET), "--json", stdout=StringIO())
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_tables_go_where_the_caller_wants_them(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    call_command("analyze", str(PACKET), "--engine", "rules", stdout=out)
    assert "ABDOMINAL ULTRASOUND REPORT" in out.getvalue()
    assert capsys.readouterr() == ("", "")


def test_one_files_defect_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = pipeline.analyze
    calls = []

    def break_once(**arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyError("the owner is Odalys Achterberg")
        return whole(**arguments)

    monkeypatch.setattr(analysis, "analyze", break_once)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("analyze", str(PACKET), str(PACKET), "--json", "--engine", "rules", stdout=out)
    broken, done = map(json.loads, out.getvalue().splitlines())
    assert ended.value.code == 1
    assert (broken["problem"]["code"], len(done["documents"]) > 10) == ("defect", True)
    for told in (broken["problem"]["detail"], caplog.text):
        assert "KeyError at integration/test_analyze.py:" in told
        assert "report" in told
        assert "Odalys" not in told


def test_a_device_is_read_no_further_than_a_file_may_be_long(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(ExtractionProblem, match="more than 1,000 bytes") as refused:
        analysis.read_file(Path("/dev/zero"))
    assert refused.value.code == "too_large"


def test_a_file_that_is_too_long_is_told_with_its_length(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(ExtractionProblem, match=f"{PACKET.stat().st_size:,} bytes; at most 1,000"):
        analysis.read_file(PACKET)


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(PACKET.read_bytes(),))
    writer.start()
    text = analysis.read_file(pipe)
    writer.join()
    assert len(text.lines) == 483


@pytest.mark.parametrize(("name", "told"), [("none.txt", "none at this path"), (".", "a folder"), ("\0", "ValueError")])
def test_a_path_that_cannot_be_opened_is_a_problem_like_others(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(ExtractionProblem, match=told) as refused:
        analysis.read_file(tmp_path / name)
    assert (refused.value.code, refused.value.status) == ("unreadable", 422)


def test_escape_sequences_reach_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "\x1b[2Jodd.txt", tmp_path / "\x1b[31mnone.txt"
    good.write_text("Visit Report \x1b]0;pwned\x07\nDate: March 3, 2020\nPatient Name: Rex\x1b[31m\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("analyze", str(good), str(bad), "--engine", "rules")
    shown = capsys.readouterr()
    assert "odd.txt" in shown.out.replace("\n", "")
    assert "none.txt: The file cannot be opened" in shown.err
    assert "\x1b" not in shown.out + shown.err


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


def test_tables_can_be_written_where_only_ascii_can() -> None:
    done = analyze_as_process(str(PACKET), "--engine", "rules", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "ABDOMINAL ULTRASOUND REPORT" in done.stdout
    assert done.stdout.isascii()


def test_standard_input_is_a_file_too() -> None:
    done = analyze_as_process("/dev/stdin", "--json", input=PACKET.read_text(encoding="utf-8"))
    assert json.loads(done.stdout)["lines"] == 483


def test_a_reader_that_has_gone_ends_the_command_without_a_traceback() -> None:
    with start_analyze(str(PACKET), "--engine", "rules") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
    assert (process.returncode, told) == (141, "")


def test_ctrl_c_ends_the_command_with_a_sentence(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with start_analyze(str(pipe), "--engine", "rules") as process, pipe.open("wb"):  # opens once the command reads it
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "Stopped; nothing was kept.\n")


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


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeOpenAI]:
    with running_fake(answerer=TruthAnswerer(records=read_records(PACKET))) as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        settings.OPENAI_API = "responses"
        yield fake


def test_where_the_model_does_not_answer_the_lines_and_the_cause_are_told(fake: FakeOpenAI) -> None:
    fake.order(FaultRule(kind="unauthorized"))
    answer = analyze_json(PACKET, engine="openai")[0]
    assert {each["failure"] for each in answer["unread"]} == {"unauthorized"}
    assert answer["unread"][0]["start_line"] == 1
    assert answer["unread"][-1]["end_line"] == answer["lines"]
    out = StringIO()
    call_command("analyze", str(PACKET), stdout=out)
    assert "model gpt-6-luna did not answer; read by the rules, for review" in out.getvalue().replace("\n", "")


def test_what_the_model_read_leaves_nothing_unread(fake: FakeOpenAI) -> None:
    answer = analyze_json(PACKET, engine="openai")[0]
    assert answer["unread"] == []
    assert answer["cost_usd"] > 0


def test_a_call_that_broke_off_leaves_the_cost_unknown(fake: FakeOpenAI) -> None:
    fake.order(FaultRule(kind="reset_after_reading", nth=frozenset({1})))
    answer = analyze_json(PACKET, engine="openai")[0]
    assert answer["cost_usd"] is None
    assert any(
        re.match(r"1 call may have cost more than is told.* \$0\.\d+ is known to be spent", warning)
        for warning in answer["warnings"]
    )


def test_a_refused_connection_leaves_the_rules_reading_and_says_which_lines() -> None:
    done = analyze_as_process(
        str(PACKET),
        "--json",
        OPENAI_API_KEY=API_KEY,
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        OPENAI_TIMEOUT_SECONDS="2",
    )
    answer = json.loads(done.stdout)
    assert any("were not read by the model" in warning for warning in answer["warnings"])
    assert {each["failure"] for each in answer["unread"]} == {"connection_refused"}
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
    for words in ("Juniper", "Achterberg", "956000011874420", "555-0134", API_KEY, "HTTP Request"):
        assert words not in done.stderr


def test_an_estimate_asks_nobody_and_is_near_what_is_used(fake: FakeOpenAI) -> None:
    out = StringIO()
    call_command("analyze", str(PACKET), "--estimate", "--json", stdout=out)
    estimate = json.loads(out.getvalue())
    assert fake.calls == ()
    used = analyze_json(PACKET, engine="openai")[0]
    for key in ("calls", "input_tokens", "output_tokens", "cost_usd"):
        assert used[key] <= estimate[key] <= 4 * used[key], key
    assert (estimate["lines"], estimate["windows"], estimate["model"]) == (used["lines"], 1, used["model"])


def test_estimates_are_a_table_with_their_sum(settings: Any, tmp_path: Path) -> None:
    settings.OPENAI_API_KEY = API_KEY
    out, errors = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("analyze", str(PACKET), str(PACKET), str(tmp_path), "--estimate", stdout=out, stderr=errors)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["file", "lines", "parts", "calls", "tokens", "in", "tokens", "out", "cost", "time"]
    assert [line.split()[2:4] for line in lines if "referral_packet" in line] == [["1", "4"], ["1", "4"]]
    assert next(line for line in lines if line.startswith("together")).split()[2:4] == ["2", "8"]
    assert "Nothing was asked" in lines[-1]
    assert "it is a folder" in errors.getvalue()


def test_an_estimate_by_the_rules_costs_nothing() -> None:
    out = StringIO()
    call_command("analyze", str(PACKET), "--estimate", "--json", "--engine", "rules", stdout=out)
    estimate = json.loads(out.getvalue())
    assert (estimate["calls"], estimate["cost_usd"], estimate["model"]) == (0, 0.0, None)


def test_an_estimate_is_not_saved() -> None:
    with pytest.raises(CommandError, match="leave out --save"):
        call_command("analyze", str(PACKET), "--estimate", "--save", "--as", "rowan@hollow.example")


def test_explain_tells_each_beginning_with_its_signals(tmp_path, capsys):
    path = tmp_path / "record.txt"
    path.write_text("\n".join(RECORD_TO_EXPLAIN), encoding="utf-8")
    call_command("analyze", str(path), explain=True)
    printed = capsys.readouterr().out
    assert "line 1 begins a document" in printed
    assert "line 9 begins a document: LABORATORY REPORT" in printed
    assert "names a kind of document" in printed
    call_command("analyze", str(path), "--explain", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert [each["line"] for each in answer["beginnings"] if each["begins"]] == [1, 9]


RECORD_TO_EXPLAIN = (
    *(
        "CONSULTATION NOTE",
        "Date: 03/14/2019",
        "Patient: Biscuit",
        "",
        "The dog was bright and alert today.",
        "",
        "",
        "",
    ),
    *("LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", "Owner: Dana Whitlow", "", "WBC   7.1   6.0-17.0"),
)


@pytest.mark.parametrize("other", ["save", "estimate"])
def test_explain_does_nothing_else(other, tmp_path):
    with pytest.raises(CommandError, match="leave out --save and --estimate"):
        call_command("analyze", "record.txt", explain=True, **{other: True})
