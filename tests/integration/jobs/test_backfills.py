"""Files that are read again: which, at what cost and pace, once each whatever dies, and nothing of staff's lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from documents.models import Document, Segmentation, Upload
from documents.operations.correcting import confirm_all
from jobs.domain.backfills import RULES, Criteria, describe_criteria
from jobs.domain.pacing import Pace
from jobs.models import Attempt, Backfill, Batch, Job, WebhookMessage, WindowCheckpoint
from jobs.operations import backfilling
from jobs.operations.backfill_choice import OLDER, find_uploads, name_versions
from jobs.operations.backfill_forecast import Forecast, compare_budgets, forecast
from jobs.operations.backfill_progress import read_progress
from jobs.operations.backfilling import BackfillOver, Step, begin, cancel, pause, reopen, submit_next
from jobs.operations.batch_progress import end_batches
from jobs.operations.batching import cancel_batch
from jobs.operations.reaping import reap_once
from jobs.operations.submitting import Submitted
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import (
    BudgetFactory,
    JobFactory,
    SegmentationFactory,
    UploadFactory,
    UseLimitFactory,
    WebhookEndpointFactory,
)
from tests.fake_openai import FakeOpenAI, FaultRule, answer_nothing

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]
NOW = timezone.now
NO_BOUND = Pace()


def foresee(*clinics: Clinic, **options: Any) -> list[Forecast]:
    return forecast(clinics=clinics, now=NOW(), **{"criteria": Criteria(), "engine": "auto", **options})


def start(*clinics: Clinic, pace: Pace = NO_BOUND, **options: Any) -> list[Backfill]:
    return begin(forecasts=foresee(*clinics, **options), pace=pace, now=NOW())


def submit_all(backfill: Backfill) -> list[Step]:
    """Until it is over or held up."""
    steps = [submit_next(backfill_id=backfill.pk, now=NOW())]
    while steps[-1].state == "open" and steps[-1].hold is None:
        steps.append(submit_next(backfill_id=backfill.pk, now=NOW()))
    backfill.refresh_from_db()
    return steps


def jobs_of(*backfills: Backfill) -> list[Job]:
    return list(Job.objects.filter(backfill__in=backfills).order_by("id"))


def make_read(clinic: Clinic, **run: Any) -> Upload:
    """A file that was read by a run like that."""
    upload: Upload = UploadFactory(clinic=clinic)
    upload.current_segmentation = make_run(upload, number=1, **run)
    upload.save(update_fields=["current_segmentation"])
    return upload


@transaction.atomic
def make_run(upload: Upload, **run: Any) -> Segmentation:
    """With a document of all lines, as is checked at commit."""
    made: Segmentation = SegmentationFactory(upload=upload, **run)
    return made


def note(number: int) -> bytes:
    return b"Visit note of the day %d.\nExamined." % number


@pytest.fixture
def read(send: Send, work: Work) -> Callable[..., list[Upload]]:
    """Files that were sent and read by the engine of the settings."""

    def read(*contents: bytes | str, **options: Any) -> list[Upload]:
        names = [each if isinstance(each, str) else f"{number}.txt" for number, each in enumerate(contents)]
        sent = [
            send(name, content=None if isinstance(each, str) else each, **options)
            for name, each in zip(names, contents, strict=True)
        ]
        for each in sent:
            assert work(each.job).state == "completed"
        return [each.upload for each in sent]

    return read


Read = Callable[..., list[Upload]]

# What it costs, and what is then spent


def test_what_it_is_told_to_cost_is_what_is_then_spent(
    read: Read, work: Work, model: FakeOpenAI, principal: Principal, settings: Any
) -> None:
    read("referral_packet.txt", "practice_export.txt")
    settings.OPENAI_MODEL = "gpt-6-sol"  # which has answered nothing yet, and has its own price
    (told,) = foresee(principal.clinic, criteria=name_versions(Criteria(models=(OLDER,))))
    assert (told.files, told.looked_at, told.expected.known_windows) == (2, 2, 0)
    assert told.documents == Document.objects.count()
    (backfill,) = begin(forecasts=[told], pace=NO_BOUND, now=NOW())
    submit_all(backfill)
    assert [work(job).state for job in jobs_of(backfill)] == ["completed", "completed"]
    calls = Attempt.objects.filter(job__backfill=backfill)
    assert calls.count() == told.expected.calls > 2
    assert sum(call.input_tokens or 0 for call in calls) == told.expected.input_tokens
    assert sum(call.output_tokens or 0 for call in calls) == told.expected.output_tokens
    spent = read_progress(backfills=[backfill])[backfill.pk].known_cost_usd
    assert told.expected.cost_usd == pytest.approx(spent, rel=Decimal("0.01"))
    assert 0 < told.past_usd < spent


def test_windows_whose_answers_are_kept_cost_nothing(
    read: Read, work: Work, model: FakeOpenAI, principal: Principal
) -> None:
    read("referral_packet.txt", "practice_export.txt")
    (told,) = foresee(principal.clinic)
    assert told.expected.windows == told.expected.known_windows > 0
    assert (told.expected.calls, told.expected.cost_usd) == (0, Decimal(0))
    asked = len(model.log.calls)
    (backfill,) = begin(forecasts=[told], pace=NO_BOUND, now=NOW())
    submit_all(backfill)
    assert {work(job).state for job in jobs_of(backfill)} == {"completed"}
    assert len(model.log.calls) == asked


def test_of_many_files_some_are_looked_at(
    read: Read, model: FakeOpenAI, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.answerer = answer_nothing
    read(*(note(number) for number in range(6)))
    WindowCheckpoint.objects.all().delete()
    (whole,) = foresee(principal.clinic)
    monkeypatch.setattr("jobs.operations.backfill_forecast.LINES_LOOKED_AT", 4)
    (part,) = foresee(principal.clinic)
    assert (whole.looked_at, part.looked_at) == (6, 2)
    assert (part.expected.windows, part.expected.calls) == (whole.expected.windows, whole.expected.calls) == (6, 6)
    assert foresee(principal.clinic, in_full=True) == [whole]


def test_it_is_compared_with_the_budgets_that_it_would_use_up(
    read: Read, model: FakeOpenAI, principal: Principal, other_clinic: Clinic
) -> None:
    read("referral_packet.txt")
    WindowCheckpoint.objects.all().delete()
    poor = BudgetFactory(clinic=principal.clinic, amount_usd="0.000001")
    rich = BudgetFactory(clinic=None, scope="global", amount_usd=100)
    BudgetFactory(clinic=other_clinic)
    told = compare_budgets(forecasts=foresee(principal.clinic), now=NOW())
    assert [(each.budget, each.is_enough) for each in told] == [(poor, False), (rich, True)]


# Which files


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        (Criteria(), "abcd"),
        (Criteria(prompt_versions=("v1",)), "a"),  # what the rules read was asked with no prompt
        (Criteria(prompt_versions=("v1", "v2")), "ac"),
        (Criteria(prompt_versions=("!v1",)), "c"),
        (Criteria(models=("gpt-old",)), "a"),
        (Criteria(models=("!gpt-old",)), "c"),
        (Criteria(models=(RULES,)), "bd"),
        (Criteria(models=("gpt-old", RULES)), "abd"),
        (Criteria(stitching_versions=("v1/r2",)), "b"),
        (Criteria(stitching_versions=("!v1/r2",)), "acd"),
        (Criteria(document_types=("lab_report",)), "c"),
        (Criteria(document_types=("lab_report", "imaging")), "cd"),
        (Criteria(received_since=date(2026, 3, 1)), "d"),
        (Criteria(received_until=date(2026, 3, 1)), "abc"),
        (Criteria(read_since=date(2026, 2, 2), read_until=date(2026, 2, 3)), "b"),
        (Criteria(models=(RULES,), received_until=date(2026, 3, 1)), "b"),
        (Criteria(spares_model_reads=True), "bd"),
    ],
    ids=lambda given: describe_criteria(given) if isinstance(given, Criteria) else given,
)
def test_files_are_chosen_by_how_they_were_read_last(clinic: Clinic, criteria: Criteria, chosen: str) -> None:
    runs = {
        "a": {"engine": "openai", "model": "gpt-old", "prompt_version": "v1", "stitching_version": "v1/r3"},
        "b": {"prompt_version": "v1", "stitching_version": "v1/r2"},
        "c": {"engine": "openai", "model": "gpt-new", "prompt_version": "v2", "stitching_version": "v1/r3"},
        "d": {"prompt_version": "v2", "stitching_version": "v1/r3"},
    }
    types = {"c": "lab_report", "d": "imaging"}
    named = {}
    for day, (name, run) in enumerate(runs.items(), start=1):
        upload = make_read(clinic, **run, created_at=datetime(2026, 2, day, 23, 59, tzinfo=UTC))
        month = 3 if name == "d" else 2
        Upload.objects.filter(pk=upload.pk).update(received_at=datetime(2026, month, 1, tzinfo=UTC))
        Document.objects.filter(upload=upload).update(type=types.get(name, "other"))
        named[upload.pk] = name
    found = find_uploads(clinic_id=clinic.pk, criteria=criteria, before=NOW())
    assert "".join(named[upload.pk] for upload in found) == chosen


def test_the_last_run_counts_whether_or_not_it_is_current(clinic: Clinic) -> None:
    upload = make_read(clinic, engine="openai", prompt_version="v1")
    make_run(upload, number=2, engine="openai", prompt_version="v2")
    for version, count in (("v1", 0), ("v2", 1)):
        criteria = Criteria(prompt_versions=(version,))
        assert find_uploads(clinic_id=clinic.pk, criteria=criteria, before=NOW()).count() == count


def test_what_is_archived_unread_or_came_later_is_left_out(clinic: Clinic) -> None:
    archived, there = make_read(clinic), make_read(clinic)
    Upload.objects.filter(pk=archived.pk).update(archived_at=NOW())
    UploadFactory(clinic=clinic)  # that no run has read
    begun = NOW()
    make_read(clinic)
    make_run(make_read(clinic, created_at=begun - timedelta(days=1)), number=2)  # read again since
    Upload.objects.exclude(pk__in=[archived.pk, there.pk]).update(received_at=begun - timedelta(days=1))
    assert list(find_uploads(clinic_id=clinic.pk, criteria=Criteria(), before=begun)) == [there]


def test_older_means_any_version_but_that_of_today(settings: Any) -> None:
    settings.OPENAI_MODEL = "gpt-new"
    named = name_versions(Criteria(prompt_versions=(OLDER,), models=(OLDER, RULES), stitching_versions=(OLDER,)))
    assert (named.prompt_versions, named.models) == (("!v2",), ("!gpt-new", RULES))
    assert named.stitching_versions[0].startswith("!v1/r")


def test_the_rules_take_no_models_place_unless_they_are_asked_for(clinic: Clinic) -> None:
    make_read(clinic, engine="openai")
    by_rules = make_read(clinic)
    (told,) = foresee(clinic)  # there is no key
    assert (told.files, told.spared, told.engine) == (1, 1, RULES)
    (backfill,) = begin(forecasts=[told], pace=NO_BOUND, now=NOW())
    submit_all(backfill)
    assert [job.upload for job in jobs_of(backfill)] == [by_rules]
    assert foresee(clinic, engine="rules")[0].files == 2


# Another clinic's


def test_files_of_another_clinic_are_left_alone(clinic: Clinic, other_clinic: Clinic) -> None:
    mine = make_read(clinic)
    make_read(other_clinic)
    (backfill,) = start(clinic)
    submit_all(backfill)
    assert [job.upload for job in Job.objects.all()] == [mine]


def test_for_all_clinics_each_has_its_own(clinic: Clinic, other_clinic: Clinic) -> None:
    for each in (clinic, other_clinic):
        make_read(each)
    backfills = start(clinic, other_clinic)
    assert len({each.series for each in backfills}) == 1
    for backfill in backfills:
        submit_all(backfill)
        assert [job.clinic_id for job in jobs_of(backfill)] == [backfill.clinic_id]
        assert backfill.batch is not None
        assert backfill.batch.clinic_id == backfill.clinic_id


# What staff decided, and what was there before


def test_what_staff_decided_stays_and_the_new_run_is_kept_beside_it(
    read: Read, work: Work, principal: Principal
) -> None:
    decided, undecided = read("referral_packet.txt", "practice_export.txt")
    confirm_all(principal=principal, upload_id=decided.pk, now=NOW())
    before = list(Document.objects.filter(upload=decided).order_by("id").values())
    runs = {each.pk: Upload.objects.get(pk=each.pk).current_segmentation_id for each in (decided, undecided)}
    (told,) = foresee(principal.clinic)
    assert told.decided == 1
    (backfill,) = begin(forecasts=[told], pace=NO_BOUND, now=NOW())
    submit_all(backfill)
    for job in jobs_of(backfill):
        assert work(job).state == "completed"
    now = {each.pk: Upload.objects.get(pk=each.pk).current_segmentation_id for each in (decided, undecided)}
    assert now[decided.pk] == runs[decided.pk]
    assert now[undecided.pk] != runs[undecided.pk]
    assert list(Document.objects.filter(segmentation=runs[decided.pk]).order_by("id").values()) == before
    assert Segmentation.objects.filter(upload=decided).count() == 2


def test_a_reading_that_fails_leaves_the_old_one(
    read: Read, work: Work, model: FakeOpenAI, principal: Principal, settings: Any
) -> None:
    (upload,) = read("referral_packet.txt")
    current = Upload.objects.get().current_segmentation_id
    (backfill,) = start(principal.clinic)
    submit_all(backfill)
    settings.OPENAI_API_KEY = ""  # of the worker
    assert work(jobs_of(backfill)[0]).state == "failed"
    assert Upload.objects.get().current_segmentation_id == current
    assert Segmentation.objects.filter(upload=upload).count() == 1


def test_a_reading_that_leaves_lines_to_the_rules_takes_no_whole_ones_place(
    read: Read, work: Work, model: FakeOpenAI, principal: Principal
) -> None:
    read("referral_packet.txt")
    current = Upload.objects.get().current_segmentation_id
    WindowCheckpoint.objects.all().delete()
    model.order(FaultRule(kind="refusal"))
    (backfill,) = start(principal.clinic)
    submit_all(backfill)
    assert work(jobs_of(backfill)[0]).state == "partial"
    assert Upload.objects.get().current_segmentation_id == current
    assert Segmentation.objects.count() == 2


def test_its_jobs_wait_for_the_model_also_where_the_clinic_does_not(
    read: Read, work: Work, model: FakeOpenAI, principal: Principal
) -> None:
    read("referral_packet.txt")
    Clinic.objects.update(rules_when_model_away=True)
    WindowCheckpoint.objects.all().delete()
    BudgetFactory(clinic=principal.clinic, amount_usd=0)
    (backfill,) = start(principal.clinic)
    submit_all(backfill)
    assert work(jobs_of(backfill)[0]).state == "parked"
    reap_once()
    assert jobs_of(backfill)[0].state == "parked"


def test_integrators_are_told_once(read: Read, work: Work, principal: Principal) -> None:
    read(note(1), note(2))
    WebhookEndpointFactory(clinic=principal.clinic)
    (backfill,) = start(principal.clinic)
    submit_all(backfill)
    for job in jobs_of(backfill):
        work(job)
    end_batches(now=NOW())
    (message,) = WebhookMessage.objects.all()
    assert (message.event, message.payload["data"]["jobs"]) == ("batch.ended", 2)


# Once each, whatever dies


@pytest.mark.parametrize("place", ["find_running", "queue_job", "add_job", "next_due"])
def test_nothing_is_half_done_where_its_process_dies(
    clinic: Clinic, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = [make_read(clinic) for _ in range(3)]
    (backfill,) = start(clinic)
    submit_next(backfill_id=backfill.pk, now=NOW())

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(backfilling, place, die)
        with pytest.raises(SystemExit):
            submit_next(backfill_id=backfill.pk, now=NOW())
    backfill.refresh_from_db()
    assert (Job.objects.count(), backfill.submitted, backfill.cursor) == (1, 1, uploads[0].pk)
    submit_all(backfill)
    assert [job.upload for job in jobs_of(backfill)] == uploads
    assert (backfill.submitted, backfill.state) == (3, "ended")


def test_two_processes_at_one_backfill_submit_each_file_once(clinic: Clinic) -> None:
    uploads = [make_read(clinic) for _ in range(8)]
    (backfill,) = start(clinic)
    start_line = threading.Barrier(4)

    def run(_: int) -> None:
        start_line.wait(30)
        try:
            while submit_next(backfill_id=backfill.pk, now=NOW()).state == "open":
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    backfill.refresh_from_db()
    assert [job.upload for job in jobs_of(backfill)] == uploads
    assert (backfill.submitted, backfill.state) == (8, "ended")


def test_a_file_that_somebody_is_at_is_passed_over(clinic: Clinic) -> None:
    busy, gone, free = (make_read(clinic) for _ in range(3))
    (backfill,) = start(clinic)
    JobFactory(upload=busy, state="pending")
    Upload.objects.filter(pk=gone.pk).update(archived_at=NOW())
    outcomes = [step.outcome for step in submit_all(backfill)]
    assert outcomes == ["already_at_work", "submitted", None]
    assert [job.upload for job in jobs_of(backfill)] == [free]


# At its pace


def test_a_series_shares_its_pace(clinic: Clinic, other_clinic: Clinic, work: Work) -> None:
    for each in (clinic, other_clinic):
        make_read(each)
    one, other = start(clinic, other_clinic, pace=Pace(at_most=1))
    assert submit_next(backfill_id=one.pk, now=NOW()).outcome == "submitted"
    hold = submit_next(backfill_id=other.pk, now=NOW()).hold
    assert hold is not None
    assert hold.why == "at_most"
    work(jobs_of(one)[0])
    assert submit_next(backfill_id=other.pk, now=NOW()).outcome == "submitted"


def test_the_rate_outlives_the_process(clinic: Clinic) -> None:
    for _ in range(2):
        make_read(clinic)
    (backfill,) = start(clinic, pace=Pace(per_minute=2))
    now = NOW()
    assert submit_next(backfill_id=backfill.pk, now=now).outcome == "submitted"
    held = submit_next(backfill_id=backfill.pk, now=now + timedelta(seconds=10)).hold
    assert held is not None
    assert (held.why, held.seconds) == ("rate", 20.0)
    assert submit_next(backfill_id=backfill.pk, now=now + timedelta(seconds=30)).outcome == "submitted"


@pytest.mark.parametrize(("scope", "hold"), [("clinic", "use_limit"), ("global", "use_limit"), ("user", None)])
def test_limits_of_the_clinic_and_of_all_hold_it_up_and_no_users(clinic: Clinic, scope: str, hold: str | None) -> None:
    for _ in range(2):
        make_read(clinic)
    UseLimitFactory(clinic=clinic if scope == "clinic" else None, scope=scope, measure="lines_per_day", amount=1)
    (backfill,) = start(clinic)
    last = submit_all(backfill)[-1]
    assert (last.hold.why if last.hold else None) == hold
    assert backfill.submitted == (1 if hold else 2)


def test_a_file_above_the_limit_of_one_file_is_counted_and_passed_over(clinic: Clinic) -> None:
    make_read(clinic)
    UseLimitFactory(clinic=clinic, scope="clinic", measure="lines_per_upload", amount=1)
    (backfill,) = start(clinic)
    assert [step.outcome for step in submit_all(backfill)] == ["refused", None]
    assert (backfill.refused, Job.objects.count()) == (1, 0)


# Paused, cancelled, gone on with


def test_one_that_is_paused_submits_nothing_until_it_is_gone_on_with(clinic: Clinic) -> None:
    for _ in range(2):
        make_read(clinic)
    (backfill,) = start(clinic)
    submit_next(backfill_id=backfill.pk, now=NOW())
    pause(backfill_id=backfill.pk, now=NOW())
    assert submit_all(backfill) == [Step(state="paused")]
    assert [job.state for job in jobs_of(backfill)] == ["pending"]
    reopen(backfill_id=backfill.pk, pace=NO_BOUND, now=NOW())
    submit_all(backfill)
    assert len(jobs_of(backfill)) == 2
    for act in (lambda: pause(backfill_id=backfill.pk, now=NOW()), lambda: start_again(backfill)):
        with pytest.raises(BackfillOver):
            act()


def start_again(backfill: Backfill) -> None:
    reopen(backfill_id=backfill.pk, pace=NO_BOUND, now=NOW())


def test_one_that_is_cancelled_takes_its_jobs_with_it_and_no_others(principal: Principal, work: Work) -> None:
    clinic, by_id = principal.clinic, principal.user.pk
    uploads = [make_read(clinic) for _ in range(4)]
    (backfill,) = start(clinic)
    JobFactory(upload=uploads[0], state="pending")
    for _ in range(3):
        submit_next(backfill_id=backfill.pk, now=NOW())
    work(jobs_of(backfill)[0])
    cancel(backfill_id=backfill.pk, by_id=by_id, now=NOW())
    assert submit_all(backfill) == [Step(state="cancelled")]
    assert [job.state for job in jobs_of(backfill)] == ["completed", "cancelled"]
    assert Job.objects.get(upload=uploads[0]).state == "pending"
    assert end_batches(now=NOW()) == 1
    with pytest.raises(BackfillOver):
        cancel(backfill_id=backfill.pk, by_id=by_id, now=NOW())


def test_one_whose_batch_somebody_cancelled_is_paused(clinic: Clinic, principal: Principal) -> None:
    for _ in range(3):
        make_read(clinic)
    (backfill,) = start(clinic)
    submit_next(backfill_id=backfill.pk, now=NOW())
    cancel_batch(principal=principal, batch_id=Batch.objects.get().pk, now=NOW())
    assert submit_all(backfill)[-1] == Step(state="paused")
    assert [job.state for job in jobs_of(backfill)] == ["cancelled"]
    start_again(backfill)
    submit_all(backfill)
    assert (Batch.objects.count(), len(jobs_of(backfill))) == (2, 3)


def test_one_that_was_left_for_days_goes_on_in_another_batch(clinic: Clinic) -> None:
    for _ in range(2):
        make_read(clinic)
    (backfill,) = start(clinic)
    now = NOW()
    submit_next(backfill_id=backfill.pk, now=now - timedelta(days=2))
    Job.objects.update(state="completed")
    assert end_batches(now=now) == 1
    submit_all(backfill)
    assert (backfill.state, Batch.objects.count()) == ("ended", 2)
