"""`evaluate --compare` and several engines in one run: paired differences, and what changed where."""

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from documents.domain import prompts
from tests.fake_openai import API_KEY, TruthAnswerer, read_records, running_fake
from tests.fake_openai.requests import ModelRequest
from tests.integration.test_evaluate import PERFECT, POOR, TEXT, TRUTH
from tests.records.build import RECORDS

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / f"{name}.truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    return tmp_path


def measure(folder: Path, *, poor: str, to: str) -> Path:
    """The figures of answers that are poor for the files named by their letters in `poor`."""

    def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
        return POOR if path.stem in poor else PERFECT

    out = StringIO()
    call_command("evaluate", str(folder), "--json", stdout=out, stderr=StringIO(), analyze=analyze)
    path = folder / to
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def compare(before: Path, after: Path, *options: str) -> str:
    out = StringIO()
    call_command("evaluate", "--compare", str(before), str(after), *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def compare_json(before: Path, after: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(compare(before, after, "--json"))
    return told


def find(rows: list[dict[str, Any]], metric: str) -> dict[str, Any]:
    return next(row for row in rows if row["metric"] == metric)


def test_a_change_in_every_file_is_sure_and_one_in_a_single_file_is_not(folder: Path) -> None:
    perfect, poor, one = (measure(folder, poor=which, to=f"{which}.json") for which in ("-", "abcd", "a"))

    everywhere = find(compare_json(perfect, poor)["mean"], "boundary_f1")
    somewhere = find(compare_json(perfect, one)["mean"], "boundary_f1")

    assert everywhere["change"] == pytest.approx(-1 / 3)
    assert everywhere["interval"] == pytest.approx([-1 / 3, -1 / 3])
    assert (everywhere["judgement"], somewhere["judgement"]) == ("worse", "unsure")
    assert somewhere["interval"][1] == 0


def test_the_other_way_round_it_is_better_and_with_itself_the_same(folder: Path) -> None:
    perfect, poor = measure(folder, poor="", to="perfect.json"), measure(folder, poor="abcd", to="poor.json")

    better = compare_json(poor, perfect)
    same = compare_json(poor, poor)

    assert find(better["mean"], "boundary_f1")["judgement"] == "better"
    assert find(better["mean"], "windowdiff")["judgement"] == "better"  # less of it
    assert find(better["fields"], "name.precision")["judgement"] == "better"
    assert {row["judgement"] for row in same["mean"]} == {"same"}
    assert same["files"] == []


def test_it_names_the_documents_that_changed(folder: Path) -> None:
    before, after = measure(folder, poor="", to="before.json"), measure(folder, poor="c", to="after.json")

    (changed,) = compare_json(before, after)["files"]

    assert changed["file"] == "c.txt"
    assert changed["documents"] == [
        {"start_line": 6, "end_line": 7, "gained": [], "lost": ["lines", "type", "date"], "invented": 0},
        {"start_line": 9, "end_line": 10, "gained": [], "lost": ["start", "lines", "type"], "invented": 0},
    ]


def test_of_one_file_its_documents_are_drawn(folder: Path) -> None:
    for name in NAMES[1:]:
        (folder / f"{name}.txt").unlink()
    told = compare_json(measure(folder, poor="", to="before.json"), measure(folder, poor="a", to="after.json"))

    assert (told["over"], told["compared"]) == ("documents", 1)
    exact = find(told["mean"], "exact_f1")
    assert exact["change"] == pytest.approx(2 / 5 - 1)
    assert exact["interval"][0] < exact["change"] < exact["interval"][1]
    assert find(told["mean"], "windowdiff")["interval"] is None


def test_what_cannot_be_compared_is_told_and_the_rest_compared(folder: Path) -> None:
    before = measure(folder, poor="", to="before.json")
    (folder / "a.txt").unlink()
    labels = {**TRUTH, "documents": TRUTH["documents"][:2]}
    (folder / "b.truth.json").write_text(json.dumps(labels), encoding="utf-8")

    told = compare_json(before, measure(folder, poor="", to="after.json"))

    assert told["compared"] == 2
    assert told["left_out"] == ["b.txt: its labels changed between the two", "a.txt: is not among the second's"]


def test_people_get_tables(folder: Path) -> None:
    out = compare(measure(folder, poor="", to="before.json"), measure(folder, poor="c", to="after.json"))

    assert "before.json (rules) -> after.json (rules): 4 files" in out
    assert [line.split()[0] for line in out.splitlines() if line.strip().startswith("c.txt")] == ["c.txt"]


def test_the_report_of_a_comparison_holds_no_text(folder: Path) -> None:
    page = folder / "page.html"
    compare(measure(folder, poor="", to="before.json"), measure(folder, poor="c", to="after.json"), "--html", str(page))

    text = page.read_text(encoding="utf-8")
    assert "1 file changed" in text
    assert "Biscuit" not in text


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"files": [{"file": "a.txt", "boundary_f1": 1}]}',
        '{"files": [{"file": "a", "documents": [{"start_line": 1}]}]}',
    ],
)
def test_a_file_of_something_else_is_refused(folder: Path, content: str) -> None:
    other = folder / "other.json"
    other.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=r"other\.json: is not what evaluate --json writes"):
        compare(other, other)


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.json: No such file or directory"):
        compare(folder / "none.json", folder / "none.json")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["DIR", "--compare", "a", "b"],
        ["--compare", "a", "b", "--engine", "rules"],
        ["--compare", "a", "b", "--fail-under", "stp=1"],
        ["--compare", "a", "b", "--prompt", "v1"],
        ["DIR", "--engine", "rules", "--prompt", "v1"],
        ["DIR", "--engine", "rules", "--engine", "rules"],
    ],
)
def test_what_contradicts_itself_is_refused(folder: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", *(str(folder) if each == "DIR" else each for each in arguments))

    assert refused.value.returncode == 2


@pytest.mark.parametrize("engine", ["magic", "openai:", "rules:x", ":x"])
def test_an_engine_that_there_is_not_is_refused(folder: Path, engine: str) -> None:
    with pytest.raises(CommandError, match="--engine"):
        call_command("evaluate", str(folder), "--engine", engine)


class TestSeveralEngines:
    @pytest.fixture(autouse=True)
    def _key(self, settings: Any) -> None:
        settings.OPENAI_API_KEY = "sk-test"

    @staticmethod
    def analyze(*, path: Path, engine: str, model: str | None = None) -> Mapping[str, Any]:
        return {**(POOR if engine == "rules" else PERFECT), "engine": engine, "model": model}

    def test_each_is_compared_with_the_first(self, folder: Path) -> None:
        out = StringIO()
        engines = ("--engine", "rules", "--engine", "openai:one", "--engine", "openai:two")
        call_command("evaluate", str(folder), "--json", *engines, stdout=out, analyze=self.analyze)

        told = json.loads(out.getvalue())

        assert list(told["engines"]) == ["rules", "openai one", "openai two"]
        assert told["engines"]["openai two"]["files"][0]["model"] == "two"
        assert [(each["before"], each["after"]) for each in told["comparisons"]] == [
            ("rules", "openai one"),
            ("rules", "openai two"),
        ]
        assert find(told["comparisons"][0]["mean"], "boundary_f1")["judgement"] == "better"

    def test_the_report_shows_them_beside_each_other(self, folder: Path) -> None:
        page = folder / "page.html"
        engines = ("--engine", "rules", "--engine", "openai:one")
        call_command(
            "evaluate",
            str(folder),
            "--html",
            str(page),
            *engines,
            stdout=StringIO(),
            stderr=StringIO(),
            analyze=self.analyze,
        )

        text = page.read_text(encoding="utf-8")
        assert 'style="--answers:2"' in text
        assert "rules → openai one" in text

    def test_a_prompt_that_is_named_twice_is_refused(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="named twice"):
            call_command("evaluate", str(folder), "--engine", "openai", "--prompt", "v1", "--prompt", "v1")


def test_two_versions_of_the_prompt_are_compared_over_the_same_files(tmp_path: Path, settings: Any) -> None:
    """The fake knows the record, and by the first version it is not asked well enough to tell of facts."""
    for suffix in (".txt", ".truth.json"):
        name = f"befund_de{suffix}"
        (tmp_path / name).write_bytes((RECORDS / name).read_bytes())
    truth = TruthAnswerer(records=read_records(RECORDS / "befund_de.txt"))

    asked: set[str] = set()

    def answer(request: ModelRequest) -> dict[str, Any] | None:
        asked.add(request.instructions)
        told = truth(request)
        return {**told, "facts": []} if told and request.instructions == prompts.instructions(version="v1") else told

    out = StringIO()
    with running_fake(answerer=answer) as fake:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = API_KEY, fake.base_url
        versions = ("--engine", "rules", "--engine", "openai", "--prompt", "v1", "--prompt", "v2")
        call_command("evaluate", str(tmp_path), "--json", *versions, stdout=out)
    told = json.loads(out.getvalue())

    first, second = (f"openai {settings.OPENAI_MODEL} {version}" for version in ("v1", "v2"))
    assert list(told["engines"]) == ["rules", first, second]
    assert [(each["before"], each["after"]) for each in told["comparisons"]] == [("rules", first), ("rules", second)]
    assert told["engines"][first]["files"][0]["fact_r"] < told["engines"][second]["files"][0]["fact_r"]
    assert asked == {prompts.instructions(version=version) for version in prompts.VERSIONS}
