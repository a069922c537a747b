"""What is told and set about money and limits, as somebody of another clinic, a lesser role or a key would try it."""

from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Upload
from documents.operations.texts import load_text
from jobs.llm.configured import share_openai_client
from jobs.models import Budget, Job, UseLimit, WindowCheckpoint
from jobs.operations.estimating import find_known_windows
from jobs.pipeline import PreparedFile, make_question
from pennie.accounts.models import ApiKey, Clinic, User
from pennie.accounts.rights import SCOPES
from tests.conftest import client_of
from tests.contracts.isolation import take_picture
from tests.factories import (
    ApiKeyFactory,
    AttemptFactory,
    BudgetFactory,
    JobFactory,
    MembershipFactory,
    UploadFactory,
    UseLimitFactory,
    UserFactory,
)

BUDGETS = "/api/v1/budgets/"
SENDING = "/api/v1/uploads/"
LESSER = ["vet", "assistant", "integration"]
BY = ["document", "upload", "user", "clinic", "model", "day"]
MARK = "Quillonbart"  # stands in every name that may not be told
CONTENT = b"Registration\nName: Juniper\nSpecies: dog\n"


def sign_in(user: User, *, checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def administrator_of(clinic: Clinic, *, checks: bool = False) -> Client:
    return sign_in(MembershipFactory(clinic=clinic, role="admin").user, checks=checks)


def page(model: type[Any], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def all_rows() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in (Budget, UseLimit)]


def estimate(client: APIClient, **more: str) -> Any:
    said = {"file": SimpleUploadedFile("record.txt", CONTENT), **more}
    return client.post(f"{SENDING}?dry_run=true", said, format="multipart").json()


@pytest.fixture
def operator(stored: None) -> User:
    made: User = UserFactory(is_superuser=True)
    return made


@pytest.mark.parametrize(
    "amount",
    [
        *("NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e9", "-0.0001", "0E+9999999", "", "0x10"),
        *("9" * 2000, 1e300, 10**400, True, None, [], {}),
    ],
    ids=lambda amount: str(amount)[:12],
)
def test_an_amount_that_is_no_sum_of_money_is_refused(amount: Any, api: APIClient, clinic: Clinic) -> None:
    row = BudgetFactory(clinic=clinic)
    said = {"scope": "clinic", "period": "day", "amount_usd": amount}
    assert api.post(BUDGETS, said, format="json").status_code == 400
    assert api.patch(f"{BUDGETS}{row.pk}/", {"amount_usd": amount}, format="json").status_code == 400
    assert Budget.objects.get().amount_usd == row.amount_usd


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"1", b'"x"', b"{", b"\xff", b'{"amount_usd": NaN}', b'{"amount_usd": -Infinity}']
)
def test_what_is_no_object_of_json_is_refused(body: bytes, api: APIClient, clinic: Clinic) -> None:
    row = BudgetFactory(clinic=clinic)
    job = JobFactory(upload__clinic=clinic, state="parked", parked_for="model_away")
    for send, path in ((api.post, BUDGETS), (api.patch, f"{BUDGETS}{row.pk}/")):
        assert 400 <= send(path, body, content_type="application/json").status_code < 500
    assert api.post(f"/api/v1/jobs/{job.pk}/resume/", body, content_type="application/json").status_code < 500


@pytest.mark.parametrize("named", ["clinic", "clinic_id", "id"])
def test_a_budget_is_of_the_callers_clinic_whatever_they_send(
    named: str, api: APIClient, clinic: Clinic, other_clinic: Clinic
) -> None:
    more = {named: str(other_clinic.pk)}
    api.post(BUDGETS, {"scope": "clinic", "period": "month", "amount_usd": "1", **more}, format="json")
    row = BudgetFactory(clinic=clinic, period="day")
    api.patch(f"{BUDGETS}{row.pk}/", {"amount_usd": "3", "scope": "global", **more}, format="json")
    rows = Budget.objects.values_list("scope", "clinic")
    assert set(rows) == {("clinic", clinic.pk)}


def test_a_user_of_another_clinic_is_told_as_one_who_is_nowhere(api: APIClient, other_clinic: Clinic) -> None:
    whose = (MembershipFactory(clinic=other_clinic).user.pk, other_clinic.pk, UserFactory(is_superuser=True).pk)
    said = {"scope": "user", "period": "day", "amount_usd": "1"}
    answers = [api.post(BUDGETS, {**said, "user": str(each)}, format="json").json() for each in whose]
    first, *others = ({**answer, "request_id": ""} for answer in answers)
    assert first["code"] == "budget_unfit"
    assert others == [first, first]


