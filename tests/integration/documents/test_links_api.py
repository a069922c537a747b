"""Links between documents, by API: shown, narrowed by, decided."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Document, DocumentLink, Fact, Segmentation
from documents.operations.archiving import archive_upload
from documents.operations.deciding import reassign_subject
from patients.models import Patient
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.conftest import client_of
from tests.factories import PatientFactory
from tests.integration.documents.linked import AMENDED, NOISY, OTHER_VISIT, at, file_texts
from tests.unit.likeness.papers import LAB, VISIT

ROOT = "/api/v1/"


def address(document: Document, more: str = "") -> str:
    return f"{ROOT}documents/{document.pk}/{more}"


def place(document: Document) -> dict[str, Any]:
    return {
        "document": str(document.pk),
        "upload": str(document.upload_id),
        "start_line": document.start_line,
        "end_line": document.end_line,
    }


def only_link() -> DocumentLink:
    return DocumentLink.objects.get()


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    made: Patient = PatientFactory(clinic=clinic)
    return made


def put_on(principal: Principal, segmentation: Segmentation, patient: Patient) -> None:
    """All of the file is that patient's."""
    subject = segmentation.subjects.get()
    reassign_subject(principal=principal, subject_id=subject.pk, patient_id=patient.pk, now=timezone.now())


class TestShown:
    def test_a_copy_tells_the_first_and_the_first_its_copies(self, api: APIClient, clinic: Clinic) -> None:
        first, second = at(file_texts(clinic, VISIT)), at(file_texts(clinic, LAB, VISIT), 1)
        told, of_copy = api.get(address(first)).json(), api.get(address(second)).json()
        assert (told["same_as"], told["copies"]) == (None, [place(second)])
        assert (of_copy["same_as"], of_copy["copies"]) == (place(first), [])
        (relation,) = of_copy["relations"]
        assert (relation["kind"], relation["state"], relation["alike"]) == ("same", "found", 1.0)
        assert relation["other"] == place(first)
        assert told["relations"][0]["other"] == place(second)

    def test_an_amended_report_and_what_it_amends_tell_of_each_other(self, api: APIClient, clinic: Clinic) -> None:
        first, second = at(file_texts(clinic, LAB)), at(file_texts(clinic, AMENDED))
        kinds = [api.get(address(each)).json()["relations"][0]["kind"] for each in (first, second)]
        assert kinds == ["superseded_by", "supersedes"]

    def test_where_two_differ_is_shown_with_the_lines_of_both(self, api: APIClient, clinic: Clinic) -> None:
        first, second = at(file_texts(clinic, LAB, VISIT), 1), at(file_texts(clinic, NOISY))
        answer = api.get(address(second, f"links/{only_link().pk}/"))
        assert answer["Cache-Control"] == "no-store"
        told = answer.json()
        assert told["is_whole"] is True
        assert told["relation"]["other"] == place(first)
        line = first.start_line + 4
        assert told["changes"][0] == {
            "kind": "misread",
            "words": "c0ugh",
            "other_words": "cough",
            "line": 5,
            "other_line": line,
        }
        turned = api.get(address(first, f"links/{only_link().pk}/")).json()["changes"][0]
        assert (turned["words"], turned["other_words"]) == ("cough", "c0ugh")

    def test_rejected_ones_are_listed_apart(self, api: APIClient, clinic: Clinic) -> None:
        first = at(file_texts(clinic, VISIT))
        file_texts(clinic, VISIT)
        api.post(address(first, f"links/{only_link().pk}/reject/"))
        assert api.get(address(first)).json()["relations"] == []
        (told,) = api.get(address(first, "links/")).json()["links"]
        assert (told["state"], bool(told["decided_by"])) == ("rejected", True)

    def test_links_to_archived_uploads_are_not_told(self, api: APIClient, clinic: Clinic, principal: Principal) -> None:
        first, second = at(file_texts(clinic, VISIT)), at(file_texts(clinic, NOISY))
        api.post(address(second, f"links/{only_link().pk}/confirm/"))
        archive_upload(principal=principal, upload_id=first.upload_id, now=timezone.now())
        told = api.get(address(second)).json()
        assert (told["same_as"], told["relations"]) == (None, [])


class TestDecided:
    def test_one_is_confirmed_and_the_answer_is_the_document(self, api: APIClient, clinic: Clinic) -> None:
        first, second = at(file_texts(clinic, VISIT)), at(file_texts(clinic, NOISY))
        before = api.get(address(second))
        header = {"If-Match": before["ETag"]}
        answer = api.post(address(second, f"links/{only_link().pk}/confirm/"), headers=header)
        assert (answer.status_code, answer.json()["same_as"]) == (200, place(first))
        assert answer["ETag"] != before["ETag"]
        assert answer.json()["relations"][0]["state"] == "confirmed"
        stale = api.post(address(second, f"links/{only_link().pk}/reject/"), headers=header)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")

    def test_either_end_may_be_named_and_no_other(self, api: APIClient, clinic: Clinic) -> None:
        first, second = at(file_texts(clinic, VISIT)), at(file_texts(clinic, VISIT))
        other = at(file_texts(clinic, OTHER_VISIT))
        link = only_link()
        assert api.post(address(first, f"links/{link.pk}/reject/")).status_code == 200
        assert api.post(address(second, f"links/{link.pk}/confirm/")).status_code == 200
        for method, more in (("get", ""), ("post", "confirm/"), ("post", "reject/")):
            assert getattr(api, method)(address(other, f"links/{link.pk}/{more}")).status_code == 404

    def test_another_clinics_caller_finds_none(self, outsider: APIClient, clinic: Clinic, other_clinic: Clinic) -> None:
        first = at(file_texts(clinic, VISIT))
        file_texts(clinic, VISIT)
        own = at(file_texts(other_clinic, VISIT))
        link = only_link()
        for document in (first, own):
            for method, more in (("get", ""), ("post", "confirm/"), ("post", "reject/")):
                assert getattr(outsider, method)(address(document, f"links/{link.pk}/{more}")).status_code == 404
        told = outsider.get(address(own)).json()
        assert (told["same_as"], told["copies"], told["relations"]) == (None, [], [])
        assert only_link().state == "found"

    def test_who_may_only_read_decides_nothing(self, clinic: Clinic) -> None:
        first = at(file_texts(clinic, VISIT))
        file_texts(clinic, VISIT)
        reader = client_of(clinic, scopes=["documents:read"])
        assert reader.get(address(first, f"links/{only_link().pk}/")).status_code == 200
        assert reader.post(address(first, f"links/{only_link().pk}/confirm/")).status_code == 403


