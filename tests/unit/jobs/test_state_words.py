"""People are told a job's state in words of a practice."""

import re

import pytest

from jobs.domain.parking import PARK_REASONS
from jobs.domain.state_words import STATE_WORDS, WAITING_WORDS, say_state
from jobs.domain.states import STATES

_JARGON = re.compile(r"dead|letter|park|window|pending|_")


@pytest.mark.parametrize(
    ("state", "told", "words"),
    [
        ("parked", {"parked_for": "over_budget"}, "waiting for budget"),
        ("parked", {"parked_for": "no_credit"}, "waiting for credit"),
        ("parked", {}, "waiting"),
        ("failed", {}, "failed for good"),
        ("failed", {"is_discarded": True}, "discarded"),
        ("pending", {"parked_for": "over_budget"}, "queued"),
        ("changed meanwhile", {}, "changed meanwhile"),
    ],
)
def test_a_state_is_said_with_what_is_known_of_it(state, told, words):
    assert say_state(state, **told) == words


def test_there_are_words_for_every_state_and_reason_and_none_of_them_is_jargon():
    assert set(STATE_WORDS) == set(STATES)
    assert set(WAITING_WORDS) == set(PARK_REASONS)
    assert not [words for words in (*STATE_WORDS.values(), *WAITING_WORDS.values()) if _JARGON.search(words)]
