"""Sending files in by API: what is taken, what is refused, and that of what is refused nothing is left."""

import io
import json
import tempfile
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from documents.models import ExtractedText, Upload
from jobs.models import Job, JobEvent, Outbox
from jobs.operations import submitting
from tests.conftest import client_of
from tests.factories import (
    AttemptFactory,
    JobFactory,
    PatientFactory,
    UploadFactory,
    WindowCheckpointFactory,
    principal_at,
)
from tests.integration.test_extraction_files import unfolding_pdf
from tests.unit.extraction.drawing import draw, draw_lines, draw_picture
from tests.unit.extraction.mail import write_mail
from tests.unit.extraction.office import paragraph, write_word, write_zip
from tests.unit.extraction.scans import draw_page, needs_tesseract, save, save_fax

UPLOADS = "/api/v1/uploads/"
RECORD = "Registration\nName: Juniper\n\nVisit note\nSeen for a cough.\n"


def send(client: Any, content: bytes | str = RECORD, *, name: str = "record.txt", **fields: Any) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    headers = fields.pop("headers", None)
    return client.post(
        UPLOADS, {"file": SimpleUploadedFile(name, raw), **fields}, format="multipart", headers=headers or {}
    )


def assert_nothing_is_stored(media: Path) -> None:
    assert not Upload.objects.exists()
    assert not ExtractedText.objects.exists()
    assert not Job.objects.exists()
    assert not Outbox.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.fixture
