"""Environment variables, checked as they are read: what cannot be meant is refused with its name and the cure."""

from collections.abc import Sequence

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):  # type: ignore[misc]  # it is not typed
    """Each method raises ImproperlyConfigured, with a message for the person who set the variable."""

    def count(self, name: str, *, default: int) -> int:
        """A whole number of at least 1."""
        said = self.str(name, default=str(default)).strip()
        if not said.isascii() or not said.isdigit() or int(said) < 1:
            raise _unfit(name, said, cure=f"Set it to a whole number from 1 on, or unset it to take {default}.")
        return int(said)

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

    def choice(self, name: str, *, default: str, among: Sequence[str]) -> str:
        """One of `among`, in whatever case it was written."""
        said = self.str(name, default=default).strip()
        for each in among:
            if each.casefold() == said.casefold():
                return each
        raise _unfit(name, said, cure=f"Set it to one of {', '.join(among)}, or unset it to take {default}.")


def _unfit(name: str, said: str, *, cure: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {ascii(said[:40]) if said else 'empty'}, which means nothing here. {cure}")
