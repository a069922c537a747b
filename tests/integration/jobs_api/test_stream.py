"""The stream of a job's progress, by the server that serves it, with a real Redis."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from jobs.api.v1 import stream
from jobs.models import Job, JobEvent
from jobs.progress import Progress, channel_of, progress_of, progress_redis, tell_progress
from pennie.accounts.models import ApiKey, User
from pennie.asgi import application
from tests.factories import ApiKeyFactory, JobEventFactory, JobFactory, MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 10.0  # within which everything must have happened


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.01)


@pytest.fixture
def port(stored) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    wait_until(lambda: server.started)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(SECONDS)
    assert not thread.is_alive()
    listening.close()


@pytest.fixture
def pace(monkeypatch) -> Callable[..., None]:
    def set_pace(**seconds: float) -> None:
        made = stream.Pace(**seconds)
        monkeypatch.setattr(stream, "Pace", lambda: made)

    return set_pace


@pytest.fixture
def job(clinic) -> Job:
    made: Job = JobFactory(
        upload__clinic=clinic, state="processing", lease_until=timezone.now(), version=2, windows_total=4
    )
    return made


def key_of(clinic: Any, *, scopes: tuple[str, ...] = ("jobs:read",)) -> str:
    secret = ApiKey.make_secret()
    ApiKeyFactory(clinic=clinic, secret=secret, scopes=list(scopes))
    return secret


@contextmanager
def opened(port: int, job: Job, *, key: str = "", method: str = "GET", **headers: str) -> Iterator[HTTPResponse]:
    http = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    said = {"Accept": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if key:
        said["Authorization"] = f"Bearer {key}"
    http.request(method, f"/api/v1/jobs/{job.pk}/stream/", headers=said)
    try:
        with http.getresponse() as response:
            yield response
    finally:
        http.close()


def next_event(response: HTTPResponse) -> dict[str, str]:
    """The fields of the next event; of a comment, its words as `comment`."""
    fields: dict[str, str] = {}
    while line := response.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name or "comment"] = value or line.removeprefix(": ")
    return fields


def hear_out(response: HTTPResponse) -> Iterator[str]:
    """Line by line to the end, which must come soon."""
    deadline = time.monotonic() + SECONDS
    while line := response.readline().decode():
        assert time.monotonic() < deadline, "the stream goes on"
        yield line


def begin(response: HTTPResponse) -> dict[str, Any]:
    """The data of the first event."""
    assert response.status == 200
    assert next_event(response) == {"retry": "2000"}
    first = next_event(response)
    assert first["event"] == "progress"
    data: dict[str, Any] = json.loads(first["data"])
    return data


def listeners(job: Job) -> int:
    ((_, count),) = progress_redis().pubsub_numsub(channel_of(job.pk))
    return int(count)


def at(job: Job, *, done: int) -> Progress:
    said = progress_of(job)
    return Progress(
        job=said.job, state=said.state, version=said.version, stage="asking", windows_done=done, windows_total=4
    )


def complete(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state="completed", version=3, windows_done=4)
    JobEventFactory(job=job, version=3, before="processing", after="completed")
    job.refresh_from_db()


def next_progress(response: HTTPResponse) -> dict[str, str]:
    """The next event that is no step."""
    while (event := next_event(response)).get("event") == "step":
        pass
    return event


def test_a_job_is_followed_from_its_present_state_to_its_end(port, clinic, job):
    with opened(port, job, key=key_of(clinic)) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Content-Encoding"] == "identity"
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["X-Accel-Buffering"] == "no"
        first = begin(response)
        assert (first["job"], first["state"], first["windows_done"], first["percent"]) == (
            str(job.pk),
            "processing",
            0,
            0,
        )
        wait_until(lambda: listeners(job) == 1)
        tell_progress(at(job, done=1))
        event = next_event(response)
        assert (event["event"], json.loads(event["data"])["windows_done"]) == ("progress", 1)
        assert event["id"] == at(job, done=1).mark
        complete(job)
        tell_progress(progress_of(job))
        step = next_event(response)
        assert (step["event"], step["id"], json.loads(step["data"])["after"]) == ("step", "3", "completed")
        assert json.loads(next_event(response)["data"])["percent"] == 100
        end = next_event(response)
        assert (end["event"], json.loads(end["data"])["is_ended"]) == ("end", True)
        assert response.read() == b""
    wait_until(lambda: listeners(job) == 0)


def test_what_is_older_than_what_was_told_is_not_told(port, clinic, job):
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        wait_until(lambda: listeners(job) == 1)
        for done in (2, 1, 2, 3):
            tell_progress(at(job, done=done))
        told = [json.loads(next_event(response)["data"])["windows_done"]]
        while told[-1] != 3:
            told.append(json.loads(next_event(response)["data"])["windows_done"])
    assert told == sorted(set(told))  # whenever it looked, nothing older came after what was told


def test_a_job_that_has_ended_is_told_at_once_and_not_again(port, clinic, job):
    complete(job)
    key = key_of(clinic)
    with opened(port, job, key=key) as response:
        assert begin(response)["is_ended"] is True
        end = next_event(response)
        assert end["event"] == "end"
        assert response.read() == b""
    with opened(port, job, key=key, Last_Event_ID=end["id"]) as response:
        assert (response.status, response.read()) == (204, b"")


def steps_in(response: HTTPResponse) -> list[int]:
    """The versions of the steps that are told before the first progress."""
    versions = []
    assert next_event(response) == {"retry": "2000"}
    while (event := next_event(response))["event"] == "step":
        versions.append(json.loads(event["data"])["version"])
    return versions


@pytest.mark.parametrize(
    ("seen", "missed"),
    [
        ("", []),  # it begins: the present state is all it needs
        ("2-asking-1-4-0-0", [3, 4, 5]),  # a progress of the second version was the last that it saw
        ("4", [5]),  # a step was
        ("5-asking-0-4-0-0", []),
        ("9", []),
        ("nonsense", []),
        ("9" * 30, []),
    ],
)
def test_who_comes_back_is_told_each_step_that_was_missed_though_redis_was_emptied(port, clinic, job, seen, missed):
    for version in range(1, 6):
        JobEventFactory(job=job, version=version, before="processing", after="processing", reason="taken_over")
    Job.objects.filter(pk=job.pk).update(version=5)
    progress_redis().flushdb()
    with opened(port, job, key=key_of(clinic), **({"Last_Event_ID": seen} if seen else {})) as response:
        assert steps_in(response) == missed


@pytest.fixture
def break_once(monkeypatch) -> Callable[[], None]:
    """From then on the database is away when steps are read the next time."""
    real, broken = JobEvent.objects.filter, [True]

    def read(**lookups: Any) -> Any:
        if broken and "version__gt" in lookups:
            broken.pop()
            raise OperationalError
        return real(**lookups)

    return lambda: monkeypatch.setattr(JobEvent.objects, "filter", read)


def test_who_cannot_be_told_the_last_step_comes_back_for_it(port, clinic, job, break_once):
    key = key_of(clinic)
    with opened(port, job, key=key) as response:
        assert next_event(response) == {"retry": "2000"}
        seen = next_event(response)["id"]
        wait_until(lambda: listeners(job) == 1)
        break_once()
        complete(job)
        tell_progress(progress_of(job))
        assert "event:" not in "".join(hear_out(response))
    with opened(port, job, key=key, Last_Event_ID=seen) as response:
        assert next_event(response) == {"retry": "2000"}
        assert [next_event(response)["event"] for _ in range(3)] == ["step", "progress", "end"]


def test_who_cannot_be_told_what_was_missed_comes_back_for_it(port, clinic, job, break_once):
    JobEventFactory(job=job, version=2, before="pending", after="processing")
    break_once()
    with opened(port, job, key=key_of(clinic), Last_Event_ID="1") as response:
        assert next_event(response) == {"retry": "2000"}
        assert response.read() == b""
    with opened(port, job, key=key_of(clinic), Last_Event_ID="1") as response:
        assert steps_in(response) == [2]


def test_a_step_that_cannot_be_read_is_told_later(port, clinic, job, pace, break_once):
    pace(ping=0.05)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        wait_until(lambda: listeners(job) == 1)
        break_once()
        for version in (3, 4):
            JobEventFactory(job=job, version=version, before="processing", after="processing", reason="taken_over")
            Job.objects.filter(pk=job.pk).update(version=version)
            job.refresh_from_db()
            tell_progress(progress_of(job))
        heard = [next_event(response) for _ in range(4)]
    assert [each["id"] for each in heard if each.get("event") == "step"] == ["3", "4"]


def test_an_open_stream_holds_no_connection_to_the_database(port, clinic, job):
    key = key_of(clinic)
    connection.close()  # this test's own
    with opened(port, job, key=key) as response:
        begin(response)
        wait_until(lambda: listeners(job) == 1)
        wait_until(lambda: _connections_in_use() == 0)


def _connections_in_use() -> int:
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"]) - int(stats["pool_available"])


def test_a_client_that_goes_away_leaves_nothing_behind(port, clinic, job):
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        wait_until(lambda: listeners(job) == 1)
    wait_until(lambda: listeners(job) == 0)


def test_silence_is_broken_by_pings_and_a_lost_message_is_made_up_for(port, clinic, job, pace):
    pace(ping=0.05)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        assert next_event(response) == {"comment": "ping"}
        complete(job)  # and nobody tells
        while (event := next_progress(response)) == {"comment": "ping"}:
            pass
        assert json.loads(event["data"])["state"] == "completed"


def test_without_redis_the_database_is_asked(port, clinic, job, pace, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pace(poll=0.05)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        Job.objects.filter(pk=job.pk).update(windows_done=2)
        assert json.loads(next_event(response)["data"])["windows_done"] == 2
        complete(job)
        assert json.loads(next_progress(response)["data"])["state"] == "completed"
        assert next_event(response)["event"] == "end"


def test_redis_may_go_and_come_back(port, clinic, job, pace):
    pace(poll=0.05)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        wait_until(lambda: listeners(job) == 1)
        progress_redis().client_kill_filter(_type="pubsub")
        wait_until(lambda: listeners(job) == 1)
        tell_progress(at(job, done=3))
        assert json.loads(next_event(response)["data"])["windows_done"] == 3


def test_a_key_that_is_revoked_ends_the_stream(port, clinic, job, pace):
    pace(ping=0.05)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        ApiKey.objects.update(revoked_at=timezone.now())
        rest = response.read().decode()
    assert "event:" not in rest


@pytest.mark.parametrize("ended", ["membership", "sign-in", "user"])
def test_what_ends_for_a_signed_in_person_ends_the_stream(port, clinic, job, pace, ended):
    pace(ping=0.05)
    member = MembershipFactory(clinic=clinic)
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    with opened(port, job, Cookie=cookie) as response:
        assert response.status == 200
        begin(response)
        if ended == "membership":
            member.delete()
        elif ended == "user":
            User.objects.filter(pk=member.user_id).update(is_active=False)
        else:
            client.logout()
        assert "event:" not in "".join(hear_out(response))


def test_a_stream_does_not_stay_open_for_ever(port, clinic, job, pace):
    pace(ping=0.05, most=0.2)
    with opened(port, job, key=key_of(clinic)) as response:
        begin(response)
        assert "event:" not in response.read().decode()


def test_nobody_follows_another_clinic_s_job(port, other_clinic, job):
    with opened(port, job, key=key_of(other_clinic)) as response:
        assert response.status == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.read())["code"] == "not_found"


@pytest.mark.parametrize(("key", "status"), [("", 401), ("pk_wrong", 401), ("eyJ.x.y", 401)])
def test_a_stranger_is_asked_to_sign_in(port, job, key, status):
    with opened(port, job, key=key) as response:
        assert response.status == status
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert json.loads(response.read())["status"] == status


def test_a_key_without_the_scope_is_refused(port, clinic, job):
    with opened(port, job, key=key_of(clinic, scopes=("uploads:read",))) as response:
        assert (response.status, json.loads(response.read())["code"]) == (403, "permission_denied")


def test_only_reading_is_done_here(port, clinic, job):
    with opened(port, job, key=key_of(clinic, scopes=("jobs:read", "jobs:write")), method="POST") as response:
        assert response.status == 405
    with opened(port, job, key=key_of(clinic), method="HEAD") as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
    http = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    http.request("GET", "/api/v1/jobs/")
    assert http.getresponse().status == 404
    http.close()
