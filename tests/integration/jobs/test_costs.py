"""What the ledger says that calls cost: added up by whatever is asked for, and to the cent the same each time."""

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.models import Upload
from jobs.costs import Breakdown, break_down_costs, list_dearest
from jobs.domain.costs import GROUPINGS, Figures, Grouping
from jobs.domain.periods import Period
from jobs.models import Job
from jobs.queries import sum_attempts
from pennie.accounts.models import Clinic
from tests.factories import (
    AttemptFactory,
    GapFactory,
    JobFactory,
    MembershipFactory,
    SegmentationFactory,
    UploadFactory,
)

pytestmark = pytest.mark.usefixtures("stored")

NOVEMBER = Period(since=date(2026, 11, 1), until=date(2026, 12, 1))
DAYS = ["--since", "2026-11-01", "--until", "2026-12-01"]


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def call(job: Job, *, cost: str | None = "0.01", when: datetime | None = None, **more: Any) -> None:
    given: dict[str, Any] = {
        "state": "settled",
        "input_tokens": 1_000,
        "cached_input_tokens": 100,
        "cache_write_tokens": 10,
        "output_tokens": 200,
        "model": "gpt-6-luna",
    }
    AttemptFactory(job=job, started_at=when or at(5), cost_usd=cost and Decimal(cost), **{**given, **more})


def job_of(clinic: Clinic, *, lines: int = 10, **more: Any) -> Job:
    text = "\n".join([f"File {Upload.objects.count()}", *["Seen again."] * (lines - 1)])
    made: Job = JobFactory(upload=UploadFactory(clinic=clinic, text=text), **more)
    return made


def costs_by(by: Grouping, *, clinic: Clinic | None = None, limit: int = 100) -> Breakdown:
    return break_down_costs(by=by, period=NOVEMBER, clinic_id=clinic.pk if clinic else None, limit=limit)


def test_the_total_is_the_ledgers(clinic: Clinic) -> None:
    job = job_of(clinic)
    call(job)
    call(job, cost="0.02", failure="truncated")
    call(job, cost=None)
    call(job, cost=None, state="failed", failure="timeout", input_tokens=None, output_tokens=None)
    call(job, cost=None, state="failed", failure="rate_limited", input_tokens=None, output_tokens=None)
    call(job, cost=None, state="sent", input_tokens=None, output_tokens=None)
    total = costs_by("day").total
    assert (total.calls, total.failed_calls, total.uncertain_calls) == (6, 3, 3)
    assert (total.input_tokens, total.cached_input_tokens, total.cache_write_tokens) == (3_000, 600, 60)
    assert (total.output_tokens, total.cost_usd, total.lines) == (600, Decimal("0.03"), 10)
    assert total.tokens_per_1000_lines == 360_000
    assert total.cost_per_1000_lines == Decimal(3)
    of_job = sum_attempts(job_ids=[job.pk])[job.pk]  # both say it
    assert (of_job.calls, of_job.uncertain_calls, of_job.known_cost_usd) == (6, 3, total.cost_usd)


def test_a_call_counts_on_the_day_on_which_it_was_begun_and_in_that_period_alone(clinic: Clinic) -> None:
    job = job_of(clinic)
    for moment in (at(31, 23, 10), at(1, 0), at(30, 23), at(1, 0, 12)):
        call(job, when=moment)
    found = costs_by("day")
    assert [row.key for row in found.rows] == ["2026-11-01", "2026-11-30"]
    assert found.total.calls == 2


