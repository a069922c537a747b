"""Limits of use: what is refused, that nothing of it is kept, and that no two slip through together."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from documents.models import ExtractedText, Upload
from jobs.domain.use_limits import Need
from jobs.models import Job, Outbox, UseLimit, WindowCheckpoint
from jobs.operations import limiting, submitting
from jobs.operations.limiting import UploadOverLimit, UseLimitReached
from jobs.operations.submitting import Submitted, rerun
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import UseLimitFactory, principal_at
from tests.fake_openai import FakeOpenAI
from tests.integration.jobs.test_racing import race

Send = Callable[..., Submitted]


def set_limit(amount: int, **named: Any) -> UseLimit:
    row: UseLimit = UseLimitFactory(**{"clinic": None, "amount": amount, **named})
    return row


def record(number: int) -> bytes:
    """One call's worth: no beginning that the rules doubt."""
    return f"Registration\nName: Juniper {number}\nSpecies: dog\n".encode()


def stored(media: Path) -> tuple[int, ...]:
    files = [path for path in media.rglob("*") if path.is_file()]
    tables: list[Any] = [Upload, ExtractedText, Job, Outbox]
    return (*(table.objects.count() for table in tables), len(files))


def test_the_estimate_is_kept_with_the_job(send: Send, model: FakeOpenAI) -> None:
    job = send().job
    assert job.estimated_calls == 4  # a window, and three for doubts
    assert (job.estimated_tokens or 0) > 5_000


def test_the_rules_engine_takes_no_calls_and_no_tokens(send: Send, principal: Principal) -> None:
    set_limit(0)
    set_limit(0, measure="tokens_per_day")
    job = send().job
    assert (job.estimated_calls, job.estimated_tokens) == (0, 0)


def test_a_clinic_that_forbids_the_model_takes_no_calls(send: Send, model: FakeOpenAI, principal: Principal) -> None:
    Clinic.objects.filter(pk=principal.clinic_id).update(model_allowed=False)
    principal.clinic.refresh_from_db()
    assert send().job.estimated_calls == 0


def test_without_a_row_a_user_has_a_hundred_calls_an_hour(send: Send, model: FakeOpenAI) -> None:
    now = timezone.now()
    job = send(now=now - timedelta(minutes=30)).job
    Job.objects.filter(pk=job.pk).update(estimated_calls=100)
    with pytest.raises(UseLimitReached) as refused:
        send("note.txt", content=record(1), now=now)
    limit = refused.value.extra["limit"]
    assert (limit["scope"], limit["measure"], limit["amount"]) == ("user", "calls_per_hour", 100)
    assert (limit["used"], limit["left"], limit["needed"]) == (100, 0, 1)
    assert datetime.fromisoformat(limit["resets_at"]) == now + timedelta(minutes=30)
    assert refused.value.headers["Retry-After"] == "1800"
    for said in ("100 calls to the model in an hour", "0 are left", "An administrator of your clinic can raise it"):
        assert said in refused.value.detail
    assert send("note.txt", content=record(1), now=now + timedelta(minutes=30)).created


def test_what_is_refused_leaves_nothing(send: Send, model: FakeOpenAI, media: Path) -> None:
    set_limit(1)
    send("note.txt", content=record(1))
    before = stored(media)
    with pytest.raises(UseLimitReached):
        send("note.txt", content=record(2))
    set_limit(1, measure="lines_per_upload")
    with pytest.raises(UploadOverLimit):
        send("note.txt", content=record(3))
    assert stored(media) == before


def test_who_has_used_nothing_may_send_one_file_of_any_size(send: Send, model: FakeOpenAI) -> None:
    set_limit(2)
    assert (send().job.estimated_calls or 0) > 2
    with pytest.raises(UseLimitReached):
        send("note.txt", content=record(1))


