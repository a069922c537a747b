"""`manage.py evaluate`: records in, figures out, with the answers given by the test instead of an engine."""

import json
import os
import signal
from collections.abc import Callable, Mapping
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from documents.domain.accuracy.intervals import SEED
from documents.extraction.problems import ExtractionProblem
from jobs.evaluation.figures import AVERAGED, COUNTED, list_figures
from jobs.evaluation.measuring import evaluate
from jobs.evaluation.records import find_records

TEXT = "Clinic record\n\nPatient: Biscuit\nWeight: 65 lb\n\nRecheck\nDate: 2011-04-02\n\nInvoice\nTotal: 40\n"
TRUTH: dict[str, Any] = {
    "lines": 10,
    "patients": [
        {"name": "Biscuit", "microchip": None, "weights": [{"value": 65, "unit": "lb", "date": "2011-03-05"}]}
    ],
    "documents": [
        {"title": "Clinic record", "start_line": 1, "end_line": 4, "type": "registration"},
        {"title": "Recheck", "start_line": 6, "end_line": 7, "type": "consult_note", "date": "2011-04-02"},
        {"title": "Invoice", "start_line": 9, "end_line": 10, "type": "financial"},
    ],
}
PERFECT: dict[str, Any] = {
    "engine": "rules",
    "model": None,
    "lines": 10,
    "documents": [
        {"title": "Clinic record", "type": "registration", "date": None, "start_line": 1, "end_line": 5},
        {"title": "Recheck", "type": "consult_note", "date": "2011-04-02", "start_line": 6, "end_line": 8},
        {"title": "Invoice", "type": "financial", "date": None, "start_line": 9, "end_line": 10},
    ],
    "gaps": [],
    "patients": [
        {
            "name": "Biscuit",
            "facts": [
                {
                    "field": "name",
                    "value": "Biscuit",
                    "unit": None,
                    "date": None,
                    "line": 3,
                    "quote": "Patient: Biscuit",
                },
                {"field": "weight", "value": 65, "unit": "lb", "date": "2011-03-05", "line": 4, "quote": "65 lb"},
            ],
        }
    ],
    "warnings": [],
    "calls": 2,
    "input_tokens": 300,
    "output_tokens": 50,
    "cost_usd": 0.002,
    "seconds": 0.5,
}
# One boundary of two, the first document exact, a line lost, a value wrong, a quote made up.
POOR: dict[str, Any] = {
    **PERFECT,
    "documents": [
        PERFECT["documents"][0],
        {"title": "Recheck", "type": "other", "date": None, "start_line": 6, "end_line": 9},
    ],
    "patients": [{"name": "Biscuit", "facts": [{"field": "name", "value": "Biscuits", "quote": "Patient: Biscuits"}]}],
    "cost_usd": None,
}

Answers = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records, `a` and `b`, of the same text."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / f"{name}.truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    return tmp_path


def answering(answers: Answers) -> Callable[..., Mapping[str, Any]]:
    def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
        return answers[path.stem]

    return analyze


def run(folder: Path, *args: str, answers: Answers) -> str:
    out = StringIO()
    call_command("evaluate", str(folder), *args, stdout=out, stderr=StringIO(), analyze=answering(answers))
    return out.getvalue()


def run_json(folder: Path, *args: str, answers: Answers) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run(folder, "--json", *args, answers=answers))
    return report


