"""A database or queue that the settings name and that cannot be had is told by its variable, with the cure."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from pennie.stack.ports import find_free_port


def check() -> None:
    call_command("check_services", stdout=StringIO(), stderr=StringIO())


@pytest.mark.django_db
def test_nothing_is_said_of_services_that_answer() -> None:
    check()


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("PORT", "1"), ("PASSWORD", "no-such-password")])
def test_a_database_that_cannot_be_had_is_told_by_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, name, value)
    with pytest.raises(CommandError, match="The PostgreSQL that DATABASE_URL names cannot be used: ") as refused:
        check()
    assert "failed: " in str(refused.value).splitlines()[0], "the reason"
    assert "unset, PennieAI starts its own" in str(refused.value)
    assert "no-such-password" not in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize("variable", ["REDIS_URL", "BROKER_URL"])
def test_a_redis_that_cannot_be_had_is_told_by_its_variable(variable: str, settings: object) -> None:
    setattr(settings, variable, f"redis://:no-such-password@127.0.0.1:{find_free_port()}/0")
    with pytest.raises(CommandError, match=f"The Redis that {variable} names cannot be used: ") as refused:
        check()
    assert "no-such-password" not in str(refused.value)