def refusing(api, media, tmp_path, monkeypatch):
    """A client whose requests are all refused; nothing of them is left after, in the database or on disk."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield api
    assert_nothing_is_stored(media)
    assert list(scratch.iterdir()) == []


def assert_refused(answer: Any, *, code: str, status: int, pointer: str | None = None) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(answer.content)
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    if pointer is not None:
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
    return problem


def test_a_file_is_taken_with_what_its_sender_knows(api, clinic, media):
    patient = PatientFactory(clinic=clinic)
    answer = send(
        api,
        patient=str(patient.pk),
        external_id="R-17",
        metadata=json.dumps({"branch": "north", "tags": ["ä", 1.5, None]}),
        priority="urgent",
        engine="rules",
    )
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["Location"] == told["job"]["links"]["self"] == f"/api/v1/jobs/{told['job']['id']}/"
    upload = Upload.objects.get()
    assert told["upload"]["id"] == told["job"]["upload"] == str(upload.pk)
    assert (told["upload"]["name"], told["upload"]["external_id"]) == ("record.txt", "R-17")
    assert told["upload"]["metadata"] == {"branch": "north", "tags": ["ä", 1.5, None]}
    assert (upload.patient, upload.clinic) == (patient, clinic)
    with upload.content.open() as kept:
        assert kept.read() == RECORD.encode()
    job = Job.objects.get()
    assert (job.state, job.priority, job.engine) == ("pending", "urgent", "rules")
    assert Outbox.objects.get().job == job
    assert api.get(answer.headers["Location"]).json()["state"] == "pending"
    assert api.get(told["upload"]["links"]["self"]).status_code == 200


def test_a_patient_may_be_named_by_the_practice_s_own_id(api, clinic):
    patient = PatientFactory(clinic=clinic, external_id="P-4")
    assert send(api, patient_external_id="P-4").status_code == 202
    assert Upload.objects.get().patient == patient


def test_fields_that_a_form_leaves_blank_are_as_if_not_sent(api):
    answer = send(api, patient="", patient_external_id="", external_id="")
    assert answer.status_code == 202
    assert Upload.objects.get().patient is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("record.pdf", draw_lines(["Patient: Juniper", "Weight 4.1 kg"])),
        ("letter.eml", write_mail().as_bytes()),
        ("letter.docx", write_word(paragraph("Patient: Juniper"))),
        ("page.html", b"<html><p>Patient: Juniper"),
        ("record.zip", write_zip({"record.txt": RECORD})),
        pytest.param("scan.png", save(draw_page(), "PNG"), marks=needs_tesseract),
        pytest.param("fax.tif", save_fax([draw_page()]), marks=needs_tesseract),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_that_can_be_read_is_taken(api, name, content):
    answer = send(api, content, name=name)
    assert answer.status_code == 202
    text = api.get(answer.json()["upload"]["links"]["text"]).json()
    assert any("Juniper" in line["text"] or "Luna" in line["text"] for line in text["lines"])


@needs_tesseract
def test_a_scan_that_takes_longer_than_a_sender_can_wait_is_taken_and_left_to_its_job(api):
    answer = send(api, save_fax([draw_page(RECORD.split()[:3])] * 40), name="fax.tif")
    assert answer.status_code == 202
    assert (Upload.objects.get().line_count, ExtractedText.objects.count()) == (None, 0)


def test_a_scan_is_refused_with_the_cure_where_there_is_no_tesseract_and_nothing_is_kept(refusing, settings):
    settings.TESSERACT = "/no/such/tesseract"
    problem = assert_refused(
        send(refusing, save(draw_page(), "PNG"), name="scan.png"), code="ocr_unavailable", status=422
    )
    assert "apt-get install tesseract-ocr" in problem["detail"]


def test_the_same_file_sent_again_is_the_same_upload(api, clinic):
    first = send(api, external_id="R-17").json()
    again = send(client_of(clinic), name="copy.txt", external_id="R-17")
    assert again.status_code == 200
    assert again.json()["upload"]["id"] == first["upload"]["id"]
    assert again.json()["job"]["id"] == first["job"]["id"]
    assert again.headers["Location"] == f"/api/v1/jobs/{first['job']['id']}/"
    assert (Upload.objects.count(), Job.objects.count(), Outbox.objects.count()) == (1, 1, 1)


def test_the_same_file_of_another_clinic_is_another_upload(api, outsider):
    mine, theirs = send(api).json(), send(outsider).json()
    assert mine["upload"]["id"] != theirs["upload"]["id"]
    assert outsider.get(mine["upload"]["links"]["self"]).status_code == 404
    assert outsider.get(mine["job"]["links"]["self"]).status_code == 404


def test_an_archived_upload_that_is_sent_again_is_restored(api):
    upload = send(api).json()["upload"]
    assert api.delete(upload["links"]["self"]).status_code == 204
    again = send(api)
    assert (again.status_code, again.json()["upload"]["archived_at"]) == (200, None)


def test_the_same_file_with_other_data_is_a_conflict(api, clinic):
    upload = send(api, external_id="R-17").json()["upload"]
    for fields in ({"external_id": "R-18"}, {"patient": str(PatientFactory(clinic=clinic).pk)}):
        problem = assert_refused(send(api, **fields), code="upload_exists_differently", status=409)
        assert problem["upload"] == upload["id"]
    assert (Upload.objects.count(), Job.objects.count()) == (1, 1)


def test_an_external_id_names_one_file(api, media):
    send(api, external_id="R-17")
    assert_refused(send(api, RECORD + "more\n", external_id="R-17"), code="external_id_taken", status=409)
    assert (Upload.objects.count(), Job.objects.count()) == (1, 1)
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("name", "content", "code", "status"),
    [
        ("empty.txt", b"", "empty_file", 422),
        ("blank.txt", b" \n\x0c\n ", "no_text", 422),
        ("scan.pdf", draw(draw_picture), "no_text" if which("tesseract") else "ocr_unavailable", 422),
        ("locked.pdf", draw(draw_picture, password="secret"), "encrypted", 422),
        ("torn.pdf", draw_lines([RECORD])[:300], "corrupt", 422),
        ("letter.rtf", b"{\\rtf1 Luna}", "unsupported_kind", 415),
        ("letter.docx", b"PK\x03\x04" + bytes(100), "corrupt", 422),
        ("record.zip", write_zip({"../record.txt": RECORD}), "unsafe_archive", 422),
        ("record.zip", write_zip({"a.txt": "0" * 2_000_000}), "too_large", 413),
        ("record.pdf", RECORD.encode(), "extension_mismatch", 415),
        ("record.txt", draw_lines(["words"]), "extension_mismatch", 415),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(refusing, name, content, code, status):
    problem = assert_refused(send(refusing, content, name=f"juniper-{name}"), code=code, status=status)
    assert "juniper" not in str(problem)


@pytest.mark.parametrize(
    ("limit", "value", "name", "content", "code"),
    [
        ("UPLOAD_MAX_BYTES", 20, "record.txt", RECORD.encode(), "too_large"),
        ("UPLOAD_MAX_PAGES", 2, "record.pdf", draw_lines(["a", "b", "c"], per_page=1), "too_many_pages"),
        ("EMAIL_MAX_PARTS", 0, "letter.eml", write_mail().as_bytes(), "too_many_parts"),
    ],
)
def test_a_file_beyond_a_limit_is_refused(refusing, settings, limit, value, name, content, code):
    setattr(settings, limit, value)
    assert_refused(send(refusing, content, name=name), code=code, status=413)


def test_an_email_that_is_nested_too_deeply_is_refused(refusing, settings):
    settings.EMAIL_MAX_DEPTH = 1
    message = write_mail()
    for _ in range(3):
        outer = write_mail()
        outer.add_attachment(message)
        message = outer
    assert_refused(send(refusing, message.as_bytes(), name="letter.eml"), code="too_deep", status=413)


def test_a_file_that_would_take_all_memory_is_refused(refusing, settings):
    settings.EXTRACTION_MEMORY_BYTES = 200 * 1024**2
    answer = send(refusing, unfolding_pdf(2 * 10**8), name="record.pdf")
    code = answer.json()["code"]
    assert code in ("too_much_memory", "parser_crashed", "no_text")  # as memory runs out here or there
    assert_refused(answer, code=code, status=422)


def test_a_file_that_takes_longer_than_its_sender_can_wait_is_left_to_its_job(api, monkeypatch):
    monkeypatch.setattr(submitting, "WAIT_SECONDS", 0.001)
    answer = send(api, draw_lines(["Patient: Juniper"] * 200), name="record.pdf")
    assert (answer.status_code, answer.json()["upload"]["line_count"]) == (202, None)
    assert not ExtractedText.objects.exists()


def test_a_body_that_says_it_is_too_large_is_not_read(refusing, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    body = _Body(b"", most=0)
    answer = _post(refusing, body, length=1000 + 1024 * 1024 + 1)
    assert_refused(answer, code="too_large", status=413)
    assert body.read_bytes == 0


def test_a_file_that_proves_too_large_is_not_read_to_its_end(refusing, settings):
    settings.UPLOAD_MAX_BYTES = 100_000
    whole = _multipart(file=("record.txt", b"x" * 1_000_000))
    body = _Body(whole, most=len(whole))
    assert_refused(_post(refusing, body, length=len(whole)), code="too_large", status=413)
    assert body.read_bytes < 300_000


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_upload_that_breaks_off_is_refused(refusing, share):
    whole = _multipart(file=("record.txt", RECORD.encode() * 5000), external_id="R-17")
    cut = _Body(whole[: int(len(whole) * share)], most=len(whole))
    assert_refused(_post(refusing, cut, length=len(whole)), code="interrupted", status=400)


def test_a_connection_that_breaks_leaves_nothing(refusing):
    whole = _multipart(file=("record.txt", RECORD.encode() * 50_000))
    broken = _Body(whole, most=100_000, then=OSError("reset"))
    assert_refused(_post(refusing, broken, length=len(whole)), code="interrupted", status=400)


def test_a_body_of_untold_length_is_refused(refusing):
    answer = _post(refusing, _Body(b"", most=0), length=None, HTTP_TRANSFER_ENCODING="chunked")
    assert_refused(answer, code="length_required", status=411)


def test_a_request_without_a_file_is_told_where_it_belongs(refusing):
    for body in ({"external_id": "R-17"}, {"file": "words"}, {}):
        answer = refusing.post(UPLOADS, body, format="multipart")
        problem = assert_refused(answer, code="invalid", status=400, pointer="/file")
    assert "named file" in problem["detail"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/.."])
def test_a_file_without_a_name_is_no_file(refusing, name):
    whole = _multipart(file=(name, RECORD.encode()))
    assert_refused(_post(refusing, _Body(whole, most=len(whole)), length=len(whole)), code="invalid", status=400)


def test_several_files_are_refused(refusing):
    files = [SimpleUploadedFile(name, RECORD.encode()) for name in ("a.txt", "b.txt")]
    assert_refused(refusing.post(UPLOADS, {"file": files}, format="multipart"), code="several_files", status=422)


def test_a_file_in_another_field_is_refused(refusing):
    body = {"document": SimpleUploadedFile("a.txt", RECORD.encode())}
    assert_refused(refusing.post(UPLOADS, body, format="multipart"), code="unexpected_field", status=422)


def test_another_kind_of_body_is_refused(refusing):
    answer = refusing.post(UPLOADS, {"file": "x"}, format="json")
    problem = assert_refused(answer, code="unsupported_media_type", status=415)
    assert "application/json" in problem["detail"]
    answer = refusing.generic("POST", UPLOADS, RECORD, content_type="text/plain")
    assert_refused(answer, code="unsupported_media_type", status=415)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("multipart/form-data", b"x", "parse_error"),
        ("multipart/form-data; boundary=", b"x", "parse_error"),
        ("multipart/form-data; boundary=\xff", b"x", "parse_error"),
        ("multipart/form-data; boundary=b", b"no part at all", "invalid"),
        ("multipart/form-data; boundary=b", b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n", "invalid"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!!!!\r\n--b--\r\n",
            "empty_file",
        ),
    ],
)
def test_a_broken_body_is_refused(refusing, content_type, body, code):
    answer = refusing.generic("POST", UPLOADS, body, content_type=content_type)
    assert_refused(answer, code=code, status=422 if code == "empty_file" else 400)


def test_fields_that_are_too_large_are_refused(refusing):
    assert_refused(send(refusing, external_id="x" * 1_100_000), code="fields_too_large", status=413)
    many = {f"field{number}": "x" for number in range(1100)}
    assert_refused(send(refusing, **many), code="fields_too_large", status=413)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient", "not-a-uuid"),
        ("external_id", "x" * 201),
        ("external_id", "a\x00b"),
        ("engine", "magic"),
        ("engine", "openai"),  # there is no key
        ("priority", "soon"),
        ("metadata", "{"),
        ("metadata", "[1]"),
        ("metadata", '"words"'),
        ("metadata", '{"a": NaN}'),
        ("metadata", '{"a": 1e999}'),
        ("metadata", '{"a": "\\u0000"}'),
        ("metadata", '{"a": "\\ud800"}'),
        ("metadata", json.dumps({"a": "x" * 16_384})),
        ("metadata", "[" * 16_000),
        ("metadata", '{"a":' * 2_500 + "1" + "}" * 2_500),
        ("metadata", '{"a":' * 900 + "1" + "}" * 900),  # can be read here, but not written again deeper in the stack
        ("metadata", '{"a":' * 33 + "1" + "}" * 33),
    ],
)
def test_a_field_that_means_nothing_is_named(refusing, field, value):
    assert_refused(send(refusing, **{field: value}), code="invalid", status=400, pointer=f"/{field}")


def test_words_that_look_like_an_escape_are_kept(api):
    said = {"path": "C:\\u0000", "quote": '"\\'}
    assert send(api, metadata=json.dumps(said)).json()["upload"]["metadata"] == said


def test_a_patient_that_is_not_the_clinic_s_is_refused(refusing, clinic, other_clinic):
    foreign = PatientFactory(clinic=other_clinic, external_id="P-4")
    archived = PatientFactory(clinic=clinic, archived_at=timezone.now())
    for fields in ({"patient": foreign.pk}, {"patient": archived.pk}, {"patient_external_id": "P-4"}):
        (field,) = fields
        problem = assert_refused(send(refusing, **fields), code="unknown_patient", status=422)
        assert problem["pointer"] == f"/{field}"
        assert "POST /api/v1/patients/" in problem["detail"]
    answer = send(refusing, patient=str(archived.pk), patient_external_id="P-4")
    assert_refused(answer, code="invalid", status=400, pointer="/patient")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/pass.txt", "pass.txt"),
        ("C:\\Users\\kim\\notes.txt", "notes.txt"),
        ("a\x01b\u202etxt.exe\u202c.txt", "abtxt.exe.txt"),
        ("&#47;etc&#47;notes.txt", "notes.txt"),
        ("Jüniper ✓.txt", "Jüniper ✓.txt"),
    ],
)
def test_a_file_s_name_is_kept_without_what_harms(api, media, said, kept):
    whole = _multipart(file=(said, RECORD.encode()))
    answer = _post(api, _Body(whole, most=len(whole)), length=len(whole))
    assert answer.status_code == 202
    assert json.loads(answer.content)["upload"]["name"] == kept
    (path,) = [path for path in media.rglob("*") if path.is_file()]
    assert path.is_relative_to(media)
    assert kept.partition(".")[0] not in str(path.relative_to(media))


def test_a_name_of_great_length_is_kept_shorter(api):
    name = send(api, name="é" * 240 + ".txt").json()["upload"]["name"]
    assert name.startswith("ééé")
    assert name.endswith("é.txt")
    assert len(name) <= 200


def test_a_name_that_is_not_utf_8_is_refused_with_the_cure(refusing):
    whole = _multipart(file=("NAME.txt", RECORD.encode())).replace(b"NAME", b"caf\xe9")
    answer = _post(refusing, _Body(whole, most=len(whole)), length=len(whole))
    problem = assert_refused(answer, code="invalid", status=400, pointer="/file")
    assert "UTF-8" in problem["detail"]


def test_a_request_sent_again_with_its_key_is_done_once(api):
    headers = {"Idempotency-Key": "7f1c7e4e"}
    first, again = (send(api, external_id="R-17", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    problem = send(api, RECORD + "more\n", external_id="R-17", headers=headers)
    assert_refused(problem, code="idempotency_key_reused", status=422)
    assert Upload.objects.count() == 1


def test_a_refusal_sent_again_with_its_key_is_refused_alike(refusing):
    headers = {"Idempotency-Key": "7f1c7e4e"}
    for _ in range(2):
        assert_refused(send(refusing, b"", headers=headers), code="empty_file", status=422)


def test_who_may_not_send_is_refused(refusing, clinic):
    assert_refused(send(client_of(clinic, scopes=["uploads:read"])), code="permission_denied", status=403)
    refusing.credentials(HTTP_AUTHORIZATION="")
    assert_refused(send(refusing), code="not_authenticated", status=401)


@pytest.fixture
def browser(clinic):
    """A person at the admin, whose session the pages of the documentation use."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(principal_at(clinic).user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["csrftoken"] = "a" * 32
    return client


