"""Which messages are the same, and who sent them: told by bytes that anybody may have written."""

import pytest

from jobs.domain.mail_messages import find_sender, find_subject, identify_message, is_allowed

MESSAGE = (
    b"Received: from a.example by b.example\r\n"
    b"From: Hollow Lab <lab@hollow.example>\r\n"
    b"Subject: Report\r\n of Juniper\r\n"
    b"Message-ID: <1@hollow.example>\r\n"
    b"Content-Type: text/plain\r\n\r\nALT 40\r\n"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Received: from a.example by b.example\r\n", b"Received: from c.example\r\nDelivered-To: d@b.example\r\n"),
        (b"Message-ID", b"MESSAGE-ID"),
        (b"Report\r\n of", b"Report of"),
        (b"From: ", b"X-Spam-Status: No\r\nFrom: "),
    ],
)
def test_the_way_that_a_message_took_does_not_make_it_another(old: bytes, new: bytes) -> None:
    assert old in MESSAGE
    assert identify_message(MESSAGE.replace(old, new)) == identify_message(MESSAGE) != ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ALT 40", b"ALT 41"),
        (b"<1@hollow", b"<2@hollow"),
        (b"Report", b"Amended report"),
        (b"text/plain", b"text/html"),
        (b"lab@hollow", b"other@hollow"),
    ],
)
def test_what_is_read_of_it_does(old: bytes, new: bytes) -> None:
    assert old in MESSAGE
    assert identify_message(MESSAGE.replace(old, new)) != identify_message(MESSAGE)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MESSAGE.replace(b"Message-ID: <1@hollow.example>\r\n", b""), id="no id"),
        pytest.param(MESSAGE.replace(b"<1@hollow.example>", b""), id="an empty one"),
        pytest.param(MESSAGE.partition(b"\r\n\r\n")[0], id="a header without end"),
        pytest.param(b"X: " + b"y" * 2_000_000 + b"\r\n" + MESSAGE, id="a header of megabytes"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n" * 1000, id="blank lines"),
    ],
)
def test_what_cannot_be_told_for_sure_is_not_told(content: bytes) -> None:
    assert identify_message(content) == ""


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (b"From: lab@hollow.example\r\n\r\n", "lab@hollow.example"),
        (b"From: Hollow Lab <Lab@Hollow.Example>\r\n", "lab@hollow.example"),
        (b"From: =?utf-8?q?H=C3=B6hle?=\r\n <lab@hollow.example>\r\n", "lab@hollow.example"),
        (b'From: "lab@hollow.example" <x@stranger.example>\r\n', "x@stranger.example"),
        (b"From: lab@hollow.example <x@stranger.example>\r\n", ""),
        (b"From: lab@hollow.example, x@stranger.example\r\n", ""),
        (b"From: lab@hollow.example\r\nFrom: x@stranger.example\r\n", ""),
        (b"From: x@stranger.example (lab@hollow.example)\r\n", ""),
        (b"From: <" + b"a" * 5000 + b"@hollow.example>\r\n", ""),
        (b"From:\r\n", ""),
        (b"", ""),
    ],
)
def test_the_sender_is_the_one_address_of_the_one_from_line(header: bytes, sender: str) -> None:
    assert find_sender(header) == sender


@pytest.mark.parametrize(
    ("sender", "allowed", "is_so"),
    [
        ("a@hollow.example", [], True),
        ("", [], True),
        ("a@hollow.example", ["A@hollow.example"], True),
        ("a@hollow.example", ["@hollow.example"], True),
        ("a@sub.hollow.example", ["@hollow.example"], False),
        ("a@nothollow.example", ["@hollow.example"], False),
        ("", ["@hollow.example"], False),
        ("", ["@"], False),
    ],
)
def test_who_is_allowed(sender: str, allowed: list[str], is_so: bool) -> None:
    assert is_allowed(sender, allowed=allowed) is is_so


def test_the_subject_is_told_unfolded_and_as_it_is_encoded() -> None:
    assert find_subject(MESSAGE) == "Report of Juniper"
    assert find_subject(b"Subject: \xe4\r\n\r\n") == "\udce4"