def test_a_known_file_is_never_refused(send: Send, model: FakeOpenAI) -> None:
    first = send()
    set_limit(0)
    set_limit(0, measure="lines_per_upload")
    again = send()
    assert (again.created, again.upload) == (False, first.upload)


@pytest.mark.parametrize(
    ("measure", "needed"), [("lines_per_upload", 3), ("pages_per_upload", 1), ("tokens_per_upload", None)]
)
def test_a_file_over_a_limit_of_one_upload_is_refused_for_good(
    send: Send, model: FakeOpenAI, measure: str, needed: int | None
) -> None:
    set_limit(0, measure=measure, scope="clinic")
    with pytest.raises(UploadOverLimit) as refused:
        send("note.txt", content=record(1))
    limit = refused.value.extra["limit"]
    assert refused.value.status == 413
    assert (limit["measure"], limit["amount"]) == (measure, 0)
    assert limit["needed"] == needed or (needed is None and limit["needed"] > 500)


@pytest.mark.parametrize("measure", ["lines_per_day", "pages_per_day"])
def test_the_rules_engine_counts_lines_and_pages(send: Send, measure: str) -> None:
    set_limit(3 if measure == "lines_per_day" else 1, measure=measure)
    now = timezone.now()
    send("note.txt", content=record(1), now=now)
    with pytest.raises(UseLimitReached):
        send("note.txt", content=record(2), now=now + timedelta(hours=23))
    assert send("note.txt", content=record(2), now=now + timedelta(hours=24)).created


def test_analysing_again_counts_and_is_refused(send: Send, model: FakeOpenAI, principal: Principal) -> None:
    sent = send("note.txt", content=record(1))
    Job.objects.filter(pk=sent.job.pk).update(state="completed")
    set_limit(1)
    with pytest.raises(UseLimitReached):
        rerun(principal=principal, upload_id=sent.upload.pk, now=timezone.now())
    assert Job.objects.count() == 1
    UseLimit.objects.update(amount=2)
    job = rerun(principal=principal, upload_id=sent.upload.pk, now=timezone.now())
    assert job.estimated_calls == 1


def test_windows_that_are_answered_already_are_not_counted_again(
    send: Send, work: Callable[[Job], Job], model: FakeOpenAI, principal: Principal
) -> None:
    sent = send()
    work(sent.job)
    assert rerun(principal=principal, upload_id=sent.upload.pk, now=timezone.now()).estimated_calls == 0


def test_windows_whose_answers_have_expired_are_counted_though_nobody_tidied_yet(
    send: Send, work: Callable[[Job], Job], model: FakeOpenAI, principal: Principal, settings: Any
) -> None:
    sent = send()
    work(sent.job)
    expired = timezone.now() - timedelta(days=settings.ANSWERS_KEPT_DAYS, seconds=1)
    WindowCheckpoint.objects.update(created_at=expired)
    set_limit(0)
    with pytest.raises(UseLimitReached):
        rerun(principal=principal, upload_id=sent.upload.pk, now=timezone.now())


def test_a_file_that_takes_long_to_read_is_counted_when_its_job_has_read_it(
    send: Send, work: Callable[[Job], Job], model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "extract_quickly", lambda content, *, name: None)
    set_limit(1, measure="lines_per_upload")
    job = send().job
    assert (job.estimated_calls, job.estimated_tokens) == (None, None)
    assert work(job).estimated_calls == 4


