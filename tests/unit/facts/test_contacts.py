"""How to reach an owner without a label, and in which form it is told."""

import pytest

from documents.domain.facts.contacts import is_address, split_person
from tests.unit.facts.test_filing import file, values


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("12 Larch Street, Dunmere", True),
        ("12 Larch Street", True),
        ("12 Larch, Dunmere", True),
        ("Upper Larch Farm, by Dunmere", True),
        ("C/ del Olmo 14, 2º B, Dunmere", True),
        ("PO Box 88, Dunmere", True),
        ("Lindenstr. 5, 26999 Dunmere", True),
        ("12 tablets, with food", False),
        ("3 views, neck lateral", False),
        ("ROE, DR JANE", False),
        ("12/03/2021 Larch Road", False),
        ("Please see Larch Road, Dunmere", False),
        ("jane@larch.example, 4 Mill Road", False),
    ],
)
def test_an_address_is_told_by_its_number_and_its_words(text, is_one):
    assert is_address(text) is is_one


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("Tam Roe, Upper Larch Farm, by Dunmere, 01632 960175", ("Tam Roe", "Upper Larch Farm, by Dunmere")),
        ("Mrs J Roe, 2 Larch Row, Dunmere. Tel 07700 900418, j@example.com", ("Mrs J Roe", "2 Larch Row, Dunmere")),
        ("Roe, Jane, 4 Mill Lane, Dunmere", ("Roe, Jane", "4 Mill Lane, Dunmere")),
        ("Roe, Jane", None),
        ("Jane Roe, DVM", None),
    ],
)
def test_an_address_behind_a_person_is_parted_from_the_name(raw, parts):
    assert split_person(raw) == parts


@pytest.mark.parametrize(
    ("text", "field", "told"),
    [
        ("Owner: Jane Roe   555-0142\nPatient: Rex", "owner_phone", ["555-0142"]),
        ("Owner: Jane Roe\n600 000 142 / 948 000 117   j@example.com\nPatient: Rex", "owner_phone", 2),
        ("Owner: Jane Roe\n12 Larch Street, Dunmere\nPatient: Rex", "owner_address", ["12 Larch Street, Dunmere"]),
        ("Owner: Jane Roe   555-0142 (work)\nPatient: Rex", "owner_phone", []),
        ("Owner: Jane Roe   Alt (son)   555-0142\nPatient: Rex", "owner_phone", []),
        ("Owner: Jane Roe   Vet: Dr. Ann Doe   555-0142\nPatient: Rex", "owner_phone", []),
        ("Owner: Jane Roe\n\n12 Larch Street, Dunmere\nPatient: Rex", "owner_address", []),
        ("Owner: Jane Roe   Fax   555-0142\nPatient: Rex", "owner_phone", []),
        ("Owner: Second Porch Rescue   555-0142\nPatient: Rex", "owner", []),
        ("Owner: Mr I. Roe\nPatient: Rex", "owner", ["Mr I. Roe"]),
        ("Owner: Roe, J.\nPatient: Rex", "owner", ["Roe, J."]),
    ],
)
def test_what_fills_a_cell_beside_or_below_an_owner_is_how_to_reach_him(text, field, told):
    found = values(file(("2020-01-01", text)).patients[0], field)
    assert len(found) == told if isinstance(told, int) else found == told


@pytest.mark.parametrize(
    ("papers", "field", "told"),
    [
        (["Patient: Rex\nOwner: ROE", "Patient: Rex\nOwner: J. Roe", "Seen with Jane Roe."], "owner", "Jane Roe"),
        (["Patient: Rex\nOwner: Roe, J.", "Rex   Roe, Jane   555"], "owner", "Roe, Jane"),
        (
            ["Patient: Rex\nOwner: Mrs J Roe", "Patient: Rex\nOwner: Roe, J.", "Patient: Rex\nOwner: J. Roe"],
            "owner",
            "J. Roe",
        ),
        (
            ["Patient: Rex\nOwner: Jane Roe\nPhone: 555-0142", "Call (814) 555-0142 first."],
            "owner_phone",
            "(814) 555-0142",
        ),
        (
            ["Patient: Rex\nOwner: Jane Roe\nAddress: 12 Larch Rd", "Sent to 12 Larch Road, Dunmere"],
            "owner_address",
            "12 Larch Road, Dunmere",
        ),
        (
            ["Patient: Rex\nOwner: Jane Roe\nAddress: 12 Larch Rd", "I moved to 12 Larch Rd, as I told you"],
            "owner_address",
            "12 Larch Rd",
        ),
    ],
)
def test_the_fullest_form_that_the_file_prints_is_told(papers, field, told):
    filing = file(*((f"2020-0{month}-01", text) for month, text in enumerate(papers, start=1)))
    assert values(filing.patients[0], field) == [told]
