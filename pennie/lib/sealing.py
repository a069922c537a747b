"""Secrets that have to be read again, sealed for the database: who reads a copy of it learns none."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"pennie sealed secrets v1"


class Unsealable(Exception):
    """What was sealed under a key that is not among those given."""


def seal(secret: str, *, keys: Sequence[str]) -> str:
    """`secret`, sealed under the first of `keys`."""
    return _box(keys).encrypt(secret.encode()).decode()


def unseal(sealed: str, *, keys: Sequence[str]) -> str:
    """The secret, sealed under any of `keys`. Raises Unsealable."""
    try:
        return _box(keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unsealable from None


def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    """A key for this purpose alone, so that what signs sessions opens no secrets, and the other way round."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