@pytest.mark.parametrize("role", LESSER)
def test_a_lesser_role_sees_and_sets_no_money_in_the_admin(role: str, clinic: Clinic) -> None:
    client = sign_in(MembershipFactory(clinic=clinic, role=role).user)
    budget, limit = BudgetFactory(clinic=clinic), UseLimitFactory(clinic=clinic)
    before = all_rows()
    paths = [reverse("costs"), reverse("costs") + "?by=user"]
    for row in (budget, limit):
        paths += [page(type(row), name) for name in ("changelist", "add")]
        paths += [page(type(row), name, row.pk) for name in ("change", "delete", "history")]
    for path in paths:
        assert client.get(path).status_code == 403, path
        assert client.post(path, {"post": "yes", "amount": "1", "amount_usd": "1"}).status_code == 403, path
    assert client.post(reverse("close_breaker")).status_code == 403
    assert client.get("/metrics").status_code == 403
    assert all_rows() == before


@pytest.mark.parametrize("role", LESSER)
def test_a_key_does_no_more_with_money_than_its_maker(role: str, clinic: Clinic) -> None:
    secret = ApiKey.make_secret()
    maker = MembershipFactory(clinic=clinic, role=role).user
    ApiKeyFactory(clinic=clinic, user=maker, secret=secret, scopes=list(SCOPES))
    key = APIClient()
    key.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    row = f"{BUDGETS}{BudgetFactory(clinic=clinic).pk}/"
    before = all_rows()
    for path in (BUDGETS, row, "/api/v1/usage/", "/api/v1/usage/dearest/", "/metrics"):
        assert key.get(path).status_code == 403, path
    said = {"scope": "clinic", "period": "day", "amount_usd": "1"}
    assert key.post(BUDGETS, said, format="json").status_code == 403
    assert key.patch(row, said, format="json").status_code == 403
    assert key.delete(row).status_code == 403
    for answer in (key.get(reverse("costs")), key.post(reverse("close_breaker"))):
        assert answer.status_code == 302  # to the sign-in: keys open no admin
    assert all_rows() == before


@pytest.mark.parametrize("token", ["", "set"])
def test_the_metrics_are_for_operators_and_who_holds_the_token(token: str, clinic: Clinic, settings: Any) -> None:
    settings.METRICS_TOKEN = token
    client = administrator_of(clinic)
    for said in ("", "Bearer", "Bearer ", "Bearer None", "bearer set", "set", "Bearer \xff"):
        assert client.get("/metrics", headers={"Authorization": said}).status_code == 403


def test_an_administrator_changes_nothing_of_other_clinics_or_of_all(clinic: Clinic, other_clinic: Clinic) -> None:
    foreign = [
        BudgetFactory(clinic=other_clinic),
        BudgetFactory(scope="global", clinic=None),
        UseLimitFactory(clinic=other_clinic),
        *(UseLimitFactory(clinic=None, scope=scope) for scope in ("user", "clinic", "global")),
    ]
    client, before = administrator_of(clinic), all_rows()
    for row in foreign:
        for path in (page(type(row), name, row.pk) for name in ("change", "delete", "history")):
            for answer in (client.get(path), client.post(path, {"post": "yes", "amount": "1", "amount_usd": "1"})):
                assert answer.status_code in (302, 403, 404)
                assert answer.status_code != 302 or answer["Location"] == reverse("admin:index")
        said = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        client.post(page(type(row), "changelist"), said)
    assert all_rows() == before


@pytest.mark.parametrize("amount", ["-1", "NaN", "1e50", "9" * 400, ""])
def test_an_amount_that_is_none_is_an_error_of_the_form(amount: str, clinic: Clinic) -> None:
    client = administrator_of(clinic)
    limit = {"scope": "user", "measure": "calls_per_hour", "amount": amount}
    assert client.post(page(UseLimit, "add"), limit).status_code == 200
    assert client.post(page(UseLimit, "add"), {**limit, "amount": str(2**63)}).status_code == 200
    budget = {"scope": "clinic", "period": "day", "amount_usd": amount}
    assert client.post(page(Budget, "add"), budget).status_code == 200
    assert all_rows() == [[], []]


def test_the_largest_amounts_break_nothing(clinic: Clinic, api: APIClient) -> None:
    client = administrator_of(clinic)
    for measure in UseLimit.Measure.values:
        said = {"scope": "user", "measure": measure, "amount": str(2**63 - 1)}
        assert client.post(page(UseLimit, "add"), said).status_code == 302
    budget = {"scope": "clinic", "period": "day", "amount_usd": "99999999.9999"}
    assert client.post(page(Budget, "add"), budget).status_code == 302
    for path in ("/api/v1/limits/", BUDGETS):
        assert api.get(path).status_code == 200
    for model in (UseLimit, Budget):
        assert client.get(page(model, "changelist")).status_code == 200
    assert estimate(api)["would_answer"] == 202