def test_costs_are_added_up_by_upload_user_clinic_and_model(clinic: Clinic, other_clinic: Clinic) -> None:
    users = [MembershipFactory(clinic=clinic).user for _ in range(2)]
    first, second = job_of(clinic, created_by=users[0]), job_of(clinic, created_by=users[1])
    other = job_of(other_clinic, created_by=None)
    call(first, cost="0.03")
    call(second, cost="0.02", model="gpt-6-sol")
    call(other, cost="0.01")
    told: dict[Grouping, list[tuple[str, str]]] = {
        by: [(row.key, f"{row.figures.cost_usd:.2f}") for row in costs_by(by).rows] for by in GROUPINGS
    }
    assert told["upload"] == [
        (str(job.upload_id), cost) for job, cost in zip((first, second, other), _COSTS, strict=True)
    ]
    assert told["user"] == [(str(users[0].pk), "0.03"), (str(users[1].pk), "0.02"), ("", "0.01")]
    assert told["clinic"] == [(str(clinic.pk), "0.05"), (str(other_clinic.pk), "0.01")]
    assert told["model"] == [("gpt-6-luna", "0.04"), ("gpt-6-sol", "0.02")]
    assert told["day"] == [("2026-11-05", "0.06")]
    assert [row.clinic_id for row in costs_by("model").rows] == [None, clinic.pk]


_COSTS = ("0.03", "0.02", "0.01")


def test_an_upload_counts_its_lines_once_however_many_its_runs_and_calls(clinic: Clinic) -> None:
    job = job_of(clinic, lines=40)
    again = JobFactory(upload=job.upload, state="completed")
    for each in (job, job, again):
        call(each)
    assert [(row.figures.calls, row.figures.lines) for row in costs_by("upload").rows] == [(3, 40)]
    assert costs_by("day").total.lines == 40


def test_a_documents_cost_is_its_share_of_lines_and_nothing_is_lost(clinic: Clinic) -> None:
    job = job_of(clinic, lines=10)
    old = SegmentationFactory(upload=job.upload)
    segmentation = SegmentationFactory(upload=job.upload, documents=[(1, 6), (7, 8)])
    GapFactory(segmentation=segmentation, start_line=9, end_line=10)
    Upload.objects.filter(pk=job.upload_id).update(current_segmentation=segmentation)
    unfiled = job_of(clinic)
    call(job, cost="0.08")
    call(unfiled, cost="0.01")
    found = costs_by("document")
    starts = {str(each.pk): each.start_line for each in segmentation.documents.all()}
    assert [(starts.get(row.key), row.figures.cost_usd) for row in found.rows] == [
        (1, Decimal("0.06")),
        (7, Decimal("0.02")),
        (None, Decimal("0.01")),
    ]
    assert [row.figures.input_tokens for row in found.rows] == [750, 250, 1_000]
    assert [row.figures.lines for row in found.rows] == [6, 2, 10]
    assert str(old.documents.get().pk) not in [row.key for row in found.rows]
    assert sum(row.figures.cost_usd for row in found.rows) == found.total.cost_usd


def test_a_clinic_has_its_own_costs_alone(clinic: Clinic, other_clinic: Clinic) -> None:
    call(job_of(clinic), cost="0.03")
    call(job_of(other_clinic), cost="0.5")
    for by in GROUPINGS:
        assert costs_by(by, clinic=clinic).total.cost_usd == Decimal("0.03")
        assert [row.figures.calls for row in costs_by(by, clinic=clinic).rows] == [1]
    dearest = list_dearest(period=NOVEMBER, clinic_id=clinic.pk, limit=10)
    assert [each.clinic_id for each in dearest] == [clinic.pk]


def test_rows_are_bounded_and_the_total_is_not(clinic: Clinic) -> None:
    for cost in ("0.01", "0.03", "0.02"):
        call(job_of(clinic), cost=cost)
    found = costs_by("upload", limit=2)
    assert [row.figures.cost_usd for row in found.rows] == [Decimal("0.03"), Decimal("0.02")]
    assert (found.groups, found.total.cost_usd) == (3, Decimal("0.06"))


def test_no_calls_come_to_nothing() -> None:
    found = costs_by("document")
    assert found.rows == ()
    assert found.total == Figures()
    assert list_dearest(period=NOVEMBER, clinic_id=None, limit=10) == ()


