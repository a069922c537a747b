import pytest

from documents.extraction.kinds import identify
from documents.extraction.problems import CODES, ExtractionProblem
from tests.unit.extraction.office import write_zip

MAIL = b"Received: by mx.example.org\r\nFrom: a@example.com\r\nDate: x\r\nSubject: Luna\r\n\r\nHello\r\n"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"Luna", "record.txt", "text"),
        (b"Luna", "record", "text"),
        (b"Luna", "", "text"),
        (b"Luna", "Luna 12.03.2012", "text"),
        (b"Luna", ".txt", "text"),
        (b"a,b", "RECORD.CSV", "text"),
        (b"# Luna", "folder.pdf/record.md", "text"),
        (b"a\tb", "record.LOG", "text"),
        (b"<html> is how the page begins", "record.txt", "text"),
        (b"%PDF-1.7\n", "record.pdf", "pdf"),
        (b"\r\n%PDF-1.7\n", "record", "pdf"),
        (b"junk\x80%PDF-1.4\n1 0 obj", "record.pdf", "pdf"),
        (b"The marker %PDF- begins a PDF", "note", "text"),
        (MAIL, "message.eml", "email"),
        (b"From someone Mon Jan 1\n" + MAIL, "message.eml", "email"),
        (b"Subject: Luna\n\nHello", "message.eml", "email"),
        (MAIL, "message", "email"),
        (MAIL, "saved.txt", "text"),
        (b"From: a\nTo: b\nSubject: c\n\nprinted memo", "memo", "text"),
        (write_zip({"word/document.xml": "x"}), "letter.docx", "word"),
        (write_zip({"word/document.xml": "x"}), "letter.docm", "word"),
        (write_zip({"word/document.xml": "x"}), "letter", "word"),
        (write_zip({"a.txt": "x"}), "record.zip", "zip"),
        (write_zip({"a.txt": "x"}), "record", "zip"),
        (write_zip({}), "record.zip", "zip"),
        (b"PK\x03\x04 cut off", "letter.docx", "word"),
        (b"\xff\xd8\xff\xe0", "scan.jpg", "image"),
        (b"\xff\xd8\xff\xe0", "scan.JPEG", "image"),
        (b"\x89PNG\r\n\x1a\n", "scan.png", "image"),
        (b"II*\x00", "fax.tif", "image"),
        (b"MM\x00*", "fax", "image"),
        (b"RIFF....WEBPVP8 ", "scan.webp", "image"),
        (b"BM\x10\0\0\0\0\0\0\0", "scan.bmp", "image"),
        (b"<!DOCTYPE html><p>Luna", "page.html", "html"),
        (b"\xef\xbb\xbf <HTML>", "page", "html"),
        (b"<?xml version='1.0'?><!-- saved --><!DOCTYPE html>", "page.xhtml", "html"),
        ("<html>Luna".encode("utf-16"), "page.htm", "html"),
        (b"<p>Luna</p>", "page.html", "html"),
    ],
)
def test_names_the_kind_by_content(content, name, kind):
    assert identify(content=content, name=name) == kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"Luna", "record.pdf"),
        (b"%PDF-1.7\n", "record.txt"),
        (b"%PDF-1.7\n", "record.eml"),
        (b"Luna came in today.", "message.eml"),
        (b"Luna", "record.docx"),
        (write_zip({"a.txt": "x", "b.txt": "x"}), "record.docx"),
        (write_zip({"word/document.xml": "x"}), "record.zip"),
        (b"\x89PNG\r\n\x1a\n", "scan.jpg"),
        (b"\xff\xd8\xff\xe0", "scan.pdf"),
        (b"\x89PNG\r\n\x1a\n", "record.txt"),
        (b"PK\x03\x04", "record.pdf"),
        (b"Luna", "page.html"),
        (b"{\\rtf1 Luna}", "record.txt"),
    ],
)
def test_refuses_an_extension_that_the_content_contradicts(content, name):
    with pytest.raises(ExtractionProblem) as refused:
        identify(content=content, name=name)
    assert (refused.value.code, refused.value.status) == ("extension_mismatch", 415)
    assert "." + name.rsplit(".", 1)[1] in refused.value.detail


@pytest.mark.parametrize(
    ("content", "name", "named"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "mail.msg", ".eml"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "letter.doc", ".docx"),
        (b"{\\rtf1 Luna}", "record.rtf", ".docx"),
        (write_zip({"xl/workbook.xml": "x"}), "bills.xlsx", ".csv"),
        (write_zip({"ppt/presentation.xml": "x"}), "talk.pptx", "print it to PDF"),
        (write_zip({"mimetype": "x", "META-INF/manifest.xml": "x"}), "letter.odt", ".docx"),
        (b"\0\0\0\x18ftypheic", "scan.heic", "JPEG"),
        (b"GIF89a", "scan.gif", "PNG"),
        (b"II+\x00", "scan", "TIFF"),
        (b"7z\xbc\xaf\x27\x1c", "record.7z", "ZIP"),
        (b"\x1f\x8b", "record.gz", "ZIP"),
        (b"MZ\x90\x00", "setup.exe", "program"),
    ],
)
def test_refuses_other_kinds_with_the_cure_and_names_what_is_accepted(content, name, named):
    with pytest.raises(ExtractionProblem) as refused:
        identify(content=content, name=name)
    assert (refused.value.code, refused.value.status) == ("unsupported_kind", 415)
    assert named in refused.value.detail
    assert all(accepted in refused.value.detail for accepted in (".txt", ".pdf", ".eml", ".docx", ".tif"))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_problem_names_itself_and_its_cure(code):
    problem = ExtractionProblem(code, found="7 of them")
    assert problem.to_dict() == {
        "code": code,
        "title": problem.title,
        "detail": problem.detail,
        "status": problem.status,
    }
    assert problem.detail.startswith(problem.title + ": 7 of them. ")
    assert len(problem.detail) > len(problem.title) + 30
    assert problem.status in ((500,) if code == "defect" else (413, 415, 422))


def test_a_pdf_that_is_none_is_told_so():
    with pytest.raises(ExtractionProblem, match=r"it ends in \.pdf, its content is not a PDF\."):
        identify(content=b"Luna came in today.", name="record.pdf")


def test_an_office_document_with_a_password_is_told_as_encrypted():
    package = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(ExtractionProblem) as refused:
        identify(content=package, name="letter.docx")
    assert refused.value.code == "encrypted"
