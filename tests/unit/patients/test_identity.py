"""Names, chips, phones and owners as they are compared."""

import pytest

from patients.domain import identity, species


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Pennie", "PENNIE", True),
        ("Pennie", "Penn1e", True),
        ("Knöpfchen", "Knopfchen", True),
        ("Milo", "Mila", False),
        ("Bella", "Stella", False),
        ("Max", "Maxi", False),
    ],
)
def test_names_are_the_same_but_for_case_accents_and_scanning(first, second, same):
    assert (identity.fold_scanned(first) == identity.fold_scanned(second)) is same


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Marguerite Dunleavy", "Dunleavy, Marguerite", True),
        ("Marguerite Dunleavy", "DUNLEAVY", True),
        ("Mrs E. Dunleavy", "Peter Dunleavy", True),
        ("Maria Lopez", "Maria Garcia", False),
        ("Jane Smith", "Mark Thompson", False),
    ],
)
def test_owners_are_compared_as_households(first, second, same):
    assert identity.is_same_owner(first, second) is same


def test_a_spouse_is_of_the_household_but_another_person():
    assert identity.is_same_owner("Jennifer Thompson", "Mark Thompson")
    assert not identity.is_same_person("Jennifer Thompson", "Mark Thompson")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("985 112 004 771 306", "985112004771306"),
        ("012*345*678", "012345678"),
        ("0a01234567", "0A01234567"),
        ("12345", None),
        ("98511200477130", None),
    ],
)
def test_a_chip_is_iso_or_legacy_or_none(raw, code):
    assert identity.normalise_chip(raw) == code


def test_a_surname_is_dropped_only_where_an_owner_has_it():
    assert identity.drop_surname("Biscuit Dunleavy", owners=frozenset({"Marguerite Dunleavy"})) == "Biscuit"
    assert identity.drop_surname("Mister Whiskers", owners=frozenset({"Marguerite Dunleavy"})) == "Mister Whiskers"
    assert identity.drop_surname("Dunleavy", owners=frozenset({"Marguerite Dunleavy"})) == "Dunleavy"


def test_phones_are_compared_by_digits_without_extension():
    assert identity.phone_digits("(555) 555-0112 ext. 4") == "5555550112"


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("Canine (Dog)", "dog"),
        ("K9", "dog"),
        ("Felino", "cat"),
        ("chat", "cat"),
        ("Kaninchen", "rabbit"),
        ("Cochon d'Inde", "guinea_pig"),
        ("guinea pig", "guinea_pig"),
        ("yegua", "horse"),
        ("dog and cat", None),
        ("unheard-of", None),
    ],
)
def test_species_words_of_four_languages(printed, value):
    assert species.find_species(printed) == value


def test_dsh_is_a_cat_and_no_dobermann():
    assert species.implied_species("DSH") == "cat"
    suggested = species.suggest_breed("DSH")
    assert suggested is not None
    assert suggested.name == "Domestic Shorthair"


def test_a_misspelt_breed_is_suggested_and_an_unknown_one_is_not():
    suggested = species.suggest_breed("Labrador Retreiver")
    assert suggested is not None
    assert suggested.name == "Labrador Retriever"
    assert species.suggest_breed("Heinz 57") is None