def test_figures_take_one_query_and_the_dearest_four(clinic: Clinic, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        call(job_of(clinic))
    for by in GROUPINGS:
        with django_assert_num_queries(1):
            costs_by(by)
    with django_assert_num_queries(4):
        list_dearest(period=NOVEMBER, clinic_id=None, limit=10)


def test_the_dearest_uploads_are_told_with_what_made_them_dear(clinic: Clinic) -> None:
    dear = job_of(clinic, lines=100)
    call(dear, cost="0.5", cached_input_tokens=0)
    call(dear, cost="0.2", purpose="reask", cached_input_tokens=0)
    call(dear, cost="0.1", failure="truncated", cached_input_tokens=0)
    call(dear, cost="0.05", failure="wrong_schema", cached_input_tokens=0)
    call(dear, cost=None, state="failed", failure="rate_limited", cached_input_tokens=0)
    call(JobFactory(upload=dear.upload, state="completed"), cost="0.3", cached_input_tokens=0)
    plain = [job_of(clinic) for _ in range(4)]
    for job in plain:
        call(job, cached_input_tokens=900)
    first, *others = list_dearest(period=NOVEMBER, clinic_id=None, limit=3)
    assert first.upload_id == dear.upload_id
    assert [(cause.code, cause.cost_usd) for cause in first.causes] == [
        ("several_runs", Decimal("0.3")),
        ("asked_again", Decimal("0.2")),
        ("truncated", Decimal("0.1")),
        ("failed", Decimal("0.05")),
        ("many_lines", None),
        ("little_cached", None),
    ]
    assert first.why.startswith("$1.15 for 100 lines in 6 calls: 2 runs, all but the first made 1 call ($0.30); ")
    assert len(others) == 2
    assert all(each.causes == () for each in others)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("costs", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_of_every_grouping_as_table_json_and_csv(clinic: Clinic) -> None:
    call(job_of(clinic), cost="0.0123")
    call(job_of(clinic), cost=None)
    for by in GROUPINGS:
        table = run("--by", by, *DAYS)
        assert "$0.0123" in table
        assert "1 calls are of unknown cost" in table
        told = json.loads(run("--by", by, "--json", *DAYS))
        assert told["total"]["known_cost_usd"] == "0.01230000"
        assert told["total"]["uncertain_calls"] == 1
        rows = list(csv.DictReader(StringIO(run("--by", by, "--csv", *DAYS))))
        assert sum(Decimal(row["known_cost_usd"]) for row in rows) == Decimal("0.0123")


def test_the_command_names_clinics_and_nothing_of_files(clinic: Clinic) -> None:
    job = job_of(clinic)
    call(job)
    for arguments in (
        ["--by", "upload"],
        ["--by", "upload", "--json"],
        ["--dearest", "10"],
        ["--dearest", "3", "--csv"],
    ):
        told = run(*arguments, *DAYS)
        assert str(job.upload_id) in told
        assert job.upload.name not in told
    assert clinic.name in run("--by", "clinic", *DAYS)
    assert json.loads(run("--dearest", "1", "--json", *DAYS))["rows"][0]["clinic_name"] == clinic.name


def test_the_command_tells_of_one_clinic_by_name_or_id(clinic: Clinic, other_clinic: Clinic) -> None:
    call(job_of(clinic), cost="0.25")
    call(job_of(other_clinic), cost="0.5")
    for name in (str(clinic.pk), clinic.name.upper()):
        assert json.loads(run("--clinic", name, "--json", *DAYS))["total"]["known_cost_usd"] == "0.25000000"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--since", "soon"], "--since: This is no day as YYYY-MM-DD."),
        (["--since", "2026-03-02", "--until", "2026-03-01"], "--until: The period"),
        (["--clinic", "Nowhere"], "There is no clinic of that name or id."),
        (["--clinic", "01983a5e-1110-7000-8000-000000000001"], "There is no clinic of that name or id."),
        (["--by", "moon"], "invalid choice: 'moon'"),
        (["--dearest", "0"], "a whole number from 1 to 10,000 is needed"),
    ],
)
def test_what_the_command_cannot_take_ends_it_with_2_and_the_cure(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told.replace("(", r"\(")) as refused:
        run(*arguments)
    assert refused.value.returncode == 2 or "Error: argument" in str(refused.value)


def test_clinics_of_one_name_are_told_apart_by_id(clinic: Clinic, other_clinic: Clinic) -> None:
    Clinic.objects.update(name="Hollow Lane")
    with pytest.raises(CommandError, match="give the id of one"):
        run("--clinic", "Hollow Lane")
