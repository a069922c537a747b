"""Every page opens for who may see it, asks the database a fixed number of times, and shows text as text."""

import re

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents.domain.findings import FactField
from documents.models import Document, ExtractedText, Fact, Subject, Upload
from jobs.admin import reading
from jobs.models import Attempt, Budget, IntakeSource, Job
from patients.models import Patient
from pennie.accounts.models import Clinic, Membership
from tests.factories import (
    FactFactory,
    GapFactory,
    IntakeSourceFactory,
    MembershipFactory,
    SegmentationFactory,
    UploadFactory,
)
from tests.integration.admin.conftest import MAKERS, MARK, OPERATORS_MAKERS, address, make_upload, member_of, sign_in


def _count_queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.label)
def test_a_list_asks_as_often_for_nine_rows_as_for_three(model: type[Model], clinic: Clinic, insider: Client) -> None:
    for _ in range(3):
        MAKERS[model](clinic)
    path = address(model, "changelist")
    _count_queries(insider, path)  # content types are looked up once
    few = _count_queries(insider, path)
    for _ in range(6):
        MAKERS[model](clinic)
    assert _count_queries(insider, path) == few


@pytest.mark.parametrize("model", [Clinic, *OPERATORS_MAKERS], ids=lambda model: model._meta.label)
def test_the_operators_lists_and_forms_open(model: type[Model], clinic: Clinic, operator: Client) -> None:
    OPERATORS_MAKERS[model](clinic)
    assert operator.get(address(model, "changelist")).status_code == 200
    if operator.get(address(model, "add")).status_code != 200:
        assert model._meta.label == "axes.AccessAttempt"


@pytest.mark.parametrize("role", ["admin", "vet", "assistant"])
def test_every_page_of_a_record_opens_for_staff(role: str, clinic: Clinic) -> None:
    client = member_of(clinic, role=role)
    upload = make_upload(clinic)
    job = upload.jobs.get()
    for row in (upload, upload.documents.get(), upload.subjects.get(), upload.patient, job, job.attempts.get()):
        assert row is not None
        page = client.get(address(type(row), "change", row.pk))
        assert page.status_code == 200
    assert client.get(reverse("admin:index")).status_code == 200
    for model in (Upload, Patient):
        assert client.get(address(model, "add")).status_code == 200


def test_an_uploads_page_shows_each_line_once_beside_its_documents(clinic: Clinic, insider: Client) -> None:
    upload = UploadFactory(clinic=clinic, text="one\ntwo\n<script>alert(1)</script>\nfour\n")
    segmentation = SegmentationFactory(upload=upload, documents=[(1, 2), (4, 4)], noise_lines=[2])
    GapFactory(segmentation=segmentation, start_line=3, end_line=3, reason="staff")
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    answer = insider.get(address(Upload, "change", upload.pk))
    page = answer.content.decode()
    assert [page.count(f'data-line="{number}"') for number in range(1, 6)] == [1, 1, 1, 1, 0]
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "between documents: marked by staff" in page
    assert [passage.kind for passage in answer.context["reading"].passages] == ["document", "gap", "document"]


