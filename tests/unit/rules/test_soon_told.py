"""What is soon told (a sign that stands in every match, a part of every near word) never loses what is looked for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from documents.domain.rules import blocks, features, initials, near_words, noise, notes, spelling, words
from documents.domain.rules.near_words import NearWords

PIECES = (
    *(
        "page",
        "Page ",
        "p",
        "p.",
        "pg. ",
        "pág. ",
        "pagina",
        "s.",
        "seite",
        "of",
        " of ",
        " de ",
        " sur ",
        "/",
        "|",
        "l",
    ),
    *(
        "1",
        "12",
        "3/4",
        "23/6 ",
        "3.10.19",
        "4th ",
        "May ",
        "avril",
        "2021",
        "10:15",
        "fax",
        "Fax",
        "from:",
        "No.",
        "#",
    ),
    *("Patient", "geb", "Weight", ":", "...", "...:", "\t", "   ", "  ", " ", "\u00a0", "\u2003 ", "\f", "\x1c", "_"),
    *("AB", " KL", "Dr. ", "M. Reed", "J.D.", "(mk)", "-", ")", "(", ".", "!", "?", ",", ";", "$", "12.50", "€", "R"),
    *("seems well today", "wrote", "original message", "von", "é", "ß", "rn", "vv", "e", "i"),
)
any_line = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def _finds_long(phrases: frozenset[str], text: str) -> str | None:
    """The phrase that NearWords finds, looked for in all of them."""
    if text in phrases:
        return text
    best: tuple[int, str] | None = None
    repaired = text.translate(near_words._DIGITS).replace("rn", "m").replace("vv", "w")
    for spelt in {text, repaired} if len(text) >= near_words.LEAST else ():
        most = 2 if len(spelt) >= near_words.LONG else 1
        for phrase in phrases:
            if len(phrase) != len(spelt) or len(phrase) < near_words.LEAST:
                continue
            if {*near_words._shorten(spelt)}.isdisjoint(near_words._shorten(phrase)):
                continue
            distance = Levenshtein.distance(spelt, phrase)
            if distance <= most and (best is None or (distance, phrase) < best):
                best = (distance, phrase)
    return best[1] if best else None


PHRASES = frozenset(words.header_labels())
NEAR = NearWords(PHRASES)


def _spoil(phrase: str, changes: list[tuple[bool, int, str]]) -> str:
    """The phrase with a sign put in or taken out at each of the places."""
    signs = list(phrase)
    for adds, place, sign in changes:
        if adds:
            signs.insert(place % (len(signs) + 1), sign)
        elif signs:
            signs.pop(place % len(signs))
    return "".join(signs)


any_changes = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.sampled_from([*"aeimnrv 0158"])), max_size=4)
spoilt = st.builds(_spoil, st.sampled_from(sorted(PHRASES)), any_changes)


@given(text=spoilt)
def test_a_near_word_is_found_as_among_all_words(text):
    assert NEAR.find(text) == _finds_long(PHRASES, text)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (
            "aboratory reportl",
            "laboratory report",
        ),  # lost in the first third, added in the last
        ("llaboratory repor", "laboratory report"),
        ("laboartory report", "laboratory report"),  # both in the middle
    ],
)
def test_a_sign_may_be_lost_in_one_part_and_added_in_another(text, phrase):
    assert NearWords(["laboratory report"]).find(text) == phrase


@given(line=any_line)
def test_a_label_is_set_off_by_what_is_looked_for_first(line):
    assert features._may_label(line) or features._LABEL.match(line) is None


@given(line=any_line)
def test_initials_are_found_at_the_end_of_a_line_as_in_all_of_it(line):
    line = line.rstrip()
    assert initials.ends_initialled(line) == (initials._INITIALS.search(line) is not None)


@given(line=any_line)
def test_an_amount_is_found_whatever_sign_ends_it(line):
    assert notes.ends_with_amount(line) == (notes._AMOUNT.search(line.rstrip()) is not None)


@given(line=any_line)
def test_a_short_day_has_what_is_looked_for_first(line):
    assert notes._SHORT_SEED.search(line) is not None or notes._SHORT.search(line) is None


@given(line=any_line)
def test_the_end_of_a_sentence_has_its_sign(line):
    assert any(sign in line for sign in ".!?") or blocks._SENTENCE.search(line) is None


@given(line=any_line)
def test_a_page_counter_begins_as_is_looked_for_first(line):
    folded = line.casefold()
    counted = words.page_counter().search(noise._read_digits(folded)) or noise._FAX_PAGE.search(folded)
    assert words.count_start().search(folded) is not None or counted is None


@given(line=any_line)
def test_a_line_is_spelt_without_numbers_whether_it_has_any_or_not(line):
    bare = spelling._LONE.sub(" ", spelling._NUMBER.sub(" ", line)).translate(spelling._MADE_ONE)
    assert spelling.spell(line) == re.sub(r"[\W_]+", "", bare.replace("rn", "m").replace("vv", "w"))


def test_all_vocabulary_is_compiled_before_it_is_used():
    words.compile_vocabulary()
    kept = [made for name, made in vars(words).items() if name != "load" and hasattr(made, "cache_parameters")]
    once = [made for made in kept if made.cache_parameters()["maxsize"] is None]
    assert len(once) > 30
    assert all(made.cache_info().currsize == 1 for made in once)