class TestLists:
    @pytest.fixture
    def twice(self, clinic: Clinic, principal: Principal, patient: Patient) -> tuple[Segmentation, Segmentation]:
        """A record, and the same in the next one, all of one patient."""
        first, second = file_texts(clinic, VISIT, LAB), file_texts(clinic, VISIT, LAB, OTHER_VISIT)
        put_on(principal, first, patient)
        put_on(principal, second, patient)
        return first, second

    def listed(self, api: APIClient, path: str, **asked: str) -> list[str]:
        answer = api.get(f"{ROOT}{path}", asked)
        assert answer.status_code == 200, answer.content
        return sorted(each["id"] for each in answer.json()["results"])

    def ids(self, *documents: Document) -> list[str]:
        return sorted(str(each.pk) for each in documents)

    def test_a_patients_documents_are_there_once(
        self, api: APIClient, patient: Patient, twice: tuple[Segmentation, Segmentation]
    ) -> None:
        first, second = twice
        path = f"patients/{patient.pk}/documents/"
        once = self.ids(*first.documents.all(), at(second, 2))
        assert self.listed(api, path) == self.listed(api, path, copies="hide") == once
        assert self.listed(api, path, copies="only") == self.ids(at(second), at(second, 1))
        assert len(self.listed(api, path, copies="all")) == 5
        pieces = api.get(f"{ROOT}uploads/{second.upload_id}/documents/").json()["pieces"]
        assert [each["document"]["start_line"] for each in pieces] == [1, 9, 21]  # each of its lines still once

    def test_a_patients_facts_are_told_once(
        self, api: APIClient, patient: Patient, twice: tuple[Segmentation, Segmentation]
    ) -> None:
        first, second = twice
        path = f"patients/{patient.pk}/facts/"
        told = api.get(f"{ROOT}{path}").json()["results"]
        assert [(each["value"], each["upload"]) for each in told] == [
            (12.4, str(first.upload_id)),
            (13.1, str(second.upload_id)),
        ]
        assert len(self.listed(api, path, copies="all")) == 3
        assert len(self.listed(api, f"uploads/{second.upload_id}/facts/")) == 2
        Fact.objects.filter(document=at(first)).update(retracted_at=timezone.now())
        assert [each["value"] for each in api.get(f"{ROOT}{path}").json()["results"]] == [13.1]

    def test_what_only_the_copy_says_is_told(
        self, api: APIClient, patient: Patient, twice: tuple[Segmentation, Segmentation]
    ) -> None:
        Fact.objects.filter(document=at(twice[0])).delete()
        told = api.get(f"{ROOT}patients/{patient.pk}/facts/").json()["results"]
        assert [each["value"] for each in told] == [12.4, 13.1]

    def test_a_copy_on_another_record_is_hidden_from_none(
        self, api: APIClient, clinic: Clinic, principal: Principal, patient: Patient
    ) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, VISIT)
        other: Patient = PatientFactory(clinic=clinic)
        put_on(principal, first, patient)
        put_on(principal, second, other)
        assert at(second).same_as == at(first)
        assert self.listed(api, f"patients/{other.pk}/documents/") == self.ids(at(second))
        assert len(api.get(f"{ROOT}patients/{other.pk}/facts/").json()["results"]) == 1
        assert self.listed(api, "documents/", copies="hide") == self.ids(at(first), at(second))

    def test_all_documents_are_narrowed_by_copies_and_by_open_links(
        self, api: APIClient, clinic: Clinic, twice: tuple[Segmentation, Segmentation]
    ) -> None:
        near = file_texts(clinic, NOISY)
        assert len(self.listed(api, "documents/")) == len(self.listed(api, "documents/", copies="all")) == 6
        assert len(self.listed(api, "documents/", copies="hide")) == 4
        assert len(self.listed(api, "documents/", copies="only")) == 2
        assert self.listed(api, "documents/", copies="proposed") == self.ids(at(near), at(twice[0]))
        assert api.get(f"{ROOT}documents/", {"copies": "some"}).status_code == 400

    def test_whoever_asks_for_what_changed_sees_a_document_that_got_a_copy(
        self, api: APIClient, clinic: Clinic
    ) -> None:
        first = at(file_texts(clinic, VISIT))
        since = timezone.now().isoformat()
        assert self.listed(api, "documents/", updated_since=since) == []
        second = at(file_texts(clinic, VISIT))
        assert self.listed(api, "documents/", updated_since=since) == self.ids(first, second)
