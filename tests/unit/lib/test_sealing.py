"""Secrets sealed for the database."""

import pytest

from pennie.lib.sealing import Unsealable, seal, unseal

SECRET = "whsec_c2VjcmV0"


def test_what_is_sealed_shows_nothing_and_comes_back():
    sealed = seal(SECRET, keys=["one"])
    assert SECRET not in sealed
    assert unseal(sealed, keys=["one"]) == SECRET
    assert seal(SECRET, keys=["one"]) != sealed  # nobody sees that two are alike


def test_a_former_key_still_opens_and_the_new_one_seals():
    former = seal(SECRET, keys=["former"])
    assert unseal(former, keys=["new", "former"]) == SECRET
    assert unseal(seal(SECRET, keys=["new", "former"]), keys=["new"]) == SECRET


def test_what_no_key_opens_is_told():
    for sealed in (seal(SECRET, keys=["other"]), "nonsense", ""):
        with pytest.raises(Unsealable):
            unseal(sealed, keys=["one"])
