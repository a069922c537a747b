"""The animals that labels name, whichever of a line's labels it is."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from documents.domain.rules.patients import Patients, read_name
from tests.unit.rules.reading import TOLD


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Patient: Biscuit   Owner: Whitlow", "Biscuit"),
        ("Date: 03/04/2021     Patient: Biscuit     12 kg", "Biscuit"),
        ("Owner Name: Dana Whitlow    Animal: Biscuit", "Biscuit"),
        ("Tier: Lumpi | Tierhalter: Fährmann", "Lumpi"),
        ("Paciente ................ Zeus", "Zeus"),
        ("Accession no.: 4418      Pet name:  JUNIPER", "JUNIPER"),
        ("Animal   Biscuit     Beagle", "Biscuit"),
        ("Patient: Willow (Nubian)", "Willow"),
        ("Patient   Owner   Species", ""),
        ("date      pet      description", ""),
        ("Owner: Dana Whitlow", ""),
        ("", ""),
    ],
)
def test_the_patients_label_tells_the_name(line, name):
    assert read_name(line) == name


@pytest.mark.parametrize(
    ("above", "below", "changes"),
    [
        ("Date: 03/04/2021   Patient: Biscuit", "Date: 03/05/2021   Patient: Biscuit", False),
        ("Date: 03/04/2021   Patient: Biscuit", "Date: 03/04/2021   Patient: Pickle", True),
        ("Patient: Biscuit Whitlow", "Pet: BISCUIT", False),
        ("Patient: Biscuit, Beagle", "Patient: B1scuit (Beagle)", False),
    ],
)
def test_another_patient_is_another_name(above, below, changes):
    patients = Patients(read(from_text("\n".join((above, TOLD[0], below, TOLD[1])))).sheet)
    assert patients.changes(3, last=3) is changes


def test_names_are_those_of_animals_not_of_owners():
    patients = Patients(read(from_text("\n".join(("Owner: Dana   Pet: Pickle", TOLD[0], "Pickle", "Dana")))).sheet)
    assert patients.names(3)
    assert not patients.names(4)


@pytest.mark.parametrize(
    ("label", "known"),
    [("Pet  Pickle    Dog", True), ("Pet 2  Pickle    Dog", True), ("Name  Pickle", False), ("Vet  Pickle", False)],
)
def test_a_name_may_stand_beside_its_label_without_a_colon(label, known):
    patients = Patients(read(from_text("\n".join((TOLD[0], label, TOLD[1], "Pickle")))).sheet)
    assert patients.names(4) is known
