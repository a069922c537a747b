"""Environment variables, checked as they are read: what cannot be meant is refused with its name and the cure."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from pennie.lib.public_addresses import Network, parse_networks

_FEWEST_DIFFERENT = 5  # characters, as Django's own check of SECRET_KEY wants it
_LANGUAGES = re.compile(r"[A-Za-z]\w*(?:/\w+)*(?:\+[A-Za-z]\w*(?:/\w+)*)*", re.ASCII)
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Environment(environ.Env):  # type: ignore[misc]  # it is not typed
    """Each method raises ImproperlyConfigured, with a message for the person who set the variable."""

    def count(self, name: str, *, default: int, least: int = 1) -> int:
        """A whole number of at least `least`."""
        said = self.str(name, default=str(default)).strip()
        return _read_count(name, said, otherwise=f"take {default}", least=least)

    def optional_count(self, name: str) -> int | None:
        """A whole number of at least 1; None where it is not set."""
        said = str(self.str(name, default="")).strip()
        return _read_count(name, said, otherwise="have none") if said else None

    def seconds(self, name: str, *, default: float) -> float:
        """A number above 0 and within a day."""
        said = self.str(name, default=str(default)).strip()
        try:
            number = float(said)
        except ValueError:
            number = 0.0
        if not 0 < number <= 86_400:  # refuses nan too
            raise _unfit(name, said, cure=f"Set it to a number of seconds above 0, or unset it to take {default:g}.")
        return number

    def price(self, name: str, *, together_with: str) -> Decimal | None:
        """US dollars for a million tokens, if the variable is set; then the other one must be set too."""
        said = str(self.str(name, default="")).strip()
        if not said:
            return None
        if not str(self.str(together_with, default="")).strip():
            raise ImproperlyConfigured(f"{name} is set, and {together_with} is not. Set both, or none.")
        return _read_price(name, said)

    def needed(self, name: str, *, cure: str) -> str:
        """What must be set, and not to blanks."""
        said = str(self.str(name, default="")).strip()
        if not said:
            raise ImproperlyConfigured(f"{name} is not set. {cure}")
        return said

    def secret(self, name: str, *, least: int, cure: str) -> str:
        """A secret of at least `least` characters, of which not all are alike. It is never part of a message."""
        said = self.needed(name, cure=cure)
        if len(said) < least or len(set(said)) < _FEWEST_DIFFERENT:
            raise ImproperlyConfigured(f"{name} is too easy to guess. {cure}")
        return said

    def verbatim(self, name: str) -> str:
        """To the letter; empty where it is not set. Elsewhere a value that begins with $ names another variable."""
        return str(self.ENVIRON.get(name, ""))

    def names(self, name: str, *, cure: str) -> list[str]:
        """At least one name, separated by commas."""
        said = [part.strip() for part in self.needed(name, cure=cure).split(",") if part.strip()]
        if not said:
            raise ImproperlyConfigured(f"{name} names nothing. {cure}")
        return said

    def flag(self, name: str, *, default: bool) -> bool:
        """True for 1, true, yes, on; False for 0, false, no, off."""
        return self.choice(name, default="1" if default else "0", among=(*_YES, *_NO)) in _YES

    def languages(self, name: str, *, default: str) -> str:
        """Languages as Tesseract names them, joined by "+"."""
        said = str(self.str(name, default=default)).strip()
        if not _LANGUAGES.fullmatch(said):
            raise _unfit(name, said, cure=f"Name languages as Tesseract does, joined by +, as {default}.")
        return said

    def mail(self, name: str) -> dict[str, Any]:
        """Django's settings for the mail server at an smtp address; empty where there is none."""
        said = str(self.str(name, default="")).strip()
        if not said:
            return {}
        if not said.startswith(("smtp://", "smtp+tls://", "smtp+ssl://")):
            shown = said.partition(":")[0]  # not the rest: it may hold a password
            raise _unfit(name, f"{shown}://...", cure="Set it to smtp+tls://USER:PASSWORD@HOST:PORT, or unset it.")
        return dict(self.email_url_config(said))

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks separated by commas, as 10.0.0.0/8; none where it is not set."""
        said = str(self.str(name, default="")).strip()
        try:
            return parse_networks(said)
        except ValueError:
            raise _unfit(name, said, cure="Name networks separated by commas, as 10.0.0.0/8, or unset it.") from None

    def path_to(self, name: str, *, default: str, base: Path) -> Path:
        """A folder; a relative one is under `base`."""
        return base / str(self.str(name, default=default)).strip()

    def postgres(self, name: str, *, pool_most: int) -> dict[str, dict[str, object]]:
        """Django's DATABASES for a postgres:// address, with a pool of connections; empty where there is none."""
        said = self.str(name, default="").strip()
        if not said:
            return {}
        if not said.startswith(("postgres://", "postgresql://")):
            shown = said.partition(":")[0]  # not the rest: it may hold a password
            raise _unfit(name, f"{shown}://...", cure="Set it to postgres://USER:PASSWORD@HOST:PORT/NAME.")
        database: dict[str, object] = dict(self.db_url_config(said))
        database["CONN_MAX_AGE"] = 0  # connections live in the pool
        database["CONN_HEALTH_CHECKS"] = True
        database["OPTIONS"] = {
            "pool": {"min_size": 1, "max_size": pool_most, "timeout": 10},
            "connect_timeout": 5,
            "application_name": "pennie",
            "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
        }
        return {"default": database}

    def redis(self, name: str, *, database: int, falls_back_to: str = "") -> str:
        """A redis:// address with its database; empty where there is none. Without a database it is given this one."""
        said = self.str(name, default="").strip()
        if not said and falls_back_to:
            inherited = self.str(falls_back_to, default="").strip()
            return _with_database(inherited, database, replaces=True) if inherited else ""
        if said and not said.startswith(("redis://", "rediss://")):
            shown = said.partition(":")[0]
            raise _unfit(name, f"{shown}://...", cure="Set it to redis://:PASSWORD@HOST:PORT.")
        return _with_database(said, database, replaces=False) if said else ""

    def choice(self, name: str, *, default: str, among: Sequence[str]) -> str:
        """One of `among`, in whatever case it was written."""
        said = self.str(name, default=default).strip()
        for each in among:
            if each.casefold() == said.casefold():
                return each
        raise _unfit(name, said, cure=f"Set it to one of {', '.join(among)}, or unset it to take {default}.")


def _read_count(name: str, said: str, *, otherwise: str, least: int = 1) -> int:
    if not said.isascii() or not said.isdigit() or int(said) < least:
        raise _unfit(name, said, cure=f"Set it to a whole number from {least} on, or unset it to {otherwise}.")
    return int(said)


def _read_price(name: str, said: str) -> Decimal:
    try:
        price = Decimal(said)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price <= 1_000_000:
        raise _unfit(name, said, cure="Set it to US dollars for a million tokens, such as 0.40, or unset it.")
    return price


def _unfit(name: str, said: str, *, cure: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {ascii(said[:40]) if said else 'empty'}, which means nothing here. {cure}")


def _with_database(address: str, database: int, *, replaces: bool) -> str:
    parts = urlsplit(address)
    if parts.path.strip("/") and not replaces:
        return address
    return urlunsplit(parts._replace(path=f"/{database}"))