def test_a_title_that_was_made_is_said_to_be_made_wherever_it_stands(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    document = upload.documents.get()
    pages = (
        (address(Upload, "change", upload.pk), "made title"),
        (address(Document, "changelist"), "made title"),
        (address(Patient, "change", upload.patient_id), "made title"),
        (address(Document, "change", document.pk), "made of type and date"),
    )
    for title, printed, is_said in (
        ("Consultation note, 2024-03-05", False, True),
        ("Consultation note, 2024-03-05", True, False),
        ("Seen by Dr. Lund", False, False),  # staff called it so
    ):
        upload.documents.update(title=title, title_printed=printed, type="consult_note", date="2024-03-05")
        for path, said in pages:
            assert (said in insider.get(path).content.decode()) == is_said, (path, title)


def test_lines_that_were_hard_to_read_are_marked_and_the_warnings_stand_above(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    ExtractedText.objects.filter(upload=upload).update(
        confidence_runs=[[1, 96], [2, 41], [3, None]], warnings=["1 line on page 1 could not be read for certain."]
    )
    page = insider.get(address(Upload, "change", upload.pk)).content.decode()
    assert page.count("data-doubt=") == page.count('data-doubt="41"') == 1
    assert page.count("could not be read for certain") == 1
    assert "Underlined" in page
    ExtractedText.objects.filter(upload=upload).update(confidence_runs=None)
    assert "Underlined" not in insider.get(address(Upload, "change", upload.pk)).content.decode()


def test_what_the_current_run_remarks_is_told_once_beside_the_files_own_warnings(
    clinic: Clinic, insider: Client
) -> None:
    upload = make_upload(clinic)
    ExtractedText.objects.filter(upload=upload).update(warnings=["Page 2 was not read."])
    assert upload.current_segmentation is not None
    upload.current_segmentation.warnings = ["Page 2 was not read.", "the name <b> is not that of the patient"]
    upload.current_segmentation.save(update_fields=["warnings"])
    page = insider.get(address(Upload, "change", upload.pk)).content.decode()
    assert page.count("Page 2 was not read.") == 1
    assert page.count("the name &lt;b&gt; is not that of the patient") == 1
    assert "1 remark of the analysis" in page


def test_each_file_in_an_upload_is_named_where_it_begins(clinic: Clinic, insider: Client) -> None:
    upload = UploadFactory(clinic=clinic, text="\n".join(f"line {n}" for n in range(1, 9)))
    segmentation = SegmentationFactory(upload=upload, documents=[(1, 2), (3, 4), (5, 8)])
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    answer = insider.get(address(Upload, "change", upload.pk))
    assert [entry.file for entry in answer.context["reading"].entries] == ["", "", ""]
    assert "pennie-file" not in answer.content.decode()
    parts = [("letter.docx", "word", 1), ("<i>.pdf", "pdf", 5), ("scan.png", "image", 7)]
    ExtractedText.objects.filter(upload=upload).update(
        parts=[{"name": name, "kind": kind, "first_line": line} for name, kind, line in parts]
    )
    answer = insider.get(address(Upload, "change", upload.pk))
    assert [entry.file for entry in answer.context["reading"].entries] == ["letter.docx", "", "<i>.pdf"]
    passages = answer.context["reading"].passages
    assert [passage.file for passage in passages] == ["letter.docx", "", "<i>.pdf"]
    page = answer.content.decode()
    assert page.count('<div class="pennie-file">&lt;i&gt;.pdf</div>') == 1
    assert page.count('<div class="pennie-file">scan.png</div><div id="L7"') == 1


def test_a_long_text_is_shown_in_parts(clinic: Clinic, insider: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LINES_AT_ONCE", 10)
    upload = make_upload(clinic)
    ExtractedText.objects.filter(upload=upload).update(text="\n".join(f"line {n}" for n in range(1, 26)))
    for asked, first, last in (("", 1, 10), ("?line=10", 1, 10), ("?line=11", 11, 20), ("?line=999", 21, 25)):
        shown = insider.get(address(Upload, "change", upload.pk) + asked).context["reading"]
        assert (shown.first, shown.last) == (first, last)
    for odd in ("?line=x", "?line=-1", "?line=0", "?line=٣", "?line=" + "9" * 30):
        assert insider.get(address(Upload, "change", upload.pk) + odd).context["reading"].first == 1


@pytest.mark.parametrize("purged_at", [None, "2024-01-01T00:00Z"])
def test_an_upload_without_text_has_a_page(purged_at: str | None, clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    ExtractedText.objects.filter(upload=upload).delete()
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=None, archived_at=purged_at, purged_at=purged_at)
    assert insider.get(address(Upload, "change", upload.pk)).status_code == 200


def test_what_was_sent_to_the_model_is_shown_on_the_calls_own_page_only(clinic: Clinic, insider: Client) -> None:
    job = make_upload(clinic).jobs.get()
    attempt = job.attempts.get()
    Attempt.objects.filter(pk=attempt.pk).update(request="Words of the record", answer="Words of the answer")
    own = insider.get(address(Attempt, "change", attempt.pk)).content.decode()
    assert "Words of the record" in own
    assert "Words of the answer" in own
    for path in (address(Attempt, "changelist"), address(Job, "change", job.pk)):
        assert "Words of" not in insider.get(path).content.decode()


def test_what_is_archived_leaves_the_lists_until_it_is_asked_for(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    Upload.objects.filter(pk=upload.pk).update(archived_at="2024-01-01T00:00Z")
    for model, row in ((Upload, upload), (Document, upload.documents.get())):
        for query, seen in (("", []), ("?archive=only", [row.pk]), ("?archive=all", [row.pk])):
            shown = insider.get(address(model, "changelist") + query).context["cl"].result_list
            assert [each.pk for each in shown] == seen


def test_documents_of_a_run_that_is_not_current_are_not_listed(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    SegmentationFactory(upload=upload)
    shown = insider.get(address(Document, "changelist")).context["cl"].result_list
    assert [each.segmentation_id for each in shown] == [upload.current_segmentation_id]


def test_whoever_works_in_two_clinics_sees_one_at_a_time(clinic: Clinic, other_clinic: Clinic) -> None:
    user = MembershipFactory(clinic=clinic).user
    MembershipFactory(clinic=other_clinic, user=user)
    client = sign_in(user)
    upload = make_upload(clinic)
    for chosen, status in ((clinic, 200), (other_clinic, 302), (clinic, 200)):
        client.post(reverse("switch_clinic"), {"clinic": str(chosen.pk)})
        assert client.get(address(Upload, "change", upload.pk)).status_code == status
        assert (MARK in client.get(address(Upload, "changelist")).content.decode()) == (status == 200)


@pytest.mark.parametrize("said", ["", "no-id", "0198c0de-0000-7000-8000-000000000000"])
def test_a_clinic_that_is_not_ones_own_cannot_be_chosen(said: str, clinic: Clinic, stranger: Client) -> None:
    upload = make_upload(clinic)
    for wanted in (said, str(clinic.pk)):
        assert stranger.post(reverse("switch_clinic"), {"clinic": wanted}).status_code == 302
    assert stranger.get(reverse("switch_clinic")).status_code == 405
    assert stranger.get(address(Upload, "change", upload.pk)).status_code == 302


def test_odd_input_is_no_defect(insider: Client, clinic: Clinic) -> None:
    make_upload(clinic)
    for model in MAKERS:
        for query in ("?q=%00", "?p=x", "?o=99.-1", "?e=1", "?review=%00", "?archive=odd", "?letters=odd"):
            assert insider.get(address(model, "changelist") + query).status_code in (200, 302)
        assert insider.get(address(model, "change", "no-id")).status_code == 302
    asked = {"app_label": "documents", "model_name": "upload", "field_name": "patient", "term": "\x00"}
    assert insider.get(reverse("admin:autocomplete"), asked).status_code == 200


def test_a_jobs_page_tells_how_far_it_is_while_it_is_at_work(clinic: Clinic, insider: Client) -> None:
    job = make_upload(clinic).jobs.get()
    assert "data-look-again" not in insider.get(address(Job, "change", job.pk)).content.decode()
    Job.objects.filter(pk=job.pk).update(state="parked", parked_for="over_budget", windows_total=4, windows_done=1)
    page = insider.get(address(Job, "change", job.pk)).content.decode()
    assert "data-look-again" in page
    assert "waiting for budget: 1 of 4 parts of the text" in " ".join(page.split())


def test_an_uploads_page_tells_at_its_head_how_its_newest_job_stands(clinic: Clinic, insider: Client) -> None:
    page = insider.get(address(Upload, "change", make_upload(clinic).pk)).content.decode()
    assert '<span class="pennie-label pennie-label-danger">failed for good</span>' in page.split("pennie-reader")[0]


def test_a_job_names_its_engine_as_the_form_does(clinic: Clinic, insider: Client) -> None:
    job = make_upload(clinic).jobs.get()
    Job.objects.filter(pk=job.pk).update(engine="openai")
    for path in (address(Job, "change", job.pk), address(Job, "changelist")):
        assert ">model<" in "".join(insider.get(path).content.decode().split())


def test_moments_are_written_as_the_records_facts_are(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    Upload.objects.filter(pk=upload.pk).update(received_at="2031-02-03T14:05Z")
    for path in (address(Upload, "changelist"), address(Upload, "change", upload.pk)):
        assert "2031-02-03 14:05" in insider.get(path).content.decode()


def test_the_lists_of_people_and_animals_are_headed_as_the_sidebar_names_them(insider: Client) -> None:
    for model, word in ((Subject, "Matches"), (Membership, "Members")):
        page = insider.get(address(model, "changelist")).content.decode()
        assert page.count(f">{word}<") + page.count(f"{word}\n") >= 2


def test_a_patients_facts_stand_in_the_order_of_the_fields_with_the_words_of_the_value_set_off(
    clinic: Clinic, insider: Client
) -> None:
    upload = make_upload(clinic)
    subject, patient = upload.subjects.get(), upload.patient
    assert patient is not None
    Fact.objects.filter(subject=subject).delete()
    told: list[tuple[FactField, object, str, str]] = [
        ("body_condition", 6, "6/9", "BCS 6/9"),
        ("weight", 4.1, "4.1 kg", "Weight 4.1 kg, was 4.1 kg"),
        ("name", "Luna", "Luna", "Luna"),
    ]
    for field, value, raw, quote in told:
        FactFactory(subject=subject, patient=patient, field=field, value=value, raw=raw, quote=quote)
    rows = insider.get(address(Patient, "change", patient.pk)).context["facts"]["rows"]
    words = {"name": "name", "weight": "weight", "body_condition": "body condition"}
    assert [words[field] in str(row[0]) for field, row in zip(words, rows, strict=True)] == [True] * 3
    assert "BCS <b>6/9</b>" in str(rows[2][3])
    assert str(rows[1][3]).endswith('<b class="pennie-quote">4.1 kg</b>')  # of two places nobody knows which
    assert "<b" not in str(rows[0][3])


@pytest.mark.parametrize(
    ("title", "detail", "told"),
    [
        ("The model is away", "It goes on by itself.", "The model is away. It goes on by itself."),
        ("The file is encrypted", "The file is encrypted. Save it.", "The file is encrypted. Save it."),
    ],
)
def test_why_a_job_failed_or_waits_is_told_once_on_its_page_and_its_uploads(
    title: str, detail: str, told: str, clinic: Clinic, insider: Client
) -> None:
    upload = make_upload(clinic)
    job = upload.jobs.get()
    for row in (upload, job):
        assert told not in insider.get(address(type(row), "change", row.pk)).content.decode()
    Job.objects.filter(pk=job.pk).update(state="parked", problem={"code": "x", "title": title, "detail": detail})
    for row in (upload, job):
        page = insider.get(address(type(row), "change", row.pk)).content.decode()
        assert (page.count(told), page.count(title)) == (1, 1)


def test_no_page_for_staff_has_a_word_that_only_the_machinery_uses(clinic: Clinic, insider: Client) -> None:
    upload = make_upload(clinic)
    job = upload.jobs.get()
    jargon = re.compile(r"dead letter|\bparked\b|\bwindows?\b", re.IGNORECASE)
    markup = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
    paths = [reverse("admin:index"), address(Upload, "add"), address(Budget, "changelist"), address(Budget, "add")]
    for row in (upload, job, job.attempts.get()):
        paths += [address(type(row), "changelist"), address(type(row), "change", row.pk)]
    for state, reason in (("failed", ""), ("parked", "over_budget"), ("processing", "")):
        Job.objects.filter(pk=job.pk).update(
            state=state, parked_for=reason, windows_total=4, lease_until=timezone.now(), stage="asking"
        )
        for path in paths:
            words = markup.sub(" ", insider.get(path).content.decode())
            assert not jargon.findall(words), (path, state)


@pytest.mark.parametrize(("trouble", "is_told"), [("unmounted", True), ("use_limit", False), ("", False)])
def test_a_place_of_intake_in_trouble_is_told_with_the_cure(clinic: Clinic, trouble: str, is_told: bool) -> None:
    client = member_of(clinic, role="assistant")
    source = IntakeSourceFactory(clinic=clinic, trouble=trouble, refused=1, refused_for="too_large")
    assert ("scanners, mailboxes in trouble" in client.get("/admin/").content.decode()) is is_told
    page = client.get(address(IntakeSource, "change", source.pk)).content.decode()
    assert ("Mount it" in page) is is_told
    assert "too_large" in page
