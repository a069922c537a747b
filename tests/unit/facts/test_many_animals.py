"""Files of hundreds of animals: time and what is kept grow with their number, not with its square."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.facts import identities
from documents.domain.facts.identities import MOST_SHARING
from documents.domain.facts.names_pattern import match_any
from tests.unit.facts.test_filing import file, values

names = st.text(st.sampled_from("aAbB -"), min_size=1, max_size=5)


@given(st.sets(names, min_size=1), st.text(st.sampled_from("aAbB -."), max_size=40))
def test_one_pattern_finds_what_the_names_side_by_side_would(known, text):
    side_by_side = "|".join(map(re.escape, sorted(known, key=lambda name: (-len(name), name))))
    both = [re.compile(rf"(?<!\w)(?:{each})(?!\w)", re.IGNORECASE) for each in (side_by_side, match_any(known))]
    first, second = ([match.span() for match in pattern.finditer(text)] for pattern in both)
    assert first == second


OWNERS = ("Jane Smith", "Anna Brandt", "Tola Okafor")
ANIMALS = [
    first + second for first in ("Bar", "Dot", "Fum", "Gan", "Hul") for second in ("ner", "tak", "pos", "sam", "vud")
]


@pytest.mark.parametrize(("animals", "each"), [(MOST_SHARING, len(OWNERS)), (MOST_SHARING + 1, 1)])
def test_an_owner_is_each_animals_of_a_document_but_in_a_list_of_many(animals, each):
    lines = [f"Patient: {name}\nOwner: {OWNERS[number % 3]}" for number, name in enumerate(ANIMALS[:animals])]
    filing = file(("2020-01-01", "\n".join(lines)))
    assert [record.name for record in filing.patients] == ANIMALS[:animals]
    assert {len(values(record, "owner")) for record in filing.patients} == {each}


def test_namesakes_beyond_number_are_compared_with_some(monkeypatch):
    """Of one name and each with an owner of its own: each would be compared with all before."""
    compared = []
    agree = identities._agree

    def count(*two):
        compared.append(two)
        return agree(*two)

    monkeypatch.setattr(identities, "_agree", count)
    monkeypatch.setattr(identities, "MOST_NAMESAKES", 3)
    owners = ("Smith", "Brandt", "Okafor", "Lindqvist", "Moreau", "Castillo", "Vasquez", "Yilmaz")
    filing = file(*(("2020-01-01", f"Patient: Rex\nOwner: {owner}") for owner in owners))
    assert len(filing.patients) == len(owners)
    assert len(compared) <= 3 * len(owners)
