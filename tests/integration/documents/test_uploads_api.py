"""What the API tells of uploads, and what is done with them once they are here."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from documents.api.v1 import texts
from documents.models import Correction, Segmentation, Upload
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.factories import PatientFactory, SegmentationFactory, UploadFactory
from tests.integration.documents.analysing import file_record
from tests.integration.documents.conftest import TEXT, at
from tests.integration.test_constraints import commit_checks

LIST = "/api/v1/uploads/"


def address(upload: Upload, rest: str = "") -> str:
    return f"{LIST}{upload.pk}/{rest}"


def list_ids(api: APIClient, **asked: Any) -> list[str]:
    answer = api.get(LIST, asked)
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


@pytest.fixture
def upload(segmentation: Segmentation) -> Upload:
    return segmentation.upload


def test_an_upload_tells_how_far_it_is(api: APIClient, upload: Upload) -> None:
    told = api.get(address(upload)).json()
    assert (
        told
        | {
            "name": "record.txt",
            "kind": "text",
            "line_count": 10,
            "external_id": "",
            "metadata": {},
            "patient": None,
            "document_count": 3,
            "review_count": 3,
            "archived_at": None,
        }
        == told
    )
    assert told["segmentation"]["engine"] == "rules"
    assert told["links"]["text"] == address(upload, "text/")


def test_an_upload_that_was_not_analysed_has_nothing_yet(api: APIClient, clinic: Clinic) -> None:
    upload = UploadFactory(clinic=clinic)
    told = api.get(address(upload)).json()
    assert (told["segmentation"], told["document_count"], told["review_count"]) == (None, 0, 0)
    assert api.get(address(upload, "documents/")).json() == {"segmentation": None, "revision": None, "pieces": []}
    assert api.get(address(upload, "segmentations/")).json()["results"] == []


def test_the_list_is_narrowed(api: APIClient, clinic: Clinic) -> None:
    early, late = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    patient = PatientFactory(clinic=clinic)
    first = UploadFactory(clinic=clinic, external_id="R-1", received_at=early, updated_at=early)
    second = UploadFactory(clinic=clinic, patient=patient, received_at=late, updated_at=late)
    archived = UploadFactory(clinic=clinic, archived_at=late, received_at=early, updated_at=early)
    assert list_ids(api) == [str(second.pk), str(first.pk)]
    assert list_ids(api, archived="true") == [str(archived.pk)]
    for asked, expected in [
        ({"external_id": "R-1"}, first),
        ({"patient": patient.pk}, second),
        ({"sha256": first.sha256}, first),
        ({"received_since": "2026-02-01T00:00:00Z"}, second),
        ({"updated_since": "2026-02-01T00:00:00Z"}, second),
    ]:
        assert list_ids(api, **asked) == [str(expected.pk)]


def test_the_list_takes_the_same_queries_however_long_it_is(api: APIClient, clinic: Clinic) -> None:
    api.get(LIST)
    for count in (1, 4):
        for _ in range(count):
            upload = UploadFactory(clinic=clinic, patient=PatientFactory(clinic=clinic))
            upload.current_segmentation = SegmentationFactory(upload=upload)
            upload.save()
        with CaptureQueriesContext(connection) as queries:
            api.get(LIST)
        assert len(queries) == 2  # the key, and the rows


def test_documents_and_gaps_come_in_order_and_in_few_queries(api: APIClient, clinic: Clinic) -> None:
    segmentation = file_record("practice_export", clinic=clinic)
    api.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        told = api.get(address(segmentation.upload, "documents/")).json()
    assert len(queries) == 7  # the key, the upload, its documents, their copies and links either way, its gaps
    expected = 1
    for piece in told["pieces"]:
        assert (piece["document"] is None) != (piece["gap"] is None)
        shown = piece["document"] or piece["gap"]
        assert shown["start_line"] == expected
        expected = shown["end_line"] + 1
    assert expected == segmentation.line_count + 1
    assert (told["segmentation"], told["revision"]) == (1, 1)


def test_lines_of_the_text_are_given(api: APIClient, upload: Upload) -> None:
    told = api.get(address(upload, "text/"), {"from_line": 4, "to_line": 5}).json()
    assert told == {
        "from_line": 4,
        "to_line": 5,
        "line_count": 10,
        "next": None,
        "parts": [{"name": upload.name, "kind": "text", "first_line": 1}],
        "warnings": [],
        "lines": [
            {"line": 4, "page": 1, "text": "--- fax ---", "noise": False, "confidence": None},
            {"line": 5, "page": 2, "text": "\fVisit note", "noise": False, "confidence": None},
        ],
    }
    assert len(api.get(address(upload, "text/")).json()["lines"]) == 10
    beyond = api.get(address(upload, "text/"), {"from_line": 11}).json()
    assert (beyond["lines"], beyond["next"], beyond["parts"]) == ([], None, [])
    whole = api.get(address(upload, "text/"), headers={"accept": "text/plain"})
    assert whole.content.decode() == TEXT


def test_how_sure_character_recognition_is_of_each_line_is_told(api: APIClient, upload: Upload) -> None:
    kept = upload.extracted
    kept.confidence_runs, kept.warnings = [[1, None], [4, 41], [5, 96]], ["1 line on page 1 could not be read"]
    kept.save()
    told = api.get(address(upload, "text/"), {"from_line": 3, "to_line": 6}).json()
    assert [line["confidence"] for line in told["lines"]] == [None, 41, 96, 96]
    assert told["warnings"] == ["1 line on page 1 could not be read"]


@pytest.mark.parametrize(
    ("lines", "names"),
    [((1, 10), ["message body", "a/lab.pdf", "scan.png"]), ((5, 6), ["a/lab.pdf"]), ((1, 3), ["message body"])],
)
def test_the_files_that_lines_are_of_are_told(
    lines: tuple[int, int], names: list[str], api: APIClient, upload: Upload
) -> None:
    parts = [("message body", "email", 1), ("a/lab.pdf", "pdf", 4), ("scan.png", "image", 7)]
    upload.extracted.parts = [{"name": name, "kind": kind, "first_line": line} for name, kind, line in parts]
    upload.extracted.save()
    told = api.get(address(upload, "text/"), {"from_line": lines[0], "to_line": lines[1]}).json()
    assert [part["name"] for part in told["parts"]] == names


def test_a_long_text_comes_in_pieces(api: APIClient, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_LINES", 3)
    seen: list[int] = []
    onward: str | None = address(upload, "text/") + "?from_line=2&to_line=9"
    while onward:
        told = api.get(onward).json()
        seen += [line["line"] for line in told["lines"]]
        onward = told["next"]
    assert seen == list(range(2, 10))


@pytest.mark.parametrize("asked", [{"from_line": "0"}, {"from_line": "x"}, {"to_line": "-1"}])
def test_lines_that_cannot_be_are_a_problem(api: APIClient, upload: Upload, asked: dict[str, str]) -> None:
    answer = api.get(address(upload, "text/"), asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_file_is_given_to_be_saved_and_never_run(api: APIClient, clinic: Clinic) -> None:
    upload = UploadFactory(clinic=clinic, text="<script>\n", name='a"\r\nb\u00e9.txt')
    answer = api.get(address(upload, "content/"))
    assert b"".join(answer.streaming_content) == b"<script>\n"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "no-store"


def test_a_file_that_is_not_in_the_storage_is_a_problem(api: APIClient, upload: Upload, media: Path) -> None:
    assert upload.content.name
    upload.content.storage.delete(upload.content.name)
    api.raise_request_exception = False
    answer = api.get(address(upload, "content/"))
    assert (answer.status_code, answer.json()["code"]) == (503, "no_content")


def test_an_archived_upload_is_out_of_the_list_until_it_is_restored(api: APIClient, upload: Upload) -> None:
    assert api.delete(address(upload)).status_code == 204
    assert list_ids(api) == []
    assert api.get(address(upload)).json()["archived_at"]
    refused = api.post(f"/api/v1/documents/{at(upload.segmentations.get(), 5).pk}/confirm/")
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_archived")
    assert api.post(address(upload, "restore/")).json()["archived_at"] is None
    assert list_ids(api) == [str(upload.pk)]


def test_a_purged_upload_is_not_there(api: APIClient, upload: Upload) -> None:
    now = dt.datetime.now(dt.UTC)
    Upload.objects.filter(pk=upload.pk).update(archived_at=now, purged_at=now)
    assert api.get(address(upload)).status_code == 404
    assert api.post(address(upload, "restore/")).status_code == 404
    assert list_ids(api, archived="true") == []


def test_all_documents_are_confirmed_at_once(api: APIClient, upload: Upload) -> None:
    assert api.post(address(upload, "confirm/")).json() == {"confirmed": 3}
    assert api.post(address(upload, "confirm/")).json() == {"confirmed": 0}
    assert api.get(address(upload)).json()["review_count"] == 0


def test_another_run_is_compared_and_adopted(api: APIClient, upload: Upload) -> None:
    current = upload.current_segmentation
    assert current
    beside = SegmentationFactory(upload=upload, documents=[(1, 4), (5, 7), (8, 10)])
    runs = api.get(address(upload, "segmentations/")).json()["results"]
    assert [(run["number"], run["is_current"], run["document_count"]) for run in runs] == [
        (beside.number, False, 3),
        (current.number, True, 3),
    ]
    own = f"segmentations/{beside.number}/"
    assert runs[0]["links"]["differences"] == address(upload, own + "differences/")
    told = api.get(address(upload, own + "differences/")).json()["differences"]
    assert [(each["kind"], each["before"]["end_line"], each["after"]["end_line"]) for each in told] == [
        ("moved", 3, 4),
        ("renamed", 10, 10),
    ]
    api.post(f"/api/v1/documents/{at(current, 1).pk}/confirm/")
    refused = api.post(address(upload, own + "adopt/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "decisions_would_be_lost")
    assert [each["end_line"] for each in refused.json()["documents"]] == [3]
    adopted = api.post(address(upload, own + "adopt/"), {"force": True}).json()
    assert (adopted["number"], adopted["is_current"]) == (beside.number, True)
    commit_checks()
    assert api.get(address(upload, "segmentations/999/differences/")).status_code == 404


def test_the_runs_take_the_same_queries_however_many(api: APIClient, upload: Upload) -> None:
    api.get(LIST)
    counts = set()
    for _ in range(2):
        SegmentationFactory(upload=upload)
        with CaptureQueriesContext(connection) as queries:
            api.get(address(upload, "segmentations/"))
        counts.add(len(queries))
    assert counts == {3}  # the key, the upload, its runs


ENDPOINTS = [
    ("get", ""),
    ("get", "text/"),
    ("get", "content/"),
    ("get", "documents/"),
    ("get", "segmentations/"),
    ("get", "segmentations/{number}/differences/"),
    ("post", "segmentations/{number}/adopt/"),
    ("post", "confirm/"),
    ("post", "restore/"),
    ("delete", ""),
]


@pytest.mark.parametrize(("method", "rest"), ENDPOINTS)
def test_another_clinics_upload_is_not_there(outsider: APIClient, upload: Upload, method: str, rest: str) -> None:
    assert upload.current_segmentation
    rest = rest.format(number=upload.current_segmentation.number)
    answer = getattr(outsider, method)(address(upload, rest))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    upload.refresh_from_db()
    assert upload.archived_at is None
    assert not Correction.objects.exists()


def test_another_clinics_uploads_are_not_listed(outsider: APIClient, upload: Upload) -> None:
    assert list_ids(outsider) == []


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("uploads:read", {"", "text/", "content/"}),
        ("documents:read", {"documents/", "segmentations/", "segmentations/{number}/differences/"}),
    ],
)
def test_a_key_reads_what_its_scope_names(clinic: Clinic, upload: Upload, scope: str, opens: set[str]) -> None:
    assert upload.current_segmentation
    reader = client_of(clinic, scopes=[scope])
    for method, rest in ENDPOINTS:
        answer = getattr(reader, method)(address(upload, rest.format(number=upload.current_segmentation.number)))
        assert answer.status_code == (200 if method == "get" and rest in opens else 403), (method, rest)
        if answer.streaming:
            list(answer.streaming_content)  # which closes the file
