import pytest

from documents.extraction.kinds import identify
from documents.extraction.problems import CODES, ExtractionProblem

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
        (b"PK\x03\x04", "record.docx", "Office"),
        (b"PK\x03\x04", "record", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "mail.msg", "Outlook"),
        (b"\xff\xd8\xff\xe0", "scan.jpg", "JPEG"),
        (b"II*\x00", "scan.tif", "TIFF"),
        (b"RIFF....WEBPVP8 ", "scan.webp", "WebP"),
        (b"\0\0\0\x18ftypheic", "scan.heic", "HEIC"),
        (b"BM\x10\0\0\0\0\0\0\0", "scan.bmp", "BMP"),
        (b"{\\rtf1 Luna}", "record.rtf", "RTF"),
        (b"<!DOCTYPE html><p>Luna", "page.html", "HTML"),
        (b"\xef\xbb\xbf <HTML>", "page", "HTML"),
    ],
)
def test_refuses_other_kinds_and_names_what_is_accepted(content, name, named):
    with pytest.raises(ExtractionProblem) as refused:
        identify(content=content, name=name)
    assert (refused.value.code, refused.value.status) == ("unsupported_kind", 415)
    assert named in refused.value.detail
    assert all(accepted in refused.value.detail for accepted in (".txt", ".pdf", ".eml"))


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
