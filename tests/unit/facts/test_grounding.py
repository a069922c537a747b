"""A claim's words must stand in the file (I4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.facts.grounding import ground_claims
from documents.domain.findings import FACT_FIELDS, Claim
from documents.domain.lines import fold, stands_in

LINES = ["cover", "Patient:  REX", "", "Weight: 65 lbs", *["note"] * 30, "Weight: 65 lbs", "Owner: Ana Ruiz"]


def claim(*, line, quote="Weight: 65 lbs", raw="65 lbs", field="weight"):
    return Claim(field=field, raw=raw, line=line, quote=quote)


def ground(*claims, first_line=1):
    return ground_claims(claims=claims, lines=LINES, first_line=first_line, last_line=len(LINES))


def test_a_quote_at_its_line_is_taken_with_the_global_line():
    grounded = ground(claim(line=2), first_line=3)
    assert [(one.line, one.quote) for one in grounded.claims] == [(4, "Weight: 65 lbs")]


def test_a_quote_a_few_lines_off_moves_to_the_nearest_line():
    assert [one.line for one in ground(claim(line=7)).claims] == [4]
    assert [one.line for one in ground(claim(line=30)).claims] == [35]


def test_a_quote_far_off_is_taken_only_where_it_stands_once():
    owner = claim(line=1, quote="Owner: Ana Ruiz", raw="Ana Ruiz", field="owner")
    assert [one.line for one in ground(owner).claims] == [36]
    assert ground(claim(line=900)).claims == ()


def test_case_and_spaces_do_not_matter_and_the_files_own_words_are_kept():
    (one,) = ground(claim(line=2, quote="patient: rex", raw="Rex", field="name")).claims
    assert one.quote == "Patient:  REX"


def test_a_value_that_does_not_stand_in_the_line_is_rejected():
    grounded = ground(
        claim(line=4, raw="66 lbs"), claim(line=4, quote="Weight: 66 lbs"), claim(line=4, quote="", raw="x")
    )
    assert grounded.claims == ()
    assert grounded.rejected_lines == (4, 4, 4)


CLAIMS = st.builds(
    Claim,
    field=st.sampled_from(FACT_FIELDS),
    raw=st.one_of(st.sampled_from(["Rex", "65 lbs", "", "Ana"]), st.text(max_size=12)),
    line=st.integers(-(10**9), 10**9),
    quote=st.one_of(st.sampled_from(["Patient: REX", "65 lbs", "", "note"]), st.text(max_size=20)),
)


@given(
    claims=st.lists(CLAIMS, max_size=8), lines=st.lists(st.text(max_size=20), min_size=1, max_size=12), data=st.data()
)
def test_whatever_is_claimed_what_is_taken_stands_in_the_source(claims, lines, data):
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    grounded = ground_claims(claims=claims, lines=lines, first_line=first, last_line=last)
    assert len(grounded.claims) + len(grounded.rejected_lines) == len(claims)
    assert all(first <= line <= last for line in grounded.rejected_lines)
    for one in grounded.claims:
        assert first <= one.line <= last
        assert one.quote in lines[one.line - 1]
        assert stands_in(fold(one.raw), fold(lines[one.line - 1]))


CUT = [
    ("sex", "male", "Sex: female"),
    ("weight", "5 kg", "Weight: 15 kg"),
    ("weight", "5 kg", "Weight: 12.5 kg"),
    ("weight", "5 kg", "Peso: 12,5 kg"),
    ("weight", ",5 kg", "Peso: 12,5 kg"),
    ("weight", "200 kg", "Gewicht: 1'200 kg"),
    ("weight", "12", "Weight: 12.5 kg"),
    ("weight", "/2 pounds", "Weight: 189-1/2 pounds"),
    ("date_of_birth", "2/03/2019", "DOB 12/03/2019"),
    ("date_of_birth", "03/2019", "DOB 12/03/2019"),
    ("date_of_birth", "2 March 2019", "DOB 12 March 2019"),
    ("veterinarian", "Re", "Patient: Rex"),
    ("color", "a", "Patient: Rex"),
    ("microchip", "900", "chip 985112009001234"),
    ("microchip", "985112009", "chip 985112009001234"),
    ("microchip", "985 112 009", "chip 985 112 009 001 234"),
    ("owner_email", "smith@example.com", "mail jane.smith@example.com"),
    ("owner_email", "jane@example", "mail jane@example.com"),
    ("neutered", "spayed", "Female, unspayed"),
    ("name", "--", "Name: --"),
]


@pytest.mark.parametrize(("field", "raw", "line"), CUT)
def test_a_part_of_a_word_or_number_is_no_value_whatever_the_quote(field, raw, line):
    for quote in (line, raw):
        claimed = Claim(field=field, raw=raw, line=1, quote=quote)
        assert ground_claims(claims=[claimed], lines=[line], first_line=1, last_line=1).rejected_lines == (1,)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("12/03/2019", "Seen (12/03/2019)."),
        ("985112004771306", "Rex,12/03/2015,985112004771306,6"),
        ("(555) 555-0112", "Tel(555) 555-0112"),
        ("29.4 kg", "Wt:29.4 kg."),
        ("Rex", "Rex's weight"),
        ("Labrador", "Canine/Labrador"),
        ("jane@example.com", "Jane Smith <jane@example.com>."),
        ("5 kg", "15 kg in May, 5 kg in June"),
    ],
)
def test_whole_words_and_numbers_stand_beside_any_mark(raw, line):
    assert stands_in(fold(raw), fold(line))


@given(before=st.text(max_size=4), words=st.text(min_size=1, max_size=6), behind=st.text(max_size=4))
def test_letters_and_digits_directly_beside_always_cut(before, words, behind):
    whole = before + words + behind
    if stands_in(words, whole) and whole.count(words) == 1 and words[0].isalnum() and words[-1].isalnum():
        assert not before[-1:].isalnum()
        assert not behind[:1].isalnum()
