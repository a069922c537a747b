"""A few bytes that would cost hours or gigabytes outside of any confined process. Most of these cases would not end
within the test's time if what they hold were not bounded."""

import pytest

from documents.extraction.charsets import find_charset
from documents.extraction.email_words import decode_header_words
from documents.extraction.kinds import identify
from documents.extraction.limits import ExtractionLimits
from documents.extraction.problems import ExtractionProblem
from documents.extraction.registry import extract
from documents.extraction.text_quality import judge
from documents.extraction.typography import join_hyphenated
from tests.unit.extraction.mail import read
from tests.unit.extraction.office import paragraph, write_word, write_zip

LIMITS = ExtractionLimits(max_lines=100)


def test_comments_ahead_of_no_page_are_each_looked_at_once():
    content = b"<!---->" * 1_000
    assert identify(content=content + b"<html>", name="page") == "html"
    assert identify(content=content + b"x", name="page") == "text"


def test_a_line_of_letters_without_end_is_looked_at_once():
    lines = ["a" * 2_000_000, "b c", "d" * 2_000_000 + "-", "e f"]
    assert join_hyphenated([lines]) == [tuple(lines)]


def test_digits_without_end_are_looked_at_once():
    assert judge(["1" * 1_000_000 + "ñ"]).bad == 1_000_001


@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("UTF-8", "utf_8"),
        ("iso-8859-15", "iso8859_15"),
        ("Windows-1252", "cp1252"),
        ("koi8-u", "koi8_u"),
        ("shift_jis", "shift_jis"),
        ("ISO_8859-1:1987", "latin_1"),
        *((label, None) for label in ("punycode", "idna", "unicode_escape", "rot13", "base64", "zlib", "undefined")),
        *((label, None) for label in ("", "x-unknown", "utf-8" + " " * 5 + "x" * 100, "../os", "ü")),
    ],
)
def test_only_charsets_are_taken_for_one(label, charset):
    assert find_charset(label) == charset


SLOW = b"a" * 3_000_000


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: Luna\nContent-Type: text/plain; charset=punycode\n\nhello-" + SLOW,
        b"Subject: Luna\nContent-Type: text/plain; charset=punycode\nContent-Transfer-Encoding: 8bit\n\n\xe9-" + SLOW,
        b"Subject: Luna\nContent-Type: text/plain" + b";a" * 3_000_000 + b"\n\nhello",
        b'Subject: Luna\nContent-Type: multipart/mixed; boundary="' + b";a" * 200_000 + b"\n\nhello",
        b"Subject: Luna\n" + (b"To: " + b"=?utf-8?q?a?= " * 1_400 + b"\n") * 1_000 + b"\nhello",
    ],
    ids=["a codec", "a codec for bytes", "parameters", "quoted parameters", "headers"],
)
def test_a_message_made_to_be_slow_is_read(content):
    assert any("hello" in line or "aaa" in line for line in read(content).lines)


def test_containers_are_counted_however_their_lines_end():
    content = b"Subject: Luna\r" + b"Content-Type: multipart/mixed; boundary=a\r\r--a\r" * 300
    with pytest.raises(ExtractionProblem) as refused:
        read(content)
    assert refused.value.code == "too_many_parts"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a\n" * 101, "record.txt"),
        (b"\r" * 101 + b"a", "record.txt"),
        ("a\n".encode("utf-16") * 101, "record.txt"),
        (b"Subject: Luna\n\n" + b"a\n" * 101, "message.eml"),
        (b"<p>Luna</p><p style='margin-top: 900em'>Milo</p>", "page.html"),
        (write_word(paragraph("Luna") * 101), "letter.docx"),
        (write_word("<w:p/>" * 101 + paragraph("Luna")), "letter.docx"),
    ],
)
def test_more_lines_than_may_be_are_refused(content, name):
    with pytest.raises(ExtractionProblem) as refused:
        extract(content=content, name=name, limits=LIMITS)
    assert refused.value.code == "too_large"
    assert "100" in refused.value.detail


def test_a_message_goes_on_without_a_body_of_too_many_lines():
    mail = b"Subject: Luna\nContent-Type: text/html\n\n<p>Luna</p><p style='margin-top: 900em'>Milo</p>"
    (warning,) = read(mail, max_lines=100).warnings
    assert warning.startswith("The HTML body was not read. The file is too large: 902 lines; at most 100 are read.")


def test_an_archive_holds_no_more_lines_than_a_file():
    content = write_zip({f"{number}.txt": "a\n" * 40 for number in range(3)})
    with pytest.raises(ExtractionProblem) as refused:
        extract(content=content, name="record.zip", limits=LIMITS)
    assert refused.value.code == "too_large"


def test_a_text_of_more_characters_than_may_be_is_refused():
    with pytest.raises(ExtractionProblem) as refused:
        extract(content=b"a" * 101, name="record.txt", limits=ExtractionLimits(max_characters=100))
    assert refused.value.code == "too_large"


def test_a_header_keeps_what_a_reader_needs():
    assert decode_header_words("=?punycode?q?Luna?=") == "Luna"
