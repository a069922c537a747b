"""A dry run tells what a file would take and keeps nothing; a limit of use tells when to come again."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Upload
from jobs.models import Job
from pennie.accounts.models import Clinic, IdempotencyKey
from tests.conftest import client_of
from tests.contracts.isolation import take_picture
from tests.factories import JobFactory, PatientFactory, UploadFactory, UseLimitFactory
from tests.integration.jobs_api.test_uploads import RECORD, UPLOADS, assert_nothing_is_stored, assert_refused, send
from tests.unit.extraction.drawing import draw, draw_picture

LIMITS = "/api/v1/limits/"
LONG = (Path(__file__).parent.parent.parent / "records/practice_export.txt").read_bytes()


@pytest.fixture
def model(settings: Any) -> None:
    """A key, and a server at which nobody listens: an estimate must not ask it."""
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    settings.OPENAI_BASE_URL = "https://api.openai.com/v1"


def ask(client: APIClient, content: bytes | str = RECORD, *, query: str = "dry_run=true", **fields: Any) -> Any:
    """As `send`, with a query."""
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(fields.pop("name", "record.txt"), raw)
    headers = fields.pop("headers", {})
    return client.post(f"{UPLOADS}?{query}", {"file": file, **fields}, format="multipart", headers=headers)


def test_a_dry_run_tells_what_the_file_would_take_and_keeps_nothing(
    api: APIClient, clinic: Clinic, media: Path, model: None
) -> None:
    api.get("/api/v1/auth/me/")  # the key's last use is written
    before = take_picture(clinic)
    answer = ask(api, LONG, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["dry_run"], told["would_answer"], told["upload"], told["refusal"]) == (True, 202, None, None)
    assert (told["kind"], told["size"], told["line_count"]) == ("text", len(LONG), 855)
    estimate = told["estimate"]
    assert (estimate["engine"], estimate["windows"], estimate["known_windows"]) == ("openai", 2, 0)
    assert estimate["calls"] == 6
    assert 0 < float(estimate["cost_usd"]) < 0.1
    assert estimate["seconds"] > 1
    assert take_picture(clinic) == before
    assert not IdempotencyKey.objects.exists()
    assert_nothing_is_stored(media)
    assert send(api, LONG, headers={"Idempotency-Key": "a"}).status_code == 202
    assert Job.objects.get().estimated_calls == estimate["calls"]


def test_a_dry_run_by_the_rules_costs_nothing(api: APIClient) -> None:
    estimate = ask(api).json()["estimate"]
    assert (estimate["engine"], estimate["model"], estimate["calls"], estimate["windows"]) == ("rules", None, 0, 1)
    assert float(estimate["cost_usd"]) == 0


def test_a_price_that_nobody_knows_is_not_nothing(api: APIClient, model: None, settings: Any) -> None:
    settings.OPENAI_MODEL, settings.OPENAI_BASE_URL = "house-model", "http://127.0.0.1:9/v1"
    estimate = ask(api).json()["estimate"]
    assert estimate["cost_usd"] is None
    assert estimate["calls"] > 0
    settings.OPENAI_INPUT_PRICE, settings.OPENAI_OUTPUT_PRICE = Decimal(1), Decimal(2)  # a million
    dollars = (estimate["input_tokens"] + 2 * estimate["output_tokens"]) / 1_000_000
    assert float(ask(api).json()["estimate"]["cost_usd"]) == pytest.approx(dollars, rel=0.01)


def test_a_dry_run_of_a_known_file_says_so(api: APIClient, model: None) -> None:
    upload = send(api).json()["upload"]["id"]
    told = ask(api).json()
    assert (told["would_answer"], told["estimate"]) == (200, None)
    assert told["upload"] == f"/api/v1/uploads/{upload}/"
    assert Job.objects.count() == 1


def test_a_dry_run_refuses_what_an_upload_would(api: APIClient, clinic: Clinic, media: Path) -> None:
    for content, name in (
        (b"", "a.txt"),
        (b"  \n", "a.txt"),
        (b"%PDF-1.7\n", "a.pdf"),
        (draw(draw_picture), "a.pdf"),
    ):
        dry, wet = ask(api, content, name=name), send(api, content, name=name)
        assert dry.status_code == wet.status_code >= 400
        dry_problem, wet_problem = json.loads(dry.content), json.loads(wet.content)
        assert dry_problem | {"request_id": ""} == wet_problem | {"request_id": ""}
    assert_refused(ask(api, patient="01983a5e-1110-7000-8000-000000000001"), code="unknown_patient", status=422)
    assert_nothing_is_stored(media)
    taken = UploadFactory(clinic=clinic, external_id="R-1")
    assert_refused(ask(api, external_id="R-1"), code="external_id_taken", status=409)
    patient = PatientFactory(clinic=clinic)
    with taken.content.open() as content:
        known = ask(api, content.read(), patient=str(patient.pk))
    assert_refused(known, code="upload_exists_differently", status=409)


def test_a_dry_run_is_asked_for_in_words_that_can_be_meant(api: APIClient) -> None:
    assert_refused(ask(api, query="dry_run=perhaps"), code="invalid", status=400, pointer="/dry_run")
    assert not Upload.objects.exists()
    assert ask(api, query="dry_run=false").status_code == 202


def test_a_dry_run_tells_the_limit_that_would_refuse_the_file(api: APIClient, clinic: Clinic, model: None) -> None:
    UseLimitFactory(clinic=clinic, amount=1)
    assert send(api).status_code == 202
    told = ask(api, LONG).json()
    assert told["would_answer"] == 429
    assert told["refusal"]["code"] == "use_limit_reached"
    assert told["refusal"]["limit"]["needed"] == 6
    wet = send(api, LONG)
    assert json.loads(wet.content)["limit"] == told["refusal"]["limit"]


def test_a_limit_that_is_reached_is_a_problem_with_the_time_to_come_again(
    api: APIClient, clinic: Clinic, model: None, media: Path
) -> None:
    UseLimitFactory(clinic=clinic, amount=2)
    assert send(api).status_code == 202
    answer = send(api, LONG, headers={"Idempotency-Key": "again"})
    problem = assert_refused(answer, code="use_limit_reached", status=429)
    assert 0 < int(answer.headers["Retry-After"]) <= 3_600
    limit = problem["limit"]
    assert limit.pop("resets_at").endswith("Z")
    used = Job.objects.get().estimated_calls
    assert limit == {
        **{"scope": "user", "measure": "calls_per_hour"},
        **{"amount": 2, "used": used, "left": 2 - (used or 0), "needed": 6},
    }
    assert Upload.objects.count() == 1
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
    UseLimitFactory(clinic=clinic, measure="lines_per_upload", amount=20)
    problem = assert_refused(send(api, LONG), code="upload_over_limit", status=413)
    assert problem["limit"] == {"scope": "user", "measure": "lines_per_upload", "amount": 20, "needed": 855}
    assert send(api).status_code == 200  # it is known


def test_the_same_key_may_be_used_again_after_a_limit(api: APIClient, clinic: Clinic, model: None) -> None:
    row = UseLimitFactory(clinic=clinic, amount=1)
    send(api)
    assert send(api, LONG, headers={"Idempotency-Key": "k"}).status_code == 429
    row.delete()
    answer = send(api, LONG, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (202, None)


def test_analysing_again_is_held_to_the_limit(api: APIClient, clinic: Clinic, model: None) -> None:
    upload = send(api).json()["upload"]["id"]
    Job.objects.update(state="completed")
    UseLimitFactory(clinic=clinic, amount=1)
    answer = api.post(f"{UPLOADS}{upload}/analyses/", {})
    assert_refused(answer, code="use_limit_reached", status=429)
    assert api.post(f"{UPLOADS}{upload}/analyses/", {"engine": "rules"}).status_code == 202


def test_the_callers_limits_are_told_with_what_is_left(
    api: APIClient, clinic: Clinic, other_clinic: Clinic, model: None
) -> None:
    UseLimitFactory(clinic=other_clinic, amount=7)
    UseLimitFactory(clinic=None, scope="global", amount=1_000)
    UseLimitFactory(clinic=clinic, scope="clinic", measure="pages_per_upload", amount=300)
    foreign = JobFactory(upload__clinic=other_clinic, estimated_calls=900, created_at=timezone.now())
    assert foreign.pk
    told = {(each["scope"], each["measure"]): each for each in api.get(LIMITS).json()["limits"]}
    assert told["global", "calls_per_hour"] == {
        **{"scope": "global", "measure": "calls_per_hour", "amount": None},
        **{"used": None, "left": None, "resets_at": None},
    }
    assert told["clinic", "pages_per_upload"]["amount"] == 300
    mine = told["user", "calls_per_hour"]
    assert (mine["amount"], mine["used"], mine["left"], mine["resets_at"]) == (100, 0, 100, None)
    assert set(told) == {("global", "calls_per_hour"), ("clinic", "pages_per_upload"), ("user", "calls_per_hour")}
    send(api)
    (mine,) = [each for each in api.get(LIMITS).json()["limits"] if each["scope"] == "user"]
    assert mine["used"] == Job.objects.get(clinic=clinic).estimated_calls
    assert mine["used"] > 0
    assert mine["left"] == 100 - mine["used"]
    assert mine["resets_at"] is not None


def test_a_key_of_any_scope_may_ask_for_its_limits(clinic: Clinic) -> None:
    assert client_of(clinic, scopes=["uploads:read"]).get(LIMITS).status_code == 200
    assert APIClient().get(LIMITS).status_code == 401
