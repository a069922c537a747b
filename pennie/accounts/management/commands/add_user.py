"""Add a person to a clinic. The password is asked for, or read from standard input: an argument could be seen."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pennie.accounts import enrolling
from pennie.accounts.models import Membership
from pennie.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Add a person to a clinic. Their password is asked for, or read from standard input (one line)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="by which the person signs in; one with an account keeps their password")
        parser.add_argument("--clinic", required=True, metavar="NAME", help="the clinic's name")
        parser.add_argument("--role", required=True, choices=Membership.Role.values)
        parser.add_argument("--name", default="", help="the person's name")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip()
        try:
            membership = enrolling.enroll(
                email=email,
                password=None if enrolling.has_account(email=email) else ask_password(),
                name=options["name"],
                clinic=options["clinic"].strip(),
                role=options["role"],
                now=timezone.now(),
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.title}. {refusal.detail}") from refusal
        self.stdout.write(f"{membership.user.email} is now {membership.role} at {membership.clinic.name}.")


def ask_password() -> str:
    """Twice from a person, one line from a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise CommandError("The two differ. Nothing was added.")
    return password