def test_a_session_sends_files_by_the_same_rules(browser, settings, media):
    token = {"X-CSRFToken": "a" * 32}
    assert_refused(browser.post(UPLOADS, {"file": _named("a.txt")}), code="permission_denied", status=403)
    settings.UPLOAD_MAX_BYTES = 20
    assert_refused(browser.post(UPLOADS, {"file": _named("a.txt")}, headers=token), code="too_large", status=413)
    broken = browser.generic("POST", UPLOADS, b"x", content_type="multipart/form-data; boundary=", headers=token)
    assert_refused(broken, code="parse_error", status=400)
    assert_nothing_is_stored(media)
    settings.UPLOAD_MAX_BYTES = 2000
    assert browser.post(UPLOADS, {"file": _named("a.txt")}, headers=token).status_code == 202


def test_an_upload_is_analysed_again(api, clinic):
    upload = UploadFactory(clinic=clinic)
    JobFactory(upload=upload, state="completed")
    answer = api.post(f"{UPLOADS}{upload.pk}/analyses/", {"engine": "rules", "priority": "bulk"})
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["Location"] == told["links"]["self"]
    assert (told["state"], told["engine"], told["priority"]) == ("pending", "rules", "bulk")
    assert JobEvent.objects.get(job_id=told["id"]).after == "pending"
    assert api.post(f"{UPLOADS}{upload.pk}/analyses/").json()["id"] == told["id"]  # it is joined
    assert Job.objects.filter(upload=upload).count() == 2


