"""On whose behalf a command at a terminal acts: it names a person, and a clinic where the person has several."""

from argparse import ArgumentParser
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError

from pennie.accounts.models import Clinic, Membership
from pennie.accounts.principal import Principal
from pennie.accounts.sessions import principal_of


def add_acting_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--as", dest="email", metavar="EMAIL", help="who files the records: a member of the clinic")
    parser.add_argument("--clinic", metavar="NAME", help="the clinic, where EMAIL is a member of several")


def find_principal(*, email: str | None, clinic: str | None) -> Principal:
    """Raises CommandError, which says what to do."""
    if not settings.DATABASES.get("default", {}).get("NAME"):
        raise CommandError("Nothing can be kept without PostgreSQL: set DATABASE_URL, or start all with: make run")
    if not email:
        raise CommandError("Say on whose behalf: --as EMAIL, a member of the clinic.")
    members = Membership.objects.select_related("user", "clinic").filter(
        user__email__iexact=email, user__is_active=True, user__is_superuser=False
    )
    if clinic:
        members = members.filter(clinic__name__iexact=clinic)
    found = list(members.order_by("clinic__name")[:20])
    if not found:
        where = f"the clinic {clinic}" if clinic else "any clinic"
        raise CommandError(
            f"{email} is no active member of {where} (operators are of none). "
            "Add the membership in the admin, or name somebody else."
        )
    if len(found) > 1:
        names = ", ".join(each.clinic.name for each in found)
        raise CommandError(f"{email} is a member of several clinics; choose one with --clinic NAME: {names}")
    return principal_of(found[0])


def find_clinic(*, name_or_id: str) -> Clinic:
    """Raises CommandError with exit code 2, which says what to do."""
    try:
        found = list(Clinic.objects.filter(pk=UUID(name_or_id)))
    except ValueError:
        found = list(Clinic.objects.filter(name__iexact=name_or_id.strip())[:2])
    if len(found) > 1:
        raise CommandError("Several clinics have that name: give the id of one.", returncode=2)
    if not found:
        raise CommandError(
            "There is no clinic of that name or id. See all with: manage.py costs --by clinic", returncode=2
        )
    return found[0]
