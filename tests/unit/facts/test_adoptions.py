"""Whose a shelter's animal is: of who adopted it, not of who found it, kept it for a while or gave it up."""

import pytest

from tests.unit.facts.test_filing import file, values
from tests.unit.facts.test_sharing import record_of

SURRENDER = (
    "2023-04-18",
    "OWNER SURRENDER INTAKE\nAnimal: Mabel\nSpecies: Cat\nOwner: Fern Whitlock\nPhone: 555-0125",
)
CONTRACT = "ADOPTION CONTRACT\nAnimal: Mabel\nSpecies: Cat\nAdopter: {}\nPhone: 555-0158"


def owners(filing, name="Mabel"):
    return values(record_of(filing, name), "owner")


def test_who_gives_an_animal_up_is_its_owner_no_more():
    filing = file(SURRENDER)
    assert owners(filing) == []
    assert values(record_of(filing, "Mabel"), "owner_phone") == []


def test_the_adopter_is_the_owner_and_nobody_else():
    earlier = ("2023-04-01", "Patient: Mabel\nSpecies: Cat\nOwner: Fern Whitlock\nPhone: 555-0125")
    filing = file(earlier, SURRENDER, ("2023-05-30", CONTRACT.format("Roland Prewitt")))
    assert owners(filing) == ["Roland Prewitt"]
    assert values(record_of(filing, "Mabel"), "owner_phone") == ["555-0158"]


@pytest.mark.parametrize(("second", "told"), [("2023-07-01", ["Odile Marsh"]), (None, [])])
def test_of_two_adopters_the_last_is_the_owner_if_days_tell(second, told):
    filing = file(("2023-05-30", CONTRACT.format("Roland Prewitt")), (second, CONTRACT.format("Odile Marsh")))
    assert owners(filing) == told


@pytest.mark.parametrize("label", ["Foster", "Finder", "Applicant", "Surrendering owner", "Landlord"])
def test_others_of_a_shelter_are_no_owners(label):
    filing = file(("2023-04-18", f"Animal: Mabel\nSpecies: Cat\n{label}: Roland Prewitt\nPhone: 555-0158"))
    assert owners(filing) == []
    assert values(record_of(filing, "Mabel"), "owner_phone") == []


def test_an_owner_is_not_shared_with_an_animal_that_is_known_as_somebody_elses():
    own = [(f"2023-0{month}-01", "Patient: Rex\nSpecies: Dog\nOwner: Fern Whitlock") for month in (1, 2)]
    both = ("2023-03-01", "Re: Rex\nPatient: Rex\n\nAnimal: Mabel\nSpecies: Cat\nOwner: Roland Prewitt")
    filing = file(*own, both)
    assert owners(filing, "Rex") == ["Fern Whitlock"]
    assert owners(filing) == ["Roland Prewitt"]
