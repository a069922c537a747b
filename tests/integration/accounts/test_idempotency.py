"""Idempotency-Key: done once, answered alike, for each caller apart, at any moment of a crash."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from pennie.accounts import idempotency
from pennie.accounts.idempotency import STALE_AFTER, idempotent
from pennie.accounts.kept_answers import KEPT_FOR, forget_expired_keys
from pennie.accounts.models import Clinic, IdempotencyKey
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal
from tests.factories import ClinicFactory, principal_at

KEY = "7f1c7e4e-sent-again"
Work = Callable[[Request], Response]


class Counter:
    """A view whose work is given, and counted."""

    def __init__(self, work: Work) -> None:
        self.done = 0
        counter = self

        class CountedView(APIView):
            resource = "uploads"
            parser_classes = [JSONParser, MultiPartParser]

            @idempotent
            def post(self, request: Request) -> Response:
                counter.done += 1
                return work(request)

        self._view = CountedView.as_view()

    def post(
        self,
        principal: Principal,
        *,
        key: str | None = KEY,
        data: Any = None,
        path: str = "/counted/",
        format: str = "json",
        raises: bool = False,
    ) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        request = APIRequestFactory().post(path, data or {"a": 1, "b": 2}, format=format, headers=headers)
        force_authenticate(request, user=principal.user, token=principal)  # type: ignore[arg-type]
        answer = self._view(request).render()
        request.close()
        return answer


def answer_number(request: Request) -> Response:
    return Response({"z": 1, "a": [1.50, "é\x00"]}, status=202, headers={"Location": "/api/v1/jobs/1/"})


@pytest.fixture
def principal(clinic: Clinic) -> Principal:
    made: Principal = principal_at(clinic)
    return made


def test_sent_again_it_is_not_done_again_and_answered_alike(principal: Principal) -> None:
    counter = Counter(answer_number)
    first, second = counter.post(principal), counter.post(principal)
    assert counter.done == 1
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Location"] == first["Location"]
    assert second["Content-Type"] == first["Content-Type"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"


def test_without_a_key_each_is_done(principal: Principal) -> None:
    counter = Counter(answer_number)
    counter.post(principal, key=None)
    counter.post(principal, key=None)
    assert counter.done == 2
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("other", ["another user", "another clinic"])
def test_another_callers_key_is_another_key(principal: Principal, clinic: Clinic, other: str) -> None:
    counter = Counter(answer_number)
    counter.post(principal)
    counter.post(principal_at(clinic if other == "another user" else ClinicFactory()))
    assert counter.done == 2


@pytest.mark.parametrize("changed", [{"data": {"a": 1, "b": 3}}, {"path": "/other/"}, {"path": "/counted/?dry=1"}])
def test_a_key_for_another_request_is_refused(principal: Principal, changed: dict[str, Any]) -> None:
    counter = Counter(answer_number)
    counter.post(principal)
    refused = counter.post(principal, **changed)
    assert (refused.status_code, refused.data["code"]) == (422, "idempotency_key_reused")
    assert counter.done == 1


def test_the_order_of_members_makes_no_other_request(principal: Principal) -> None:
    counter = Counter(answer_number)
    counter.post(principal, data={"a": 1, "b": 2})
    assert counter.post(principal, data={"b": 2, "a": 1}).status_code == 202


def send_file(counter: Counter, principal: Principal, *, words: bytes = b"Registration\n" * 9, note: str = "n") -> Any:
    file = SimpleUploadedFile("record.txt", words)
    return counter.post(principal, data={"file": file, "note": note}, format="multipart")


def test_a_file_is_known_by_its_bytes_and_reaches_the_view_whole(principal: Principal) -> None:
    seen: list[bytes] = []

    def keep(request: Request) -> Response:
        seen.append(request.FILES["file"].read())
        return Response(status=204)

    counter = Counter(keep)
    assert send_file(counter, principal).status_code == 204
    assert seen == [b"Registration\n" * 9]
    again = send_file(counter, principal)
    assert (again.status_code, again["Idempotent-Replayed"]) == (204, "true")
    assert send_file(counter, principal, words=b"Registration\n" * 8 + b"registration\n").status_code == 422
    assert send_file(counter, principal, note="m").status_code == 422
    assert counter.done == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "é"])
def test_a_key_that_cannot_be_one_is_refused(principal: Principal, key: str) -> None:
    counter = Counter(answer_number)
    refused = counter.post(principal, key=key)
    assert (refused.status_code, refused.data["code"]) == (400, "idempotency_key_unfit")
    assert counter.done == 0


def refuse(request: Request) -> Response:
    raise Refusal("no_such_breed", title="No", detail="No.", status=422, extra={"breeds": []}, headers={"X-Cure": "1"})


def misread(request: Request) -> Response:
    raise ValidationError({"name": "Too long."})


@pytest.mark.parametrize(("work", "status"), [(refuse, 422), (misread, 400)])
def test_a_refusal_is_kept_too(principal: Principal, work: Work, status: int) -> None:
    counter = Counter(work)
    first, second = counter.post(principal), counter.post(principal)
    assert counter.done == 1
    assert first.status_code == status
    assert (second.status_code, second.content) == (status, first.content)
    assert second["Content-Type"] == "application/problem+json"
    assert second.headers.get("X-Cure") == first.headers.get("X-Cure")


def test_an_answer_that_asks_for_another_try_is_not_kept(principal: Principal) -> None:
    for status in (409, 429, 500, 503):
        counter = Counter(lambda request, status=status: Response({}, status=status))  # type: ignore[misc]
        assert [counter.post(principal).status_code for _ in range(2)] == [status, status]
        assert counter.done == 2
    assert not IdempotencyKey.objects.exists()


def test_a_defect_is_not_kept(principal: Principal, caplog: pytest.LogCaptureFixture) -> None:
    def fail(request: Request) -> Response:
        raise RuntimeError

    counter = Counter(fail)
    assert [counter.post(principal).status_code for _ in range(2)] == [500, 500]
    assert counter.done == 2


class Killed(BaseException):
    """As a process ends in the middle of a request."""


@pytest.fixture
def crashed(principal: Principal) -> Counter:
    """A counter whose first request died after its claim."""
    died: list[bool] = []

    def die_once(request: Request) -> Response:
        if not died:
            died.append(True)
            raise Killed
        return answer_number(request)

    counter = Counter(die_once)
    with pytest.raises(Killed):
        counter.post(principal)
    return counter


def test_what_a_crash_left_in_flight_is_taken_over_after_minutes(principal: Principal, crashed: Counter) -> None:
    refused = crashed.post(principal)
    assert (refused.status_code, refused.data["code"]) == (409, "idempotency_key_in_flight")
    assert refused["Retry-After"] == "1"
    IdempotencyKey.objects.update(created_at=timezone.now() - STALE_AFTER)
    assert crashed.post(principal).status_code == 202
    assert crashed.post(principal)["Idempotent-Replayed"] == "true"
    assert crashed.done == 2


def test_a_request_that_was_taken_over_does_not_overwrite_the_answer(principal: Principal) -> None:
    inner = Counter(answer_number)

    def sleep_too_long(request: Request) -> Response:
        IdempotencyKey.objects.update(created_at=timezone.now() - STALE_AFTER)
        assert inner.post(principal).status_code == 202
        return Response({"late": True})

    Counter(sleep_too_long).post(principal)
    assert b"late" not in inner.post(principal).content
    assert inner.done == 1


def test_a_key_is_free_again_after_a_day(principal: Principal) -> None:
    counter = Counter(answer_number)
    counter.post(principal)
    IdempotencyKey.objects.update(created_at=timezone.now() - KEPT_FOR)
    assert counter.post(principal, data={"a": "another"}).status_code == 202
    assert counter.done == 2


def test_old_keys_are_forgotten(principal: Principal) -> None:
    counter = Counter(answer_number)
    counter.post(principal)
    now = timezone.now()
    assert forget_expired_keys(now=now) == 0
    assert forget_expired_keys(now=now + KEPT_FOR + timedelta(seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_sent_many_times_at_once_it_is_done_once() -> None:
    principal = principal_at(ClinicFactory())
    started, finish = Event(), Event()

    def wait(request: Request) -> Response:
        started.set()
        assert finish.wait(timeout=30)
        return answer_number(request)

    counter, together = Counter(wait), Barrier(8)
    answers: list[int] = []

    def send() -> None:
        together.wait(timeout=30)
        answers.append(counter.post(principal).status_code)
        if len(answers) == 7:  # all but the one that works
            finish.set()
        connections.close_all()

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert started.is_set()
    assert counter.done == 1
    assert sorted(answers) == [202, *[409] * 7]
    assert counter.post(principal)["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_of_many_that_take_over_at_once_one_does() -> None:
    principal = principal_at(ClinicFactory())
    counter = Counter(answer_number)
    counter.post(principal)
    IdempotencyKey.objects.update(status=None, created_at=timezone.now() - STALE_AFTER)
    together, answers = Barrier(8), []

    def send() -> None:
        together.wait(timeout=30)
        answers.append(counter.post(principal).status_code)
        connections.close_all()

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert counter.done == 2
    assert set(answers) <= {202, 409}
    assert 202 in answers


def in_another_connection(act: Callable[[], object]) -> None:
    def run() -> None:
        act()
        connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("times", "status", "done"), [(1, 202, 1), (9, 409, 0)])
def test_a_key_that_another_takes_and_gives_back_meanwhile_is_no_defect(times: int, status: int, done: int) -> None:
    principal = principal_at(ClinicFactory())
    taken: list[int] = []

    def take() -> None:
        IdempotencyKey.objects.create(clinic=principal.clinic, actor=principal.actor, key=KEY, fingerprint="f")

    def meddle(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """The key is there when it is to be entered, and is gone when it is to be read."""
        if len(taken) == times or not sql.startswith('INSERT INTO "accounts_idempotencykey"'):
            return execute(sql, params, many, context)
        taken.append(1)
        in_another_connection(take)
        try:
            return execute(sql, params, many, context)
        finally:
            in_another_connection(IdempotencyKey.objects.all().delete)

    counter = Counter(answer_number)
    with connection.execute_wrapper(meddle):
        answer = counter.post(principal)
    assert (answer.status_code, counter.done) == (status, done)
    if status == 409:
        assert (answer.data["code"], answer["Retry-After"]) == ("idempotency_key_in_flight", "1")


def test_a_key_that_is_given_back_while_it_is_taken_over_is_no_defect(
    principal: Principal, crashed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    IdempotencyKey.objects.update(created_at=timezone.now() - STALE_AFTER)
    take_over = idempotency._take_over

    def give_back_first(row: IdempotencyKey, **given: Any) -> Any:
        IdempotencyKey.objects.all().delete()
        return take_over(row, **given)

    monkeypatch.setattr(idempotency, "_take_over", give_back_first)
    refused = crashed.post(principal)
    assert (refused.status_code, refused.data["code"]) == (409, "idempotency_key_in_flight")
    assert crashed.post(principal).status_code == 202
