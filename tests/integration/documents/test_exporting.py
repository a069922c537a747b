"""`manage.py export_labelled`: what staff decided becomes labelled records, of one clinic, for its administrator."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from documents.models import Document, Segmentation, Upload
from documents.operations.correcting import confirm
from pennie.accounts.models import Clinic
from tests.factories import (
    DocumentFactory,
    FactFactory,
    GapFactory,
    MembershipFactory,
    OwnerFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    principal_at,
)

TEXT = (
    "Harbor Vets  fax 555-0142\n"
    "Registration\nName: JUNIPER  Owner: Marta Kestrel\nPhone 555-0163  marta.kestrel@example.org\n"
    "Chip 985 112 004 771 306\n\n"
    "Visit note for Juniper\nSeen 2019-03-14. Weight: 12 kg\nMs. Kestrel called. Juniper's ear is better.\n\n"
)
FACTS: list[tuple[int, str, Any, dict[str, Any]]] = [
    (3, "name", "JUNIPER", {}),
    (3, "owner", "Marta Kestrel", {}),
    (4, "owner_phone", "5550163", {}),
    (4, "owner_email", "marta.kestrel@example.org", {}),
    (5, "microchip", "985112004771306", {}),
    (8, "weight", 12, {"unit": "kg", "kg": 12.0, "date": "2019-03-14"}),
    (9, "vaccine", "Rabies", {"parts": {"product": "Rabies", "against": "rabies", "due": "2020-03-14"}}),
    (9, "lab_value", "ALT 55 U/L", {"parts": {"analyte": "ALT", "result": "55", "number": 55.0, "unit": "U/L"}}),
    (9, "temperature", 38.5, {"unit": "C", "also": [8]}),
    (9, "body_condition", 5, {"unit": "/9"}),
]
FACT_KEYS = ("field", "value", "unit", "date", "line", "also", "flags", "parts")
SECRETS = ("juniper", "marta", "kestrel", "555-0163", "5550163", "marta.kestrel@example.org", "985112004771306")
NOW = datetime(2024, 3, 5, tzinfo=UTC)


def make_upload(clinic: Clinic, *, text: str = TEXT, status: str = "confirmed") -> Upload:
    owner = OwnerFactory(clinic=clinic, name="Marta Kestrel", address="7 Quayside Lane, Tamsin 40721")
    patient = PatientFactory(clinic=clinic, name="Juniper", owner=owner, status=status)
    with transaction.atomic():  # it covers every line only once all is made
        upload: Upload = UploadFactory(clinic=clinic, text=text)
        segmentation: Segmentation = SegmentationFactory(upload=upload, documents=())
        subject = SubjectFactory(segmentation=segmentation, name="Juniper", patient=patient, state="matched")
        GapFactory(segmentation=segmentation, start_line=1, end_line=1, reason="fax_cover")
        for start, end, title, kind in [(2, 6, "Registration", "registration"), (7, 10, "Visit note", "consult_note")]:
            DocumentFactory(
                segmentation=segmentation,
                start_line=start,
                end_line=end,
                title=title,
                type=kind,
                subject=subject,
                patient=patient,
            )
        for line, field, value, more in FACTS:
            FactFactory(subject=subject, line=line, field=field, value=value, raw=str(value), quote="x", **more)
        upload.current_segmentation = segmentation
        upload.save()
    return upload


def confirm_all(upload: Upload) -> None:
    principal = principal_at(upload.clinic)
    for document in Document.objects.filter(upload=upload):
        confirm(principal=principal, document_id=document.pk, now=NOW)


@pytest.fixture
def administrator(clinic: Clinic) -> str:
    email: str = MembershipFactory(clinic=clinic, role="admin").user.email
    return email


@pytest.fixture
def decided(clinic: Clinic) -> Upload:
    upload = make_upload(clinic)
    confirm_all(upload)
    return upload


def export(folder: Path, email: str, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("export_labelled", "--out", str(folder), "--as", email, "--json", *options, stdout=out)
    counts: dict[str, Any] = json.loads(out.getvalue())
    return counts


def read(folder: Path) -> tuple[str, dict[str, Any]]:
    (text,) = folder.glob("*.txt")
    (truth,) = folder.glob("*.truth.json")
    assert truth.name == text.stem + ".truth.json"
    return text.read_text(encoding="utf-8"), json.loads(truth.read_text(encoding="utf-8"))


def describe(upload: Upload) -> dict[str, Any]:
    """What is kept of the upload, in the form of `analyze --json`."""
    segmentation = upload.current_segmentation
    assert segmentation is not None
    return {
        "lines": segmentation.line_count,
        "documents": [
            {
                **{"title": each.title, "type": each.type, "date": each.date and each.date.isoformat()},
                **{"start_line": each.start_line, "end_line": each.end_line},
            }
            for each in segmentation.documents.all()
        ],
        "gaps": list(segmentation.gaps.values("start_line", "end_line", "reason")),
        "patients": [
            {"name": subject.name, "facts": list(subject.facts.values(*FACT_KEYS))}
            for subject in segmentation.subjects.all()
        ],
    }


class TestRecords:
    def test_an_exported_record_is_perfect_against_what_staff_left(
        self, decided: Upload, administrator: str, tmp_path: Path
    ) -> None:
        assert export(tmp_path / "out", administrator)["records"] == 1

        def analyze(*, path: Path, engine: str) -> Mapping[str, Any]:
            return describe(decided)

        out = StringIO()
        call_command("evaluate", str(tmp_path / "out"), "--json", stdout=out, stderr=StringIO(), analyze=analyze)
        figures = json.loads(out.getvalue())["mean"]
        ones = ("boundary_f1", "exact_f1", "stp", "type_acc", "date_acc", "title_similarity", "fact_p", "fact_r")
        assert {metric: figures[metric] for metric in ones} == dict.fromkeys(ones, 1.0)
        fields = json.loads(out.getvalue())["fields"]
        told = {field: one["true"] for field, one in fields.items() if one["f1"] == 1.0}
        asked = {"microchip": 1, "vaccine": 1, "lab_value": 1, "temperature": 2, "body_condition": 1}
        assert {field: told.get(field) for field in asked} == asked

    def test_it_holds_text_documents_gaps_and_facts_as_staff_left_them(
        self, decided: Upload, administrator: str, tmp_path: Path
    ) -> None:
        decided.facts.filter(field="owner_email").update(retracted_at=NOW)

        export(tmp_path / "out", administrator)

        text, truth = read(tmp_path / "out")
        assert text == TEXT
        assert [(each["start_line"], each["end_line"], each["type"]) for each in truth["documents"]] == [
            (2, 5, "registration"),
            (7, 9, "consult_note"),
        ]
        assert truth["gaps"] == [{"start_line": 1, "end_line": 1, "reason": "fax_cover"}]
        (patient,) = truth["patients"]
        assert patient["weight"] == [{"value": 12, "unit": "kg", "date": "2019-03-14"}]
        assert "owner_email" not in patient
        assert [(each["line"], each["kind"]) for each in truth["clinical"]] == [
            *((8, "vital"), (9, "vaccine"), (9, "lab"), (9, "vital"), (9, "vital")),
        ]

    def test_uploads_with_a_document_that_nobody_decided_are_left_out(
        self, clinic: Clinic, administrator: str, tmp_path: Path
    ) -> None:
        upload = make_upload(clinic)
        document = upload.documents.order_by("start_line").first()
        assert document is not None
        confirm(principal=principal_at(clinic), document_id=document.pk, now=NOW)

        counts = export(tmp_path / "out", administrator)

        assert (counts["records"], counts["undecided"]) == (0, 1)
        assert list((tmp_path / "out").iterdir()) == []

    def test_facts_are_left_out_while_it_is_open_whose_they_are(
        self, clinic: Clinic, administrator: str, tmp_path: Path
    ) -> None:
        confirm_all(make_upload(clinic, status="proposed"))

        counts = export(tmp_path / "out", administrator)

        assert (counts["records"], counts["facts_left_out"]) == (1, 1)
        assert read(tmp_path / "out")[1]["patients"] == []

    def test_archived_uploads_are_left_out(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        Upload.objects.filter(pk=decided.pk).update(archived_at=NOW)

        assert export(tmp_path / "out", administrator)["records"] == 0


class TestWho:
    def test_another_clinics_records_never_come(
        self, decided: Upload, other_clinic: Clinic, administrator: str, tmp_path: Path
    ) -> None:
        foreign = make_upload(other_clinic, text=TEXT.replace("Harbor Vets", "Foreign line"))
        confirm_all(foreign)
        stranger = MembershipFactory(clinic=other_clinic, role="admin").user.email

        export(tmp_path / "ours", administrator)
        export(tmp_path / "theirs", stranger)

        assert "Foreign line" not in read(tmp_path / "ours")[0]
        assert "Foreign line" in read(tmp_path / "theirs")[0]
        with pytest.raises(CommandError, match="is no active member"):
            export(tmp_path / "none", stranger, "--clinic", decided.clinic.name)

    @pytest.mark.parametrize("role", ["vet", "assistant", "integration"])
    def test_only_an_administrator_may(self, decided: Upload, role: str, tmp_path: Path) -> None:
        email = MembershipFactory(clinic=decided.clinic, role=role).user.email

        with pytest.raises(CommandError, match="an administrator of the clinic"):
            export(tmp_path / "out", email)

        assert not (tmp_path / "out").exists()

    def test_it_is_on_record_by_ids_and_without_a_word_of_the_records(
        self, decided: Upload, administrator: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            export(tmp_path / "out", administrator, "--pseudonymise")

        assert str(decided.clinic.pk) in caplog.text
        assert "pseudonymised" in caplog.text
        told = caplog.text.casefold()
        assert not [secret for secret in (*SECRETS, administrator.casefold()) if secret in told]


class TestFiles:
    def test_they_are_their_owners_alone(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        export(tmp_path / "out", administrator)

        assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}

    def test_a_folder_that_is_not_empty_is_refused(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        (tmp_path / "old.txt").write_text("x")

        with pytest.raises(CommandError, match="is not empty"):
            export(tmp_path, administrator)

    def test_a_folder_that_is_a_file_is_refused(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("x")

        with pytest.raises(CommandError, match="Name a folder that can be written"):
            export(tmp_path / "out", administrator)

    @pytest.mark.parametrize("options", [("--shift-dates",), ("--seed", "1")])
    def test_options_that_need_pseudonyms_are_refused_without(
        self, administrator: str, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        with pytest.raises(CommandError, match="belong to --pseudonymise"):
            export(tmp_path / "out", administrator, *options)


class TestPseudonyms:
    def test_nothing_known_is_left_in_text_truth_or_file_names(
        self, decided: Upload, administrator: str, tmp_path: Path
    ) -> None:
        counts = export(tmp_path / "out", administrator, "--pseudonymise")

        for path in (tmp_path / "out").iterdir():
            words = f"{path.name}\n{path.read_text(encoding='utf-8')}".casefold()
            assert not [secret for secret in (*SECRETS, str(decided.pk)) if secret in words]
        assert counts["replaced"] == {"animal": 3, "email": 1, "microchip": 1, "person": 3, "phone": 2}

    def test_lines_keep_their_length_and_place(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        export(tmp_path / "out", administrator, "--pseudonymise")

        text, truth = read(tmp_path / "out")
        assert [len(line) for line in text.split("\n")] == [len(line) for line in TEXT.split("\n")]
        assert [each["start_line"] for each in truth["documents"]] == [2, 7]
        assert truth["patients"][0]["name"][0] in text

    def test_dates_are_moved_by_whole_weeks_where_asked(
        self, decided: Upload, administrator: str, tmp_path: Path
    ) -> None:
        export(tmp_path / "out", administrator, "--pseudonymise", "--shift-dates", "--seed", "5")

        text, truth = read(tmp_path / "out")
        moved = truth["patients"][0]["weight"][0]["date"]
        (vaccine,) = (each for each in truth["clinical"] if each["kind"] == "vaccine")
        days = (datetime.fromisoformat("2019-03-14") - datetime.fromisoformat(moved)).days
        assert days % 7 == 0
        assert days > 0
        assert f"Seen {moved}." in text
        assert (datetime.fromisoformat("2020-03-14") - datetime.fromisoformat(vaccine["due"])).days == days

    def test_a_seed_gives_the_same_names_again(self, decided: Upload, administrator: str, tmp_path: Path) -> None:
        for name, seed in (("one", "1"), ("same", "1"), ("two", "2")):
            export(tmp_path / name, administrator, "--pseudonymise", "--seed", seed)

        one, same, two = (read(tmp_path / name)[0] for name in ("one", "same", "two"))
        assert one == same != two
