"""Facts on their patients: several animals in a file, conflicts, series, and what belongs to nobody."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.filing import file_facts
from documents.domain.facts.grounding import ground_claims
from documents.domain.facts.proposing import propose_claims
from documents.domain.findings import FACT_FIELDS, Claim
from documents.domain.lines import Part, fold, from_text, stands_in
from documents.domain.segmentation import Document, Gap, Segmentation


def segment(*documents):
    """A file of (date, text) or (date, text, type) pieces as its text and segmentation."""
    pieces: list[Document] = []
    lines: list[str] = []
    for date, text, *kind in documents:
        own = text.strip("\n").split("\n")
        start = len(lines) + 1
        lines.extend(own)
        pieces.append(
            Document(
                start_line=start,
                end_line=len(lines),
                title="",
                title_printed=False,
                type=kind[0] if kind else "consult_note",
                date=date,
                confidence=1.0,
                needs_review=False,
            )
        )
    return from_text("\n".join(lines)), Segmentation(documents=tuple(pieces), gaps=())


def file(*documents, claims=()):
    text, segmentation = segment(*documents)
    own = (*propose_claims(text=text), *claims)
    return file_facts(claims=own, segmentation=segmentation, text=text)


def values(record, field):
    return [fact.value for fact in record.facts if fact.field == field]


def fact(record, field):
    return next(fact for fact in record.facts if fact.field == field)


REX = "Patient: Rex\nSpecies: Canine\nOwner: Jane Smith\nMicrochip: 985112004771306"
MIA = "Patient: Mia\nSpecies: Feline\nOwner: Jane Smith\nMicrochip: 985112004771999"


def test_two_animals_of_a_household_are_two_patients_and_share_their_owner():
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", REX))
    assert [record.name for record in filing.patients] == ["Rex", "Mia"]
    assert filing.patient_of_document == (0, 1, 0)
    assert [values(record, "owner") for record in filing.patients] == [["Jane Smith"], ["Jane Smith"]]
    assert [values(record, "species") for record in filing.patients] == [["dog"], ["cat"]]


def test_one_name_and_two_kinds_of_animal_are_two_patients():
    filing = file(("2020-01-01", "Patient: Bella\nSpecies: Canine"), ("2020-02-01", "Patient: Bella\nSpecies: Feline"))
    assert filing.patient_of_document == (0, 1)


def test_one_name_and_two_chips_are_two_patients():
    filing = file(
        ("2020-01-01", "Patient: Rex\nSpecies: Canine\nMicrochip: 985112004771306"),
        ("2020-02-01", "Patient: Rex\nSpecies: Canine\nMicrochip: 985112004771307"),
    )
    assert filing.patient_of_document == (0, 1)


def test_one_chip_is_one_patient_whatever_the_name():
    filing = file(("2020-01-01", REX), ("2020-02-01", REX.replace("Rex", "Rexy")))
    assert filing.patient_of_document == (0, 0)
    assert sorted(values(filing.patients[0], "name")) == ["Rex", "Rexy"]


def test_a_bare_name_that_fits_two_patients_is_left_for_review():
    filing = file(
        ("2020-01-01", "Patient: Bella\nSpecies: Canine"),
        ("2020-02-01", "Patient: Bella\nSpecies: Feline"),
        ("2020-03-01", "Patient: Bella\nWeight: 12 kg"),
    )
    assert filing.patient_of_document == (0, 1, None)
    assert filing.patients[-1].name is None
    assert values(filing.patients[-1], "weight") == [12]
    assert any("fit more than one patient" in warning for warning in filing.warnings)


def test_case_and_a_scanners_slip_make_no_second_patient():
    filing = file(
        ("2020-01-01", "Patient: Pennie"), ("2020-02-01", "Patient: PENNIE"), ("2020-03-01", "Patient: Penn1e")
    )
    assert filing.patient_of_document == (0, 0, 0)
    assert values(filing.patients[0], "name") == ["Pennie"]


def test_a_document_without_identity_inherits_the_only_patient():
    filing = file(("2020-01-01", REX), ("2020-02-01", "Weight: 30 kg"))
    assert filing.patient_of_document == (0, 0)
    assert values(filing.patients[0], "weight") == [30]


def test_a_document_of_another_kind_of_animal_does_not_inherit():
    filing = file(("2020-01-01", REX), ("2020-02-01", "Species: Feline\nWeight: 4 kg"))
    assert filing.patient_of_document == (0, None)
    assert filing.patients[-1].name is None


def test_of_two_patients_a_document_without_identity_inherits_none():
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", "Weight: 30 kg"))
    assert filing.patient_of_document == (0, 1, None)
    assert filing.patients[-1].name is None
    assert any("no certain patient" in warning for warning in filing.warnings)


def test_a_name_in_the_documents_head_tells_whose_it_is():
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", "Dear Jane, Mia is fine.\nWeight: 4 kg"))
    assert filing.patient_of_document == (0, 1, 1)


def test_a_chip_tells_whose_a_document_is():
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", "chip 985112004771999\nWeight: 4 kg"))
    assert filing.patient_of_document == (0, 1, 1)


def test_two_animals_in_one_document_keep_their_own_facts():
    listed = (
        "   1)  Rex     Dog   Border Terrier   Male neutered     Born 17 Sep 2014   Chip 985112004771306\n"
        "   2)  Mia     Cat   Siamese          Female entire     Born 30 Mar 2018   Chip 985112004771999"
    )
    filing = file(("2020-01-01", listed))
    assert [values(record, "breed") for record in filing.patients] == [["Border Terrier"], ["Siamese"]]
    assert [values(record, "date_of_birth") for record in filing.patients] == [["2014-09-17"], ["2018-03-30"]]
    assert filing.patient_of_document == (None,)


def test_a_heading_of_both_animals_gives_each_its_own():
    both = "RUFUS + MIA (Smith)   Vaccinations\nRufus 8.0 kg. Well.\nMia 4.4 kg. Well."
    rufus = REX.replace("Rex", "Rufus")
    filing = file(("2020-01-01", rufus), ("2020-02-01", MIA), ("2020-03-01", both))
    assert filing.patient_of_document == (0, 1, None)
    assert [values(record, "weight") for record in filing.patients] == [[8], [4.4]]


def test_of_a_heading_with_two_names_each_is_its_own_animals():
    both = "RUFUS + MIA (Smith)   Vaccinations\nRufus 8.0 kg. Well."
    filing = file(("2020-01-01", REX.replace("Rex", "Rufus")), ("2020-02-01", MIA), ("2020-03-01", both))
    assert [values(record, "name") for record in filing.patients] == [["Rufus"], ["Mia"]]
    assert [fact(record, "name").also for record in filing.patients] == [(9,), (9,)]


@pytest.mark.parametrize("field", ["name", "breed", "color", "owner", "veterinarian", "clinic"])
@pytest.mark.parametrize("raw", ["a", "the"])
def test_a_letter_or_an_article_is_no_value(field, raw):
    claim = LocatedClaim(field=field, raw=raw, line=1, quote="Rex is a dog of the house")
    filing = file(("2020-01-01", "Rex is a dog of the house"), claims=[claim])
    assert filing.patients == ()


def claim_whole_line(line, field, raw):
    (record, *rest) = file(
        ("2020-01-01", f"Patient: Rex\n{line}"), claims=[LocatedClaim(field=field, raw=raw, line=2, quote=line)]
    ).patients
    assert rest == []
    return [(fact.value, fact.raw) for fact in record.facts if fact.field == "neutered"]


@pytest.mark.parametrize(
    ("line", "raw", "told"),
    [
        ("Not neutered", "neutered", "Not neutered"),
        ("He is not yet castrated.", "castrated", "not yet castrated"),
        ("has never been spayed", "spayed", "never been spayed"),
        ("un-neutered tom", "neutered", "un-neutered"),
        ("Rüde, noch nicht kastriert", "kastriert", "nicht kastriert"),
        ("il est non castré", "castré", "non castré"),
        ("il n'est pas castré", "castré", "pas castré"),
        ("no castrado", "castrado", "no castrado"),
        ("animal kastriert nein", "kastriert", "kastriert nein"),
    ],
)
@pytest.mark.parametrize("field", ["sex", "neutered"])
def test_a_neuter_status_beside_a_negation_is_the_negated_one(field, line, raw, told):
    assert claim_whole_line(line, field, raw) == [(False, told)]


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("Female, unspayed", "spayed"),
        ("neutered: ask the owner", "neutered"),
        ("Neutered     ask", "Neutered"),
        ("[ ] Neutered [x] Intact", "Neutered"),
        ("not neutered then, neutered now", "neutered"),
        ("not  neutered", "not neutered now"),
    ],
)
@pytest.mark.parametrize("field", ["sex", "neutered"])
def test_a_neuter_status_that_the_line_does_not_state_is_left_for_review(field, line, raw):
    assert claim_whole_line(line, field, raw) == []


def test_a_negation_in_another_cell_says_nothing_of_the_neuter_status():
    assert claim_whole_line("chipped no     neutered", "neutered", "neutered") == [(True, "neutered")]


def test_a_quoted_letterhead_is_read_without_its_mark_and_is_never_current_beside_another():
    quoted = "From: the practice\n> Alder Valley Animal Hospital"
    filing = file(
        ("2020-01-01", "Fairview Veterinary Clinic\nPatient: Rex"),
        *[("2021-01-01", quoted, "communication")] * 3,
    )
    clinics = [fact for fact in filing.patients[0].facts if fact.field == "clinic"]
    assert [(fact.value, fact.is_current) for fact in clinics] == [
        ("Fairview Veterinary Clinic", True),
        ("Alder Valley Animal Hospital", False),
    ]


def test_a_quoted_line_does_not_replace_what_a_paper_says_itself():
    filing = file(("2020-01-01", "Patient: Rex\nSex: Female"), ("2021-01-01", "> Patient: Rex\n> Sex: Male"))
    assert fact(filing.patients[0], "sex").value == "female"


def test_another_animal_in_a_note_does_not_rename_the_patient():
    text = f"{REX}\nHe lives with Luna, an old cat."
    stray = LocatedClaim(field="name", raw="Luna", line=5, quote="lives with Luna")
    filing = file(("2020-01-01", text), claims=[stray])
    assert [record.name for record in filing.patients] == ["Rex"]
    assert values(filing.patients[0], "name") == ["Rex"]


def test_a_conflict_is_kept_flagged_and_told():
    filing = file(
        ("2020-01-01", "Patient: Rex\nDOB: June 15, 2009", "registration"),
        ("2021-01-01", "Patient: Rex\nDOB: June 16, 2009"),
    )
    record = filing.patients[0]
    assert values(record, "date_of_birth") == ["2009-06-15", "2009-06-16"]
    assert [fact.is_current for fact in record.facts if fact.field == "date_of_birth"] == [True, False]
    assert all("conflict" in fact.flags for fact in record.facts if fact.field == "date_of_birth")
    assert filing.warnings == ("Rex: 2 values of date_of_birth (lines 2, 4)",)


def test_of_equal_sources_the_latest_document_is_current():
    filing = file(("2021-01-01", "Patient: Rex\nSex: Female"), ("2020-01-01", "Patient: Rex\nSex: Male"))
    assert fact(filing.patients[0], "sex").value == "female"


def test_intact_first_and_neutered_later_is_a_life_and_no_conflict():
    filing = file(("2020-01-01", "Patient: Rex\nSex: MI"), ("2021-01-01", "Patient: Rex\nSex: MN"))
    assert values(filing.patients[0], "neutered") == [True, False]
    assert filing.warnings == ()


def test_a_repeated_value_is_one_fact_that_counts_its_places():
    filing = file(*[("2020-01-01", REX)] * 3)
    species = fact(filing.patients[0], "species")
    assert (species.line, species.also) == (2, (6, 10))


def test_the_fullest_form_of_a_name_leads():
    filing = file(
        ("2020-01-01", "Patient: REX\nOwner: SMITH"),
        ("2020-02-01", "Patient: Rex Smith\nOwner: Smith, Jane"),
        ("2020-03-01", "Patient: Rex\nOwner: Jane Smith"),
    )
    assert values(filing.patients[0], "name") == ["Rex"]
    assert values(filing.patients[0], "owner") == ["Jane Smith"]


def test_weights_are_a_series_by_date_with_jumps_flagged():
    filing = file(
        ("2021-01-01", "Patient: Rex\nSpecies: Canine\nWeight: 40 kg"),
        ("2020-01-01", "Patient: Rex\nWeight: 30 kg\nWt 30 kg"),
        ("2022-01-01", "Patient: Rex\nWeight: 70 kg"),
        ("2022-02-01", "Patient: Rex\nWeight: 131 kg"),
    )
    weights = [fact for fact in filing.patients[0].facts if fact.field == "weight"]
    assert [(fact.date, fact.value, fact.flags) for fact in weights] == [
        ("2020-01-01", 30, ()),
        ("2021-01-01", 40, ("jump",)),
        ("2022-01-01", 70, ("jump",)),
        ("2022-02-01", 131, ("implausible", "jump")),
    ]
    assert [fact.is_current for fact in weights] == [False, False, False, True]


def test_a_weight_with_its_own_date_keeps_it():
    filing = file(("2021-01-01", "Patient: Rex\nWeight history\n03/14/2019   29.4 kg\n04/14/2019   30.1 kg"))
    weights = [fact for fact in filing.patients[0].facts if fact.field == "weight"]
    assert [(fact.date, fact.value) for fact in weights] == [("2019-03-14", 29.4), ("2019-04-14", 30.1)]


def test_an_abbreviated_breed_tells_the_species_where_nothing_else_does():
    species = fact(file(("2020-01-01", "Patient: Mia\nBreed: DSH")).patients[0], "species")
    assert (species.value, species.raw, species.flags) == ("cat", "DSH", ("derived",))


def test_dates_are_read_in_the_order_of_the_file():
    filing = file(("2020-04-25", "Patient: Rex\nDOB: 03/04/2012"), ("2020-04-25", "Seen 25/04/2020"))
    assert fact(filing.patients[0], "date_of_birth").value == "2012-04-03"


def test_mixed_orders_are_warned_of_and_read_by_document():
    filing = file(
        ("2020-04-25", "Patient: Rex\nDOB: 03/04/2012\nSeen 25/04/2020"),
        ("2020-05-25", "Patient: Max\nDOB: 03/04/2012\nSeen 05/25/2020"),
    )
    assert [fact(record, "date_of_birth").value for record in filing.patients] == ["2012-04-03", "2012-03-04"]
    assert any("day first" in warning for warning in filing.warnings)


def test_an_unreadable_claim_is_counted_and_its_words_are_not_told():
    unreadable = LocatedClaim(field="species", raw="Rex", line=1, quote="Patient: Rex")
    ungrounded = LocatedClaim(field="name", raw="secret", line=1, quote="Patient: secret")
    filing = file(("2020-01-01", "Patient: Rex"), claims=[unreadable, ungrounded])
    assert filing.warnings == ("2 claims state no value that can be read (line 1)",)
    assert values(filing.patients[0], "name") == ["Rex"]


WORDS = [
    "Rex",
    "Mia",
    "Canine",
    "Feline",
    "985112004771306",
    "30 kg",
    "Jane Smith",
    "03/04/2012",
    "MN",
    "DSH",
    "N/A",
    "0",
]
LABELS = ["Patient:", "Species:", "Microchip:", "Weight:", "Owner:", "DOB:", "Sex:", "Breed:", "Phone:", "note", ""]
TEXT_LINES = st.one_of(
    st.builds(lambda label, word: f"{label} {word}", st.sampled_from(LABELS), st.sampled_from(WORDS)),
    st.text(max_size=30),
)


HOSTILE = st.builds(
    LocatedClaim,
    field=st.sampled_from(FACT_FIELDS),
    raw=st.one_of(st.sampled_from(WORDS), st.text(max_size=12)),
    line=st.integers(-3, 30),
    quote=st.one_of(st.sampled_from(WORDS), st.text(max_size=12)),
)


@st.composite
def filings(draw):
    text = from_text("\n".join(draw(st.lists(TEXT_LINES, min_size=1, max_size=20))) or "x")
    count = len(text.lines)
    cuts = sorted(draw(st.sets(st.integers(1, count), max_size=4)) | {1})
    documents, gaps = [], []
    for start, end in zip(cuts, [*(cut - 1 for cut in cuts[1:]), count], strict=True):
        if draw(st.integers(0, 4)) == 0:
            gaps.append(Gap(start_line=start, end_line=end, reason="ruler"))
            continue
        documents.append(
            Document(
                start_line=start,
                end_line=end,
                title="",
                title_printed=False,
                type="other",
                date=draw(st.sampled_from([None, "2020-01-01", "2021-01-01"])),
                confidence=0.5,
                needs_review=True,
            )
        )
    claims = list(propose_claims(text=text))
    for line in draw(st.lists(st.integers(1, count), max_size=6)):
        words = text.lines[line - 1]
        start = draw(st.integers(0, len(words)))
        raw = words[start : start + draw(st.integers(0, 20))]
        claims.append(LocatedClaim(field=draw(st.sampled_from(FACT_FIELDS)), raw=raw, line=line, quote=words))
    claims.extend(draw(st.lists(HOSTILE, max_size=4)))
    return text, Segmentation(documents=tuple(documents), gaps=tuple(gaps)), claims


@settings(max_examples=150, deadline=None)
@given(case=filings(), data=st.data())
def test_every_fact_stands_in_its_line_and_the_order_of_claims_does_not_matter(case, data):
    text, segmentation, claims = case
    filing = file_facts(claims=claims, segmentation=segmentation, text=text)
    assert filing == file_facts(claims=data.draw(st.permutations(claims)), segmentation=segmentation, text=text)
    assert len(filing.patient_of_document) == len(segmentation.documents)
    assert all(0 <= patient < len(filing.patients) for patient in filing.patient_of_document if patient is not None)
    assert all(record.name is not None for record in filing.patients[:-1])
    for record in filing.patients:
        for one in record.facts:
            assert one.quote in text.lines[one.line - 1]
            assert stands_in(fold(one.raw), fold(text.lines[one.line - 1]))
            assert one.document is None or (
                segmentation.documents[one.document].start_line
                <= one.line
                <= segmentation.documents[one.document].end_line
            )


@given(lines=st.lists(TEXT_LINES, max_size=20))
def test_whatever_the_text_the_rules_quote_it(lines):
    text = from_text("\n".join(lines))
    for claim in propose_claims(text=text):
        assert claim.quote in text.lines[claim.line - 1]
        assert claim.raw in text.lines[claim.line - 1]


def clinical(filing, field):
    return [fact for record in filing.patients for fact in record.facts if fact.field == field]


def test_a_finding_told_twice_on_a_day_is_one_fact_and_on_another_day_another():
    filing = file(("2020-01-01", REX + "\nT 101.5 F\nTemp: 101.5 F"), ("2020-02-01", REX + "\nT 101.5 F"))
    told = clinical(filing, "temperature")
    assert [(one.date, one.also, one.is_current) for one in told] == [
        ("2020-01-01", (5,), False),
        ("2020-02-01", (), True),
    ]


def test_a_problem_told_again_is_one_fact_of_its_first_day():
    filing = file(("2020-01-01", REX + "\nDiagnosis: obesity"), ("2020-02-01", REX + "\nDiagnosis: obesity"))
    (told,) = clinical(filing, "problem")
    assert (told.date, told.also, told.is_current) == ("2020-01-01", (10,), True)


def test_a_problem_that_is_resolved_is_not_current():
    (told,) = clinical(file(("2020-01-01", REX + "\nDiagnosis: otitis externa, resolved")), "problem")
    assert told.parts["status"] == "resolved"
    assert not told.is_current


def test_of_each_analyte_the_latest_value_is_current():
    rows = "\nALT   40   U/L   10-125\nALP   50   U/L   23-212"
    filing = file(("2020-01-01", REX + rows), ("2020-02-01", REX + "\nALT   60   U/L   10-125"))
    told = [(one.value, one.date, one.is_current) for one in clinical(filing, "lab_value")]
    assert told == [
        ("ALT 40 U/L", "2020-01-01", False),
        ("ALP 50 U/L", "2020-01-01", True),
        ("ALT 60 U/L", "2020-02-01", True),
    ]


def test_a_vaccine_given_without_a_date_has_its_documents_day():
    (told,) = clinical(file(("2020-01-01", REX + "\nRabies given right hind")), "vaccine")
    assert told.parts["date"] == "2020-01-01"


def test_a_finding_has_the_day_that_stands_ahead_of_it_in_its_line():
    (told,) = clinical(file(("2020-05-01", REX + "\n03/14/2019  T 101.5 F")), "temperature")
    assert told.date == "2019-03-14"


def test_a_birth_date_is_not_the_day_of_a_measure():
    filing = file(("2020-01-01", REX + "\nDate of Birth: 05/22/2012      Weight: 30 kg"))
    assert fact(filing.patients[0], "weight").date == "2020-01-01"


def test_an_age_leaves_birth_dates_possible_and_states_none():
    filing = file(("2020-03-14", REX + "\nAge: 6 yr"))
    assert fact(filing.patients[0], "age").parts == {"born_from": "2013-03-15", "born_to": "2014-03-14"}
    assert values(filing.patients[0], "date_of_birth") == []


def test_directions_that_go_on_in_the_next_line_are_flagged():
    lines = "\nCarprofen 75 mg, 1 tablet by mouth every 12\nhours with food."
    (told,) = clinical(file(("2020-01-01", REX + lines)), "medication")
    assert told.flags == ("goes_on",)
    (whole,) = clinical(file(("2020-01-01", REX + "\nCarprofen 75 mg, 1 tablet by mouth.\nrest")), "medication")
    assert whole.flags == ()


def test_a_doubtful_digit_conflicts_with_nothing_and_is_never_current():
    filing = file(
        ("2020-01-01", REX + "\nDOB: 05/22/2012\nWeight: 30 kg"),
        ("2020-02-01", REX + "\nDOB: O5/22/2012\nWeight: 3O kg"),
    )
    (record,) = filing.patients
    assert values(record, "date_of_birth") == ["2012-05-22", "O5/22/2012"]
    assert values(record, "weight") == [30, "3O kg"]
    assert [one.is_current for one in record.facts if one.field == "weight"] == [True, False]
    assert record.conflicts == ()


def test_a_name_that_stands_late_in_the_file_is_not_given_to_what_precedes_it():
    filing = file(
        ("2020-01-01", "Weight: 12 kg"),
        ("2020-02-01", "Weight: 13 kg"),
        ("2020-03-01", REX),
        ("2020-04-01", "Weight: 30 kg"),
    )
    assert filing.patient_of_document == (None, None, 0, 0)


def test_documents_of_a_size_that_the_only_patient_never_has_end_its_inheritance():
    filing = file(
        ("2020-01-01", MIA), ("2020-02-01", "Weight: 31 kg"), ("2020-03-01", "Weight: 33 kg"), ("2020-04-01", "Note")
    )
    assert filing.patient_of_document == (0, None, None, None)


def test_documents_of_several_chips_end_the_inheritance_of_the_only_name():
    chips = [f"Microchip: 98511200477130{digit}" for digit in (1, 2)]
    filing = file(
        ("2020-01-01", "Patient: Rex\nSpecies: Canine"),
        *(("2020-02-01", chip) for chip in chips),
        ("2020-03-01", "Note"),
    )
    assert filing.patient_of_document == (0, None, None, None)


def test_a_page_that_names_three_animals_is_nobodys():
    three = [("2020-01-01", f"Patient: {name}\nSpecies: Canine") for name in ("Rex", "Bella", "Odin")]
    filing = file(*three, ("2020-02-01", "Kennel list\nRex, fed\nBella, walked\nOdin, bathed"))
    assert filing.patient_of_document == (0, 1, 2, None)


def test_another_animal_in_a_note_takes_no_finding_and_renames_nobody():
    note = "\nHis brother Apollo has T 103.2 F and diabetes.\nSeen with housemate Tofu, who weighs 4 kg.\nT 101.5 F"
    filing = file(("2020-01-01", REX + note))
    assert [record.name for record in filing.patients] == ["Rex"]
    assert [one.value for one in clinical(filing, "temperature")] == [101.5]
    assert values(filing.patients[0], "weight") == []


def test_clinical_facts_are_their_own_patients():
    both = f"{REX}\nT 101.5 F\n\n\n{MIA}\nT 102.5 F"
    filing = file(("2020-01-01", both))
    assert {record.name: values(record, "temperature") for record in filing.patients} == {
        "Rex": [101.5],
        "Mia": [102.5],
    }


def test_vaccines_above_the_first_name_of_a_document_are_nobodys_where_there_are_several_animals():
    cut = f"Rabies   03/14/2019   03/14/2022   Dr. Ann Lee\nDHPP   03/14/2019   03/14/2020   Dr. Bo Fox\n{MIA}"
    rex, mia, nobody = file(("2020-01-01", REX), ("2020-02-01", cut)).patients
    assert (values(rex, "vaccine"), values(mia, "vaccine")) == ([], [])
    assert values(nobody, "vaccine") == ["Rabies", "DHPP"]
    assert [values(file(("2020-02-01", cut)).patients[0], field) for field in ("name", "vaccine")] == [
        ["Mia"],
        ["Rabies", "DHPP"],
    ]


def test_a_fax_machines_clock_does_not_turn_the_dates_of_what_it_sends():
    stamp = "TIME: 06/17/2020 07:21      ID: 555-0113"
    card = f"{REX}\n{stamp}\n19/01/2013   Rabies   18/01/2014\n07/03/2016   DHPP   06/03/2017"
    given = [one.parts["date"] for one in clinical(file(("2020-06-17", card)), "vaccine")]
    assert given == ["2013-01-19", "2016-03-07"]


def test_a_date_in_brackets_is_not_the_day_of_what_stands_behind_them():
    note = f"{REX}\nWt 34.6 lbs (last 31.2 lbs 8/19/21). T 101.1"
    assert [one.date for one in clinical(file(("2022-08-24", note)), "temperature")] == ["2022-08-24"]


def test_a_vaccine_beside_the_expiry_of_its_lot_has_no_day():
    (vaccine,) = clinical(file(("2009-10-21", f"{REX}\nRabies tag 09-3317    Exp 10/20/2010")), "vaccine")
    assert "date" not in vaccine.parts


@pytest.mark.parametrize(
    ("line", "following", "flags"),
    [
        ("Rp: Gabapentin 100 mg, 1 Kapsel alle 8 Stunden bei", "Bedarf. Ruhe.", ("goes_on",)),
        ("Rp: Amoxicillin 250 mg, 1 Tablette 2x täglich für 7", "Tage. Ruhe.", ("goes_on",)),
        ("Rp: Amoxicillin 250 mg, 1 Tablette 2x täglich", "Ruhe.", ()),
        ("Premed: acepromacina 0,02 mg/kg im", "Inducción: propofol", ()),
    ],
)
def test_directions_that_cannot_end_so_go_on(line, following, flags):
    (medication,) = clinical(file(("2020-01-01", f"{REX}\n{line}\n{following}")), "medication")
    assert medication.flags == flags


def test_a_clinical_quote_may_be_the_first_words_and_the_kept_one_holds_the_raw_words():

    line = "Started carprofen 75 mg, 1 tablet by mouth BID"
    claim = Claim(field="medication", raw="carprofen 75 mg, 1 tablet by mouth BID", line=1, quote="carprofen 75")
    (located,) = ground_claims(claims=[claim], lines=[line], first_line=1, last_line=1).claims
    assert located.quote == claim.raw


def test_where_a_document_names_two_households_each_owner_is_the_nearest_animals():
    run_together = (
        "Patient: Rex\nOwner: Jane Smith\nPhone: 555-0101\nDr. Ann Lee, DVM\n"
        "Patient: Mia\nOwner: Carl Otto\nPhone: 555-0102\nDr. Bo Fox, DVM"
    )
    rex, mia = file(("2020-01-01", run_together)).patients
    assert [values(rex, field) for field in ("owner", "owner_phone", "veterinarian")] == [
        ["Jane Smith"], ["555-0101"], ["Dr. Ann Lee, DVM"]
    ]  # fmt: skip
    assert [values(mia, field) for field in ("owner", "owner_phone", "veterinarian")] == [
        ["Carl Otto"], ["555-0102"], ["Dr. Bo Fox, DVM"]
    ]  # fmt: skip


def test_an_owner_far_from_an_animal_is_not_its_own():
    lines = "Patient: Rex\nOwner: Jane Smith\n" + "It went on well.\n" * 40 + "Patient: Mia"
    rex, mia = file(("2020-01-01", lines)).patients
    assert values(rex, "owner") == ["Jane Smith"]
    assert values(mia, "owner") == []


@pytest.mark.parametrize("heading", ["18/01/16 17:05  MIA", "Mia Smith 3,4 kg", "MIA - recheck"])
def test_a_line_that_heads_what_is_said_of_one_tells_whose_it_is(heading):
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", f"Patient: Rex\nSeen.\n{heading}\nT 38.5 C"))
    assert values(filing.patients[1], "temperature") == [38.5]


def test_a_sentence_that_begins_with_another_name_heads_nothing():
    note = "Patient: Rex\nMia was also seen by us\nT 38.5 C"
    filing = file(("2020-01-01", REX), ("2020-02-01", MIA), ("2020-03-01", note))
    assert values(filing.patients[0], "temperature") == [38.5]


def test_a_chip_beside_two_names_of_two_kinds_joins_them_not():
    listed = "TAO  Canino  Boxer  M  Nac 02/11/2015\nChip 941000099200417\nNUBE  Felino  Siamese  H  Nac 01/05/2009"
    filing = file(("2020-01-01", listed), ("2020-02-01", "Paciente: NUBE\nChip 941000099200417\nEspecie: Felino"))
    assert [record.name for record in filing.patients] == ["TAO", "NUBE"]


def test_an_animals_name_is_without_the_surname_of_a_person_of_the_file():
    filing = file(("2020-01-01", "Animal: Tansy Ellacott, Maine Coon, FN\nThank you, Mrs Ellacott, for sending her"))
    assert values(filing.patients[0], "name") == ["Tansy"]
    assert values(file(("2020-01-01", "Patient: Mr. Whiskers\nMr. Whiskers is well")).patients[0], "name") == [
        "Mr. Whiskers"
    ]


def test_a_breed_tells_the_kind_of_animal_and_says_so():
    species = fact(file(("2020-01-01", "Patient: Rex\nBreed: Border Collie cross")).patients[0], "species")
    assert (species.value, species.flags) == ("dog", ("derived",))


def test_a_colour_is_nobodys_name():
    filing = file(
        ("2020-01-01", REX), ("2020-02-01", MIA.replace("Mia", "Canela")), ("2020-03-01", REX + "\nCapa: Canela")
    )
    assert values(filing.patients[0], "color") == ["Canela"]


def test_each_part_of_a_file_writes_its_own_dates_and_decimals():
    text, segmentation = segment(
        ("2021-01-01", "Patient: Rex\nDOB: 03/04/2015\nWeight: 4.5 kg\nSeen again on 03/15/2021"),
        ("2021-02-01", "Patient: Mia\nDOB: 03/04/2015\nWeight: 4,5 kg\nSeen again on 15/04/2021"),
    )
    starts = [document.start_line for document in segmentation.documents]
    parts = tuple(Part(name=f"{start}.txt", kind="text", first_line=start) for start in starts)
    filings = [
        file_facts(claims=tuple(propose_claims(text=each)), segmentation=segmentation, text=each)
        for each in (text, replace(text, parts=parts))
    ]
    assert [values(record, "date_of_birth") for record in filings[1].patients] == [["2015-03-04"], ["2015-04-03"]]
    assert [fact(record, "weight").value for record in filings[1].patients] == [4.5, 4.5]
    mixed = "dates are written day first in some places"
    assert [any(mixed in warning for warning in filing.warnings) for filing in filings] == [True, False]


@pytest.mark.parametrize(
    ("weight", "value", "of_range"),
    [("4.5 kg", 1944.0, "above_range"), ("4,5 kg", 1.944, "below_range")],
    ids=["a British file writes decimal points", "a Spanish one commas"],
)
def test_a_comma_before_three_digits_means_what_the_file_writes_elsewhere(weight, value, of_range):
    filing = file(("2021-01-01", f"Patient: Rex\nDate: 25/01/2021\nWeight: {weight}\nALP 1,944 U/l 10 - 150"))
    (found,) = [fact for fact in filing.patients[0].facts if fact.field == "lab_value"]
    assert (found.parts["number"], found.flags) == (value, ("ambiguous_number", of_range))
