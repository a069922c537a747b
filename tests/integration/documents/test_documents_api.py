"""Documents by the API."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from documents.models import Correction, Document, Segmentation
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.factories import DocumentFactory, PatientFactory, SegmentationFactory, UploadFactory
from tests.integration.documents.conftest import at
from tests.integration.test_constraints import commit_checks

LIST = "/api/v1/documents/"


def address(document: Document, rest: str = "") -> str:
    return f"{LIST}{document.pk}/{rest}"


def list_titles(api: APIClient, **asked: Any) -> list[str]:
    answer = api.get(LIST, asked)
    assert answer.status_code == 200, answer.content
    return [each["title"] for each in answer.json()["results"]]


def file_at(clinic: Clinic, **fields: Any) -> Document:
    """A document of a current segmentation."""
    segmentation = SegmentationFactory(upload=UploadFactory(clinic=clinic), documents=())
    made: Document = DocumentFactory(segmentation=segmentation, **fields)
    segmentation.upload.current_segmentation = segmentation
    segmentation.upload.save()
    return made


def test_the_list_has_what_is_current_and_not_archived(
    api: APIClient, clinic: Clinic, segmentation: Segmentation
) -> None:
    SegmentationFactory(upload=segmentation.upload)
    archived = file_at(clinic)
    archived.upload.archived_at = dt.datetime.now(dt.UTC)
    archived.upload.save()
    assert list_titles(api) == ["Lab report", "Visit note", "Registration"]


def test_a_document_tells_all_that_is_known_of_it(api: APIClient, segmentation: Segmentation) -> None:
    visit = at(segmentation, 5)
    answer = api.get(address(visit))
    told = answer.json()
    assert told["patient"] == {
        "id": str(visit.patient_id),
        "name": visit.patient.name if visit.patient else "",
        "external_id": "",
        "status": "confirmed",
    }
    assert (
        told
        | {
            "upload": str(visit.upload_id),
            "is_current": True,
            "title": "Visit note",
            "type": "consult_note",
            "date": "2024-03-05",
            "start_line": 5,
            "end_line": 7,
            "first_page": 2,
            "last_page": 2,
            "review": "needed",
        }
        == told
    )
    assert answer["ETag"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "lab_report"}, ["lab"]),
        ({"type": ["lab_report", "dental"]}, ["dental", "lab"]),
        ({"review": "confirmed"}, ["dental"]),
        ({"date_from": "2024-02-01"}, ["dental"]),
        ({"date_to": "2024-02-01"}, ["lab"]),
        ({"updated_since": "2026-02-01T00:00:00Z"}, ["dental"]),
    ],
)
def test_the_list_is_narrowed(api: APIClient, clinic: Clinic, asked: dict[str, Any], expected: list[str]) -> None:
    early, late = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    file_at(clinic, title="lab", type="lab_report", date="2024-01-01", updated_at=early)
    file_at(clinic, title="dental", type="dental", date="2024-03-01", review="confirmed", updated_at=late)
    file_at(clinic, title="undated", date=None, updated_at=early)
    assert list_titles(api, **asked) == expected


def test_the_list_is_narrowed_to_an_upload_and_a_patient(api: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic)
    of_patient, other = file_at(clinic, title="one", patient=patient), file_at(clinic, title="two")
    assert list_titles(api, patient=str(patient.pk)) == ["one"]
    assert list_titles(api, upload=str(other.upload_id)) == ["two"]
    assert list_titles(api, upload=str(of_patient.pk)) == []


@pytest.mark.parametrize("asked", [{"type": "novel"}, {"date_from": "soon"}, {"upload": "7"}])
def test_a_filter_that_makes_no_sense_is_a_problem(api: APIClient, asked: dict[str, str]) -> None:
    answer = api.get(LIST, asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_list_takes_the_same_queries_however_long_it_is(api: APIClient, clinic: Clinic) -> None:
    api.get(LIST)
    for count in (1, 4):
        for _ in range(count):
            file_at(clinic, patient=PatientFactory(clinic=clinic))
        with CaptureQueriesContext(connection) as queries:
            api.get(LIST)
        assert len(queries) == 5  # the key, the rows, their copies, and their links either way


def test_the_text_of_a_document_has_lines_pages_and_noise(api: APIClient, segmentation: Segmentation) -> None:
    segmentation.noise_lines = [6]
    segmentation.save()
    answer = api.get(address(at(segmentation, 5), "text/"))
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "from_line": 5,
        "to_line": 7,
        "line_count": 10,
        "next": None,
        "parts": [{"name": segmentation.upload.name, "kind": "text", "first_line": 1}],
        "warnings": [],
        "lines": [
            {"line": 5, "page": 2, "text": "\fVisit note", "noise": False, "confidence": None},
            {"line": 6, "page": 2, "text": "Seen for a cough.", "noise": True, "confidence": None},
            {"line": 7, "page": 2, "text": "Weight: 12 kg", "noise": False, "confidence": None},
        ],
    }


def test_the_text_of_a_document_comes_as_plain_text(api: APIClient, segmentation: Segmentation) -> None:
    answer = api.get(address(at(segmentation, 5), "text/"), headers={"accept": "text/plain"})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "\fVisit note\nSeen for a cough.\nWeight: 12 kg\n"
    segmentation.upload.extracted.delete()
    problem = api.get(address(at(segmentation, 5), "text/"), headers={"accept": "text/plain"})
    assert (problem.status_code, problem["Content-Type"]) == (409, "application/problem+json")
    assert problem.json()["code"] == "no_text"


def test_a_split_answers_with_both_documents(api: APIClient, segmentation: Segmentation) -> None:
    answer = api.post(address(at(segmentation, 5), "split/"), {"line": 7, "title": "Weights", "date": "2024-01-02"})
    commit_checks()
    first, second = answer.json()["documents"]
    assert (first["title"], first["end_line"], first["review"]) == ("Visit note", 6, "corrected")
    assert (second["title"], second["start_line"], second["date"]) == ("Weights", 7, "2024-01-02")
    assert api.get(address(at(segmentation, 5)))["ETag"] == answer["ETag"]


def test_the_other_corrections_answer_with_what_they_made(
    api: APIClient, segmentation: Segmentation, clinic: Clinic
) -> None:
    visit, patient = at(segmentation, 5), PatientFactory(clinic=clinic)
    moved = api.post(address(visit, "move-start/"), {"line": 4}).json()
    assert moved["start_line"] == 4
    described = api.patch(address(visit), {"type": "referral", "date": None}).json()
    assert (described["type"], described["date"], described["title"]) == ("referral", None, "Visit note")
    assigned = api.post(address(visit, "assign/"), {"patient": str(patient.pk)}).json()
    assert assigned["patient"]["id"] == str(patient.pk)
    assert api.post(address(visit, "assign/"), {"patient": None}).json()["patient"] is None
    assert api.post(address(at(segmentation, 1), "confirm/")).json()["review"] == "confirmed"
    merged = api.post(address(visit, "merge-next/")).json()
    assert (merged["start_line"], merged["end_line"]) == (4, 10)
    gap = api.post(address(visit, "mark-gap/"))
    assert gap.json() == {"start_line": 4, "end_line": 10, "reason": "staff"}
    assert api.get(address(visit)).status_code == 404
    commit_checks()


def test_a_refusal_names_the_lines_that_would_do(api: APIClient, segmentation: Segmentation) -> None:
    answer = api.post(address(at(segmentation, 5), "split/"), {"line": 9})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "line_outside")
    assert "from 6 to 7" in problem["detail"]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("split/", {}),
        ("split/", {"line": 0}),
        ("split/", {"line": 2**40}),
        ("split/", {"line": 6, "title": ""}),
        ("move-start/", {"line": "soon"}),
        ("assign/", {}),
        ("assign/", {"patient": "7"}),
    ],
)
def test_a_body_that_makes_no_sense_changes_nothing(
    api: APIClient, segmentation: Segmentation, rest: str, said: dict[str, Any]
) -> None:
    answer = api.post(address(at(segmentation, 5), rest), said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Correction.objects.exists()


@pytest.mark.parametrize("said", [{"title": "x" * 501}, {"type": "novel"}, {"date": "soon"}, {"title": " "}])
def test_a_description_that_makes_no_sense_changes_nothing(
    api: APIClient, segmentation: Segmentation, said: dict[str, Any]
) -> None:
    answer = api.patch(address(at(segmentation, 5)), said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Correction.objects.exists()


def test_what_was_changed_meanwhile_is_told(api: APIClient, segmentation: Segmentation) -> None:
    visit = at(segmentation, 5)
    known = api.get(address(visit))["ETag"]
    changed = api.patch(address(visit), {"title": "Phone call"}, headers={"if-match": known})
    assert changed.status_code == 200
    assert changed["ETag"] != known
    for rest in ("merge-next/", "mark-gap/", "confirm/"):
        stale = api.post(address(visit, rest), headers={"if-match": known})
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert api.post(address(visit, "confirm/"), headers={"if-match": "*"}).status_code == 200


CHANGES = [
    ("post", "split/", {"line": 6}),
    ("post", "move-start/", {"line": 6}),
    ("post", "merge-next/", {}),
    ("post", "mark-gap/", {}),
    ("post", "assign/", {"patient": None}),
    ("post", "confirm/", {}),
    ("patch", "", {"title": "Taken"}),
]
READS: list[tuple[str, str, dict[str, Any]]] = [("get", "", {}), ("get", "text/", {})]


@pytest.mark.parametrize(("method", "rest", "said"), [*READS, *CHANGES])
def test_another_clinics_document_is_not_there(
    outsider: APIClient, segmentation: Segmentation, method: str, rest: str, said: dict[str, Any]
) -> None:
    visit = at(segmentation, 5)
    answer = getattr(outsider, method)(address(visit, rest), said)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Correction.objects.exists()


def test_another_clinics_documents_are_not_listed(outsider: APIClient, segmentation: Segmentation) -> None:
    assert list_titles(outsider) == []
    assert list_titles(outsider, upload=str(segmentation.upload_id)) == []


def test_a_document_goes_to_no_patient_of_another_clinic(
    api: APIClient, segmentation: Segmentation, other_clinic: Clinic
) -> None:
    patient = PatientFactory(clinic=other_clinic)
    answer = api.post(address(at(segmentation, 5), "assign/"), {"patient": str(patient.pk)})
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such patient.")


@pytest.mark.parametrize(("method", "rest", "said"), CHANGES)
def test_who_may_only_read_changes_nothing(
    clinic: Clinic, segmentation: Segmentation, method: str, rest: str, said: dict[str, Any]
) -> None:
    reader = client_of(clinic, scopes=["documents:read"])
    visit = at(segmentation, 5)
    assert reader.get(address(visit)).status_code == 200
    assert getattr(reader, method)(address(visit, rest), said).status_code == 403
    assert not Correction.objects.exists()
