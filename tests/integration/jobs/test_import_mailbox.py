"""Mailboxes: a message is marked as done only after it is on record, and is on record once."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from documents.models import ExtractedText, Upload
from jobs.models import IntakeSource, Job
from jobs.operations import submitting
from jobs.operations.intake import mailbox as mailboxes
from jobs.operations.intake.mailbox import Mailbox, MailboxAddress, MailboxAway, Security
from jobs.operations.intake.reading_mailboxes import MailboxReader, Reading, prepare_mailbox
from jobs.operations.intake.sources import SourceTaken
from jobs.operations.intake.taking import Taker
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import principal_at
from tests.imap_server import PASSWORD, USER, Dropped, ImapServer, serving
from tests.integration.jobs.intake import Clock, attend, running

pytestmark = pytest.mark.django_db(transaction=True)

STORED = {r"\Seen", "$PennieStored"}
REFUSED = {r"\Flagged", "$PennieRefused"}
ENCRYPTED = (
    b"From: a@hollow.example\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n"
    b"\r\nMIIB\r\n"
)


def message(number: int = 1, *, body: str = "Seen for a cough.", sender: str = "lab@hollow.example") -> bytes:
    """With an attachment."""
    return (
        f"Received: from a.example\r\nFrom: Hollow Lab <{sender}>\r\nTo: records@hollow.example\r\n"
        f"Subject: Report {number}/7\r\nMessage-ID: <{number}@hollow.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\nVisit note\r\n{body}\r\n"
        '--b\r\nContent-Type: text/plain; name="results.txt"\r\nContent-Disposition: attachment; '
        'filename="results.txt"\r\n\r\nLaboratory report\r\nALT 40 U/l\r\n--b--\r\n'
    ).encode()


class Clerk:
    """A server, a reader of its mailbox, and their clock."""

    def __init__(self, server: ImapServer, principal: Principal, **options: Any) -> None:
        self.server, self.principal, self.options = server, principal, options
        self.clock = Clock()
        self.start()

    def restart(self) -> None:
        """Anew, as after a crash: of the old reader nothing is left, and its hold has run out."""
        self.reader.close()
        self.start()

    def start(self) -> None:
        IntakeSource.objects.update(holder=None, held_until=None)
        address = address_of(self.server)
        self.source = prepare_mailbox(principal=self.principal, address=address)
        self.attendance = attend(
            self.principal, self.source, clock=self.clock, under_way=self.options.get("under_way", 0)
        )
        self.reader = MailboxReader(
            connect=lambda: Mailbox(address=address, password=PASSWORD, move_to=self.options.get("move_to")),
            attendance=self.attendance,
            taker=Taker(kind="mailbox", engine="auto", priority="normal"),
            reading=Reading(pause_seconds=60, allowed=self.options.get("allowed", ()), since=self.options.get("since")),
            clock=self.clock,
        )

    def work(self, *, after: float = 61.0) -> None:
        """Time goes by, and the reader does all that there is to do."""
        self.clock.now += after
        for _ in range(50):
            if not self.reader.work() and self.attendance.is_resting:
                return
        raise AssertionError("it never rests")

    @property
    def told(self) -> IntakeSource:
        return IntakeSource.objects.get(pk=self.source.pk)


def address_of(server: ImapServer, *, security: Security = "none", host: str = "127.0.0.1") -> MailboxAddress:
    return MailboxAddress(host=host, port=server.port, user=USER, folder="INBOX", security=security)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with serving() as server:
        yield server


@pytest.fixture
def clerk(server: ImapServer, principal: Principal) -> Iterator[Clerk]:
    clerk = Clerk(server, principal)
    yield clerk
    clerk.reader.close()


def test_a_message_is_sent_whole_and_then_marked(clerk: Clerk, server: ImapServer) -> None:
    first, second = server.put(message(1)), server.put(message(2))
    clerk.work()
    assert (first.flags, second.flags) == (STORED, STORED)
    uploads = Upload.objects.order_by("id")
    assert [(upload.name, upload.kind) for upload in uploads] == [
        ("Report 1-7.eml", "email"),
        ("Report 2-7.eml", "email"),
    ]
    with uploads[0].content.open() as stored:
        assert stored.read() == first.content
    text = ExtractedText.objects.get(upload=uploads[0])
    assert "ALT 40 U/l" in text.text
    assert [part["name"] for part in text.parts] == ["message body", "results.txt"]
    assert (clerk.told.taken, clerk.told.waiting, clerk.told.trouble) == (2, 0, "")
    assert not any("BODY[]" in command for command in server.commands)  # it would mark messages as read


def test_what_is_marked_is_not_fetched_again(clerk: Clerk, server: ImapServer) -> None:
    server.put(message())
    clerk.work()
    clerk.work()
    assert len(server.said("UID FETCH")) == 2  # its size, then itself
    server.put(message(2))
    clerk.work()
    assert Upload.objects.count() == 2


def test_another_clinic_sees_nothing_of_it(
    clerk: Clerk, server: ImapServer, outsider: APIClient, api: APIClient, other_clinic: Clinic
) -> None:
    server.put(message())
    clerk.work()
    assert len(api.get("/api/v1/uploads/").json()["results"]) == 1
    assert outsider.get("/api/v1/uploads/").json()["results"] == []
    with pytest.raises(SourceTaken):
        prepare_mailbox(principal=principal_at(other_clinic), address=address_of(server))


def dropping(*beginnings: str) -> Callable[[str], None]:
    """Once for each."""
    left = list(beginnings)

    def meet(command: str) -> None:
        for beginning in left:
            if command.startswith(beginning):
                left.remove(beginning)
                raise Dropped

    return meet


def test_a_connection_lost_between_stored_and_marked_leads_to_no_second_upload(
    clerk: Clerk, server: ImapServer
) -> None:
    stored = server.put(message())
    server.meets = dropping("UID STORE")
    clerk.work()
    assert (stored.flags, Upload.objects.count(), clerk.attendance.trouble) == (set(), 1, "away")
    clerk.work(after=7)
    assert (stored.flags, clerk.attendance.trouble) == (STORED, None)
    assert (Upload.objects.count(), Job.objects.count()) == (1, 1)
    assert clerk.attendance.counts == {"known": 1}


@pytest.mark.slow
def test_a_process_killed_between_stored_and_marked_leads_to_no_second_upload(
    server: ImapServer, principal: Principal, media: Path, tmp_path: Path
) -> None:
    stored = server.put(message())
    (tmp_path / "password").write_text(PASSWORD)
    command = ["import_mailbox", "--host", "127.0.0.1", "--port", str(server.port), "--user", USER, "--once"]
    command += ["--security", "none", "--as", principal.user.email, "--password-file", str(tmp_path / "password")]
    with running(*command, media=media) as process:

        def kill(command: str) -> None:
            if command.startswith("UID STORE"):
                process.kill()
                process.wait()
                raise Dropped

        server.meets = kill
        _, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (-9, "")
    assert (stored.flags, Upload.objects.count()) == (set(), 1)
    IntakeSource.objects.update(held_until="2020-01-01T00:00Z")  # a minute later
    server.meets = lambda command: None
    with running(*command, media=media) as process:
        out, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (0, "")
    assert out.splitlines()[-1] == "0 submitted, 1 on record before, 0 refused."
    assert (stored.flags, Upload.objects.count()) == (STORED, 1)


def test_a_crash_before_it_is_stored_loses_nothing(
    clerk: Clerk, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = server.put(message())

    class Killed(BaseException):
        """As kill -9 would."""

    def die(*args: Any, **options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(submitting, "queue_job", die)
        with pytest.raises(Killed):
            clerk.work()
    assert (stored.flags, Upload.objects.count()) == (set(), 0)
    clerk.restart()
    clerk.work()
    assert (stored.flags, Upload.objects.count()) == (STORED, 1)


def test_a_connection_lost_in_the_middle_of_a_message_loses_nothing(clerk: Clerk, server: ImapServer) -> None:
    stored = server.put(message())
    server.cuts_at = 100
    clerk.work()
    assert (stored.flags, Upload.objects.count()) == (set(), 0)
    server.cuts_at = None
    clerk.work(after=7)
    assert stored.flags == STORED
    with Upload.objects.get().content.open() as file:
        assert file.read() == stored.content


def test_a_message_that_breaks_the_connection_holds_up_no_other(clerk: Clerk, server: ImapServer) -> None:
    bad, good = server.put(message(1)), server.put(message(2))

    def meet(command: str) -> None:
        if command.startswith(f"UID FETCH {bad.uid} "):
            raise Dropped

    server.meets = meet
    clerk.work()
    clerk.work(after=7)
    assert (bad.flags, good.flags) == (set(), STORED)


def test_it_comes_back_slower_each_time(clerk: Clerk, server: ImapServer) -> None:
    server.put(message())
    server.meets = dropping(*["UID SEARCH"] * 20)
    for _ in range(60):
        clerk.clock.now += 5
        clerk.reader.work()
    assert 4 <= server.connections <= 8  # in five minutes


def test_a_message_that_the_server_does_not_give_is_asked_for_after_the_others(
    clerk: Clerk, server: ImapServer
) -> None:
    bad, good = server.put(message(1)), server.put(message(2))
    server.refuses = lambda command: command.startswith(f"UID FETCH {bad.uid} ")
    clerk.work()
    assert (bad.flags, good.flags, clerk.told.trouble) == (set(), STORED, "broken_answer")
    asked = len(server.said("UID FETCH"))
    clerk.work()
    assert len(server.said("UID FETCH")) <= asked + 2  # not again and again
    server.refuses = lambda command: False
    clerk.work()
    clerk.work()
    assert (bad.flags, clerk.told.trouble) == (STORED, "")


def test_a_mailbox_restored_from_a_backup_brings_nothing_twice(clerk: Clerk, server: ImapServer) -> None:
    stored = server.put(message())
    clerk.work()
    server.restore()
    clerk.work()
    assert stored.flags == STORED
    assert Upload.objects.count() == 1


def test_a_message_that_was_delivered_twice_is_sent_once(clerk: Clerk, server: ImapServer) -> None:
    first = server.put(message())
    second = server.put(message().replace(b"Received: from a.example", b"Received: from b.example\r\nX-Alias: c"))
    clerk.work()
    assert (first.flags, second.flags) == (STORED, STORED)
    assert Upload.objects.count() == 1
    assert clerk.attendance.counts == {"new": 1, "known": 1}


def test_other_words_under_a_message_id_of_before_are_another_message(clerk: Clerk, server: ImapServer) -> None:
    server.put(message(1))
    server.put(message(1, body="Seen for a limp."))
    clerk.work()
    assert Upload.objects.count() == 2


def test_a_message_that_came_by_another_road_before_is_on_record(
    clerk: Clerk, server: ImapServer, send: Callable[..., Any]
) -> None:
    send("sent.eml", content=message())
    stored = server.put(message())
    clerk.work()
    assert (stored.flags, Upload.objects.count()) == (STORED, 1)


@pytest.mark.parametrize("announced", [None, 100_000])
def test_one_that_is_too_large_is_not_fetched_and_flagged_for_people(
    clerk: Clerk, server: ImapServer, settings: Any, announced: int | None
) -> None:
    settings.UPLOAD_MAX_BYTES = len(message()) if announced else len(message()) - 1
    stored = server.put(message(), size=announced)
    clerk.work()
    assert stored.flags == REFUSED
    assert not any("BODY.PEEK[]" in command for command in server.commands)
    clerk.work()
    assert (clerk.told.refused, clerk.told.refused_for, clerk.told.waiting) == (1, "too_large", 0)


def test_what_is_sent_beyond_what_was_asked_for_is_not_taken(
    clerk: Clerk, server: ImapServer, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 2_000
    monkeypatch.setattr(mailboxes, "_SLACK", 0)
    lied = server.put(message() + bytes(3_000), size=10)
    honest = server.put(message(2))
    clerk.work()
    clerk.work(after=7)
    assert (lied.flags, honest.flags) == (set(), STORED)
    assert Upload.objects.count() == 1


def test_senders_who_are_not_allowed_are_refused_unread(server: ImapServer, principal: Principal) -> None:
    clerk = Clerk(server, principal, allowed=("@hollow.example",))
    ours, stranger = server.put(message(1)), server.put(message(2, sender="x@stranger.example"))
    clerk.work()
    assert (ours.flags, stranger.flags) == (STORED, REFUSED)
    assert not any(f"UID FETCH {stranger.uid} (UID BODY.PEEK[])" in command for command in server.commands)
    clerk.work()
    assert clerk.told.refused_for == "sender_not_allowed"


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        pytest.param(message().replace(b"attachment", b"inline"), STORED, id="nothing attached but parts"),
        pytest.param(
            b"From: a@hollow.example\r\nSubject: Note\r\n\r\nVisit note\r\nSeen for a cough.\r\n",
            STORED,
            id="body only",
        ),
        pytest.param(b"From: a@hollow.example\r\n\r\n", STORED, id="not a word but who wrote"),
        pytest.param(b"", REFUSED, id="empty"),
        pytest.param(b"\x00\xff" * 5_000, REFUSED, id="no message"),
        pytest.param(b"X-Y: " + b"z" * 900_000 + b"\r\n" + message(), REFUSED, id="a header of a megabyte"),
        pytest.param(b"Received: x\r\n" * 20_000 + message(), STORED, id="very many headers"),
        pytest.param(message().replace(b"text/plain", b"text/plain; charset=klingon"), STORED, id="unknown charset"),
        pytest.param(message().replace(b"Report 1/7", b"=?utf-8?b?4pi!?= \xff\x00"), STORED, id="broken subject"),
        pytest.param(ENCRYPTED, REFUSED, id="encrypted"),
        pytest.param(
            b"From: a@hollow.example\r\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300)),
            REFUSED,
            id="nested without end",
        ),
    ],
)
def test_whatever_a_message_is_it_is_stored_or_refused_and_done_with(
    clerk: Clerk, server: ImapServer, content: bytes, outcome: set[str]
) -> None:
    hostile, next_one = server.put(content), server.put(message(99))
    clerk.work()
    assert hostile.flags == outcome
    assert next_one.flags == STORED
    assert Upload.objects.count() == 1 + (outcome == STORED)


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 MOVE", "IMAP4rev1 UIDPLUS"])
def test_messages_are_moved_where_that_is_asked_for(
    server: ImapServer, principal: Principal, capabilities: str
) -> None:
    server.capabilities, server.keeps_keywords = capabilities, False
    clerk = Clerk(server, principal, move_to=("Done & stored", "Refused"))
    server.put(message())
    server.put(ENCRYPTED)
    clerk.work()
    assert {name: len(messages) for name, messages in server.folders.items()} == {
        "INBOX": 0,
        "Done &- stored": 1,
        "Refused": 1,
    }
    clerk.work()
    assert clerk.attendance.counts == {"new": 1, "refused": 1}


def test_one_that_cannot_be_marked_is_told_and_not_stored_twice(clerk: Clerk, server: ImapServer) -> None:
    stored = server.put(message())
    server.refuses = lambda command: command.startswith("UID STORE")
    clerk.work()
    clerk.work(after=7)
    assert (stored.flags, Upload.objects.count(), clerk.told.trouble) == (set(), 1, "set_aside")
    server.refuses = lambda command: False
    clerk.work()
    assert (stored.flags, clerk.attendance.trouble) == (STORED, None)


def test_it_signs_out_while_too_many_jobs_are_under_way(server: ImapServer, principal: Principal) -> None:
    clerk = Clerk(server, principal, under_way=1)
    stored = server.put(message())
    for _ in range(3):
        clerk.work()
    assert (stored.flags, clerk.told.trouble, clerk.told.waiting) == (set(), "pace", 1)
    assert (server.connections, len(server.said("LOGOUT"))) == (3, 3)


def test_only_what_came_since_a_day_is_looked_for(server: ImapServer, principal: Principal) -> None:
    clerk = Clerk(server, principal, since=date(2026, 2, 1))
    server.put(message())
    clerk.work()
    assert server.said("UID SEARCH")[0].endswith(" SINCE 01-Feb-2026")


def test_a_large_mailbox_is_searched_in_pieces(
    clerk: Clerk, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "_MESSAGES_A_SEARCH", 2)
    for number in range(5):
        server.put(message(number))
    clerk.work()
    assert [command.split()[2] for command in server.said("UID SEARCH")[:3]] == ["1:2", "3:4", "5:5"]
    assert Upload.objects.count() == 5


def change(server: ImapServer, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(server, name, value)


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"password": "another"}, "sign_in"),
        ({"password": "another", "capabilities": "IMAP4rev1"}, "sign_in"),
        ({"password": "another", "refuses_with": "[UNAVAILABLE] later"}, "away"),
        ({"folders": {}}, "no_folder"),
        ({"is_read_only": True}, "read_only"),
        ({"keeps_keywords": False}, "no_keywords"),
        ({"meets": dropping("SELECT")}, "away"),
        ({"refuses": lambda command: command.startswith("UID SEARCH")}, "broken_answer"),
    ],
)
def test_why_a_mailbox_cannot_be_read_is_told_once_and_it_goes_on_by_itself(
    clerk: Clerk, server: ImapServer, changes: dict[str, Any], trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    stored = server.put(message())
    before = {name: getattr(server, name) for name in changes}
    change(server, **changes)
    clerk.work()
    assert (clerk.attendance.trouble, clerk.told.trouble) == (trouble, trouble)
    assert len(caplog.records) == 1
    assert not any(word in caplog.text for word in (PASSWORD, USER, "hollow", "127.0.0.1"))
    change(server, **before)
    clerk.work(after=400)
    assert (stored.flags, clerk.attendance.trouble) == (STORED, None)


def test_a_wrong_password_is_tried_every_five_minutes_only(clerk: Clerk, server: ImapServer) -> None:
    server.password = "another"
    for _ in range(40):
        clerk.clock.now += 5
        clerk.reader.work()
    assert server.connections == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.parametrize(
    ("security", "host", "is_trusted", "outcome"),
    [
        ("tls", "localhost", True, "read"),
        ("starttls", "localhost", True, "read"),
        ("tls", "localhost", False, "certificate"),
        ("starttls", "localhost", False, "certificate"),
        ("tls", "127.0.0.1", True, "certificate"),  # it is for another name
        ("starttls", "127.0.0.1", True, "certificate"),
    ],
)
def test_the_certificate_must_be_the_names_and_trusted(
    certificate: tuple[Path, Path], security: Security, host: str, is_trusted: bool, outcome: str
) -> None:
    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate[0]) if is_trusted else None)

    with serving(certificate=certificate, tls=security == "tls") as server:
        server.put(message())
        address = address_of(server, security=security, host=host)
        try:
            mailbox = Mailbox(address=address, password=PASSWORD, move_to=None, make_context=trust)
            got = "read" if mailbox.fetch(mailbox.find_new(since=None)[0], most=10_000) == message() else "broken"
            mailbox.close()
        except MailboxAway as away:
            got = away.trouble
            assert not server.said("LOGIN") + server.said("AUTHENTICATE")  # no password goes out
    assert got == outcome


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_without_tls_gets_no_password(server: ImapServer, security: Security) -> None:
    with pytest.raises(MailboxAway) as away:
        Mailbox(address=address_of(server, security=security, host="localhost"), password=PASSWORD, move_to=None)
    assert away.value.trouble == "certificate"
    assert not server.said("LOGIN") + server.said("AUTHENTICATE")


def import_mailbox(server: ImapServer, principal: Principal, **options: Any) -> str:
    out = StringIO()
    said = {"host": "127.0.0.1", "port": server.port, "user": USER, "security": "none", "once": True, **options}
    call_command("import_mailbox", stdout=out, stderr=out, email=principal.user.email, **said)
    return out.getvalue()


def test_at_a_terminal_it_ends_when_nothing_is_left(
    server: ImapServer, principal: Principal, tmp_path: Path, settings: Any
) -> None:
    settings.IMAP_PASSWORD = "wrong, and not asked for where a file is named"
    server.put(message())
    server.put(ENCRYPTED)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    said = import_mailbox(server, principal, password_file=tmp_path / "password", per_minute=6000.0)
    assert said.splitlines()[-1] == "1 submitted, 0 on record before, 1 refused."


def test_a_wrong_password_at_a_terminal_is_told_plainly(
    server: ImapServer, principal: Principal, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.IMAP_PASSWORD = "wr0ng-one"
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            *("import_mailbox", "--host", "127.0.0.1", "--port", str(server.port), "--user", USER),
            *("--security", "none", "--once", "--as", principal.user.email),
            stdout=out,
            stderr=out,
        )
    assert ended.value.code == 1
    assert "does not let it sign in. Check user and password" in caplog.text
    assert "wr0ng-one" not in out.getvalue() + caplog.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"security": "none", "host": "mail.hollow.example"}, "Without TLS only a mail server on this machine"),
        ({"done_folder": "Done"}, "both --done-folder and --refused-folder"),
        ({"done_folder": "INBOX", "refused_folder": "Refused"}, "cannot be moved into the folder that is read"),
        ({"password_file": Path("nowhere")}, "cannot be read from nowhere"),
        ({}, "No password: set IMAP_PASSWORD"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_sent(
    server: ImapServer, principal: Principal, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        import_mailbox(server, principal, **options)
    assert server.connections == 0