class TestFigures:
    def test_a_perfect_answer_is_perfect_throughout(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": PERFECT})

        best = dict.fromkeys(("boundary_f1", "boundary_f1_within_1", "exact_f1", "stp", "rq", "sq", "pq"), 1.0)
        best |= dict.fromkeys(("type_acc", "date_acc", "title_similarity", "fact_p", "fact_r", "fact_f1"), 1.0)
        best |= {"windowdiff": 0.0, "pk": 0.0}
        assert {metric: report["mean"][metric] for metric in best} == best
        assert all(one["coverage_violations"] == one["facts_without_source"] == 0 for one in report["files"])

    def test_each_file_has_its_own_figures(self, folder: Path) -> None:
        poor = run_json(folder, answers={"a": PERFECT, "b": POOR})["files"][1]

        assert (poor["true"], poor["found"]) == (3, 2)
        assert (poor["boundary_p"], poor["boundary_r"]) == (1.0, 0.5)
        assert poor["exact_f1"] == pytest.approx(2 / 5)
        assert (poor["stp"], poor["type_acc"], poor["typed"]) == (0.0, 1.0, 1)
        assert (poor["coverage_violations"], poor["facts"], poor["facts_without_source"]) == (1, 1, 1)
        assert poor["fields"]["name"] == {
            "matched": 0,
            "found": 1,
            "true": 1,
            "precision": 0.0,
            "recall": 0.0,
            "f1": 0.0,
        }

    def test_files_are_averaged_and_pooled(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": POOR})

        assert report["mean"]["boundary_f1"] == pytest.approx((1 + 2 / 3) / 2)
        assert report["pooled"]["boundary_f1"] == pytest.approx(2 * 1 * 0.75 / 1.75)  # 3 of 3 found, 3 of 4 true
        assert report["mean"]["stp"] == 0.5
        assert report["mean"]["date_acc"] == 1.0  # the poor answer has no exact segment that is dated
        assert report["fields"]["weight"]["recall"] == 0.5

    def test_tokens_are_told_per_thousand_lines(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": POOR})

        assert report["pooled"]["input_tokens_per_1000_lines"] == pytest.approx(600 / 0.020)
        assert report["files"][0]["cost_usd_per_1000_lines"] == pytest.approx(0.2)
        assert report["pooled"]["calls"] == 4

    def test_an_unknown_price_makes_the_sum_unknown(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": POOR})

        assert report["files"][1]["cost_usd"] is None
        assert report["pooled"]["cost_usd"] is None

    def test_a_file_without_labelled_patients_scores_no_facts(self, folder: Path) -> None:
        (folder / "b.truth.json").write_text(json.dumps({**TRUTH, "patients": []}), encoding="utf-8")

        report = run_json(folder, answers={"a": PERFECT, "b": PERFECT})

        assert report["files"][1]["fact_f1"] is None
        assert report["mean"]["fact_f1"] == 1.0


class TestIntervals:
    def test_they_are_told_with_what_they_were_made_by(self, folder: Path) -> None:
        intervals = run_json(folder, answers={"a": PERFECT, "b": POOR})["intervals"]

        assert {key: intervals[key] for key in ("method", "over", "level", "rounds", "seed")} == {
            **{"method": "percentile bootstrap", "over": "files", "level": 0.95, "rounds": 1000, "seed": SEED},
        }
        assert intervals["mean"]["boundary_f1"] == pytest.approx([2 / 3, 1.0])  # one file drawn twice, or the other
        assert intervals["pooled"]["exact_f1"] == pytest.approx([0.4, 1.0])
        assert intervals["fields"]["name.precision"] == [0.0, 1.0]

    def test_of_one_file_its_documents_are_drawn(self, folder: Path) -> None:
        for suffix in (".txt", ".truth.json"):
            (folder / f"a{suffix}").unlink()

        report = run_json(folder, answers={"b": POOR})

        assert report["intervals"]["over"] == "documents"
        assert report["intervals"]["mean"] == report["files"][0]["intervals"]
        low, high = report["intervals"]["mean"]["exact_f1"]
        assert low < report["mean"]["exact_f1"] < high

    def test_a_file_that_is_perfect_leaves_no_room(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": PERFECT})

        assert report["files"][0]["intervals"]["boundary_f1"] == [1.0, 1.0]

    def test_the_counts_of_documents_make_up_the_figures_of_their_file(self, folder: Path) -> None:
        poor = run_json(folder, answers={"a": PERFECT, "b": POOR})["files"][1]

        boundary = [sum(column) for column in zip(*(each["boundary"] for each in poor["documents"]), strict=True)]
        assert boundary == [1, 1, 2]  # matched, found, true


class TestGroups:
    def test_records_that_are_alike_are_averaged_apart(self, folder: Path) -> None:
        for name, language in (("a", "en"), ("b", "es")):
            labels = {**TRUTH, "language": language, "layout": "letter"}
            (folder / f"{name}.truth.json").write_text(json.dumps(labels), encoding="utf-8")

        groups = run_json(folder, answers={"a": PERFECT, "b": POOR})["groups"]

        assert {tag: list(values) for tag, values in groups.items()} == {"layout": ["letter"], "language": ["en", "es"]}
        assert groups["language"]["es"]["mean"]["boundary_f1"] == pytest.approx(2 / 3)
        assert (groups["layout"]["letter"]["files"], groups["layout"]["letter"]["mean"]["stp"]) == (2, 0.5)

    def test_types_that_are_taken_for_each_other_are_counted(self, folder: Path) -> None:
        other = {**PERFECT, "documents": [{**each, "type": "other"} for each in PERFECT["documents"]]}

        confusions = run_json(folder, answers={"a": PERFECT, "b": other})["confusions"]

        assert {"true": "financial", "found": "other", "documents": 1} in confusions
        assert {"true": "financial", "found": "financial", "documents": 1} in confusions


def test_several_processes_measure_as_one_does(folder: Path) -> None:
    records = find_records(folder=folder)

    alone, together = (list(evaluate(records=records, engine="rules", processes=count)) for count in (1, 2))

    assert [one.file for one in together] == ["a.txt", "b.txt"]
    for one, other in zip(alone, together, strict=True):
        assert one.measured is not None
        assert other.measured is not None
        assert list_figures(measured=one.measured) | {"seconds": 0} == (
            list_figures(measured=other.measured) | {"seconds": 0}
        )


def die(*, path: Path, engine: str, model: str = "", prompt: str = "") -> Mapping[str, Any]:
    """As where the machine lacks memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_process_that_is_killed_costs_the_files_and_not_the_command(folder: Path) -> None:
    for name in "cdefgh":
        (folder / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (folder / f"{name}.truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    records = find_records(folder=folder)

    done = list(evaluate(records=records, engine="rules", analyze=die, processes=2))

    assert [one.file for one in done] == [record.name for record in records]
    assert all(one.problem and "memory" in one.problem for one in done)


class TestOutput:
    def test_tables_can_be_written_where_only_ascii_can(self, folder: Path) -> None:
        raw = BytesIO()
        out = TextIOWrapper(raw, encoding="ascii")
        call_command("evaluate", str(folder), stdout=out, analyze=answering({"a": PERFECT, "b": POOR}))
        out.flush()
        assert rb"F1 \xb11" in raw.getvalue()

    def test_a_name_steers_no_terminal(self, folder: Path) -> None:
        for suffix in (".txt", ".truth.json"):
            (folder / f"a{suffix}").rename(folder / f"a\x1b[2J[red]{suffix}")
        out = run(folder, answers={"a\x1b[2J[red]": PERFECT, "b": PERFECT})
        assert "a [2J[red].txt" in out
        assert "\x1b" not in out

    def test_files_come_in_order_of_their_names(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": PERFECT})

        assert [one["file"] for one in report["files"]] == ["a.txt", "b.txt"]

    def test_people_get_a_row_a_file_and_one_a_field(self, folder: Path) -> None:
        out = run(folder, answers={"a": PERFECT, "b": POOR})

        first = [line.split()[0] for line in out.splitlines() if line.strip()]
        assert first.count("a.txt") == first.count("b.txt") == first.count("mean") == first.count("pooled") == 2
        assert {"name", "microchip", "weight", "weight_dated"} <= set(first)

    def test_json_has_every_metric_that_can_be_judged(self, folder: Path) -> None:
        report = run_json(folder, answers={"a": PERFECT, "b": PERFECT})

        assert set(AVERAGED) == set(report["mean"])
        assert {*AVERAGED, *COUNTED} <= set(report["files"][0])

    def test_the_engine_is_passed_on(self, folder: Path) -> None:
        asked = []

        def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
            asked.append((path.name, engine))
            return PERFECT

        call_command("evaluate", str(folder), "--engine", "rules", stdout=StringIO(), analyze=analyze)

        assert asked == [("a.txt", "rules"), ("b.txt", "rules")]


class TestFilesThatCannotBeMeasured:
    """The others are measured all the same."""

    @staticmethod
    def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
        if path.stem == "a":
            raise ExtractionProblem("no_text")
        return PERFECT

    def test_they_are_reported_and_fail_the_command(self, folder: Path) -> None:
        out = StringIO()

        with pytest.raises(CommandError, match=r"^a\.txt: The file has no text\.") as failed:
            call_command("evaluate", str(folder), "--json", stdout=out, analyze=self.analyze)

        report = json.loads(out.getvalue())
        assert failed.value.returncode == 1
        assert set(report["files"][0]) == {"file", "problem"}
        assert report["mean"]["stp"] == 1.0

    def test_they_have_a_row_in_the_table(self, folder: Path) -> None:
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("evaluate", str(folder), stdout=out, analyze=self.analyze)

        rows = [line.split() for line in out.getvalue().splitlines() if line.split()[:1] == ["a.txt"]]
        assert rows == [["a.txt", "none"], ["a.txt", "none"]]

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ({**PERFECT, "lines": 9}, "b.txt: the analysis counts 9 lines where the text has 10"),
            ({**PERFECT, "documents": [{"start_line": 1}]}, "b.txt: the answer's documents.0.end_line: Field required"),
        ],
    )
    def test_an_answer_that_cannot_be_compared_is_a_problem(
        self, folder: Path, answer: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(CommandError) as failed:
            run(folder, answers={"a": PERFECT, "b": answer})

        assert str(failed.value).startswith(problem)


class TestGates:
    @pytest.mark.parametrize(
        "gate",
        [
            "boundary_f1=0.8",  # the mean is 0.83
            "coverage_violations=1",
            "facts_without_source=1",
            "windowdiff=0.5",
            "fact_r=0.5",
        ],
    )
    def test_figures_within_their_bound_pass(self, folder: Path, gate: str) -> None:
        report = run_json(folder, "--fail-under", gate, answers={"a": PERFECT, "b": POOR})

        assert [verdict["passed"] for verdict in report["gates"]] == [True]

    @pytest.mark.parametrize(
        ("gate", "message"),
        [
            ("boundary_f1=0.95", "boundary_f1: 0.833333 is under 0.95"),
            ("coverage_violations=0", "coverage_violations: 1 is above 0"),  # the worst file's, not the mean
            ("windowdiff=0", "windowdiff: .* is above 0"),
        ],
    )
    def test_figures_beyond_their_bound_fail_with_exit_code_1(self, folder: Path, gate: str, message: str) -> None:
        with pytest.raises(CommandError, match=message) as failed:
            run(folder, "--fail-under", gate, answers={"a": PERFECT, "b": POOR})

        assert failed.value.returncode == 1

    def test_every_gate_that_fails_is_told(self, folder: Path) -> None:
        gates = ["--fail-under", "stp=1", "--fail-under", "exact_f1=0.1", "--fail-under", "pq=0.99"]

        with pytest.raises(CommandError) as failed:
            run(folder, *gates, answers={"a": PERFECT, "b": POOR})

        assert [line.split(":")[0] for line in str(failed.value).splitlines()] == ["stp", "pq"]

    def test_what_no_file_measures_fails(self, folder: Path) -> None:
        unpriced = {**PERFECT, "cost_usd": None}

        with pytest.raises(CommandError, match="cost_usd_per_1000_lines: no file measures it"):
            run(folder, "--fail-under", "cost_usd_per_1000_lines=1", answers={"a": unpriced, "b": unpriced})

    def test_the_figures_are_printed_before_a_gate_fails(self, folder: Path) -> None:
        out = StringIO()

        with pytest.raises(CommandError):
            call_command(
                "evaluate",
                *(str(folder), "--json", "--fail-under", "stp=1"),
                stdout=out,
                analyze=answering({"a": PERFECT, "b": POOR}),
            )

        assert json.loads(out.getvalue())["gates"] == [{"metric": "stp", "bound": 1.0, "value": 0.5, "passed": False}]

    @pytest.mark.parametrize("gate", ["quality=1", "stp", "stp=high", "=1"])
    def test_a_gate_that_says_nothing_is_refused_before_any_work(self, folder: Path, gate: str) -> None:
        with pytest.raises(CommandError, match="--fail-under"):
            run(folder, "--fail-under", gate, answers={})


class TestSettings:
    """What no call can be made with is told before the first file."""

    def test_the_model_without_a_key(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="OPENAI_API_KEY"):
            run(folder, "--engine", "openai", answers={})

    @pytest.mark.parametrize(
        ("setting", "value"), [("OPENAI_BASE_URL", "foo"), ("OPENAI_API_KEY", "sk x"), ("OPENAI_MODEL", "")]
    )
    def test_a_setting_that_cannot_be_meant(self, folder: Path, settings: Any, setting: str, value: str) -> None:
        settings.OPENAI_API_KEY = "sk-test"
        setattr(settings, setting, value)
        with pytest.raises(CommandError, match=setting):
            run(folder, answers={})


class TestUnfitRecords:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is not a folder"):
            run(tmp_path / "nowhere", answers={})

    def test_a_folder_without_records(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="holds no records"):
            run(tmp_path, answers={})

    def test_every_file_that_is_unfit_is_named_with_its_key(self, folder: Path) -> None:
        (folder / "a.truth.json").unlink()
        (folder / "b.truth.json").write_text('{"documents": [{"start_line": 1}]}', encoding="utf-8")

        with pytest.raises(CommandError) as refused:
            run(folder, answers={})

        missing, malformed = str(refused.value).splitlines()
        assert missing.startswith("a.txt: its truth is missing. Add a.truth.json")
        assert malformed.startswith("b.truth.json: documents[0].end_line: Field required")

    def test_a_text_that_is_not_utf_8(self, folder: Path) -> None:
        (folder / "a.txt").write_bytes("Größe".encode("latin-1"))

        with pytest.raises(CommandError, match=r"a\.txt: is not UTF-8"):
            run(folder, answers={})

    def test_an_empty_text(self, folder: Path) -> None:
        (folder / "a.txt").write_bytes(b"")

        with pytest.raises(CommandError, match=r"a\.txt: the text is empty"):
            run(folder, answers={})

    def test_odd_labels_are_warned_of_on_standard_error(self, folder: Path) -> None:
        (folder / "a.truth.json").write_text(json.dumps({**TRUTH, "lines": 11}), encoding="utf-8")
        errors = StringIO()

        call_command(
            "evaluate", str(folder), stdout=StringIO(), stderr=errors, analyze=answering({"a": PERFECT, "b": PERFECT})
        )

        assert (
            errors.getvalue().strip() == "a.truth.json: lines: 11 are labelled, the text has 10; is it the same text?"
        )
