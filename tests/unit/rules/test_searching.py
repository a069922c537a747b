"""The best partition of a file, against trying them all."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.rules.searching import Candidate, find_best

WEIGHTS = st.lists(st.integers(min_value=-4, max_value=4), min_size=1, max_size=8)


def weigh_span(first: int, place: int) -> float:
    """Short spans are worth less, and one length more."""
    return {1: -3.0, 2: -1.0, 4: 1.5}.get(place - first, 0.0)


def score(begun: tuple[int, ...], weights: list[int]) -> float:
    spans = zip((0, *begun), begun, strict=False)
    return sum(weights[place - 1] + weigh_span(first, place) for first, place in spans)


@given(WEIGHTS)
def test_no_other_partition_is_better(weights):
    places = range(1, len(weights) + 1)
    candidates = [Candidate(position=place, weight=weights[place - 1]) for place in places]
    found = find_best(candidates, first=0, weigh_span=weigh_span, slack=4.5)
    best = max(score(begun, weights) for size in range(len(weights) + 1) for begun in combinations(places, size))
    assert sum(chosen.points for chosen in found) == best
    assert score(tuple(chosen.position for chosen in found[1:]), weights) == best


def test_the_first_line_begins_a_document_with_no_candidates():
    (chosen,) = find_best([], first=0, weigh_span=weigh_span, slack=4.5)
    assert chosen.position == 0


def test_a_line_that_does_not_pay_by_itself_is_taken_where_it_pays_for_the_next():
    weights = {2: -0.5, 6: 2.0}
    candidates = [Candidate(position=place, weight=weight) for place, weight in weights.items()]
    found = find_best(candidates, first=0, weigh_span=weigh_span, slack=4.5)
    assert [chosen.position for chosen in found] == [0, 6]
    nearer = find_best(
        candidates, first=0, weigh_span=lambda first, place: 1.5 if place - first in (2, 4) else -3.0, slack=4.5
    )
    assert [chosen.position for chosen in nearer] == [0, 2, 6]


@pytest.mark.parametrize("count", [100, 1_000])
def test_the_work_grows_with_the_candidates_and_not_with_their_pairs(count):
    asked = 0

    def weigh(first: int, place: int) -> float:
        nonlocal asked
        asked += 1
        return 0.0

    candidates = [Candidate(position=place, weight=1.0) for place in range(1, count)]
    find_best(candidates, first=0, weigh_span=weigh, slack=5.0)
    assert asked <= 33 * count