def test_a_button_needs_a_form_of_this_site(clinic: Clinic, operator: User) -> None:
    budget, limit = BudgetFactory(clinic=clinic), UseLimitFactory(clinic=clinic)
    job = JobFactory(upload__clinic=clinic, state="parked", parked_for="model_away")
    chief = sign_in(operator, checks=True)
    assert chief.post(reverse("close_breaker")).status_code == 403
    assert chief.get(reverse("close_breaker")).status_code == 405
    client = administrator_of(clinic, checks=True)
    before = all_rows()
    for row in (budget, limit, job):
        assert client.post(page(type(row), "change", row.pk), {"amount": "1", "amount_usd": "1"}).status_code == 403
    # The session of the admin opens nothing of the API.
    assert client.post(f"/api/v1/jobs/{job.pk}/resume/").status_code in (401, 403)
    assert client.delete(f"{BUDGETS}{budget.pk}/").status_code in (401, 403)
    assert all_rows() == before


def test_a_dry_run_tells_nothing_of_another_clinics_file_and_answers(
    api: APIClient, outsider: APIClient, clinic: Clinic, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    before = estimate(outsider)
    said = {"file": SimpleUploadedFile("record.txt", CONTENT), "external_id": "R-1"}
    assert api.post(SENDING, said, format="multipart").status_code == 202
    upload = Upload.objects.get()
    prepared, model = PreparedFile(load_text(upload=upload)), share_openai_client()
    for window in prepared.windows:
        question = make_question(window, prepared=prepared, purpose="window")
        key = question.key(model=model.model or "", settings=model.settings)
        WindowCheckpoint.objects.create(clinic=clinic, upload=upload, question_key=key, finding="{}")
    assert find_known_windows(prepared=prepared, clinic=clinic, now=timezone.now())
    assert before["estimate"]["known_windows"] == 0
    assert estimate(outsider) == before
    assert estimate(outsider, external_id="R-1") == before


def test_costs_are_of_the_readers_clinic_and_without_words_of_files(
    clinic: Clinic, other_clinic: Clinic, operator: User
) -> None:
    maker = MembershipFactory(clinic=other_clinic, user__name=MARK, user__email=f"{MARK}@hollow.example").user
    job = JobFactory(upload=UploadFactory(clinic=other_clinic, name=f"{MARK}.txt"), created_by=maker)
    AttemptFactory(job=job, cost_usd="3771", request=MARK, answer=MARK)
    client, key = administrator_of(clinic), client_of(clinic)
    for by in (*BY, "'", "\x00"):
        for more in ({}, {"clinic": str(other_clinic.pk)}, {"since": "\x00"}, {"until": "9999-99-99"}):
            shown = client.get(reverse("costs"), {"by": by, **more})
            assert shown.status_code == 200
            told = key.get("/api/v1/usage/", {"by": by, **more})
            assert told.status_code in (200, 400)
            for words in (shown.content.decode(), told.content.decode()):
                assert not any(each in words for each in (MARK, "3,771", "3771", str(job.upload_id)))
    words = sign_in(operator).get(reverse("costs"), {"by": "upload"}).content.decode()
    assert "$3,771.00" in words
    assert MARK not in words


@pytest.mark.parametrize("form", ["", "--json", "--csv"])
def test_the_command_of_costs_tells_no_name_of_a_person_or_file(form: str, clinic: Clinic) -> None:
    maker = MembershipFactory(clinic=clinic, user__name=MARK, user__email=f"{MARK}@hollow.example").user
    job = JobFactory(upload=UploadFactory(clinic=clinic, name=f"{MARK}.txt"), created_by=maker)
    AttemptFactory(job=job, cost_usd="3771", request=MARK, answer=MARK)
    for asked in (*(["--by", by] for by in BY), ["--dearest", "5"]):
        out = StringIO()
        call_command("costs", *asked, *filter(None, [form]), stdout=out)
        assert "3771" in out.getvalue().replace(",", "")
        assert MARK not in out.getvalue()


@pytest.mark.parametrize("role", ["admin", *LESSER])
def test_nobody_moves_another_clinics_parked_or_partial_job_in_the_admin(
    role: str, clinic: Clinic, other_clinic: Clinic
) -> None:
    jobs = [
        JobFactory(upload__clinic=other_clinic, state="parked", parked_for="over_budget"),
        JobFactory(upload__clinic=other_clinic, state="partial"),
    ]
    before = take_picture(other_clinic)
    client = sign_in(MembershipFactory(clinic=clinic, role=role).user)
    for job in jobs:
        for step in ("retry", "resume", "go-on-by-rules", "cancel"):
            client.post(page(Job, "step", job.pk, step))
            client.post(page(Job, "changelist"), {"action": step, "_selected_action": [str(job.pk)]})
    assert take_picture(other_clinic) == before
