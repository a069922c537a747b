"""What was filed before documents had fingerprints is linked by a command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from documents.models import Document, DocumentFingerprint, DocumentLink, ExtractedText
from documents.operations.link_backlog import link_backlog
from pennie.accounts.models import Clinic
from tests.integration.documents.linked import NOISY, at, copies_of, file_texts
from tests.unit.likeness.papers import LAB, VISIT


def forget() -> None:
    """As it was before."""
    Document.objects.update(same_as=None)
    DocumentLink.objects.all().delete()
    DocumentFingerprint.objects.all().delete()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("link_documents", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_on_record_is_linked_once(clinic: Clinic) -> None:
    first, second, third = file_texts(clinic, VISIT, LAB), file_texts(clinic, LAB, VISIT), file_texts(clinic, NOISY)
    forget()
    assert run() == "5 documents of 3 uploads were looked at.\n"
    assert copies_of(at(first)) == [at(second, 1)]
    assert copies_of(at(first, 1)) == [at(second)]
    assert DocumentLink.objects.get(state="proposed").document == at(third)
    links = list(DocumentLink.objects.values())
    assert run() == "0 documents of 0 uploads were looked at.\n"
    assert list(DocumentLink.objects.values()) == links


def test_broken_off_it_goes_on(clinic: Clinic) -> None:
    first, second = file_texts(clinic, VISIT), file_texts(clinic, VISIT)
    forget()
    going = link_backlog(now=second.created_at)
    assert next(going).upload == first.upload_id
    going.close()  # type: ignore[attr-defined]
    assert run() == "1 documents of 1 uploads were looked at.\n"
    assert copies_of(at(first)) == [at(second)]


def test_one_clinic_alone_may_be_done(clinic: Clinic, other_clinic: Clinic) -> None:
    for each in (clinic, other_clinic):
        file_texts(each, VISIT)
        file_texts(each, VISIT)
    forget()
    assert run("--clinic", str(clinic.pk)) == "2 documents of 2 uploads were looked at.\n"
    assert {link.clinic for link in DocumentLink.objects.all()} == {clinic}
    with pytest.raises(CommandError):
        run("--clinic", "Nobody's")


def test_an_upload_without_text_is_told(clinic: Clinic) -> None:
    file_texts(clinic, VISIT)
    forget()
    ExtractedText.objects.all().delete()
    assert run().endswith("1 uploads have no text and were passed over.\n")
