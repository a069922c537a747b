from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.lines import SourceText
from documents.extraction.email_words import decode_header_words, make_storable, unflow
from documents.extraction.problems import ExtractionProblem
from tests.unit.extraction.mail import read, write_mail

HEAD = b"From: ana@example.com\r\nSubject: Luna\r\n"


def body_of(source: SourceText) -> list[str]:
    return list(source.lines[source.lines.index("") + 1 :])


def test_headers_come_first_in_a_fixed_order_then_the_body():
    source = read(write_mail("Line one\nLine two\n"))
    assert source.lines == (
        "From: Ana Ruiz <ana@example.com>",
        "To: clinic@example.org",
        "Date: Tue, 03 Mar 2020 10:00:00 +0000",
        "Subject: Luna",
        "",
        "Line one",
        "Line two",
    )
    assert set(source.pages) == {1}
    assert [(part.name, part.kind, part.first_line) for part in source.parts] == [("message body", "email", 1)]


def test_encoded_and_folded_headers_are_printed_as_words_on_one_line():
    raw = b"From: =?utf-8?q?Jos=C3=A9?= <jose@example.com>\nSubject: Luna\n  and =?iso-8859-1?b?8Q==?=\n\nHello"
    assert read(raw).lines[:2] == ("From: José <jose@example.com>", "Subject: Luna and ñ")


@pytest.mark.parametrize(
    "value", ["=?utf-8?b?!!!?=", "=?nonsense?q?a?=", "=?utf-8?b?w?=", "<", "\udcff", "=?utf-8?q?=00?=", "x" * 10**5]
)
def test_a_broken_header_is_printed_as_it_can_be(value):
    words = decode_header_words(value)
    assert "\0" not in words
    assert words.encode("utf-8") is not None


@pytest.mark.parametrize(
    ("label", "content", "text"),
    [
        (b"text/plain; charset=utf-8", "Señora".encode(), "Señora"),
        (b"text/plain; charset=utf-8", "Señora".encode("latin-1"), "Señora"),
        (b"text/plain; charset=iso-8859-1", "Señora".encode(), "Señora"),
        (b"text/plain; charset=iso-8859-1", "“Luna”".encode("windows-1252"), "“Luna”"),
        (b"text/plain; charset=iso-8859-2", "Łapa".encode("iso-8859-2"), "Łapa"),
        (b"text/plain; charset=no-such-thing", "Señora".encode(), "Señora"),
        (b"text/plain; charset=rot13", b"Luna", "Luna"),
        (b"text/plain", "Señora".encode("windows-1252"), "Señora"),
        (b"nonsense", b"Luna", "Luna"),
        (b"multipart/mixed", b"no boundary here", "no boundary here"),
        (b"multipart/mixed; boundary=gone", b"the boundary never comes", "the boundary never comes"),
    ],
)
def test_the_body_is_decoded_by_what_its_bytes_are(label, content, text):
    raw = HEAD + b"Content-Type: " + label + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + content
    assert body_of(read(raw)) == [text]