@pytest.mark.parametrize("body", [{"engine": "magic"}, {"engine": "openai"}, {"priority": 1}, [1]])
def test_an_upload_is_not_analysed_in_a_way_that_there_is_not(api, clinic, body):
    upload = UploadFactory(clinic=clinic)
    assert_refused(api.post(f"{UPLOADS}{upload.pk}/analyses/", body), code="invalid", status=400)
    assert not Job.objects.exists()


def test_an_upload_is_purged_once_it_is_archived_and_nobody_works_on_it(
    api, clinic, media, django_capture_on_commit_callbacks
):
    upload = UploadFactory(clinic=clinic)
    job = JobFactory(upload=upload)
    attempt = AttemptFactory(job=job, answer="{}")
    WindowCheckpointFactory(upload=upload)
    purge = f"{UPLOADS}{upload.pk}/purge/"
    assert_refused(api.post(purge), code="upload_in_work", status=409)
    Job.objects.filter(pk=job.pk).update(state="cancelled")
    assert_refused(api.post(purge), code="not_archived", status=409)
    attempt.refresh_from_db()
    assert attempt.request
    api.delete(f"{UPLOADS}{upload.pk}/")
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(purge).status_code == 204
    attempt.refresh_from_db()
    assert (attempt.request, attempt.answer) == ("", "")
    assert not ExtractedText.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert api.get(f"{UPLOADS}{upload.pk}/").status_code == 404
    assert api.get(f"/api/v1/jobs/{job.pk}/attempts/{attempt.number}/").json()["request"] == ""