def test_files_that_take_long_to_read_pass_no_limit_that_is_reached(
    send: Send, model: FakeOpenAI, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limit(2)
    monkeypatch.setattr(submitting, "extract_quickly", lambda content, *, name: None)
    for number in range(2):
        send("note.txt", content=record(number))
    with pytest.raises(UseLimitReached) as refused:
        send("note.txt", content=record(3))
    assert (refused.value.extra["limit"]["used"], refused.value.extra["limit"]["needed"]) == (2, 1)
    (told,) = limiting.tell_standings(principal=principal, now=timezone.now())
    assert (told.used, told.left) == (2, 0)
    assert send("note.txt", content=record(4), engine="rules").job.estimated_calls == 0  # which asks nobody


def test_a_users_use_is_their_own_and_a_clinics_is_everybodys(
    send: Send, model: FakeOpenAI, principal: Principal, other_clinic: Clinic
) -> None:
    set_limit(1)
    colleague = principal_at(principal.clinic)
    send("note.txt", content=record(1))
    send("note.txt", content=record(2), principal=colleague)
    set_limit(2, scope="clinic")
    newcomer = principal_at(principal.clinic)
    with pytest.raises(UseLimitReached) as refused:
        send("note.txt", content=record(3), principal=newcomer)
    assert refused.value.extra["limit"]["scope"] == "clinic"
    assert "The operator of this server can raise it" in refused.value.detail
    assert send("note.txt", content=record(3), principal=principal_at(other_clinic)).created


def test_of_a_global_limit_no_figure_is_told(
    send: Send, model: FakeOpenAI, principal: Principal, other_clinic: Clinic
) -> None:
    set_limit(7, scope="global")
    job = send("note.txt", content=record(1), principal=principal_at(other_clinic)).job
    Job.objects.filter(pk=job.pk).update(estimated_calls=7)
    with pytest.raises(UseLimitReached) as refused:
        send("note.txt", content=record(2))
    assert set(refused.value.extra["limit"]) == {"scope", "measure", "needed", "resets_at"}
    assert "7" not in refused.value.detail.split("Send it again")[0]
    assert int(refused.value.headers["Retry-After"]) > 3_000
    told_to_come = datetime.fromisoformat(refused.value.extra["limit"]["resets_at"])
    assert told_to_come >= job.created_at + timedelta(hours=1)  # and not when another clinic sent something
    assert (told_to_come.minute % 15, told_to_come.second, told_to_come.microsecond) == (0, 0, 0)
    standings = limiting.tell_standings(principal=principal, now=timezone.now())
    (told,) = [each for each in standings if each.limit.scope == "global"]
    assert (told.used, told.left, told.resets_at, told.is_withheld) == (None, None, None, True)


def test_the_limit_that_holds_longest_is_told(send: Send, model: FakeOpenAI) -> None:
    now = timezone.now()
    set_limit(1)
    set_limit(3, measure="lines_per_day", scope="clinic")
    send("note.txt", content=record(1), now=now)
    with pytest.raises(UseLimitReached) as refused:
        send("note.txt", content=record(2), now=now)
    assert refused.value.extra["limit"]["measure"] == "lines_per_day"


def test_no_limit_asks_the_database_once_and_locks_nothing(principal: Principal, settings: Any) -> None:
    from django.test.utils import CaptureQueriesContext

    settings.DEFAULT_CALLS_PER_HOUR = 0
    with CaptureQueriesContext(connection) as queries:
        limiting.check_limits(principal=principal, need=Need(calls=5, lines=9), now=timezone.now())
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scope", ["user", "clinic", "global"])
def test_of_files_sent_at_once_no_more_go_through_than_the_limit_lets(
    send: Send, model: FakeOpenAI, media: Path, scope: str
) -> None:
    set_limit(2, scope=scope)
    answers = race(lambda number: send(f"note{number}.txt", content=record(number)))
    taken = [answer for answer in answers if isinstance(answer, Submitted)]
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(answer) for answer in refused} == {UseLimitReached}
    assert len(taken) == 2
    assert stored(media) == (2, 2, 2, 2, 2)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_at_once_is_taken_by_all_though_the_limit_lets_one_through(send: Send, model: FakeOpenAI) -> None:
    set_limit(1)
    answers = race(lambda _: send("note.txt", content=record(1)))
    assert [each.created for each in answers if isinstance(each, Submitted)].count(True) == 1
    assert [each for each in answers if isinstance(each, Exception)] == []