def test_garbage_instead_of_base64_does_not_fail():
    source = read(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n@@ not base64 at all\r\n")
    assert source.lines[:2] == ("From: ana@example.com", "Subject: Luna")


def test_plain_text_is_preferred_to_html():
    message = write_mail("Plain words")
    message.add_alternative("<p>Marked words</p>", subtype="html")
    assert body_of(read(message)) == ["Plain words"]


def test_attachments_of_an_alternative_that_is_not_taken_are_kept():
    raw = (
        HEAD + b"Content-Type: multipart/alternative; boundary=a\n\n--a\n\nPlain\n--a\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Marked</p>\n--b\n"
        b'Content-Type: text/plain; name="lab.txt"\n\nGlucose 95\n--b--\n--a--\n'
    )
    source = read(raw)
    assert "Plain" in source.lines
    assert "Glucose 95" in source.lines
    assert "Marked" not in source.text


def test_attachments_follow_as_parts_each_on_new_pages():
    message = write_mail("See the attached.")
    message.add_attachment("Glucose 95\n\fpage two\n", filename="lab.txt")
    inner = write_mail("Inner words", subject="Forwarded")
    inner.add_attachment("innermost", filename="deep.txt")
    message.add_attachment(inner)
    source = read(message)
    assert [(part.name, part.kind) for part in source.parts] == [
        ("message body", "email"),
        ("lab.txt", "text"),
        ("attached message", "email"),
        ("deep.txt", "text"),
    ]
    begins = [source.lines[part.first_line - 1] for part in source.parts]
    assert begins == ["From: Ana Ruiz <ana@example.com>", "Glucose 95", "From: Ana Ruiz <ana@example.com>", "innermost"]
    assert [source.pages[part.first_line - 1] for part in source.parts] == [1, 2, 4, 5]
    assert all(source.lines[part.first_line - 2] == "" for part in source.parts[1:])
    assert list(source.pages) == sorted(source.pages)


def test_an_attached_message_sent_as_base64_is_read():
    message = write_mail("Outer")
    message.add_attachment(write_mail("Inner words").as_bytes(), maintype="application", subtype="x", filename="a.eml")
    assert "Inner words" in read(message).lines
    raw = message.as_bytes().replace(b"application/x", b"message/rfc822")
    assert "Inner words" in read(raw).lines


def test_what_cannot_be_read_is_named_in_a_warning_with_the_reason():
    message = write_mail("See the pictures.")
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="paw.png")
    message.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="../x/all.zip")
    message.add_attachment(b"", maintype="application", subtype="octet-stream", filename="empty.txt")
    source = read(message)
    assert len(source.parts) == 1
    assert len(source.warnings) == 3
    for name, warning in zip(("paw.png", "all.zip", "empty.txt"), source.warnings, strict=True):
        assert name in warning
    assert "/x/" not in source.warnings[1]


def test_an_email_with_nothing_readable_is_refused():
    message = write_mail("")
    message.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="all.zip")
    with pytest.raises(ExtractionProblem) as refused:
        read(message)
    assert refused.value.code == "no_text"
    assert "all.zip" not in refused.value.detail


def test_too_many_parts_are_refused():
    message = write_mail()
    for number in range(5):
        message.add_attachment("x", filename=f"{number}.txt")
    assert len(read(message, email_parts=6).parts) == 6
    with pytest.raises(ExtractionProblem) as refused:
        read(message, email_parts=5)
    assert (refused.value.code, refused.value.status) == ("too_many_parts", 413)


def nest_messages(levels: int) -> EmailMessage:
    message = write_mail("innermost")
    for _ in range(levels - 1):
        outer = write_mail("outer")
        outer.add_attachment(message)
        message = outer
    return message


def test_messages_nested_too_deeply_are_refused():
    assert "innermost" in read(nest_messages(3), email_depth=3).lines
    with pytest.raises(ExtractionProblem) as refused:
        read(nest_messages(4), email_depth=3)
    assert refused.value.code == "too_deep"


@pytest.mark.parametrize("levels", [12, 150, 3000])
def test_multiparts_nested_too_deeply_are_refused(levels):
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels))
    with pytest.raises(ExtractionProblem) as refused:
        read(HEAD + opening + b"\nwords\n")
    assert refused.value.code in ("too_deep", "too_many_parts")


def test_time_is_shared_by_all_parts():
    message = write_mail()
    message.add_attachment("x", filename="a.txt")
    with pytest.raises(ExtractionProblem) as refused:
        read(message, seconds=0)
    assert refused.value.code == "too_slow"


def test_flowed_paragraphs_become_one_line_each():
    text = "A paragraph \nthat flows.\nFixed line\n> quoted \n> words\n-- \nAna\n From the left"
    assert unflow(text, delete_space=False).split("\n") == [
        "A paragraph that flows.", "Fixed line", "> quoted words", "-- ", "Ana", "From the left",
    ]  # fmt: skip
    assert unflow("auf \nstehen", delete_space=True) == "aufstehen"
    raw = HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\nA paragraph \r\nthat flows.\r\n"
    assert body_of(read(raw)) == ["A paragraph that flows."]


@given(st.text(), st.booleans())
def test_unflowing_loses_no_words(text, delete_space):
    def words(text: str) -> str:
        return "".join(text.split()).replace(">", "")

    assert words(unflow(text, delete_space=delete_space)) == words(text)


@given(st.text(st.characters(exclude_categories=())))
def test_stored_text_is_always_encodable(text):
    assert "\0" not in make_storable(text)
    assert make_storable(text).encode("utf-8") is not None
