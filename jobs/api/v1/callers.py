"""On whose behalf a view acts."""

from typing import cast

from rest_framework.request import Request

from pennie.accounts.principal import Principal


def caller_of(request: Request) -> Principal:
    """The principal of a request that was let in."""
    return cast(Principal, request.auth)