def test_only_who_may_purge_purges(clinic):
    upload = UploadFactory(clinic=clinic)
    writer = client_of(clinic, scopes=["uploads:read", "uploads:write", "jobs:write"])
    problem = assert_refused(writer.post(f"{UPLOADS}{upload.pk}/purge/"), code="permission_denied", status=403)
    assert "uploads:purge" in problem["detail"]


def test_another_clinic_s_upload_is_not_there(outsider, clinic):
    upload = UploadFactory(clinic=clinic)
    for action in ("analyses", "purge"):
        assert_refused(outsider.post(f"{UPLOADS}{upload.pk}/{action}/"), code="not_found", status=404)
    assert not Job.objects.exists()
    upload.refresh_from_db()
    assert upload.purged_at is None


def _named(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, RECORD.encode())


def _multipart(*, file: tuple[str, bytes], **fields: str) -> bytes:
    """A body as a client sends it, its file first, names as they are given."""
    name, content = file
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain'
    parts = [head.encode() + b"\r\n\r\n" + content]
    parts += [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{said}'.encode() for key, said in fields.items()]
    return b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"


class _Body(io.BytesIO):
    """What a server reads of a connection: at most `most` bytes, `then` an end or an error."""

    def __init__(self, content: bytes, *, most: int, then: Exception | None = None) -> None:
        super().__init__(content[:most])
        self._then = then
        self.read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        if not data and self._then is not None:
            raise self._then
        return data


def _post(client: Any, body: _Body, *, length: int | None, **environ: Any) -> Any:
    """With that length told, whatever the body has."""
    said = {} if length is None else {"CONTENT_LENGTH": str(length)}
    return client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=UPLOADS,
        CONTENT_TYPE="multipart/form-data; boundary=edge",
        **{"wsgi.input": body},
        **said,
        **environ,
    )
