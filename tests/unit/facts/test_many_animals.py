"""Files of hundreds of animals: time and what is kept grow with their number, not with its square."""

import re

from hypothesis import given
from hypothesis import strategies as st

from documents.domain.facts import clusters, households
from documents.domain.facts.anchors import Anchor
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


def test_of_several_owners_each_is_the_nearest_animals_alone():
    lines = [f"Patient: {name}\nOwner: {OWNERS[number % 3]}" for number, name in enumerate(ANIMALS)]
    filing = file(("2020-01-01", "\n".join(lines)))
    assert [record.name for record in filing.patients] == ANIMALS
    assert [values(record, "owner") for record in filing.patients] == [
        [OWNERS[number % 3]] for number in range(len(ANIMALS))
    ]


def test_a_household_is_looked_for_near_its_line_however_many_animals_a_document_has():
    class Counted(list[Anchor]):
        looked = 0

        def __getitem__(self, place):
            Counted.looked += 1
            return super().__getitem__(place)

    anchors = Counted(
        Anchor(line=5 * number, name=f"A{number}", scanned=f"a{number}", is_strong=True) for number in range(10_000)
    )
    assert households.share_household(anchors, line=25_000, owners={"Jane Smith"}) == {
        f"a{number}" for number in range(4_994, 5_007)
    }
    assert Counted.looked < 100


def test_namesakes_beyond_number_are_compared_with_some(monkeypatch):
    """Of one name and each with an owner of its own: each would be compared with all before."""
    compared = []
    agree = clusters._agree

    def count(*two):
        compared.append(two)
        return agree(*two)

    monkeypatch.setattr(clusters, "_agree", count)
    monkeypatch.setattr(clusters, "MOST_NAMESAKES", 3)
    owners = ("Smith", "Brandt", "Okafor", "Lindqvist", "Moreau", "Castillo", "Vasquez", "Yilmaz")
    filing = file(*(("2020-01-01", f"Patient: Rex\nOwner: {owner}") for owner in owners))
    assert len(filing.patients) == len(owners)
    assert len(compared) <= 3 * len(owners)
