"""`manage.py import_mailbox --host HOST --user USER`: sends the messages of a mail folder. End it with SIGTERM."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jobs.management.intake_arguments import (
    add_intake_arguments,
    attend,
    leave,
    make_taker,
    read_seconds,
    say_counts,
    telling_database_away,
)
from jobs.operations.intake.mailbox import (
    PORTS,
    SECURITIES,
    Mailbox,
    MailboxAddress,
    MailboxAway,
    is_loopback,
)
from jobs.operations.intake.reading_mailboxes import MailboxReader, Reading, prepare_mailbox
from jobs.operations.intake.sources import Hold
from jobs.rounds import run_rounds
from jobs.terminal import show_plain
from pennie.accounts.acting import find_principal
from pennie.lib.refusals import Refusal

_PAUSE_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Read a mail folder by IMAP for a clinic, until ended: each message is submitted whole, and marked as done "
        "only after it is stored. The password is told by IMAP_PASSWORD or --password-file, never as an argument."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", required=True, type=_read_words)
        parser.add_argument("--port", type=_read_port, help="default: 993, or 143 without TLS from the start")
        parser.add_argument("--user", required=True, type=_read_words)
        parser.add_argument("--password-file", metavar="FILE", type=Path, help="read anew at each connection")
        parser.add_argument("--folder", default="INBOX", type=_read_words, help="mail folder (default INBOX)")
        parser.add_argument(
            "--security",
            choices=SECURITIES,
            default="tls",
            help="tls (default); starttls; none, to this machine only",
        )
        parser.add_argument(
            "--done-folder",
            metavar="FOLDER",
            type=_read_words,
            help="move there what is on record, instead of marking it",
        )
        parser.add_argument(
            "--refused-folder", metavar="FOLDER", type=_read_words, help="and there what is refused; both or none"
        )
        parser.add_argument(
            "--from",
            dest="allowed",
            metavar="SENDER",
            action="append",
            default=[],
            type=_read_sender,
            help="take messages of this address, or of a domain as @example.org, only; may be said several times",
        )
        parser.add_argument("--since", metavar="YYYY-MM-DD", type=_read_day, help="only what came that day or later")
        parser.add_argument(
            "--every",
            metavar="SECONDS",
            type=read_seconds,
            default=_PAUSE_SECONDS,
            help="between two looks at the mailbox (default 60)",
        )
        parser.add_argument("--once", action="store_true", help="end when nothing is left to take")
        add_intake_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        address = _read_address(options)
        move_to = _read_moves(options)
        _read_password(options["password_file"])  # told now, if it is not there
        with telling_database_away():
            principal = find_principal(email=options["email"], clinic=options["clinic"])
            try:
                source = prepare_mailbox(principal=principal, address=address)
            except Refusal as refusal:
                raise CommandError(refusal.detail) from None
        attendance = attend(principal=principal, hold=Hold(source.pk), options=options)
        once: bool = options["once"]

        def connect() -> Mailbox:
            try:
                password = _read_password(options["password_file"])
            except CommandError:  # it was there before
                raise MailboxAway("sign_in") from None
            return Mailbox(address=address, password=password, move_to=move_to)

        reader = MailboxReader(
            connect=connect,
            attendance=attendance,
            taker=make_taker(kind="mailbox", options=options),
            reading=Reading(pause_seconds=options["every"], allowed=tuple(options["allowed"]), since=options["since"]),
        )
        self.stdout.write(f"Reading as source {source.pk}. End it with Ctrl-C or SIGTERM.")
        self.stdout.flush()
        try:
            run_rounds(
                work=reader.work,
                pause_seconds=0.2,
                is_through=lambda: once and (reader.is_through or attendance.is_stuck),
            )
        finally:
            reader.close()
            leave(attendance)
            self.stdout.write(say_counts(attendance.counts))
        if once and attendance.is_stuck:  # the log has said why
            sys.exit(1)


def _read_address(options: dict[str, Any]) -> MailboxAddress:
    """Raises CommandError."""
    security, host = options["security"], options["host"]
    if security == "none" and not is_loopback(host):
        raise CommandError("Without TLS only a mail server on this machine is read. Use --security tls or starttls.")
    return MailboxAddress(
        host=host,
        port=options["port"] or PORTS[security],
        user=options["user"],
        folder=options["folder"],
        security=security,
    )


def _read_moves(options: dict[str, Any]) -> tuple[str, str] | None:
    """Raises CommandError."""
    done, refused = options["done_folder"], options["refused_folder"]
    if done is None and refused is None:
        return None
    if done is None or refused is None:
        raise CommandError("Say both --done-folder and --refused-folder, or none of them.")
    if options["folder"] in (done, refused):
        raise CommandError("Messages cannot be moved into the folder that is read: name others than --folder.")
    return done, refused


def _read_password(path: Path | None) -> str:
    """Raises CommandError."""
    if path is None:
        password = str(settings.IMAP_PASSWORD)
        if not password:
            raise CommandError("No password: set IMAP_PASSWORD, or name a file that holds it with --password-file.")
    else:
        try:
            password = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            raise CommandError(f"The password cannot be read from {show_plain(str(path))}.") from None
    if not password or any(not each.isprintable() for each in password):
        raise CommandError("The password is empty, or has characters in it that nobody can type.")
    return password


def _read_words(text: str) -> str:
    if not text.strip() or any(not each.isprintable() for each in text):
        raise ArgumentTypeError("it is empty, or has characters in it that cannot be shown")
    return text


def _read_port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _read_sender(text: str) -> str:
    if text.count("@") != 1 or text.endswith("@") or any(each.isspace() for each in text):
        raise ArgumentTypeError("an address is needed, as lab@example.org, or a domain, as @example.org")
    return text.lower()


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is needed, as 2026-01-31") from None
