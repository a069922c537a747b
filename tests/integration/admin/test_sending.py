"""Files added by the admin's form: each is taken or refused by itself, and nothing is kept of one that is refused."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.models import ExtractedText, Upload
from jobs.admin import sending
from jobs.models import Batch, Job
from pennie.accounts.models import Clinic
from tests.factories import PatientFactory
from tests.integration.admin.conftest import address, member_of

SEND = address(Upload, "add")
RECORD = b"Registration\nName: Juniper\nSpecies: dog\n\nVisit note\nSeen for a cough.\n"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n"


def send(client: Client, *files: tuple[str, bytes], **said: Any) -> Any:
    """The answer to the form, with these files chosen."""
    uploaded = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(SEND, {"records": uploaded, "engine": "rules", "priority": "normal", **said})


def test_several_files_are_sent_at_once_and_linked(insider: Client, clinic: Clinic) -> None:
    answer = send(insider, ("one.txt", RECORD), ("two.txt", RECORD + b"More.\n"))
    assert answer.status_code == 302
    uploads = Upload.objects.filter(clinic=clinic)
    assert {upload.name for upload in uploads} == {"one.txt", "two.txt"}
    told = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    for upload in uploads:
        assert address(Upload, "change", upload.pk) in told
        assert address(Job, "change", upload.jobs.get().pk) in told
        assert (upload.jobs.get().engine, upload.jobs.get().priority) == ("rules", "normal")


def test_a_refused_file_is_told_with_its_cure_and_the_others_go_through(insider: Client, clinic: Clinic) -> None:
    answer = send(insider, ("empty.txt", b""), ("good.txt", RECORD))
    assert answer.status_code == 400
    assert [upload.name for upload in Upload.objects.filter(clinic=clinic)] == ["good.txt"]
    page = answer.content.decode()
    assert "<strong>empty.txt</strong>The file is empty. Send it again" in page


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.txt", b"", "The file is empty"),
        ("blank.txt", b" \n \n", "The file has no text"),
        ("broken.pdf", PDF, "The file is damaged or cut off"),
        ("letter.rtf", b"{\\rtf1 Luna}", "save it as .docx or PDF"),
        ("record.pdf", RECORD, "extension"),
    ],
)
def test_each_refusal_is_shown_and_nothing_is_kept(
    name: str, content: bytes, told: str, insider: Client, media: Any
) -> None:
    answer = send(insider, (name, content))
    assert answer.status_code == 400
    assert name in answer.content.decode()
    assert told in answer.content.decode()
    assert not Upload.objects.exists()
    assert not ExtractedText.objects.exists()
    assert not Job.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_files_whose_sending_breaks_off_leave_no_batch_open(insider: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(**_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(sending, "submit", break_off)
    with pytest.raises(MemoryError):
        send(insider, ("one.txt", RECORD), ("two.txt", RECORD + b"More.\n"))
    assert Batch.objects.get().closed_at is not None


def test_a_file_over_the_limit_is_refused(insider: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 20
    answer = send(insider, ("large.txt", RECORD))
    assert "The file is too large" in answer.content.decode()
    assert not Upload.objects.exists()


def test_the_same_file_again_is_told_so_and_kept_once(insider: Client) -> None:
    send(insider, ("one.txt", RECORD))
    answer = send(insider, ("again.txt", RECORD))
    assert answer.status_code == 302
    assert "was here already" in str(list(get_messages(answer.wsgi_request))[-1])
    assert Upload.objects.count() == 1


def test_an_archived_file_that_is_sent_again_is_told_to_be_back(insider: Client) -> None:
    send(insider, ("one.txt", RECORD))
    Upload.objects.update(archived_at="2024-01-01T00:00Z")
    answer = send(insider, ("again.txt", RECORD))
    assert "was archived, and is back" in str(list(get_messages(answer.wsgi_request))[-1])
    assert Upload.objects.get().archived_at is None


def test_the_same_file_for_another_patient_is_refused(insider: Client, clinic: Clinic) -> None:
    send(insider, ("one.txt", RECORD), patient=str(PatientFactory(clinic=clinic).pk))
    answer = send(insider, ("one.txt", RECORD), patient=str(PatientFactory(clinic=clinic).pk))
    assert answer.status_code == 400
    assert "another patient" in answer.content.decode()


def test_a_patient_of_another_clinic_cannot_be_chosen(insider: Client, other_clinic: Clinic) -> None:
    answer = send(insider, ("one.txt", RECORD), patient=str(PatientFactory(clinic=other_clinic).pk))
    assert answer.status_code == 400
    assert "patient" in answer.context["form"].errors
    assert not Upload.objects.exists()


def test_no_file_chosen_is_an_error_of_the_form(insider: Client) -> None:
    answer = insider.post(SEND, {"engine": "rules", "priority": "normal"})
    assert answer.context["form"].errors["records"] == ["Choose at least one file."]


def test_markup_in_a_files_name_is_shown_as_it_is(insider: Client) -> None:
    page = send(insider, ("<b>x<b>.txt", b"")).content.decode()
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page


def test_the_original_is_saved_and_never_shown(insider: Client, clinic: Clinic, other_clinic: Clinic) -> None:
    send(insider, ("one.txt", RECORD))
    path = address(Upload, "file", Upload.objects.get().pk)
    answer: Any = insider.get(path)
    assert b"".join(answer.streaming_content) == RECORD
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert member_of(other_clinic).get(path).status_code == 404


def test_more_files_than_a_form_takes_are_refused_with_the_limit_and_nothing_is_kept(
    insider: Client, media: Any, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    answer = send(insider, *[(f"{number}.txt", RECORD + bytes([48 + number])) for number in range(4)])
    assert answer.status_code == 413
    page = answer.content.decode()
    assert "A form takes at most 3 files. Send them in portions of no more." in page
    assert f'href="{SEND}"' in page
    assert_nothing_is_kept(media)
    assert send(insider, *[(f"{number}.txt", RECORD + bytes([48 + number])) for number in range(3)]).status_code == 302


@pytest.mark.parametrize(
    ("limit", "value", "told"),
    [
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 1, "A form takes at most 1 fields."),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 1000, "Without its files a form has at most 1,000 bytes."),
    ],
)
def test_more_fields_than_a_form_takes_are_refused_with_the_limit(
    insider: Client, media: Any, settings: Any, limit: str, value: int, told: str
) -> None:
    setattr(settings, limit, value)
    answer = send(insider, ("one.txt", RECORD), note="n" * 1000)
    assert (answer.status_code, told in answer.content.decode()) == (413, True)
    assert_nothing_is_kept(media)


def test_a_members_form_that_is_refused_for_its_size_is_read_to_its_end_and_no_strangers(
    insider: Client, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["csrftoken"] = "a" * 32  # with one, the form is read to find its other half
    for client, left in ((insider, False), (stranger, True)):
        answer = send(client, *[(f"{number}.txt", RECORD * 5000) for number in range(3)])
        assert answer.status_code == 413
        assert bool(answer.wsgi_request.read()) == left


def assert_nothing_is_kept(media: Any) -> None:
    assert not Upload.objects.exists()
    assert not Job.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []
